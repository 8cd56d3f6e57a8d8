// A flat's monthly bill in a real browser: unfolded, checked, compared and printed; the page of readings on a phone without scripts;
// the settlement centre's desk.
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { launch, person } from './lib/browser.mjs';
import { examine } from './lib/checks.mjs';
import { start } from './lib/city.mjs';
import { open, says, signInByPassword, wearHat } from './lib/steps.mjs';

const troubles = [];
let city, browser;

before(async () => {
  city = await start({ host: 'localhost' });
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await city?.stop();
  assert.deepEqual(troubles, []);
});

async function at(email, width, script = true) {
  const page = await person(browser, { width, lang: 'ru', script, troubles, base: city.address });
  await signInByPassword(page, email);
  return page;
}

test('Anna reads her bill and gives readings on a phone without scripts', async () => {
  const page = await at('anna@kitezh.example', 390, false);
  await open(page, '/flats');
  await says(page, 'Речная', 'За двенадцать месяцев', 'Похожие квартиры дома');
  await examine(page, 'flat');
  const flat = new URL(page.url()).pathname;
  await page.locator('main a', { hasText: 'Из чего сложилась сумма' }).click();
  await says(page, 'Холодная вода', 'Отопление', 'Капитальный ремонт');
  await page.locator('.uline summary').first().click();
  await examine(page, 'flat bill');
  const bill = new URL(page.url()).pathname;
  await open(page, `${bill}/check`);
  await says(page, 'Сошлось до копейки');
  await examine(page, 'flat bill checked');
  const answer = await page.request.get(`${bill}/pdf`);
  assert.equal(answer.headers()['content-type'], 'application/pdf');
  await open(page, `${flat}/debt`);
  await examine(page, 'flat debt');

  await open(page, `${flat}/readings`);
  await examine(page, 'flat readings');
  const first = page.locator('main input[inputmode=decimal]').first();
  const give = page.locator('main form button').last();
  await first.fill('сто');
  await give.click();
  assert.equal(await first.inputValue(), 'сто', 'what was typed is lost');
  await first.fill('288,5');
  await give.click();
  await says(page, 'Показания приняты', '288,5');
});

test('the settlement centre finds a flat and its months', async () => {
  const page = await at('ruleva@kitezh.example', 1280);
  await wearHat(page);
  await open(page, '/desk/utility');
  await says(page, 'Счета за месяц', 'Найти квартиру');
  await examine(page, 'utility desk');
  await page.fill('[name=account]', '5299014086');
  await page.locator('main form button', { hasText: 'Найти' }).click();
  await says(page, '5299014086', 'Перерасчёт');
  await examine(page, 'utility account');
  await open(page, '/desk/utility/import');
  await examine(page, 'utility import');
});
