// Two people marry: one asks whether they may, applies and chooses a time, the other signs on a device of their own, the
// fees are paid, an official decides, and the visit is in both hands.
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { letter } from './lib/city.mjs';
import { examine } from './lib/checks.mjs';
import { deskURL, town } from './lib/devices.mjs';
import {
  allWords, caseURL, choose, fillDate, go, here, next, open, payAtBank, reloadUntil, says, send, signInByPassword, submit, visible,
} from './lib/steps.mjs';

let place;
before(async () => { place = await town(); });
after(() => place?.end());

const runs = [
  { lang: 'ru', script: false, width: 390, who: 'yelena', other: 'stepan', person: ['Громов', 'Степан', 'Ильич', '1987-05-20', '112-237-336 06'], asker: 'Ли Елена Викторовна', may: 'можете подать', no: 'близкими родственниками', day: /Летописная ул., 21/ },
  { lang: 'en', script: true, width: 1280, who: 'kira', other: 'hung', person: ['Нгуен', 'Туан Хунг', '', '1993-04-04', '112-236-103 88'], asker: 'Кира Львовна Сидорова', may: 'may apply', no: 'close relatives', day: /Letopisnaya St, 21/ },
];

for (const run of runs) {
  test(`a wedding, ${run.lang}, ${run.width}, ${run.script ? 'with' : 'without'} JavaScript`, { timeout: 240_000 }, async () => {
    const { city } = place;
    const page = await place.device(run);
    await mayWe(page, run);
    await signInByPassword(page, `${run.who}@kitezh.example`);
    assert.equal(here(page), '/services/marriage-record/apply');
    await send(page, next);
    assert.match(here(page), /steps\/couple$/, 'what was answered before the form is asked again');
    await couple(page, run);
    await ceremony(page, run);
    assert.match(here(page), /\/check$/);
    await says(page, run.person[0], run.day);
    await examine(page, `wedding check ${run.lang}`);
    const number = await submit(page);
    await open(page, caseURL(number));
    await signs(run, number);
    await reloadUntil(page, 'the bill', visible('main a[href^="/pay/"]:not([href="/pay/autopay"])'));
    await payAtBank(page, city, number);
    await decides(number);
    await open(page, caseURL(number));
    await reloadUntil(page, 'the result', visible('main a[href^="/documents/"]'));
    await visits(page, run);
    await page.context().close();
  });
}

async function mayWe(page, run) {
  await open(page, '/services/marriage-record');
  await go(page, 'main a[href="/services/marriage-record/may"] >> nth=0');
  await examine(page, `may ${run.lang}`);
  await send(page, next);
  assert.equal(await page.locator('#error-summary').count(), 1, 'nothing was taken for an answer');
  await choose(page, 'ages', 'adult');
  await choose(page, 'kin', 'yes');
  await send(page, next);
  await says(page, run.no);
  await go(page, 'main a[href="/services/marriage-record/may"] >> nth=0');
  await choose(page, 'ages', 'adult');
  await choose(page, 'kin', 'no');
  await send(page, next);
  await says(page, run.may);
  await send(page, next);
  assert.equal(here(page), '/sign-in');
}

async function couple(page, { person: [surname, given, patronymic, birth, snils], who, lang }) {
  await page.fill('main [name="partner.surname"]', surname);
  await page.fill('main [name="partner.given"]', given);
  await page.fill('main [name="partner.patronymic"]', patronymic);
  await fillDate(page, 'partner.birth', birth);
  await page.fill('main [name="partner.snils"]', '112-237-336 07');
  await choose(page, 'my_surname', 'own');
  await send(page, next);
  assert.equal(await page.locator('#error-summary li').count(), 1, `${who}: a wrong number was taken`);
  await examine(page, `couple with a mistake ${lang}`);
  await page.fill('main [name="partner.snils"]', snils);
  await send(page, next);
  assert.match(here(page), /steps\/ceremony$/, await allWords(page));
}

async function ceremony(page, run) {
  await examine(page, `slots ${run.lang}`);
  await choose(page, 'solemn', 'yes');
  const [first] = await page.locator('main input[type=radio][name=ceremony]').evaluateAll((all) => all.map((one) => one.value.slice(0, 10)));
  assert.ok(Date.parse(first) - Date.now() > 27 * 24 * 3600_000, `${first} is too early and offered`);
  await send(page, page.locator('main button[name=_from]').last());
  assert.ok(await page.isChecked('main [name=solemn][value=yes]'), 'an answer is lost while one looks for a day');
  await pick(page);
  await send(page, next);
}

// pick chooses the first free time that is shown and not the chosen one.
async function pick(page) {
  await page.locator('main input[type=radio][name=ceremony]:not(:checked)').first().check();
}

async function signs(run, number) {
  const { city } = place;
  const told = await letter(city, `${run.other}@kitezh.example`, (one) => one.text.includes('/sign/'));
  const link = told.text.match(/https?:\/\/\S+\/sign\/\d+/)[0];
  const other = await place.device({ ...run, script: !run.script, width: run.width === 390 ? 1280 : 390 });
  await open(other, link);
  await signInByPassword(other, `${run.other}@kitezh.example`);
  assert.equal(here(other), `/sign/${number.replaceAll('-', '')}`);
  await says(other, run.asker, run.day);
  await examine(other, `sign ${run.lang}`);
  await send(other, next);
  assert.ok(await other.locator('#error-summary li').count() >= 3, 'signed with nothing answered');
  await choose(other, 'partner_surname', 'own');
  await choose(other, 'free', 'yes');
  await choose(other, 'consent', 'yes');
  await send(other, next);
  assert.equal(here(other), '/cases');
  await other.context().close();
  const strange = await place.signedIn('anna');
  assert.equal((await strange.goto(`/sign/${number.replaceAll('-', '')}`)).status(), 404);
  await strange.context().close();
}

async function decides(number) {
  const desk = await place.official('ventsova');
  await open(desk, deskURL(number));
  await reloadUntil(desk, 'the case at the desk', visible('main form[action$="/take"] button'));
  await send(desk, 'main form[action$="/take"] button');
  await choose(desk, 'verdict', 'approve');
  await send(desk, 'main form[action$="/decide"] button[type=submit]');
  assert.equal(await desk.locator('#error-summary').count(), 0);
  await desk.context().close();
}

async function visits(page, run) {
  await open(page, '/visits');
  await says(page, run.day);
  await examine(page, `visits ${run.lang}`);
  const visit = page.locator('main a[href^="/visits/"]:not([href*="resources"])').first();
  await go(page, visit);
  await says(page, run.day);
  await examine(page, `visit ${run.lang}`);
  const file = await page.request.get(await page.locator('main a[href^="/visits/file/"]').getAttribute('href'));
  assert.match(file.headers()['content-type'], /text\/calendar/);
  assert.match(await file.text(), /BEGIN:VEVENT[\s\S]*DTSTART/);
}

test('no page did what no page may', () => assert.deepEqual(place.troubles, []));
