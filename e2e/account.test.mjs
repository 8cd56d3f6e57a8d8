// How people get in, in a real browser: who registers, signs in by every way that needs no key of a device, proves
// themselves once more, loses a phone, and gets back in. On a phone and on a desk, in both languages, with scripts and
// without.
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { launch, person } from './lib/browser.mjs';
import { examine } from './lib/checks.mjs';
import { letter, start } from './lib/city.mjs';
import { allWords, here, next, open, press, reloadUntil, says, scan, send, signInByPassword, signOut, totp, visible } from './lib/steps.mjs';
import { until } from './lib/wait.mjs';

const troubles = [];
let city, browser, moved = 0;

before(async () => {
  city = await start({ host: 'localhost' });
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await city?.stop();
});

const phone = (options) => person(browser, { width: 390, lang: 'ru', script: false, troubles, base: city.address, ...options });
const desk = (options) => person(browser, { width: 1280, lang: 'en', troubles, base: city.address, ...options });
const now = () => Date.now() + moved * 1000; // as the city's clock shows it

async function moveClock(seconds) {
  await city.moveClock(seconds);
  moved += seconds;
}

// button of a letter: the address of it that leads to a path of the city.
function linkOf(mail, path) {
  const found = mail.text.match(new RegExp(`${city.address}${path}\\S*`));
  assert.ok(found, `no link to ${path} in: ${mail.text}`);
  return found[0];
}

const newest = (to, known, fits = () => true) => letter(city, to, (one) => !known.has(one.id) && fits(one));
const knownTo = async (to) => new Set((await city.letters(to) ?? []).map((one) => one.id));

// byMail shows on the page of a second step that the person reads their letters.
async function byMail(page, email) {
  const known = await knownTo(email);
  await send(page, page.locator('main form[action^="/sign-in/second"]', { has: page.locator('[value=email]') }).locator('button'));
  const mail = await newest(email, known, (one) => /\b\d{6}\b/.test(one.text));
  await page.fill('main [name=code]', mail.text.match(/\b\d{6}\b/)[0]);
  await send(page, next);
}

const registrations = [
  { as: 'a phone, Russian, no scripts', make: phone, lang: 'ru', email: 'vera@example.ru', words: { code: 'Введите код', name: 'Как вас зовут?', last: 'В прошлый раз здесь входили', masked: /v[^@\s]*@example\.ru/ } },
  { as: 'a desk, English, scripts', make: desk, lang: 'en', email: 'walter@example.org', words: { code: 'Enter the code', name: 'What is your name?', last: 'Last time here', masked: /w[^@\s]*@example\.org/ } },
];
for (const run of registrations) {
  test(`registers by the button of a letter and is known next time: ${run.as}`, { timeout: 120_000 }, async () => {
    const began = Date.now();
    const page = await run.make();
    let presses = 0;
    const does = async (what) => { presses++; await send(page, what); };
    await open(page, '/');
    await does('header a[href^="/sign-in"] >> nth=0');
    await examine(page, `sign-in ${run.lang}`);
    await does('main a[href^="/register"]');
    await examine(page, `register ${run.lang}`);
    const known = await knownTo(run.email);
    await page.fill('main [name=contact]', run.email);
    await does(next);
    await says(page, run.words.code);
    await examine(page, `code ${run.lang}`);
    const mail = await newest(run.email, known);
    const link = linkOf(mail, '/sign-in/code');

    // In another browser the link alone lets nobody in: the code is bound to the browser that asked.
    const stranger = await run.make();
    await stranger.goto(link);
    await stranger.goto('/account/profile');
    assert.equal(here(stranger), '/sign-in', 'the link of a letter let another browser in');
    await stranger.context().close();

    presses++;
    await page.goto(link);
    if (here(page) === '/sign-in/code') await does(next);
    await says(page, run.words.name);
    await examine(page, `name ${run.lang}`);
    await page.fill('main [name=family]', 'Новосёлова');
    await page.fill('main [name=given]', 'Вера');
    await does(next);
    assert.ok(presses <= 7, `${presses} presses to register`);
    assert.ok(Date.now() - began < 60_000, 'a minute was not enough');
    await open(page, '/account/profile');
    await says(page, run.email);
    assert.equal(await page.inputValue('main [name=family]'), 'Новосёлова');

    await signOut(page);
    await open(page, '/sign-in');
    await says(page, run.words.last, run.words.masked);
    assert.ok(!(await allWords(page)).includes(run.email), 'the page of sign-in tells the whole address');
    await examine(page, `sign-in known ${run.lang}`);
    await press(page, '/sign-in/last');
    await says(page, run.words.code);
    await open(page, '/sign-in');
    await press(page, '/sign-in/forget');
    const text = await allWords(page);
    assert.ok(!text.includes(run.words.last) && !run.words.masked.test(text), 'forgotten, and still named');
    await page.context().close();
  });
}

