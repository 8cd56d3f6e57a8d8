// What every page must be: free of barriers in every view and language, no wider than the screen, light, usable by keys,
// under a strict policy.
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { gzipSync } from 'node:zlib';
import { request } from 'node:http';
import { launch, person } from './lib/browser.mjs';
import { accessible, fits, visual } from './lib/checks.mjs';
import { start } from './lib/city.mjs';
import { begin, choose, chooseCar, date, fillDate, go, here, next, open, payAtBank, reloadUntil, send, signInByPassword, submit, visible, wearHat } from './lib/steps.mjs';

let city, browser;
const troubles = [];
const people = {}; // a signed-in page each: nobody, anna, official
let draft, number;

before(async () => {
  city = await start();
  browser = await launch();
  for (const name of ['nobody', 'anna', 'kotova']) {
    const page = people[name] = await person(browser, { width: 1280, lang: 'ru', troubles, base: city.address });
    page.on('dialog', (dialog) => dialog.accept());
    if (name !== 'nobody') {
      await open(page, '/sign-in');
      await signInByPassword(page, `${name}@kitezh.example`);
    }
  }
  const { anna } = people;
  number = await permit(anna, 'Skoda Octavia', 'А 417 МО 52');
  await payAtBank(anna, city, number);
  await open(anna, '/services/parking-permit/apply');
  await send(anna, next);
  draft = here(anna).split('/')[2];
  await wearHat(people.kotova);
  await open(people.kotova, '/desk');
  await reloadUntil(people.kotova, 'the case in the queue', visible('main a[href*="/desk"]'));
});
after(async () => {
  await browser?.close();
  await city?.stop();
});

async function permit(page, model, plate) {
  await begin(page, 'parking-permit');
  await send(page, next);
  await chooseCar(page, model, plate);
  await send(page, next);
  await fillDate(page, 'starts', date(0));
  await choose(page, 'second', 'no');
  await send(page, next);
  return submit(page);
}

const address = (path) => () => path;

// pages are whom to look as, and how to come there. faulty: the page that answers a form with mistakes.
const pages = [
  { name: 'gallery', who: 'nobody', path: address('/_ui/') },
  { name: 'home', who: 'nobody', path: address('/') },
  { name: 'card', who: 'nobody', path: address('/services/parking-permit') },
  { name: 'catalogue', who: 'nobody', path: address('/services') },
  { name: 'search', who: 'nobody', path: address('/search?q=%D0%BF%D0%B0%D1%80%D0%BA%D0%BE%D0%B2%D0%BA%D0%B0') },
  { name: 'sign-in', who: 'nobody', path: address('/sign-in') },
  { name: 'register', who: 'nobody', path: address('/register') },
  { name: 'ask my device', who: 'nobody', path: address('/sign-in/push') },
  { name: 'recovery code', who: 'nobody', path: address('/sign-in/recovery') },
  { name: 'recover', who: 'nobody', path: address('/recover') },
  { name: 'check of a document', who: 'nobody', path: address('/check') },
  { name: 'home of a resident', who: 'anna', path: address('/') },
  { name: 'account', who: 'anna', path: address('/account') },
  { name: 'looks', who: 'anna', path: address('/account/looks') },
  { name: 'profile', who: 'anna', path: address('/account/profile') },
  { name: 'security', who: 'anna', path: address('/account/security') },
  { name: 'approvals', who: 'anna', path: address('/account/security/push') },
  { name: 'app', who: 'anna', path: address('/account/security/app') },
  { name: 'recovery codes', who: 'anna', path: address('/account/security/recovery') },
  { name: 'password', who: 'anna', path: address('/account/security/password') },
  { name: 'merge', who: 'anna', path: address('/account/merge') },
  { name: 'mandates', who: 'anna', path: address('/account/mandates') },
  { name: 'mandate asked', who: 'anna', path: address('/account/mandates/ask') },
  { name: 'organisations', who: 'anna', path: address('/account/organisations') },
  { name: 'sites', who: 'anna', path: address('/account/sites') },
  { name: 'visits', who: 'anna', path: address('/account/visits') },
  { name: 'data', who: 'anna', path: address('/account/data') },
  { name: 'messages', who: 'anna', path: address('/messages') },
  { name: 'bills', who: 'anna', path: address('/pay') },
  { name: 'autopay', who: 'anna', path: address('/pay/autopay') },
  { name: 'a bill found', who: 'nobody', path: address('/pay/find') },
  { name: 'flat', who: 'anna', path: address('/flats') },
  { name: 'transport card', who: 'anna', path: address('/account/transport-card') },
  { name: 'appeals of funds', who: 'nobody', path: address('/charity') },
  { name: 'open books', who: 'nobody', path: address('/open-books') },
  { name: 'case', who: 'anna', path: () => `/cases/${number.replaceAll('-', '')}` },
  { name: 'form', who: 'anna', path: () => `/drafts/${draft}/steps/car-and-home` },
  { name: 'form with mistakes', who: 'anna', path: () => `/drafts/${draft}/steps/permit`, faulty: true },
  { name: 'queue', who: 'kotova', path: address('/desk') },
  { name: 'case at the desk', who: 'kotova', path: () => `/desk/cases/${number.replaceAll('-', '')}` },
];
const main = pages.filter((one) => ['gallery', 'home', 'sign-in', 'account', 'security', 'form with mistakes', 'queue'].includes(one.name));

