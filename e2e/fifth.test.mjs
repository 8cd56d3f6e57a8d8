// A fifth service is one file, laid into the folder of a running city: no build, no restart.
import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { after, before } from 'node:test';
import { launch, person } from './lib/browser.mjs';
import { start } from './lib/city.mjs';
import { allWords, begin, caseURL, choose, date, fillAddress, fillDate, go, here, next, open, reloadUntil, says, send, signInByPassword, submit, visible } from './lib/steps.mjs';
import { until } from './lib/wait.mjs';

const given = join(dirname(fileURLToPath(import.meta.url)), 'testdata/fifth-service.yaml');
const troubles = [];
let city, browser, file, page;

before(async () => {
  city = await start();
  file = join(city.folder, 'services/street-event.yaml');
  browser = await launch();
  page = await person(browser, { width: 390, script: false, lang: 'ru', troubles, base: city.address });
});
after(async () => {
  await browser?.close();
  await city?.stop();
});

test('it is not there before', async () => {
  assert.equal((await page.goto('/services/street-event')).status(), 404);
});

test('it appears within seconds and is found by search', { timeout: 60_000 }, async () => {
  copyFileSync(given, file);
  await until('the card', async () => (await page.goto('/services/street-event')).status() === 200, { within: 15_000 });
  await says(page, 'Праздник во дворе или на улице', 'Во дворе бесплатно', '7 рабочих дней');
  for (const query of ['праздник двора', 'street party', 'празник соседей']) {
    await open(page, `/search?q=${encodeURIComponent(query)}`);
    assert.equal(await page.locator('main h2 a').first().getAttribute('href'), '/services/street-event', query);
  }
});

test('it works to its end', { timeout: 120_000 }, async () => {
  await open(page, '/sign-in');
  await signInByPassword(page, 'anna@kitezh.example');
  await begin(page, 'street-event');
  await choose(page, 'kind', 'neighbours');
  await page.fill('main [name=title]', 'День нашего двора');
  await page.fill('main [name=people]', '40');
  await send(page, next); // where it may be hangs on what it is
  await choose(page, 'where', 'yard');
  await send(page, next);
  assert.match(here(page), /steps\/place$/);
  await fillAddress(page, 'address', 'Речная ул., 14', '86');
  await page.fill('main [name=spot]', 'У детской площадки за домом 14');
  await fillDate(page, 'day', date(20));
  await choose(page, 'ends', 'evening');
  await send(page, next);
  assert.match(here(page), /steps\/contact$/);
  await send(page, next);
  await says(page, 'Бесплатно');
  const number = await submit(page);
  await open(page, caseURL(number));
  await reloadUntil(page, 'the permit', visible('main a[href^="/documents/"]'));
  await says(page, 'Событие небольшое, сведения подтвердились.');
  await go(page, 'main a[href^="/documents/"] >> nth=0');
  await says(page, 'Разрешение на событие под открытым небом', 'День нашего двора');
  const letters = await until('the letter', async () => (await city.letters('anna@kitezh.example')).find((one) => one.subject.includes('Праздник разрешён')));
  assert.ok(letters.text.includes(number));
});

test('a broken file changes nothing, and what is wrong is told', { timeout: 60_000 }, async () => {
  const good = readFileSync(file, 'utf8');
  writeFileSync(file, good.replace('decide: approve', 'decide: aprove').replace('title: {ru: Праздник во дворе или на улице', 'title: {ru: Сломанный праздник'));
  await until('the fault in the log', async () => /street-event\.yaml/.test(city.log()), { within: 15_000 });
  await open(page, '/services/street-event');
  await says(page, 'Праздник во дворе или на улице');
  assert.ok(!(await allWords(page)).includes('Сломанный праздник'));
  writeFileSync(file, good.replace('title: {ru: Праздник во дворе или на улице', 'title: {ru: Праздник под открытым небом'));
  await reloadUntil(page, 'the mended file', async () => (await allWords(page)).includes('Праздник под открытым небом'), { within: 15_000 });
});

test('no page did what no page may', () => assert.deepEqual(troubles, []));
