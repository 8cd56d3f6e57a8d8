// Questions about several people at once, and what the form counts of them: with JavaScript and without.
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { examine } from './lib/checks.mjs';
import { town } from './lib/devices.mjs';
import { allWords, begin, caseURL, choose, fillDate, go, here, next, open, reloadUntil, says, send, submit } from './lib/steps.mjs';

let place;
before(async () => { place = await town(); });
after(() => place?.end());

const add = 'main button[name=_add]';

async function member(page, i, { surname, given, birth, relation }) {
  await page.fill(`main [name="household.${i}.name.surname"]`, surname);
  await page.fill(`main [name="household.${i}.name.given"]`, given);
  await fillDate(page, `household.${i}.birth`, birth);
  await choose(page, `household.${i}.relation`, relation);
}

for (const run of [
  { who: 'anna', script: false, width: 390, lang: 'ru' },
  { who: 'oleg', script: true, width: 1280, lang: 'en' },
]) {
  test(`the benefit for children is counted while one answers, ${run.lang}, ${run.script ? 'with' : 'without'} JavaScript`, { timeout: 240_000 }, async () => {
    let page = await place.signedIn(run.who, run);
    await begin(page, 'child-benefit');
    await choose(page, 'paid', 'no');
    await send(page, next);
    assert.match(here(page), /steps\/family$/);
    const step = here(page);
    await choose(page, 'adults', 'yes');
    await page.fill('main [name=other]', '0');
    await send(page, next);
    assert.equal(here(page), step, 'the question that has opened is passed over');
    if (!await page.locator('main [name="household.0.name.surname"]').count()) await send(page, add);
    await member(page, 0, { surname: 'Смирнов', given: 'Олег', birth: '1986-11-02', relation: 'spouse' });
    await send(page, add);
    assert.equal(await page.inputValue('main [name="household.0.name.surname"]'), 'Смирнов');
    await member(page, 1, { surname: 'Смирнов', given: 'Пётр', birth: '1990-02-31', relation: 'student' });
    await send(page, next);
    assert.equal(await page.locator('#error-summary li').count(), 1, await allWords(page, '#error-summary'));
    const line = await page.locator('#error-summary a').first().getAttribute('href');
    assert.equal(await page.locator(`[id="${line.slice(1)}"]`).count(), 1, `${line} is nowhere`);
    await examine(page, `group with a mistake ${run.lang}`);
    await fillDate(page, 'household.1.birth', '1990-02-28');
    await send(page, next);
    assert.ok((await allWords(page, '#error-summary')).includes(run.lang === 'ru' ? 'старше 23' : 'over 23'), await allWords(page));
    await send(page, page.locator('main button[name=_remove]').last());
    assert.equal(await page.locator('main [name="household.1.name.surname"]').count(), 0);

    // Left and continued on another device.
    await send(page, 'main [name=_later]');
    await page.context().close();
    page = await place.signedIn(run.who, { ...run, script: !run.script });
    await open(page, step);
    assert.equal(await page.inputValue('main [name="household.0.name.surname"]'), 'Смирнов');
    await examine(page, `group ${run.lang}`);
    await send(page, next);
    assert.match(here(page), /steps\/payment$/, await allWords(page));
    await page.fill('main [name=account]', '40817810000000000101');
    await send(page, next);
    assert.match(here(page), /check$/, await allWords(page));
    await says(page, /29[\s.,]?500/); // 118 000 for two adults and two children
    await examine(page, `group check ${run.lang}`);
    const number = await submit(page);
    await open(page, caseURL(number));
    await reloadUntil(page, 'the decision', async () => /(Отказано|Refused)/.test(await allWords(page)));
    await page.context().close();
  });
}

test('no page did what no page may', () => assert.deepEqual(place.troubles, []));
