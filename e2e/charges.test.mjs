// Bills of an agency: an official issues one, corrects and cancels it, and sends a file of which one line is wrong; the payer sees them in what
// their account watches.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test, { after, before } from 'node:test';
import { launch, person } from './lib/browser.mjs';
import { examine } from './lib/checks.mjs';
import { start } from './lib/city.mjs';
import { allWords, next, open, reloadUntil, save, says, send, signInByPassword, visible, wearHat } from './lib/steps.mjs';

let city, browser;
const troubles = [];

before(async () => {
  city = await start();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await city?.stop();
  assert.deepEqual(troubles, []);
});

async function signedIn(email, options = {}) {
  const page = await person(browser, { width: 1280, script: false, lang: 'ru', troubles, base: city.address, ...options });
  await open(page, '/sign-in');
  await signInByPassword(page, email);
  return page;
}

test('an official issues, corrects and cancels a bill, without a script and on a narrow screen', { timeout: 300_000 }, async () => {
  const page = await signedIn('zhezlov@kitezh.example', { width: 320 });
  await wearHat(page);
  await open(page, '/desk/charges');
  await examine(page, 'list of bills');
  await send(page, page.locator('main a[href="/desk/charges/new"]').first());
  await examine(page, 'new bill');
  await page.selectOption('main [name=kind]', 'traffic-fine');
  await page.selectOption('main [name=by]', 'plate');
  await page.fill('main [name=value]', 'а417мо5');
  await page.fill('main [name=number]', '18810152261122000001');
  await page.fill('main [name=amount]', '750');
  await page.fill('main [name=proof]', '5252417417');
  await page.fill('main [name=place]', 'Речная улица, 14');
  await send(page, next);
  await says(page, 'Напишите номер как на машине');
  await examine(page, 'new bill with a fault');
  await page.fill('main [name=value]', 'а417мо52');
  await send(page, next);
  await says(page, 'Счёт выставлен', 'Речная улица, 14', 'Скидка 25 %', '562,50');
  await examine(page, 'a bill on the desk');
  await page.fill('main form[action$="/correct"] [name=amount]', '500');
  await page.selectOption('main form[action$="/correct"] [name=reason]', 'mistake');
  await send(page, 'main form[action$="/correct"] button[type=submit]');
  await says(page, 'Счёт изменён', 'Ошибка ведомства', '375');
  await page.fill('main form[action$="/cancel"] [name=note]', 'Снимок другой машины');
  await send(page, 'main form[action$="/cancel"] button[type=submit]');
  await says(page, 'Отменён', 'Снимок другой машины');
  await open(page, '/desk/charges?by=plate&q=' + encodeURIComponent('А 417 МО 52'));
  await says(page, '18810152261122000001');
});

test('a file is taken but for its wrong line, which is told and downloaded', { timeout: 300_000 }, async () => {
  const page = await signedIn('zhezlov@kitezh.example');
  await wearHat(page);
  await open(page, '/desk/charges/files');
  await examine(page, 'files of bills');
  const lines = ['number;kind;by;value;amount'];
  for (let n = 0; n < 1200; n++) lines.push(`Ф-${n};traffic-fine;plate;В${100 + (n % 900)}АА52;750,00`);
  lines.push('Ф-1200;traffic-fine;snils;112-233-445 96;750,00');
  await page.setInputFiles('main [name=file]', { name: 'fines.csv', mimeType: 'text/csv', buffer: Buffer.from(lines.join('\n')) });
  await send(page, next);
  await reloadUntil(page, 'the end of the file', visible('main :text-matches("1.201 из 1.201")'), { within: 60_000 });
  await says(page, /1\s200/, 'Проверьте номер');
  await examine(page, 'a file of bills');
  const bad = readFileSync(await save(page, 'main a[href$="/bad"]', 'lines.csv'), 'utf8');
  assert.match(bad, /1202;.*СНИЛС.*;.*Ф-1200/);
});

test('a person pays a bill by instalments that they chose', { timeout: 300_000 }, async () => {
  const page = await signedIn('anna@kitezh.example', { width: 390 });
  await open(page, '/pay');
  await reloadUntil(page, 'the bill of the flat', async () => /квартир/i.test(await allWords(page)), { within: 120_000 });
  const bills = await page.locator('main a[href^="/pay/"]').evaluateAll((all) => all.map((a) => a.getAttribute('href')).filter((href) => /[0-9a-f]{8}-/.test(href)));
  for (const bill of bills) {
    await open(page, bill);
    if (await page.locator('main a[href$="/instalments"]').count()) break;
  }
  await send(page, page.locator('main a[href$="/instalments"]').first());
  await examine(page, 'instalments');
  await page.selectOption('main [name=parts]', '3');
  await send(page, 'main form[method=get] button[type=submit]');
  await says(page, 'Части счёта', 'Делят счёт один раз');
  await examine(page, 'instalments that are shown');
  await send(page, 'main form[method=post] button[type=submit]');
  await says(page, 'Счёт разделён на части', 'Части счёта', 'Сейчас — ', 'Оплатить часть');
  await examine(page, 'a divided bill');
  assert.equal(await page.locator('main a[href$="/instalments"]').count(), 0, 'it is divided once');
  await send(page, page.locator('main a[href^="/pay/basket?charge="]').first());
  assert.notEqual(await page.inputValue('main [name=amount]'), '', 'the next part is filled in');
});

test('an account watches its own number, and a car by what stands on its bill', { timeout: 300_000 }, async () => {
  const page = await signedIn('nikolay@kitezh.example', { width: 390 });
  await open(page, '/charges/watch');
  await says(page, 'СНИЛС');
  await examine(page, 'what an account watches');
  await page.check('main [name=by][value=plate]');
  await page.fill('main [name=value]', 'а417мо52');
  await page.fill('main [name=second]', '1111111111');
  await send(page, 'main form[action="/charges/watch"] button[type=submit]');
  await says(page, 'Такого номера нет ни на одном счёте');
  await page.fill('main [name=second]', '5252417417');
  await send(page, 'main form[action="/charges/watch"] button[type=submit]');
  await says(page, 'Сохранено', 'А 417 МО 52');
});
