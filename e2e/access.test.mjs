// Who else is let in, and by whom: an outside provider that the administrator adds, a site that signs people in through the
// city, a helper with a mandate, an official at a service centre; what the administrator sees; what a person sees of it all.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import test, { after, before } from 'node:test';
import * as client from 'openid-client';
import { launch, person } from './lib/browser.mjs';
import { examine } from './lib/checks.mjs';
import { freePort, start } from './lib/city.mjs';
import { allWords, choose, here, next, open, press, reloadUntil, save, says, scan, send, signInByPassword, signOut, totp, visible, wearHat } from './lib/steps.mjs';
import { until } from './lib/wait.mjs';

const troubles = [];
let city, browser;

before(async () => {
  city = await start({ host: 'localhost' });
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await city?.stop();
});

const phone = (options) => person(browser, { width: 390, lang: 'ru', script: false, troubles, base: city.address, ...options });
const desk = async (options) => {
  const page = await person(browser, { width: 1280, lang: 'en', troubles, base: city.address, ...options });
  page.on('dialog', (dialog) => dialog.accept());
  return page;
};

async function official(email, options) {
  const page = await desk(options);
  await signInByPassword(page, email);
  await wearHat(page);
  return page;
}

// secure adds an app with codes to an account, so that its session has two factors; it returns the app's key.
async function secure(page) {
  await open(page, '/account/security/app');
  await send(page, next);
  const key = new URL(await scan(page)).searchParams.get('secret');
  await page.fill('main [name=code]', totp(key));
  await send(page, next);
  return key;
}

// prove shows the second factor where the page asks for it.
async function prove(page, key) {
  if (here(page) !== '/sign-in/raise' && here(page) !== '/sign-in/second') return;
  const back = new URL(page.url());
  await until('a code that was not used', async () => {
    await open(page, back.pathname + back.search);
    await send(page, 'main a[href^="/sign-in/second/app"]');
    await page.fill('main [name=code]', totp(key));
    await send(page, next);
    return !here(page).startsWith('/sign-in');
  }, { within: 70_000, every: 5_000 });
}

test('an outside provider, added by the administrator, signs people in', { timeout: 180_000 }, async (t) => {
  const provider = spawn('node', [fileURLToPath(new URL('lib/provider.mjs', import.meta.url)), JSON.stringify({
    clients: [{
      client_id: 'city', client_secret: 'a-secret-of-tests-alone-long-enough', redirect_uris: [`${city.address}/sign-in/provider/neighbour/return`],
      post_logout_redirect_uris: [`${city.address}/sign-in/provider/neighbour/left`],
    }],
    accounts: { lida: { family_name: 'Озёрная', given_name: 'Лидия', email: 'lida@example.ru', email_verified: true } },
  })], { stdio: ['pipe', 'pipe', 'inherit'] });
  t.after(() => provider.stdin.end());
  const issuer = await new Promise((done) => provider.stdout.once('data', (line) => done(String(line).trim())));

  const admin = await official('gorsky@kitezh.example');
  await open(admin, '/admin/providers');
  await examine(admin, 'providers none');
  await send(admin, 'main a[href="/admin/providers/edit"]');
  await examine(admin, 'provider new');
  await send(admin, next);
  assert.ok(await admin.locator('#error-summary').count(), 'an empty provider was taken');
  await examine(admin, 'provider faulty');
  const fields = { key: 'neighbour', title_ru: 'Соседний город', title_en: 'The next city', issuer, client: 'city', secret: 'a-secret-of-tests-alone-long-enough' };
  for (const [name, value] of Object.entries(fields)) await admin.fill(`main [name=${name}]`, value);
  await admin.check('main [name=registers]');
  await admin.check('main [name=on]');
  await send(admin, next);
  await says(admin, 'The next city');
  await examine(admin, 'providers');
  await press(admin, '/admin/providers/test');
  await examine(admin, 'provider tested');
  assert.equal(await admin.locator('main .notice--danger').count(), 0, await allWords(admin));

  // Its own pages are not the city's: what their consoles say is no fault of ours.
  const page = await person(browser, { width: 390, lang: 'ru', base: city.address });
  await open(page, '/sign-in?back=/account/profile');
  await send(page, 'main a[href^="/sign-in/provider"]:has-text("Соседний город")');
  await atProvider(page, issuer, 'lida');
  await says(page, 'Озёрная Лидия');
  await examine(page, 'provider first time');
  await press(page, '/sign-in/provider/new');
  await until('inside', async () => here(page) === '/account/profile' || here(page) === '/register/name');
  await open(page, '/account/profile');
  assert.equal(await page.inputValue('main [name=family]'), 'Озёрная');
  await open(page, '/account/security');
  await says(page, 'Соседний город');
  await page.context().clearCookies({ domain: 'localhost' });
  await open(page, '/sign-in?back=/account/profile');
  await send(page, 'main a[href^="/sign-in/provider"]:has-text("Соседний город")');
  await atProvider(page, issuer, 'lida');
  await until('inside at once', async () => here(page) === '/account/profile');
  assert.equal(await page.inputValue('main [name=family]'), 'Озёрная');

  // Switched off, it lets nobody in.
  await open(admin, '/admin/providers');
  await press(admin, '/admin/providers/switch');
  const late = await person(browser, { width: 390, lang: 'ru', base: city.address });
  await open(late, '/sign-in');
  assert.equal(await late.locator('main a:has-text("Соседний город")').count(), 0);
  for (const one of [late, page, admin]) await one.context().close();
});