async function show(page, one) {
  await open(page, one.path());
  if (!one.faulty) return;
  if (/car-and-home/.test(here(page))) {
    await chooseCar(page, 'Skoda Octavia', 'А 417 МО 52');
    await send(page, next);
  }
  await page.fill('main [name="starts.day"]', '31');
  await page.fill('main [name="starts.month"]', '2');
  await page.fill('main [name="starts.year"]', '2027');
  await send(page, next);
  assert.ok(await page.locator('#error-summary').count(), 'the form took what is wrong');
}

// looks like: each press of the bar of views is a form that is sent.
const views = [
  { name: 'light', fields: [['theme', 'light']] },
  { name: 'dark', fields: [['theme', 'dark']] },
  ...['white', 'black', 'blue', 'sepia'].map((scheme) => ({ name: `large type, ${scheme}`, fields: [['scheme', scheme], ['scale', '150']] })),
];

async function dress(page, { fields }, lang) {
  await open(page, '/help');
  await press(page, '/view', 'off', '1');
  for (const [name, value] of fields) await press(page, '/view', name, value);
  await press(page, '/lang', 'lang', lang);
  assert.equal(await page.getAttribute('html', 'lang'), lang);
  const worn = await page.evaluate(() => ({ ...document.documentElement.dataset }));
  for (const [name, value] of fields) assert.equal(worn[{ scheme: 'view' }[name] ?? name], value, `${name}: ${JSON.stringify(worn)}`);
}

// press sends a form of the header as the buttons do, also those that this screen folds away.
async function press(page, action, name, value) {
  const token = await page.locator('form[action="/view"] [name=_csrf]').first().inputValue();
  const answer = await page.request.post(action, { form: { _csrf: token, return: '/help', [name]: value }, headers: { Origin: city.address } });
  assert.ok(answer.ok(), `${action} ${name}=${value}: ${answer.status()}`);
  await open(page, '/help');
}

