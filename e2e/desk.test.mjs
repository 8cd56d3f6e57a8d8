// A day at the desk: the head gives skills and sees charts, officials take the next case, many are given out at once and
// called back within the minute, texts are put in, a colleague stands in, and all of it by the keyboard too.
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { password } from './lib/city.mjs';
import { examine } from './lib/checks.mjs';
import { town } from './lib/devices.mjs';
import { allWords, choose, date, go, here, open, reloadUntil, says, send } from './lib/steps.mjs';

let place, head, fomin;
const numbers = [];
const all = '/desk?owner=all';

before(async () => {
  place = await town();
  for (const who of ['oleg', 'ivan', 'alexey', 'kira']) numbers.push(await writes(who));
  head = await place.official('belova');
  fomin = await place.official('fomin');
});
after(() => place?.end());

// writes sends a letter to the Department of Transport, by program.
async function writes(who) {
  const api = `${place.city.address}/api/v1`;
  const call = async (method, path, body, key = {}) => {
    const answer = await fetch(api + path, { method, headers: { 'Content-Type': 'application/json', ...key }, body: JSON.stringify(body) });
    assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${await answer.clone().text()}`);
    return answer.json();
  };
  const { token } = await call('POST', '/sign-in', { contact: `${who}@kitezh.example`, password });
  const bearer = { Authorization: `Bearer ${token}` };
  const draft = await call('POST', '/services/city-appeal/drafts', {}, bearer);
  const at = `/drafts/${draft.id}`;
  await call('PATCH', at, { answers: { topic: 'transport', text: `Автобус 5 не приходит по вечерам. Пишет ${who}.`, channel: 'account', name: { surname: 'Жителев', given: who } } }, bearer);
  const sent = await call('POST', `${at}/submit`, { consent: true }, { ...bearer, 'Idempotency-Key': `desk-${who}` });
  return (sent.number ?? sent.case?.number).replace(/^(\d{4})-?(\d{3})-?(\d{3})$/, '$1-$2-$3');
}

test('the head has the team, the charts and the texts', { timeout: 240_000 }, async () => {
  await open(head, all);
  await reloadUntil(head, 'four letters', async () => {
    const text = await allWords(head);
    return numbers.every((one) => text.includes(one));
  });
  await open(head, '/desk/team');
  await says(head, 'Фомин', 'Котова');
  await examine(head, 'desk team');
  await go(head, head.locator('main a[href*="edit="]', { hasText: 'Котова' }).first());
  await examine(head, 'desk scope');
  await choose(head, 'districts', 'kremlin');
  await send(head, 'main form[action="/desk/team/scope"] button[type=submit]');
  await says(head, 'Кремль');
  await open(head, '/desk/templates');
  await send(head, 'main form[action="/desk/templates"] button[type=submit]');
  assert.ok(await head.locator('#error-summary li').count() >= 1);
  await choose(head, 'kind', 'question');
  await head.fill('main [name=title_ru]', 'Какой автобус');
  await head.fill('main [name=text_ru]', 'Напишите номер автобуса и остановку.');
  await head.fill('main [name=title_en]', 'Which bus');
  await head.fill('main [name=text_en]', 'Write the number of the bus and the stop.');
  await examine(head, 'desk texts');
  await send(head, 'main form[action="/desk/templates"] button[type=submit]');
  await says(head, 'Какой автобус');
});

test('the next case is taken, a text is put in, the case is printed', { timeout: 240_000 }, async () => {
  await open(fomin, '/desk');
  await send(fomin, 'main form[action="/desk/next"] button');
  assert.match(here(fomin), /^\/desk\/cases\//);
  const number = here(fomin).split('/').pop();
  await fomin.locator('#ask details summary').click();
  await go(fomin, fomin.locator('#ask details a', { hasText: 'Какой автобус' }));
  assert.equal(await fomin.inputValue('main [name=question]'), 'Напишите номер автобуса и остановку.');
  await examine(fomin, 'text put in');
  await send(fomin, 'main form[action$="/ask"] button[type=submit], main form[action$="/ask"] button >> nth=-1');
  await says(fomin, 'Вопрос отправлен');
  await open(fomin, `/desk/cases/${number}/print`);
  await examine(fomin, 'desk print');
});

test('many are given out at once, and called back within the minute', { timeout: 240_000 }, async () => {
  await open(head, all);
  const ticks = head.locator('main tbody input[type=checkbox]');
  assert.ok(await ticks.count() >= 3, await allWords(head));
  for (let i = 0; i < 3; i++) await ticks.nth(i).check();
  await examine(head, 'desk ticked');
  await send(head, 'main [formaction="/desk/bulk/choose"]');
  await examine(head, 'bulk choose');
  await choose(head, 'verb', 'assign');
  const option = head.locator('main select[name=to] option', { hasText: 'Фомин' });
  await head.selectOption('main select[name=to]', await option.getAttribute('value'));
  await send(head, 'main form[action="/desk/bulk/preview"] .form__act button');
  await says(head, 'Перейдёт к сотруднику');
  await examine(head, 'bulk preview');
  await send(head, 'main form[action="/desk/bulk/begin"] .form__act button');
  assert.match(here(head), /^\/desk\/bulk\//);
  await reloadUntil(head, 'some are done', async () => /[1-3] из 3/.test(await allWords(head)));
  await examine(head, 'bulk under way');
  await send(head, 'main form[action$="/undo"] button');
  await reloadUntil(head, 'they are back', async () => (await head.locator('main form[action$="/undo"]').count()) === 0);
  await examine(head, 'bulk undone');
  await open(head, '/desk/team');
  await examine(head, 'charts');
});

test('a colleague stands in for who is away', { timeout: 240_000 }, async () => {
  await open(head, '/desk/team');
  const value = async (select, name) => head.locator(`main select[name=${select}] option`, { hasText: name }).getAttribute('value');
  await head.selectOption('main select[name=person]', await value('person', 'Фомин'));
  await head.fill('main [name=since]', date(0));
  await head.fill('main [name=until]', date(5));
  await head.selectOption('main select[name=substitute]', await value('substitute', 'Котова'));
  await send(head, 'main form[action="/desk/team/away"] .form__act button');
  await says(head, 'Котова');
  await examine(head, 'away');
  const kotova = await place.official('kotova');
  await open(kotova, '/desk');
  await examine(kotova, 'desk of a substitute');
  await says(kotova, 'Замещаю');
  await kotova.context().close();
});

test('the list is walked by keys', { timeout: 120_000 }, async () => {
  await open(fomin, all);
  await reloadUntil(fomin, 'two cases', async () => (await fomin.locator('main tbody tr').count()) >= 2);
  const at = () => fomin.evaluate(() => [...document.querySelectorAll('.table tbody tr')].indexOf(document.activeElement.closest('tr')));
  const first = await at();
  await fomin.keyboard.press('j');
  const one = await at();
  await fomin.keyboard.press('j');
  assert.equal(await at(), one + 1, `from ${first}`);
  await fomin.keyboard.press('k');
  assert.equal(await at(), one);
  await fomin.keyboard.press('x');
  assert.ok(await fomin.locator('main tbody tr').nth(one).locator('input[type=checkbox]').isChecked());
  await fomin.keyboard.press('x');
  await fomin.locator('main tbody tr').nth(one).locator('th a').focus();
  await Promise.all([fomin.waitForEvent('domcontentloaded'), fomin.keyboard.press('Enter')]);
  await fomin.waitForLoadState('load');
  assert.ok(await fomin.locator('.case').count(), 'nothing is open');
  if (await fomin.locator('.case form[action$="/take"] button').count()) {
    await Promise.all([fomin.waitForEvent('domcontentloaded'), fomin.keyboard.press('t')]);
    await fomin.waitForLoadState('load');
    await says(fomin, 'Дело у вас');
  }
  await fomin.keyboard.press('?');
  assert.ok(await fomin.locator('dialog[open]').count(), 'no help');
});

test('no page did what no page may', () => assert.deepEqual(place.troubles, []));