// atProvider answers the provider's own pages until it sends the browser home.
async function atProvider(page, issuer, who) {
  for (let i = 0; i < 6; i++) {
    await until('a page', async () => page.url().startsWith(issuer) || page.url().startsWith(city.address) && !/\/sign-in\/provider\/neighbour$/.test(here(page)));
    if (!page.url().startsWith(issuer)) return;
    if (await page.locator('[name=login]').count()) {
      await page.fill('[name=login]', who);
      await page.fill('[name=password]', 'any');
    }
    await Promise.all([page.waitForEvent('domcontentloaded'), page.locator('button[type=submit]').first().click()]);
    await page.waitForLoadState('load');
  }
}

test('a site signs a resident in through the city, and is sent away again', { timeout: 180_000 }, async (t) => {
  const heard = [];
  const port = await freePort(), home = `http://127.0.0.1:${port}`;
  const site = createServer((request, answer) => {
    let body = '';
    request.on('data', (part) => (body += part));
    request.on('end', () => {
      if (request.url === '/logout') heard.push(new URLSearchParams(body).get('logout_token'));
      answer.setHeader('Content-Type', 'text/html; charset=utf-8');
      answer.end('<!doctype html><html lang="ru"><title>Библиотека</title><link rel="icon" href="data:,"><p>Вы на сайте библиотеки.</p>');
    });
  });
  await new Promise((done) => site.listen(port, '127.0.0.1', done));
  t.after(() => { site.close(); site.closeAllConnections(); });

  const admin = await official('gorsky@kitezh.example', { lang: 'ru' });
  await open(admin, '/admin/clients');
  await examine(admin, 'clients none');
  await send(admin, 'main a[href="/admin/clients/new"]');
  await examine(admin, 'client new');
  const fields = {
    name_ru: 'Библиотека', name_en: 'The library', purpose_ru: 'Чтобы завести читательский билет.', purpose_en: 'To make a reader’s card.',
    home: `${home}/`, policy: `${home}/policy`, redirects: 'http://evil.example/*', after_logout: `${home}/bye`, back_channel: `${home}/logout`,
  };
  for (const [name, value] of Object.entries(fields)) await admin.fill(`main [name=${name}]`, value);
  for (const scope of ['profile', 'email', 'phone', 'offline_access']) await choose(admin, 'scopes', scope);
  await choose(admin, 'optional', 'phone');
  await send(admin, next);
  assert.ok(await admin.locator('#error-summary').count(), 'a wildcard was taken for an address');
  await examine(admin, 'client faulty');
  await admin.fill('main [name=redirects]', `${home}/callback`);
  await send(admin, next);
  await examine(admin, 'client with its secret');
  const text = await allWords(admin);
  const secret = (await admin.locator('main .notice--warning').innerText()).trim().split(/\s+/).pop();
  const id = text.match(/client_id\s*(\S+)/)[1];
  await open(admin, here(admin));
  assert.ok(!(await allWords(admin)).includes(secret), 'the secret is shown twice');

  const config = await client.discovery(new URL(city.address), id, undefined, client.ClientSecretBasic(secret), { execute: [client.allowInsecureRequests] });
  const ask = async (more = {}) => {
    const verifier = client.randomPKCECodeVerifier(), state = client.randomState();
    const address = client.buildAuthorizationUrl(config, {
      redirect_uri: `${home}/callback`, scope: 'openid profile email phone offline_access', state, code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256', ...more,
    });
    return { address: address.href, grant: (back) => client.authorizationCodeGrant(config, back, { pkceCodeVerifier: verifier, expectedState: state, idTokenExpected: true }) };
  };
  const page = await phone();
  const asked = await ask();
  await page.goto(asked.address);
  assert.equal(here(page), '/sign-in');
  await signInByPassword(page, 'dmitry@kitezh.example');
  await says(page, '«Библиотека»', 'Чтобы завести читательский билет.', 'Электронная почта', 'Можно не передавать');
  await examine(page, 'consent');
  const back = page.waitForRequest((request) => request.url().startsWith(`${home}/callback`));
  await page.locator('form[action="/oauth/consent"] button[value=yes]').click();
  const tokens = await asked.grant(new URL((await back).url()));
  await page.waitForURL(`${home}/callback**`);
  const info = await client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub);
  assert.equal(info.email, 'dmitry@kitezh.example');
  assert.equal(info.phone_number, undefined, 'the site has a phone that nobody ticked');

  await open(page, '/account/sites');
  await says(page, 'Библиотека', 'Электронная почта');
  await examine(page, 'sites');
  await press(page, '/account/sites/withdraw');
  await says(page, 'Разрешение отозвано');
  await examine(page, 'sites withdrawn');
  await assert.rejects(client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub));
  await assert.rejects(client.refreshTokenGrant(config, tokens.refresh_token), { error: 'invalid_grant' });
  await until('the site is told', async () => heard.length > 0);

  // Again, and out of everything: the site's words for it come back to the site.
  heard.length = 0;
  const second = await ask();
  await page.goto(second.address);
  const returned = page.waitForRequest((request) => request.url().startsWith(`${home}/callback`));
  await page.locator('form[action="/oauth/consent"] button[value=yes]').click();
  const again = await second.grant(new URL((await returned).url()));
  await page.waitForURL(`${home}/callback**`);
  const bye = page.waitForRequest((request) => request.url().startsWith(`${home}/bye`));
  await page.goto(client.buildEndSessionUrl(config, { id_token_hint: again.id_token, post_logout_redirect_uri: `${home}/bye` }).href);
  await bye;
  await page.goto(`${city.address}/account/profile`);
  assert.equal(here(page), '/sign-in', 'signed out at the site, and still in at the city');
  await until('the site is told', async () => heard.length > 0);

  await open(admin, '/admin/clients');
  await examine(admin, 'clients');
  for (const one of [page, admin]) await one.context().close();
});

