// The treasury: a statement is given, money without a purpose is looked at and sent back, a second official is needed for what goes
// out, bank details are proposed, and everybody sees the open books. Without scripts.
import assert from 'node:assert/strict';
import { writeFileSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { launch, person } from './lib/browser.mjs';
import { examine } from './lib/checks.mjs';
import { start } from './lib/city.mjs';
import { open, reloadUntil, says, send, signInByPassword, wearHat } from './lib/steps.mjs';

let city, browser;
const troubles = [];
before(async () => {
  city = await start();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await city?.stop();
});

// statement is an empty file of the account for a day.
function statement(account, day) {
  const balance = (code) => `<Bal><Tp><CdOrPrtry><Cd>${code}</Cd></CdOrPrtry></Tp><Amt Ccy="RUB">0.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>${day}</Dt></Dt></Bal>`;
  return `<?xml version="1.0" encoding="UTF-8"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><GrpHdr><MsgId>M1</MsgId><CreDtTm>${day}T20:00:00Z</CreDtTm></GrpHdr><Stmt><Id>ST-1</Id><Acct><Id><Othr><Id>${account}</Id></Othr></Id><Ccy>RUB</Ccy></Acct>${balance('OPBD')}${balance('CLBD')}</Stmt></BkToCstmrStmt></Document>`;
}

// day is a day of Moscow, so many after today.
const day = (after) => new Date(Date.now() + (3 + 24 * after) * 3600e3).toISOString().slice(0, 10);

// comes brings two transfers to the account, and then the night in which the bank tells of them.
async function comes() {
  const tell = async (path, body) => assert.ok((await fetch(`${city.outside.bank}${path}`, { method: 'POST', body: JSON.stringify(body) })).ok, path);
  await tell('/control/incoming', { number: 'IN-1', name: 'Смирнов Олег Павлович', account: '40817810000000000042', words: 'Оплата штрафа за автомобиль М300КА52', amount: 150050 });
  await tell('/control/incoming', { number: 'IN-2', name: 'ООО Ромашка', account: '40817810000000000042', words: 'По договору', amount: 350000 });
  await tell('/control/clock', { ahead_seconds: 86400 });
  await city.moveClock(86400);
}

test('the treasury explains what came to the account', { timeout: 480_000 }, async () => {
  await comes();
  const page = await person(browser, { width: 390, script: false, lang: 'ru', troubles, base: city.address });
  await open(page, '/sign-in');
  await signInByPassword(page, 'schyotova@kitezh.example');
  await wearHat(page);
  await open(page, '/desk/books');
  await says(page, 'Книги города', 'Проверка книг');
  await examine(page, 'books');

  const file = join(mkdtempSync(join(tmpdir(), 'statement-')), 'statement.xml');
  await open(page, '/desk/books/statements');
  writeFileSync(file, 'not a statement');
  await page.setInputFiles('input[name=file]', file);
  await send(page, page.locator('main form[action$="/statements"] button[type=submit]').last());
  await says(page, 'Это не выписка');
  await examine(page, 'books statements refused');
  for (const [when, answer] of [[day(1), 'день ещё не кончился'], [day(0), 'Банк сообщает это городу сам']]) {
    writeFileSync(file, statement('40601810900003000001', when));
    await page.setInputFiles('input[name=file]', file);
    await send(page, page.locator('main form[action$="/statements"] button[type=submit]').last());
    await says(page, answer);
  }
  await reloadUntil(page, 'the bank has told of the day', async () => {
    await open(page, '/desk/books/unidentified');
    return (await page.locator('main a:has-text("1 500,50")').count()) > 0;
  });

  await open(page, '/desk/books/unidentified');
  await says(page, '1 500,50', '3 500');
  assert.ok(!(await page.content()).includes('Смирнов'), 'the list names a payer');
  await examine(page, 'books unidentified');
  await send(page, page.locator('main a:has-text("1 500,50")').first());
  await says(page, 'За что это могло быть', 'Смирнов Олег Павлович');
  await examine(page, 'books line with suggestions');
  const pay = page.locator('main form[action$="/settle"] button').first();
  if (await page.locator('main form[action$="/settle"] input[type=hidden][name=charge]').count()) {
    await send(page, pay);
    await says(page, 'Начисление погашено', 'Что сделано');
    await examine(page, 'books line settled');
  }

  await open(page, '/desk/books/unidentified');
  await send(page, page.locator('main a:has-text("3 500")').first());
  await page.locator('main details:has(form[action$="/back"]) > summary').click();
  await page.fill('main form[action$="/back"] [name=why]', 'Договора с нами нет');
  await send(page, page.locator('main form[action$="/back"] button').first());
  await says(page, 'Возврат подготовлен');
  await open(page, '/desk/books/payouts');
  await says(page, 'Ждёт второго сотрудника');
  await examine(page, 'books payouts');
  await send(page, page.locator('main table a').first());
  await says(page, 'Нужен второй сотрудник', 'ООО Ромашка');
  assert.equal(await page.locator('main form[action$="/approve"]').count(), 0);
  await examine(page, 'books payout');

  await open(page, '/desk/books/payees');
  await page.selectOption('select[name=payee]', { label: 'Дорожная полиция Китежа' }).catch(() => page.selectOption('select[name=payee]', { index: 1 }));
  await page.fill('input[name=name]', 'УФК по области');
  await page.fill('input[name=account]', '0310064300');
  await send(page, page.locator('main form[action$="/payees"] button').last());
  await says(page, 'Банк не примет');
  await page.fill('input[name=account]', '03100643000000013200');
  await page.fill('input[name=member]', '012202102');
  await send(page, page.locator('main form[action$="/payees"] button').last());
  await says(page, 'Реквизиты предложены', 'Предложено:');
  await examine(page, 'books payees');

  await open(page, '/desk/books');
  await send(page, page.locator('main form[action$="/prove"] button'));
  await says(page, 'Книги');
  await examine(page, 'books proved');
  await open(page, '/desk/books/income');
  await examine(page, 'books income');
  await page.context().close();
});

test('everybody sees the open books', { timeout: 120_000 }, async () => {
  const page = await person(browser, { width: 390, script: false, lang: 'ru', troubles, base: city.address });
  await open(page, '/open-books');
  await says(page, 'Открытые книги города');
  await examine(page, 'open books');
  await page.context().close();
});

test('no page had trouble', () => assert.deepEqual(troubles, []));