for (const view of views) {
  for (const lang of ['ru', 'en']) {
    test(`no barriers: ${view.name}, ${lang}`, { timeout: 240_000 }, async () => {
      // The whole set in the city's own language and light; the main pages in each other view.
      const list = view.name === 'light' && lang === 'ru' ? pages : main;
      for (const who of new Set(list.map((one) => one.who))) await dress(people[who], view, lang);
      for (const one of list) {
        const page = people[one.who];
        await show(page, one);
        for (const width of [1280, 390]) {
          await page.setViewportSize({ width, height: 900 });
          await accessible(page, `${one.name}, ${view.name}, ${lang}, ${width}`, view.name === 'light' ? undefined : visual);
        }
        await page.setViewportSize({ width: 320, height: 700 });
        await fits(page, `${one.name}, ${view.name}, ${lang}`);
        await page.setViewportSize({ width: 1280, height: 900 });
      }
      for (const who of new Set(list.map((one) => one.who))) await dress(people[who], views[0], 'ru');
    });
  }
}

test('the check does find barriers', async () => {
  const page = people.nobody;
  await open(page, '/help');
  await page.evaluate(() => {
    document.querySelector('main').insertAdjacentHTML('beforeend', '<img src="/a/none.svg" id="planted"><button></button>');
  });
  await assert.rejects(accessible(page, 'help'), /image-alt/);
  await page.evaluate(() => { document.querySelector('main').firstElementChild.insertAdjacentHTML('afterend', `<pre>${'wide '.repeat(400)}</pre>`); });
  await assert.rejects(fits(page, 'help'));
  troubles.length = 0; // the picture that is nowhere
});

test('at double size nothing needs scrolling sideways', { timeout: 120_000 }, async () => {
  for (const who of Object.keys(people)) await dress(people[who], { fields: [['scheme', 'white'], ['scale', '200']] }, 'ru');
  for (const one of pages) {
    const page = people[one.who];
    await page.setViewportSize({ width: 390, height: 800 });
    await show(page, one);
    await fits(page, `${one.name} at 200 %`);
  }
  for (const who of Object.keys(people)) {
    await dress(people[who], views[0], 'ru');
    await people[who].setViewportSize({ width: 1280, height: 900 });
  }
});

test('the first forty stops of Tab show where they are', { timeout: 120_000 }, async () => {
  for (const one of main) {
    const page = people[one.who];
    await show(page, one);
    await page.evaluate(() => { document.activeElement?.blur(); scrollTo(0, 0); });
    let stops = 0;
    for (let i = 0; i < 40; i++) {
      await page.keyboard.press('Tab');
      const at = await page.evaluate(() => {
        const focused = document.activeElement;
        if (!focused || focused === document.body) return null;
        // The ring may lie on the control, or on what stands for it: the label of a radio, the frame of an upload, the whole card of a link.
        const ring = (e) => {
          const s = getComputedStyle(e);
          return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2;
        };
        const place = focused.getBoundingClientRect();
        return {
          what: focused.outerHTML.slice(0, 160),
          ring: [focused, ...(focused.labels ?? []), focused.parentElement, focused.parentElement.parentElement].some((e) => ring(e)),
          seen: place.width > 0 && place.height > 0 && place.bottom > 0 && place.top < innerHeight,
        };
      });
      if (!at) break;
      stops++;
      assert.ok(at.ring, `${one.name}: no ring on ${at.what}`);
      assert.ok(at.seen, `${one.name}: out of sight: ${at.what}`);
    }
    assert.ok(stops >= 10, `${one.name}: only ${stops} stops`);
  }
});

test('Enter in a field goes on, and does nothing else', { timeout: 60_000 }, async () => {
  const page = people.anna;
  await open(page, `/drafts/${draft}/steps/applicant`);
  await page.focus('main [name=phone]');
  await Promise.all([page.waitForEvent('domcontentloaded'), page.keyboard.press('Enter')]);
  assert.match(here(page), /car-and-home$/);
});

// budgets of the design, in KB of gzip.
const budgets = { home: 15, 'home of a resident': 15, account: 15, 'form with mistakes': 15, queue: 25 };