let key; // of Boris's app

test('an app with codes is read off the page, and a new browser is asked for it', { timeout: 180_000 }, async () => {
  const page = await phone();
  await signInByPassword(page, 'boris@kitezh.example');
  await open(page, '/account/security');
  await send(page, 'main summary:has-text("Добавить способ входа") + div a[href^="/account/security/app"], main a[href^="/account/security/app"]').catch(() => open(page, '/account/security/app'));
  await examine(page, 'app begin');
  await page.fill('main [name=name]', 'Телефон Бориса');
  await send(page, next);
  await examine(page, 'app key');
  const address = new URL(await scan(page));
  assert.equal(address.protocol, 'otpauth:');
  key = address.searchParams.get('secret');
  assert.ok((await allWords(page, 'main details code')).replaceAll(/\s/g, '').startsWith(key.slice(0, 16)), 'the picture and the typed key differ');
  await page.fill('main [name=code]', '000000');
  await send(page, next);
  await says(page, 'Код не подошёл');
  await page.fill('main [name=code]', totp(key, now()));
  await send(page, next);
  await says(page, 'Телефон Бориса');

  const away = await desk();
  await signInByPassword(away, 'boris@kitezh.example');
  assert.equal(here(away), '/sign-in/second');
  await examine(away, 'second step');
  await away.goto('/account/profile');
  assert.notEqual(here(away), '/account/profile', 'half a sign-in opened the account');
  await open(away, '/sign-in/second');
  await send(away, 'main a[href^="/sign-in/second/app"]');
  await examine(away, 'second step by app');
  await away.fill('main [name=code]', '123456');
  await send(away, next);
  await says(away, 'did not fit');
  // The code that added the app is used up, even in its own half minute.
  await send(away, 'main a[href^="/sign-in/second"]');
  await byMail(away, 'boris@kitezh.example');
  await open(away, '/account/security');
  await says(away, 'Телефон Бориса');

  // "Always": the browser that is known is asked too. Changing this takes a fresh proof, and what was chosen is kept.
  await page.check('main [name=second][value=always]');
  await moveClock(20 * 60);
  await press(page, '/account/security/second');
  assert.equal(here(page), '/sign-in/raise');
  await page.fill('main [name=password]', 'kitezh-na-reke');
  await send(page, next);
  assert.equal(here(page), '/account/security');
  await says(page, 'нажмите кнопку ещё раз');
  assert.ok(await page.isChecked('main [name=second][value=always]'), 'the choice was lost on the way');
  await press(page, '/account/security/second');
  await says(page, 'Сохранили, когда спрашивать второй шаг');
  await signOut(page);
  await signInByPassword(page, 'boris@kitezh.example');
  assert.equal(here(page), '/sign-in/second');
  await until('the next code of the app', async () => {
    await open(page, '/sign-in/second');
    await send(page, 'main a[href^="/sign-in/second/app"]');
    await page.fill('main [name=code]', totp(key, now()));
    await send(page, next);
    return !here(page).startsWith('/sign-in');
  }, { within: 70_000, every: 5_000 });
  await open(page, '/account/security');
  await examine(page, 'security with an app');
  await page.context().close();
  await away.context().close();
});