test('a helper acts under a mandate, is seen to, and stops at once', { timeout: 240_000 }, async () => {
  const giver = await desk({ lang: 'ru' });
  await signInByPassword(giver, 'ivan@kitezh.example');
  const key = await secure(giver);
  await open(giver, '/account/mandates');
  await examine(giver, 'mandates');
  await send(giver, 'main a[href^="/account/mandates/give"]');
  await prove(giver, key);
  if (here(giver) !== '/account/mandates/give') await open(giver, '/account/mandates/give');
  await examine(giver, 'mandate new');
  await send(giver, next);
  assert.ok(await giver.locator('#error-summary').count(), 'an empty mandate was taken');
  await giver.fill('main [name=family]', 'Петренко');
  await giver.fill('main [name=given]', 'Дмитрий');
  await giver.fill('main [name=contact]', 'dmitry@kitezh.example');
  await choose(giver, 'scopes', 'read');
  await choose(giver, 'scopes', 'apply');
  await send(giver, next);
  await examine(giver, 'mandate check');
  await send(giver, 'main button[name=confirm][value=yes]');
  await open(giver, '/account/mandates');
  await says(giver, 'Петренко');

  const helper = await phone();
  await signInByPassword(helper, 'dmitry@kitezh.example');
  await open(helper, '/account/mandates');
  await reloadUntil(helper, 'the offer', async (page) => (await allWords(page)).includes('Козлов'));
  await send(helper, helper.locator('main a[href^="/account/mandates/"]:has-text("Козлов")').first());
  await examine(helper, 'mandate offered');
  await send(helper, 'main form[action$="/accept"] button');
  await open(helper, '/account/mandates');
  await reloadUntil(helper, 'the mandate', async (page) => (await page.locator('main a[href^="/account/mandates/"]:has-text("Козлов")').count()) > 0);
  await send(helper, helper.locator('main a[href^="/account/mandates/"]:has-text("Козлов")').first());
  await examine(helper, 'mandate taken');
  const mandate = here(helper);
  const papers = await helper.locator('main a[href^="/documents?for="]').first().getAttribute('href');
  const acts = async (page) => {
    const answer = await page.goto(papers);
    return answer.status() < 400 && (await page.locator('aside.acting').count()) > 0 && /Козлов/.test(await allWords(page, 'body'));
  };
  assert.ok(await acts(helper), 'nothing says for whom one acts');
  await examine(helper, 'acting for');
  await open(helper, papers.replace('/documents?', '/cases?'));
  assert.match(await allWords(helper, 'aside.acting'), /Козлов/);
  await open(helper, papers.replace('/documents?', '/services/city-appeal/apply?'));
  await says(helper, /Козлов/);

  const other = await phone();
  await signInByPassword(other, 'alexey@kitezh.example');
  assert.ok(!await acts(other), 'anybody may act for anybody');
  assert.ok((await other.goto(mandate)).status() >= 400, 'anybody reads a mandate');

  await open(giver, '/account/mandates');
  await send(giver, giver.locator('main a[href^="/account/mandates/"]:has-text("Петренко")').first());
  await examine(giver, 'mandate given');
  await send(giver, 'main form[action$="/end"] button');
  if (await giver.locator('dialog[open] button').count()) await send(giver, 'dialog[open] button[value=confirm], dialog[open] .btn--danger');
  assert.ok(!await acts(helper), 'the mandate is over, and the documents are open');
  for (const one of [giver, helper, other]) await one.context().close();
});

