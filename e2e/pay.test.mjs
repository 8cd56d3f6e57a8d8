// Bills: many paid at once, one in part, a card kept and used again, a QR code, somebody without an account; with and without
// JavaScript, in both languages, without barriers and on the narrowest screen.
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { accessible, fits } from './lib/checks.mjs';
import { town } from './lib/devices.mjs';
import { allWords, here, open, plain, reloadUntil, says, send } from './lib/steps.mjs';

let place, anna;

before(async () => {
  place = await town();
  anna = await place.signedIn('anna');
});
after(() => place?.end());

async function look(page, name) {
  for (const width of [1280, 390]) {
    await page.setViewportSize({ width, height: 900 });
    await accessible(page, `${name}, ${width}`);
  }
  await page.setViewportSize({ width: 320, height: 700 });
  await fits(page, `${name}, 320`);
}

// atBank pays on the bank's own page.
async function atBank(page) {
  await send(page, page.locator('button[value=pay]').first());
}

const button = 'main form[action="/pay/basket"] button';

test('many bills at once, a part of one, a card that is kept', { timeout: 240_000 }, async () => {
  await open(anna, '/pay');
  await says(anna, 'К оплате', 'Оплатить всё');
  await look(anna, 'bills');
  const boxes = anna.locator('.pick input');
  assert.ok(await boxes.count() >= 2, 'Anna has bills');
  await boxes.nth(0).check();
  await boxes.nth(1).check();
  await send(anna, button);
  assert.equal(here(anna), '/pay/basket');
  await look(anna, 'basket');
  const part = anna.locator('main details').first();
  await part.locator('summary').click();
  await part.locator('input[name=amount]').fill('100');
  await anna.check('main input[name=save]');
  await send(anna, 'main form[action="/pay/basket"] .form__act button');
  await atBank(anna);
  assert.match(here(anna), /^\/pay\/receipt\//);
  await says(anna, 'Оплачено', 'Код проверки');
  await look(anna, 'receipt');
  const code = plain(await allWords(anna)).match(/\d{4}(-\d{4}){4}/)[0];
  await open(anna, '/pay/cards');
  await says(anna, '••');
  await look(anna, 'cards');
  await open(anna, '/pay');
  await says(anna, 'Оплачен частично');

  const nobody = await place.device();
  await open(nobody, `/pay/check?code=${code}`);
  await says(nobody, 'Квитанция настоящая');
  await look(nobody, 'check');
});

test('a gift is added to a bill, and only by who pays', { timeout: 120_000 }, async () => {
  await open(anna, '/pay');
  await anna.locator('.pick input').first().check();
  await send(anna, button);
  await says(anna, 'Добавить подарок фонду', 'Собрано');
  assert.equal(await anna.locator('main input[name=gift]:checked').getAttribute('value'), '', 'no gift is chosen beforehand');
  await anna.check('main input[name=gift][value=other]');
  await anna.fill('main input[name=gift_sum]', '5');
  await send(anna, 'main form[action="/pay/basket"] .form__act button');
  await says(anna, 'от 10 ₽');
  await look(anna, 'basket with a gift at fault');
  await anna.fill('main input[name=gift_sum]', '60,50');
  await send(anna, 'main form[action="/pay/basket"] .form__act button');
  await atBank(anna);
  assert.match(here(anna), /^\/pay\/receipt\//);
  await says(anna, 'Оплачено', 'Подарок', '60,50');
  await look(anna, 'receipt with a gift');
  await send(anna, 'main a[href="/account/gifts"]');
  await reloadUntil(anna, 'the gift', async (page) => plain(await allWords(page)).includes('60,50'));
});

test('the kept card pays without the bank’s page', { timeout: 120_000 }, async () => {
  await open(anna, '/pay');
  await anna.locator('.pick input').first().check();
  await send(anna, button);
  await anna.locator('main input[name=method][value^="card:"]').first().check();
  await send(anna, 'main form[action="/pay/basket"] .form__act button');
  if (here(anna).startsWith('/pay/payment/')) await anna.waitForURL(/\/pay\/receipt\//, { timeout: 20_000 });
  await says(anna, 'Сохранённой картой');
  await open(anna, '/pay/cards');
  await send(anna, 'main form[action$="/remove"] button');
  await says(anna, 'Карта удалена');
});

test('a QR code on the screen', { timeout: 120_000 }, async () => {
  await open(anna, '/pay');
  if (!await anna.locator('.pick input').count()) return;
  await anna.locator('.pick input').first().check();
  await send(anna, button);
  await anna.check('main input[name=method][value=qr]');
  await send(anna, 'main form[action="/pay/basket"] .form__act button');
  assert.match(here(anna), /^\/pay\/payment\//);
  assert.ok(await anna.locator('main img').evaluate((img) => img.naturalWidth > 0), 'the code is drawn');
  await look(anna, 'QR');
});

test('somebody without an account finds a bill by its number', { timeout: 120_000 }, async () => {
  await open(anna, '/pay');
  const first = anna.locator('.pick__more').first();
  if (!await first.count()) return;
  await first.click();
  const number = plain(await allWords(anna)).match(/\d{4}(-\d{4}){4}/)[0];
  const nobody = await place.device();
  await open(nobody, '/pay/find');
  await look(nobody, 'finding');
  await nobody.fill('main input[name=value]', number);
  await send(nobody, 'main form[action="/pay/find"] .form__act button');
  await look(nobody, 'found');
  const text = plain(await allWords(nobody));
  assert.ok(!text.includes('Смирнов'), 'no name is shown');
});
