// What comes in over a bad line, and what is renewed a year later.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { examine } from './lib/checks.mjs';
import { town } from './lib/devices.mjs';
import { allWords, begin, caseURL, choose, fillAddress, go, here, next, open, reloadUntil, says, send, submit, visible } from './lib/steps.mjs';
import { until } from './lib/wait.mjs';

let place;
const files = mkdtempSync(join(tmpdir(), 'posad-e2e-later-'));
before(async () => { place = await town(); });
after(() => place?.end());

// drawing is a PDF of six megabytes: one page, and a stream that nothing compresses.
function drawing() {
  const parts = [], places = [];
  let size = 0;
  const add = (bytes) => { parts.push(bytes); size += bytes.length; };
  const object = (number, head, body) => {
    places[number] = size;
    add(Buffer.from(`${number} 0 obj\n${head}\n`));
    if (body) { add(Buffer.from('stream\n')); add(body); add(Buffer.from('\nendstream\n')); }
    add(Buffer.from('endobj\n'));
  };
  add(Buffer.from('%PDF-1.4\n%\xe2\xe3\n', 'latin1'));
  const noise = randomBytes(6 * 1024 * 1024);
  object(1, '<< /Type /Catalog /Pages 2 0 R >>');
  object(2, '<< /Type /Pages /Kids [3 0 R] /Count 1 >>');
  object(3, '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>');
  object(4, `<< /Length ${noise.length} >>`, noise);
  const start = size;
  add(Buffer.from(`xref\n0 5\n0000000000 65535 f \n${places.slice(1).map((at) => `${String(at).padStart(10, '0')} 00000 n \n`).join('')}trailer\n<< /Size 5 /Root 1 0 R >>\nstartxref\n${start}\n%%EOF\n`));
  const path = join(files, 'чертёж.pdf');
  writeFileSync(path, Buffer.concat(parts));
  return { path, size };
}

test('a file of six megabytes comes in whole over a line that breaks', { timeout: 240_000 }, async () => {
  const page = await place.signedIn('dmitry', { width: 390, script: true });
  await begin(page, 'building-permit');
  await choose(page, 'what', 'house');
  await page.fill('main [name=storeys]', '2');
  await send(page, next);
  await reloadUntil(page, 'the plot comes by itself', async () => /52:18:0050017:12/.test(await page.content()));
  await fillAddress(page, 'place', 'Гончарная ул., 3');
  await choose(page, 'old', 'no');
  await send(page, next);
  assert.match(here(page), /steps\/house$/, await allWords(page));
  // The line is cut in the middle of every fourth part, and away for a while after the tenth.
  let parts = 0, cut = 0;
  await page.route('**/api/v1/files/**', async (route) => {
    if (route.request().method() !== 'PATCH') return route.continue();
    parts++;
    if (parts % 4 === 0 && cut < 3) {
      cut++;
      return route.abort('connectionreset');
    }
    return route.continue();
  });
  const { path, size } = drawing();
  place.troubles.length = 0;
  await page.setInputFiles('main [name=plans]', path);
  await until('the file is in', async () => (await page.locator('main .files a, main .docs a').count()) > 0 || (await page.content()).includes('/uploads/'), { within: 120_000, every: 500 });
  assert.ok(cut >= 3, `the line was cut ${cut} times`);
  const lost = place.troubles.filter((one) => !/ERR_CONNECTION_RESET/.test(one));
  assert.deepEqual(lost, []);
  place.troubles.length = 0;
  const address = await page.locator('main a[href*="/uploads/"]').first().getAttribute('href');
  const got = await page.request.get(address.replace(/\/preview.*/, ''));
  assert.equal((await got.body()).length, size, 'another file than was sent');
  await examine(page, 'big file');
  await page.context().close();
});

test('a benefit that ends is renewed from the documents with everything filled in', { timeout: 240_000 }, async () => {
  let page = await place.signedIn('rustam', { width: 390, script: false });
  await begin(page, 'child-benefit');
  await choose(page, 'paid', 'no');
  await send(page, next);
  await choose(page, 'adults', 'no');
  await page.fill('main [name=other]', '0');
  await send(page, next);
  assert.match(here(page), /steps\/payment$/, await allWords(page));
  await page.fill('main [name=account]', '40817810000000000101');
  await send(page, next);
  const number = await submit(page);
  await open(page, caseURL(number));
  await reloadUntil(page, 'the benefit', visible('main a[href^="/documents/"]'));
  await open(page, '/documents');
  assert.equal(await page.locator('main a[href*="renew="]').count(), 0, 'it is renewed on the day it is given');
  await open(page, '/services/child-benefit/apply');
  await says(page, 'Пособие уже назначено');
  await place.city.moveClock(340 * 86_400);
  await page.context().close();
  page = await place.signedIn('rustam', { width: 390, script: false });
  await open(page, '/documents');
  await examine(page, 'documents to renew');
  await go(page, 'main a[href*="renew="] >> nth=0');
  await examine(page, 'renewal');
  await send(page, next);
  // What is asked again is asked, the rest is known.
  for (let i = 0; i < 4 && !/check$/.test(here(page)); i++) {
    if (await page.locator('main [name=paid]').count()) await choose(page, 'paid', 'no');
    if (await page.locator('main [name=other]').count()) {
      assert.ok(await page.isChecked('main [name=adults][value=no]'), 'an answer of last year is lost');
      await page.fill('main [name=other]', '0');
    }
    if (await page.locator('main [name=account]').count()) assert.equal(await page.inputValue('main [name=account]'), '40817810000000000101');
    await send(page, next);
  }
  await says(page, '40817810000000000101');
  const again = await submit(page);
  await open(page, caseURL(again));
  await reloadUntil(page, 'the new benefit', visible('main a[href^="/documents/"]'));
  await page.context().close();
});

test('no page did what no page may', () => assert.deepEqual(place.troubles, []));
