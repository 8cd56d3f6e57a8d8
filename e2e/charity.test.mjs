// Gifts to charity funds in a real browser, on a phone without scripts: a guest gives and follows the gift, a resident sees theirs,
// a fund asks for a payout, an official approves it.
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { launch, person } from './lib/browser.mjs';
import { examine } from './lib/checks.mjs';
import { start } from './lib/city.mjs';
import { here, next, open, reloadUntil, says, send, signInByPassword, visible, wearHat } from './lib/steps.mjs';

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

const reader = (lang = 'ru') => person(browser, { width: 390, lang, script: false, troubles, base: city.address });
const ask = async (path) => (await fetch(city.address + path)).json();
const wheelchair = async () => (await ask('/api/v1/charity/appeals')).find((a) => a.title.en.startsWith('A wheelchair'));

async function signed(who) {
  const page = await reader();
  await signInByPassword(page, `${who}@kitezh.example`);
  return page;
}

test('a guest gives in two steps and follows the gift', async () => {
  const appeal = await wheelchair();
  const page = await reader();
  await open(page, '/charity');
  await says(page, 'Помочь фондам Китежа');
  await examine(page, 'charity home');
  await open(page, '/charity?q=коляска&category=children');
  await says(page, 'Найден 1 сбор');
  await open(page, `/charity/appeals/${appeal.id}`);
  await examine(page, 'charity appeal');
  await open(page, `/charity/give/${appeal.id}`);
  await send(page, page.locator(next));
  await says(page, 'Выберите сумму');
  await examine(page, 'charity give at fault');
  await page.check('input[name=sum][value="30000"]');
  await send(page, page.locator(next));
  await says(page, 'Проверьте подарок', 'Фонд получит 300 ₽', 'Сохраните эту ссылку');
  await examine(page, 'charity check');
  const where = await page.getAttribute('main a[href^="/charity/where/"]', 'href');
  await send(page, page.locator(next));
  await send(page, page.locator('form button').first()); // the bank's page: the card that always pays
  await open(page, where);
  await reloadUntil(page, 'the gift in the books', visible('main .tl'));
  await says(page, 'Вы подарили 300 ₽', 'Лежит на счёте фонда');
  await examine(page, 'charity where');
  const books = await ask(`/api/v1/charity/funds/${appeal.fund}/books`);
  assert.equal(books.fits, true);
});

test('the pages of a fund, in both languages', async () => {
  const appeal = await wheelchair();
  for (const lang of ['ru', 'en']) {
    const page = await reader(lang);
    for (const path of ['/charity/funds', `/charity/funds/${appeal.fund}`, `/charity/funds/${appeal.fund}/books`]) {
      await open(page, path);
      await examine(page, `charity ${path.split('/').at(-1).length > 20 ? 'fund' : path.split('/').at(-1)} ${lang}`);
    }
  }
});

test('a resident sees their gifts', async () => {
  const page = await signed('anna');
  await open(page, '/account/gifts');
  await says(page, 'Подарено всего', 'Справка для вычета');
  await examine(page, 'charity mine');
});

test('a fund asks for a payout and an official approves it', async () => {
  const appeal = await wheelchair();
  let page = await signed('oleg');
  await open(page, `/account/funds/${appeal.fund}`);
  await examine(page, 'charity office');
  for (const form of ['about', 'appeal', `report?appeal=${appeal.id}`, 'payout']) {
    await open(page, `/account/funds/${appeal.fund}/${form}`);
    await examine(page, `charity form ${form.split('?')[0]}`);
  }
  await page.selectOption('select[name=aim]', `${appeal.id}/l1`);
  await page.fill('input[name=amount]', '1000');
  await page.fill('input[name=to]', 'ООО «Ортоцентр»');
  await page.fill('input[name=account]', '40702810700000001188');
  await page.fill('input[name=bic]', '042202603');
  await page.fill('textarea[name=what]', 'Замер');
  await send(page, page.locator(next));
  await says(page, 'Заявка на выплату отправлена');

  page = await signed('opekina');
  await wearHat(page);
  await open(page, '/desk/charity');
  await examine(page, 'charity desk');
  await send(page, page.locator('main a[href^="/desk/charity/payouts/"]').last());
  await examine(page, 'charity desk payout');
  await page.fill('textarea[name=reason]', 'По смете сбора');
  await send(page, page.locator('button[value=approved]'));
  assert.equal(here(page), '/desk/charity');
  await says(page, 'Решение записано');
  await send(page, page.locator('main a[href^="/desk/charity/funds/"]').first());
  await examine(page, 'charity desk fund');
  const books = await ask(`/api/v1/charity/funds/${appeal.fund}/books`);
  assert.equal(books.fits, true);
  assert.ok(books.days.at(-1).paid_out >= 100000);
});