test('a service centre: found, agreed by a code, a session in a banner, and the official back', { timeout: 180_000 }, async () => {
  const page = await official('orekhova@kitezh.example', { lang: 'ru' });
  await open(page, '/desk/centre');
  await examine(page, 'centre');
  await send(page, 'main form[action="/desk/centre/find"] button');
  assert.ok(await page.locator('#error-summary').count(), 'nobody was looked for, and found');
  await examine(page, 'centre faulty');
  const seen = { tail: '1234', family: 'Волков', given: 'Николай', patronymic: 'Петрович', 'birth.day': '9', 'birth.month': '8', 'birth.year': '1951', snils: '112-235-418 00', place: '4' };
  await page.selectOption('main [name=document]', 'passport');
  await page.check('main [name=looked]');
  for (const [name, value] of Object.entries(seen)) await page.fill(`main [name="${name}"]`, value);
  await send(page, 'main form[action="/desk/centre/find"] button');
  assert.match(here(page), /^\/desk\/centre\/visits\//);
  await examine(page, 'visit');
  const visit = here(page);
  await press(page, `${visit}/prove`);
  await examine(page, 'visit proved');
  await press(page, `${visit}/consent`);
  await examine(page, 'visit code');
  const sms = await until('an SMS', async () => (await (await fetch(`${city.outside.mail}/api/sms?to=${encodeURIComponent('+79165550109')}`)).json())?.find((one) => /\b\d{6}\b/.test(one.text)));
  await page.fill('main [name=code]', sms.text.match(/\b\d{6}\b/)[0]);
  await page.check('main [name=agree]');
  await press(page, `${visit}/begin`);
  await open(page, '/account/profile');
  await says(page, 'Визит в центр услуг', 'Волков');
  await examine(page, 'in a visit');
  await page.goto('/account/security');
  assert.ok(!(await allWords(page)).includes('Как вы входите'), 'a visit opened the ways in');
  await page.goto('/desk');
  assert.ok(!here(page).startsWith('/desk') || !(await page.locator('main a[href*="/desk/cases"]').count()), 'a visit has the official’s rights');
  await open(page, '/account/profile');
  await send(page, page.locator('form[action="/desk/centre/return"] button').first());
  await open(page, '/desk/centre');
  await says(page, 'Наталья О.');

  const nikolay = await phone();
  await signInByPassword(nikolay, 'nikolay@kitezh.example');
  await open(nikolay, '/account/visits');
  await says(nikolay, 'Орехов');
  await examine(nikolay, 'visits');
  for (const one of [page, nikolay]) await one.context().close();
});

test('the administrator closes an account and opens it, and sees how people come in', { timeout: 120_000 }, async () => {
  const admin = await official('gorsky@kitezh.example');
  await open(admin, '/admin/blocked');
  await examine(admin, 'blocked none');
  const open_ = await phone();
  await signInByPassword(open_, 'hung@kitezh.example');
  await admin.fill('main [name=who]', 'hung@kitezh.example');
  await choose(admin, 'reason', 'court');
  await press(admin, '/admin/blocked');
  assert.ok(await admin.locator('#error-summary').count(), 'an account was closed without a decision');
  await examine(admin, 'blocked faulty');
  await admin.fill('main [name=note]', '№ 12-345 от 1 ноября 2026');
  await press(admin, '/admin/blocked');
  await open(admin, '/admin/blocked');
  await examine(admin, 'blocked');
  await open_.goto('/account/profile');
  assert.equal(here(open_), '/sign-in', 'a closed account has an open session');
  const again = await phone();
  await signInByPassword(again, 'hung@kitezh.example');
  await says(again, 'Кабинет закрыт городом');
  await send(admin, 'main a[href^="/admin/blocked/"]');
  await examine(admin, 'one blocked');
  await send(admin, 'main form[action$="/open"] button');
  await open(again, '/sign-in');
  await signInByPassword(again, 'hung@kitezh.example');
  await open(again, '/account/profile');
  assert.equal(here(again), '/account/profile');

  await open(admin, '/admin/sign-ins');
  await says(admin, 'Password');
  await examine(admin, 'sign-ins');
  const nobody = await phone();
  await signInByPassword(nobody, 'svetlana@kitezh.example');
  for (const path of ['/admin/blocked', '/admin/sign-ins', '/admin/providers', '/admin/clients']) {
    assert.ok((await nobody.goto(path)).status() >= 400, `${path} is open to anybody`);
  }
  for (const one of [admin, open_, again, nobody]) await one.context().close();
});

test('what the city holds of a person is seen, copied and told who looked', { timeout: 180_000 }, async () => {
  const page = await phone();
  await signInByPassword(page, 'kira@kitezh.example');
  await open(page, '/account/data');
  await examine(page, 'data');
  await send(page, page.locator('main a[href^="/account/data/kinds/"]').first());
  await examine(page, 'data of a kind');
  await open(page, '/account/data');
  await press(page, '/account/data/copies');
  await reloadUntil(page, 'the copy', visible('main a[href$="/json"]'), { within: 40_000 });
  await examine(page, 'data copy');
  const copy = JSON.parse(readFileSync(await save(page, 'main a[href$="/json"]', 'my-data.json'), 'utf8'));
  assert.ok(JSON.stringify(copy).includes('kira@kitezh.example'), 'the copy has no address of its owner');
  const paper = readFileSync(await save(page, 'main a[href$="/pdf"]', 'my-data.pdf'));
  assert.equal(paper.subarray(0, 5).toString(), '%PDF-');
  const stranger = await phone();
  await signInByPassword(stranger, 'stepan@kitezh.example');
  assert.ok((await stranger.goto(here(page))).status() >= 400, 'a copy of somebody’s data is open to anybody');

  await open(page, '/account/data/delete');
  await examine(page, 'data delete');
  await page.fill('main [name=word]', 'удалять');
  await press(page, '/account/data/delete');
  assert.ok(await page.locator('#error-summary').count(), 'a wrong word deletes everything');
  await page.fill('main [name=word]', 'УДАЛИТЬ');
  await press(page, '/account/data/delete');
  await open(page, '/account/data/delete');
  await examine(page, 'data delete waits');
  await press(page, '/account/data/delete/cancel');
  await open(page, '/account/data/delete');
  assert.ok(await page.locator('main [name=word]').count(), 'the deletion was not cancelled');

  // Whoever was served at a centre sees that an official looked, and can complain of it.
  const seen = await phone();
  await signInByPassword(seen, 'nikolay@kitezh.example');
  await open(seen, '/account/looks');
  await reloadUntil(seen, 'the look of the centre', async (one) => /Обслуживание в центре услуг|Визит в центр услуг/.test(await allWords(one)));
  await examine(seen, 'looks');
  for (const one of [page, stranger, seen]) await one.context().close();
});

test('sign-out closes what is open elsewhere', { timeout: 60_000 }, async () => {
  const one = await phone(), two = await desk();
  for (const page of [one, two]) await signInByPassword(page, 'artem@kitezh.example');
  await open(two, '/account/security');
  await examine(two, 'two sessions');
  await press(two, '/account/security/close', ':not([name])');
  await until('the other is out', async () => { await one.goto('/account/profile'); return here(one) === '/sign-in'; });
  await open(two, '/account/profile');
  await signOut(two);
  await two.goto('/account/profile');
  assert.equal(here(two), '/sign-in');
  for (const page of [one, two]) await page.context().close();
});

test('no page did what no page may', () => assert.deepEqual(troubles, []));