test('pages are light', { timeout: 120_000 }, async () => {
  for (const one of pages.filter((p) => budgets[p.name])) {
    const page = people[one.who];
    await show(page, one);
    const html = await page.evaluate(async () => (await fetch(location.href)).text());
    const size = gzipSync(html, { level: 9 }).length / 1024;
    assert.ok(size <= budgets[one.name], `${one.name}: HTML of ${size.toFixed(1)} KB`);
    const nodes = await page.evaluate(() => document.querySelectorAll('*').length);
    assert.ok(nodes <= 1200, `${one.name}: ${nodes} nodes`);
    const sizes = await page.evaluate(() => ({
      css: [...document.querySelectorAll('link[rel=stylesheet]')].map((e) => e.href), js: [...document.querySelectorAll('script[src]')].map((e) => e.src),
    }));
    const weigh = async (list) => (await Promise.all(list.map((url) => weight(url)))).reduce((a, b) => a + b, 0) / 1024;
    const css = await weigh(sizes.css), js = await weigh(sizes.js);
    assert.ok(css <= (one.name === 'queue' ? 20 : 16), `${one.name}: CSS of ${css.toFixed(1)} KB`);
    assert.ok(js <= 20, `${one.name}: JavaScript of ${js.toFixed(1)} KB`);
    assert.ok(await weigh(sizes.js.filter((url) => !url.includes('htmx'))) <= 6, `${one.name}: own JavaScript`);
  }
  const html = gzipSync(await (await fetch(city.address)).text(), { level: 9 }).length / 1024;
  assert.ok(html <= 15, `home: ${html}`);
});

// weight is what comes over the wire, in bytes.
function weight(url) {
  return new Promise((done, fail) => {
    request(url, { headers: { 'Accept-Encoding': 'gzip' } }, (answer) => {
      const parts = [];
      answer.on('data', (part) => parts.push(part));
      answer.on('end', () => {
        const body = Buffer.concat(parts);
        done(answer.headers['content-encoding'] ? body.length : gzipSync(body, { level: 9 }).length);
      });
    }).on('error', fail).end();
  });
}

test('every page comes with its policy', async () => {
  for (const path of ['/', '/services/parking-permit', '/sign-in', '/nowhere', '/_ui/']) {
    const answer = await fetch(city.address + path, { redirect: 'manual' });
    const policy = answer.headers.get('content-security-policy') ?? '';
    assert.match(policy, /default-src 'none'/, path);
    assert.ok(!/unsafe-inline|unsafe-eval|\*/.test(policy), `${path}: ${policy}`);
    assert.match(policy, /frame-ancestors 'none'/);
    assert.match(policy, /base-uri 'none'/);
    assert.equal(answer.headers.get('x-content-type-options'), 'nosniff', path);
    assert.match(answer.headers.get('referrer-policy') ?? '', /same-origin|no-referrer/, path);
    assert.ok(answer.headers.get('permissions-policy'), path);
    assert.equal(answer.headers.get('cross-origin-opener-policy'), 'same-origin', path);
  }
  const session = (await people.anna.context().cookies()).filter((one) => /session/.test(one.name));
  assert.ok(session.length > 0);
  for (const one of session) assert.ok(one.httpOnly && ['Lax', 'Strict'].includes(one.sameSite), JSON.stringify(one));
});

test('pages are in one language, and errors too', async () => {
  const page = await person(browser, { width: 390, lang: 'en', script: false, base: city.address });
  for (const path of ['/', '/services', '/services/parking-permit', '/search?q=parking', '/sign-in', '/check', '/help', '/agencies', '/nowhere']) {
    await page.goto(path);
    assert.equal(await page.getAttribute('html', 'lang'), 'en', path);
    const text = await page.locator('body').innerText();
    const russian = text.match(/[А-Яа-яё]{3,}[^\n]*/g)?.filter((line) => !/^Русский/.test(line)) ?? [];
    assert.deepEqual(russian, [], path);
  }
  assert.equal((await page.goto('/nowhere')).status(), 404);
  await go(page, 'main a[href="/"]');
  assert.equal(here(page), '/');
  await page.context().close();
});

test('no page did what no page may', () => assert.deepEqual(troubles, []));