test('a desk signs in by a QR code that a phone confirms with the right number', { timeout: 120_000 }, async () => {
  const hand = await phone();
  await signInByPassword(hand, 'oleg@kitezh.example');
  const screen = await desk();
  await open(screen, '/sign-in?back=/account/profile');
  await send(screen, 'main a[href^="/sign-in/qr"]');
  await examine(screen, 'QR waits');
  let link = await scan(screen);
  assert.ok(link.startsWith(`${city.address}/approve/`), link);
  const stranger = await phone();
  await stranger.goto(link);
  assert.equal(here(stranger), '/sign-in', 'a link of a QR code opens something for whoever holds it');
  await stranger.context().close();
  await hand.goto(link);
  await examine(hand, 'QR asks');
  let number = (await screen.locator('#approval-number').innerText()).trim();
  const offered = await hand.locator('main [name=number]').evaluateAll((list) => list.map((one) => one.value));
  assert.equal(offered.length, 3);
  await hand.check(`main [name=number][value="${offered.find((one) => one !== number)}"]`);
  await send(hand, next);
  await says(hand, 'Число');
  await until('the desk is told', async () => /not approved/.test(await allWords(screen)));
  await examine(screen, 'QR refused');

  await send(screen, next);
  link = await scan(screen);
  await hand.goto(link);
  number = (await screen.locator('#approval-number').innerText()).trim();
  await hand.check(`main [name=number][value="${number}"]`);
  await send(hand, next);
  await until('the desk goes on by itself', async () => here(screen) === '/account/profile');
  await says(screen, 'oleg@kitezh.example');
  await hand.goto(link);
  assert.ok(!(await hand.locator('main [name=number]').count()), 'a QR code serves twice');
  await screen.context().close();

  // Without scripts the desk's page loads itself anew, and goes on by a button.
  const plain = await desk({ script: false });
  await open(plain, '/sign-in?back=/account/profile');
  await send(plain, 'main a[href^="/sign-in/qr"]');
  number = (await plain.locator('#approval-number').innerText()).trim();
  await hand.goto(await scan(plain));
  await hand.check(`main [name=number][value="${number}"]`);
  await send(hand, next);
  await until('the button', async () => (await plain.locator('main form[action="/sign-in/qr/finish"] button').count()) > 0);
  await press(plain, '/sign-in/qr/finish');
  assert.equal(here(plain), '/account/profile');
  await plain.context().close();
  await hand.context().close();
});

test('a device with approvals on is asked inside the site', { timeout: 120_000 }, async () => {
  const hand = await phone();
  await signInByPassword(hand, 'rustam@kitezh.example');
  await open(hand, '/account/security/push');
  await examine(hand, 'approvals off');
  await press(hand, '/account/security/push');
  await examine(hand, 'approvals on');
  const screen = await desk();
  await open(screen, '/sign-in/push?back=/account/profile');
  await examine(screen, 'ask my device');
  await screen.fill('main [name=contact]', 'rustam@kitezh.example');
  await send(screen, next);
  await examine(screen, 'my device is asked');
  const number = (await screen.locator('#approval-number').innerText()).trim();
  await open(hand, '/approve');
  await reloadUntil(hand, 'the request', visible('main a[href^="/approve/push/"]'));
  await examine(hand, 'requests');
  await send(hand, 'main a[href^="/approve/push/"]');
  await examine(hand, 'request');
  await hand.check(`main [name=number][value="${number}"]`);
  await send(hand, next);
  await until('the desk goes on by itself', async () => here(screen) === '/account/profile');
  await says(screen, 'rustam@kitezh.example');

  // Nobody has this contact: the page is the same, so that it tells nothing.
  const stranger = await desk();
  await open(stranger, '/sign-in/push');
  await stranger.fill('main [name=contact]', 'nobody.at.all@example.org');
  await send(stranger, next);
  assert.match((await stranger.locator('#approval-number').innerText()).trim(), /^\d\d$/);
  for (const page of [stranger, screen, hand]) await page.context().close();
});

test('a recovery code from the paper lets in once', { timeout: 90_000 }, async () => {
  const page = await phone();
  await signInByPassword(page, 'patimat@kitezh.example');
  await open(page, '/account/security/recovery');
  await examine(page, 'no recovery codes');
  await press(page, '/account/security/recovery');
  await examine(page, 'fresh recovery codes');
  const codes = (await allWords(page)).match(/[0-9A-Z]{4}(-[0-9A-Z]{4}){3}/g);
  assert.equal(new Set(codes).size, 10);
  const enter = async () => {
    const away = await desk();
    await open(away, '/sign-in/recovery?back=/account/profile');
    await away.fill('main [name=contact]', 'patimat@kitezh.example');
    await away.fill('main [name=code]', codes[3]);
    await send(away, next);
    return away;
  };
  const first = await enter();
  await until('inside', async () => here(first) === '/account/profile');
  const second = await enter();
  await says(second, 'did not fit');
  await examine(second, 'recovery code refused');
  for (const one of [first, second, page]) await one.context().close();
});

