// An agency's programs: a head makes a key and an endpoint without scripts, a program takes signed messages, the head sees each
// try and sends one anew; a key that was taken back opens nothing.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import test, { after, before } from 'node:test';
import { launch, person } from './lib/browser.mjs';
import { examine } from './lib/checks.mjs';
import { freePort, start } from './lib/city.mjs';
import { choose, next, open, reloadUntil, says, send, signInByPassword, wearHat } from './lib/steps.mjs';
import { until } from './lib/wait.mjs';

let city, browser, receiver, hooks;
const troubles = [];
const took = [];
let answer = 500;

before(async () => {
  city = await start();
  browser = await launch();
  const port = await freePort();
  hooks = `http://127.0.0.1:${port}/hooks`;
  receiver = createServer((request, reply) => {
    let body = '';
    request.on('data', (part) => (body += part));
    request.on('end', () => {
      took.push({ headers: request.headers, body });
      reply.writeHead(answer).end();
    });
  });
  await new Promise((listening) => receiver.listen(port, '127.0.0.1', listening));
});
after(async () => {
  receiver?.close();
  await browser?.close();
  await city?.stop();
});

const press = (page, end) => send(page, page.locator(`main form[action$="${end}"] button`).first());

async function head(width) {
  const page = await person(browser, { width, script: false, lang: 'ru', troubles, base: city.address });
  await open(page, '/sign-in');
  await signInByPassword(page, 'belova@kitezh.example');
  await wearHat(page);
  return page;
}

const call = (key, path, body) =>
  fetch(city.address + path, {
    method: body ? 'POST' : 'GET', headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' }, body: body && JSON.stringify(body),
  });

test('a head gives a program its key and its messages', { timeout: 300_000 }, async () => {
  const page = await head(390);
  await open(page, '/desk/programs');
  await says(page, 'Ключей пока нет', 'Адресов пока нет');
  await examine(page, 'programs, nothing yet');
  await open(page, '/desk/programs/keys/new');
  await send(page, next);
  await says(page, 'Напишите, для чего это');
  await examine(page, 'a key with a fault');
  await page.fill('main [name=name]', 'Бухгалтерия');
  await choose(page, 'scopes', 'webhooks');
  await send(page, next);
  await says(page, 'Ключ выпущен', 'Больше мы его не покажем');
  await examine(page, 'a key, shown once');
  const key = (await page.textContent('main pre code')).trim();
  assert.match(key, /^posad_test_[0-9A-Za-z]{38}$/);

  await open(page, '/desk/programs/endpoints/new');
  await page.fill('main [name=name]', 'Приём');
  await page.fill('main [name=url]', 'ftp://nowhere');
  await send(page, next);
  await says(page, 'Укажите адрес, который начинается с https://');
  await page.fill('main [name=url]', hooks);
  await send(page, next);
  const secret = (await page.textContent('main pre code')).trim();
  assert.match(secret, /^whsec_/);
  await examine(page, 'an endpoint, its secret shown once');

  const bill = await (await call(key, '/api/v1/agency/charges', { kind: 'other', number: 'e2e', by: 'inn', value: '7707083893', amount: 150000, title_ru: 'Проба', title_en: 'A trial' })).json();
  assert.equal(bill.test, true, JSON.stringify(bill));
  const paid = await (await call(key, '/api/v1/agency/sandbox/payments', { charge: bill.id })).json();
  assert.equal(paid.state, 'taken', JSON.stringify(paid));
  await until('two refused messages', () => took.length >= 2);

  await open(page, '/desk/programs');
  await send(page, page.locator('main a[href^="/desk/programs/endpoints/0"]'));
  await reloadUntil(page, 'a try with its answer', async (p) => (await p.textContent('main')).includes('500'));
  await examine(page, 'an endpoint that fails');
  answer = 200;
  await until('the messages again, taken', () => new Set(took.slice(2).map((m) => m.headers['webhook-id'])).size >= 2, { within: 90_000 });
  for (const m of took) {
    const by = createHmac('sha256', Buffer.from(secret.slice(6), 'base64'));
    by.update(`${m.headers['webhook-id']}.${m.headers['webhook-timestamp']}.${m.body}`);
    assert.equal(m.headers['webhook-signature'], `v1,${by.digest('base64')}`);
  }
  assert.deepEqual([...new Set(took.map((m) => JSON.parse(m.body).type))].sort(), ['charge.due', 'charge.paid', 'pay.taken'].filter((t) => took.some((m) => m.body.includes(t))));

  const taken = 'main tbody tr:has-text("Принято") a';
  await reloadUntil(page, 'a taken message', async (p) => (await p.locator(taken).count()) > 0);
  await send(page, page.locator(taken).first());
  await says(page, 'Попытки', '500');
  await examine(page, 'a message with its tries');
  const before = took.length;
  await press(page, '/resend');
  await until('the message anew', () => took.length > before);
  assert.ok(took.slice(0, before).some((m) => m.headers['webhook-id'] === took.at(-1).headers['webhook-id']), 'sent anew under another name');

  await open(page, '/desk/programs');
  await send(page, page.locator('main a[href^="/desk/programs/keys/0"]'));
  await examine(page, 'a key');
  await press(page, '/revoke');
  await says(page, 'Ключ отозван');
  assert.equal((await call(key, '/api/v1/agency/webhooks')).status, 401);
  assert.deepEqual(troubles, []);
});

test('the developers\' page fits a narrow screen in both languages', { timeout: 120_000 }, async () => {
  for (const [width, lang] of [[320, 'ru'], [320, 'en'], [1280, 'ru']]) {
    const page = await person(browser, { width, script: width > 1000, lang, troubles, base: city.address });
    await open(page, '/developers');
    await examine(page, `developers, ${width}, ${lang}`);
  }
  const page = await head(320);
  for (const path of ['/desk/programs', '/desk/programs/keys/new', '/desk/programs/endpoints/new']) {
    await open(page, path);
    await examine(page, `${path}, 320`);
  }
  assert.deepEqual(troubles, []);
});
