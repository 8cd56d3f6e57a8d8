// A house is to be built: three agencies look at the plans at once, two officials decide. One plan is refused, the refusal
// is appealed against, and another official has the case heard again.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { examine } from './lib/checks.mjs';
import { deskURL, town } from './lib/devices.mjs';
import {
  allWords, begin, caseURL, choose, chooseCar, date, fillAddress, fillDate, go, here, next, open, payAtBank, pictureFile, plain, reloadUntil, says, send, submit, visible,
} from './lib/steps.mjs';

let place;
before(async () => { place = await town(); });
after(() => place?.end());

const decision = 'main form[action$="/decide"] button[type=submit]';
const take = 'main form[action$="/take"] button';

// plans asks for a permit to build, to the number of the case.
async function plans(page, { old = 'no' } = {}) {
  await begin(page, 'building-permit');
  await choose(page, 'what', 'house');
  await page.fill('main [name=storeys]', '2');
  await send(page, next);
  assert.match(here(page), /steps\/place$/);
  await reloadUntil(page, 'the plot comes by itself', async () => /52:18:0050017:12/.test(await page.content()));
  await fillAddress(page, 'place', 'Гончарная ул., 3');
  await choose(page, 'old', old);
  await send(page, next);
  assert.match(here(page), /steps\/house$/, await allWords(page));
  await page.fill('main [name=area]', '140');
  await page.fill('main [name=height]', '9');
  await page.fill('main [name=gap]', '4');
  await page.setInputFiles('main [name=plans]', pictureFile('plan.png'));
  await send(page, next);
  return submit(page);
}

async function opinion(name, number, what, remark = '') {
  const desk = await place.official(name);
  await open(desk, '/desk');
  await reloadUntil(desk, `the plans with ${name}`, async () => (await allWords(desk)).includes(number));
  await open(desk, deskURL(number));
  if (await desk.locator(take).count()) await send(desk, take);
  await send(desk, 'main form[action$="/opine"] button[type=submit]');
  assert.ok(await desk.locator('#error-summary').count(), 'an opinion of nothing was taken');
  await choose(desk, 'opinion', what);
  if (remark) await desk.fill('main [name=remark]', remark);
  await examine(desk, `opinion of ${name}`);
  await send(desk, 'main form[action$="/opine"] button[type=submit]');
  assert.equal(await desk.locator('#error-summary').count(), 0, await allWords(desk));
  await desk.context().close();
}

test('three agencies look at the plans at once, and two officials decide', { timeout: 300_000 }, async () => {
  const page = await place.signedIn('dmitry', { width: 390, script: false });
  const number = await plans(page, { old: 'yes' });
  await payAtBank(page, place.city, number);
  await open(page, caseURL(number));
  await reloadUntil(page, 'the opinions are asked', async () => (await allWords(page)).includes('Пожарная безопасность'));
  await examine(page, 'case with opinions');
  await opinion('burtsev', number, 'agree');
  await opinion('rostovtsev', number, 'agree', 'Фасад не выше соседних.');
  await open(page, caseURL(number));
  await says(page, 'Подходит ли дом к правилам застройки', 'Не пострадает ли старый дом или улица');
  await opinion('plotnikov', number, 'agree');

  const first = await place.official('mezhevoy');
  await open(first, deskURL(number));
  await reloadUntil(first, 'the case for a decision', visible(take));
  await send(first, take);
  await says(first, 'Фасад не выше соседних.');
  await choose(first, 'verdict', 'approve');
  await send(first, decision);
  await says(first, 'Решение ждёт подтверждения', 'до того заявитель его не видит');
  assert.equal(await first.locator('main form[action$="/confirm"]').count(), 0, 'who proposes confirms');
  const second = await place.official('plotnikov');
  await open(second, deskURL(number));
  await examine(second, 'proposal');
  await send(second, 'main form[action$="/confirm"] button');
  await open(page, caseURL(number));
  await reloadUntil(page, 'the permit', visible('main a[href^="/documents/"]'));
  await examine(page, 'permit to build');
  for (const one of [page, first, second]) await one.context().close();
});

