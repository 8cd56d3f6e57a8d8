// Autopay in a real browser, on a phone without scripts: a card is kept, an order is made in three steps, its owner is asked
// about the first bill, it is paid on its day, says why, and is taken back.
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { launch, person } from './lib/browser.mjs';
import { examine } from './lib/checks.mjs';
import { start } from './lib/city.mjs';
import { here, next, open, reloadUntil, says, send, signInByPassword, visible } from './lib/steps.mjs';

const troubles = [];
let city, browser, moved = 0;

before(async () => {
  city = await start({ host: 'localhost' });
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await city?.stop();
  assert.deepEqual(troubles, []);
});

// noon moves the city's clock to noon in Moscow, so many days ahead of today.
async function noon(days) {
  const now = Date.now() + moved * 1000, day = 86_400_000, moscow = 3 * 3_600_000;
  const target = Math.floor((now + moscow) / day) * day - moscow + day / 2 + days * day;
  const seconds = Math.round((target - now) / 1000);
  await city.moveClock(seconds);
  moved += seconds;
}

const reader = () => person(browser, { width: 390, lang: 'ru', script: false, troubles, base: city.address });

async function anna() {
  const page = await reader();
  await signInByPassword(page, 'anna@kitezh.example');
  return page;
}

test('autopay from the first card to the money taken back', async () => {
  await noon(1);
  let page = await anna();
  await open(page, '/pay/autopay');
  await says(page, 'Автоплатежей пока нет');
  await examine(page, 'autopay none');
  await keepCard(page);

  await open(page, '/pay/autopay/new');
  await examine(page, 'autopay which bills');
  await send(page, page.locator('main li', { hasText: 'Детский сад' }).locator('a.btn'));
  await says(page, 'Условия автоплатежа', '4242');
  await examine(page, 'autopay terms');
  await page.fill('main [name=name]', 'Садик Миши');
  await page.fill('main [name=each]', '');
  await send(page, next);
  await says(page, 'Укажите сумму больше нуля');
  await examine(page, 'autopay terms with faults');
  await page.fill('main [name=each]', '4000');
  await page.fill('main [name=month]', '5 000');
  await send(page, next);
  await says(page, 'Проверьте', 'Не больше 4 000 ₽ за один раз и 5 000 ₽ за месяц', 'Спросим вас о первом счёте');
  await examine(page, 'autopay check');
  await send(page, 'main button[value=yes]');
  await says(page, 'Садик Миши', 'Работает');
  await reloadUntil(page, 'the bill', visible('main .todo a.btn'));
  await examine(page, 'autopay order');
  const order = here(page);
  await open(page, '/pay/autopay');
  await says(page, 'Что впереди', 'Садик Миши: 2 840 ₽');
  await examine(page, 'autopay list');

  await open(page, order);
  await send(page, 'main .todo a.btn');
  const bill = here(page);
  await examine(page, 'autopay bill');
  const due = await page.locator('main dd').allInnerTexts();
  assert.ok(due.length >= 5, 'the reasons are told');

  // Day by day, until the owner is asked, and then until it is paid.
  await day(page, bill, 'Да, оплатить 2 840 ₽');
  page = await anna();
  await open(page, bill);
  await examine(page, 'autopay asks');
  await send(page, page.locator('main form', { hasText: 'Да, оплатить' }).locator('button'));
  await says(page, 'Хорошо, оплатим');
  await day(page, bill, 'Почему это оплачено');
  page = await anna();
  await open(page, bill);
  await reloadUntil(page, 'the money', visible('main a[href^="/pay/receipt/"]'));
  await says(page, 'Банк списал деньги', 'Всё по вашим условиям', 'из тех же данных они получаются снова');
  await examine(page, 'autopay why');
  await send(page, page.locator('main form[action$="/undo"] button'));
  await says(page, 'Деньги возвращаются на карту');

  await open(page, order);
  await send(page, page.locator('main form[action$="/pause"] button'));
  await says(page, 'Снять с паузы');
  await examine(page, 'autopay paused');
  await send(page, page.locator('main form[action$="/stop"] button'));
  await says(page, 'Автоплатёж остановлен');

  await open(page, '/pay/templates');
  await send(page, page.locator('main form[action="/pay/templates"] button'));
  await says(page, 'Шаблон сохранён');
  await examine(page, 'templates');
  await open(page, '/messages');
  await says(page, 'Первый счёт: платить 2 840 ₽', 'Оплачено: 2 840 ₽', 'остановлен');
});

// day lets days pass until the page of the bill says something, twelve at most.
async function day(page, bill, words) {
  for (let i = 0; i < 12; i++) {
    await noon(1);
    const fresh = await anna();
    for (let look = 0; look < 6; look++) {
      await open(fresh, bill);
      if ((await fresh.locator('main').innerText()).replaceAll(/[\u00a0\u202f]/g, ' ').includes(words)) { await fresh.context().close(); return; }
      await new Promise((done) => setTimeout(done, 500));
    }
    await fresh.context().close();
  }
  assert.fail(`nothing said ${words}`);
}

// keepCard pays the school's bill on the bank's page and has the card kept.
async function keepCard(page) {
  await open(page, '/pay');
  const link = await page.locator('main a[href*="/pay/"]', { hasText: 'Школьное питание' }).first().getAttribute('href');
  await open(page, `/pay/basket?charge=${link.match(/[0-9a-f-]{36}/)[0]}`);
  await page.check('main [name=save]');
  await send(page, page.locator('main form[action="/pay/basket"] button').last());
  assert.ok(page.url().startsWith(city.outside.bank), `at the bank: ${page.url()}`);
  await send(page, page.locator('button[value=pay]').first());
  assert.ok(page.url().startsWith(city.address), `back in the city: ${page.url()}`);
}