const raised = [{ as: 'a phone, no scripts', make: phone }, { as: 'a desk, scripts', make: desk }];
for (const run of raised) {
  test(`twenty minutes later an important step asks again and keeps what was typed: ${run.as}`, { timeout: 90_000 }, async () => {
    const page = await run.make();
    await signInByPassword(page, 'nikolay@kitezh.example');
    await open(page, '/account/security/app');
    await page.fill('main [name=name]', 'Планшет на даче');
    await moveClock(20 * 60);
    await send(page, next);
    assert.equal(here(page), '/sign-in/raise');
    await examine(page, `raise ${run.as}`);
    await page.fill('main [name=password]', 'not this one');
    await send(page, next);
    assert.ok(await page.locator('#error-summary').count(), 'a wrong password raised the session');
    await page.fill('main [name=password]', 'kitezh-na-reke');
    await send(page, next);
    assert.ok(here(page).startsWith('/account/security/app'), here(page));
    // Either the form stands as it was typed, or it was sent on with it.
    if (await page.locator('main [name=name]').count()) {
      assert.equal(await page.inputValue('main [name=name]'), 'Планшет на даче');
      await send(page, next);
    }
    await page.fill('main [name=code]', totp(new URL(await scan(page)).searchParams.get('secret'), now()));
    await send(page, next);
    await says(page, 'Планшет на даче');
    // Later, with the password alone, the app can't be taken away.
    await signOut(page);
    await signInByPassword(page, 'nikolay@kitezh.example');
    await open(page, '/account/security');
    await send(page, page.locator('main a[href*="/account/security/way"]').first());
    await examine(page, `way ${run.as}`);
    await press(page, '/account/security/way/drop');
    assert.equal(here(page), '/sign-in/raise', 'a way in was dropped with one factor');
    await byMail(page, 'nikolay@kitezh.example');
    await says(page, /нажмите кнопку ещё раз|press the button again/);
    await examine(page, `after raise ${run.as}`);
    if (await page.locator('main form[action="/account/security/way/drop"]').count()) await press(page, '/account/security/way/drop');
    await open(page, '/account/security');
    assert.ok(!(await allWords(page)).includes('Планшет на даче'), 'the way in stands there still');
    await page.context().close();
  });
}

// half is a browser of somebody whose second step is lost.
async function half(make, email) {
  const page = await make();
  await signInByPassword(page, email);
  assert.equal(here(page), '/sign-in/second');
  await send(page, 'main a[href="/recover"]');
  return page;
}

test('a lost phone: three days, told at once, and cancelled by who did not ask', { timeout: 120_000 }, async () => {
  const asks = await half(phone, 'boris@kitezh.example');
  await examine(asks, 'recover');
  const known = await knownTo('boris@kitezh.example');
  await press(asks, '/recover');
  await says(asks, 'Восстановление начато');
  await examine(asks, 'recovery begun');
  const mail = await newest('boris@kitezh.example', known, (one) => one.text.includes('/recover/cancel'));
  const owner = await desk({ lang: 'ru' });
  await owner.goto(linkOf(mail, '/recover/cancel'));
  await examine(owner, 'cancel a recovery');
  await press(owner, '/recover/cancel');
  await says(owner, 'Восстановление отменено');
  await moveClock(3 * 86_400 + 60);
  const again = await half(phone, 'boris@kitezh.example');
  assert.equal(here(again), '/recover', 'what was cancelled let somebody in');
  await press(again, '/recover');
  await says(again, 'Восстановление начато');
  await moveClock(3 * 86_400 + 60);
  const back = await phone();
  await signInByPassword(back, 'boris@kitezh.example');
  await open(back, '/account/profile');
  assert.equal(here(back), '/account/profile', 'after three days the second step is still asked');
  for (const one of [asks, owner, again, back]) await one.context().close();
});

test('no page did what no page may', () => assert.deepEqual(troubles, []));