test('a refusal has its letter, is appealed against, and the case is heard again', { timeout: 300_000 }, async () => {
  const page = await place.signedIn('oleg', { width: 390, script: false });
  const refused = await parking(page);
  await refuse('kotova', refused, 'debt');
  await open(page, caseURL(refused));
  await reloadUntil(page, 'the refusal', visible('main a[href^="/documents/"]'));
  await examine(page, 'refused');
  await letter(page, 'штраф');
  await open(page, caseURL(refused));
  await go(page, page.locator(`main a[href*="about="]`).first());
  assert.equal(here(page), '/services/decision-appeal/apply');
  assert.ok(await page.isChecked(`main [name=about][value="${refused.replaceAll('-', '')}"]`), 'the case is not chosen');
  await send(page, next);
  await choose(page, 'reason', 'rule');
  await page.fill('main [name=what]', 'Штраф я оплатил за день до отказа, а отказали из-за долга.');
  await choose(page, 'wish', 'again');
  await send(page, next);
  await choose(page, 'recent', 'yes');
  await choose(page, 'hearing', 'no');
  await send(page, next);
  if (/steps\/time/.test(here(page))) await send(page, next);
  const appeal = await submit(page);

  const board = await place.official('panin');
  await open(board, deskURL(appeal));
  await reloadUntil(board, 'the appeal', visible(take));
  await says(board, refused);
  await send(board, take);
  await examine(board, 'appeal at the desk');
  if (await board.locator('main form[action$="/finish"] button').count()) await send(board, 'main form[action$="/finish"] button');
  await reloadUntil(board, 'the decision on it', async () => await board.locator(take).count() + await board.locator(decision).count() > 0);
  if (await board.locator(take).count()) await send(board, take);
  await choose(board, 'verdict', 'approve');
  await board.fill('main [name=words]', 'Штраф оплачен до отказа. Дело рассмотрят заново.');
  await send(board, decision);
  assert.equal(await board.locator('#error-summary').count(), 0, await allWords(board));

  await open(page, caseURL(refused));
  await reloadUntil(page, 'the case is open again', async () => /заново/.test(await allWords(page)));
  await examine(page, 'reopened');
  const same = await place.official('kotova');
  await same.goto(deskURL(refused));
  if (await same.locator(take).count()) await send(same, take);
  assert.equal(await same.locator(decision).count(), 0, `who refused hears it again: ${await allWords(same)}`);
  for (const one of [page, board, same]) await one.context().close();
});

async function parking(page) {
  await begin(page, 'parking-permit');
  await send(page, next);
  await chooseCar(page, 'Kia Ceed', 'М 300 КА 52');
  await send(page, next);
  await fillDate(page, 'starts', date(1));
  await choose(page, 'second', 'no');
  await send(page, next);
  const number = await submit(page);
  await payAtBank(page, place.city, number);
  return number;
}

async function refuse(name, number, ground) {
  const desk = await place.official(name);
  await open(desk, deskURL(number));
  await reloadUntil(desk, 'the case at the desk', visible(take));
  await send(desk, take);
  await choose(desk, 'verdict', 'refuse');
  await choose(desk, 'ground', ground);
  await send(desk, decision);
  assert.equal(await desk.locator('#error-summary').count(), 0, await allWords(desk));
  await desk.context().close();
}

// letter reads the letter of refusal, which says why, by which law and what to do.
async function letter(page, ...wanted) {
  await go(page, 'main a[href^="/documents/"] >> nth=0');
  await examine(page, 'letter of refusal');
  const answer = await page.request.get(await page.locator('main a[href$="/pdf"]').getAttribute('href'));
  assert.equal(answer.headers()['content-type'], 'application/pdf');
  const pdf = join(mkdtempSync(join(tmpdir(), 'posad-e2e-letter-')), 'letter.pdf');
  writeFileSync(pdf, await answer.body());
  const text = plain(execFileSync('pdftotext', ['-layout', pdf, '-'], { encoding: 'utf8' }));
  for (const one of wanted) assert.ok(text.toLowerCase().includes(one), `the letter does not say ${one}:\n${text}`);
}

test('no page did what no page may', () => assert.deepEqual(place.troubles, []));
