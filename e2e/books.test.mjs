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
import { open, says, send, signInByPassword, wearHat } from './lib/steps.mjs';

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

// statement is a file of the bank: two transfers came, a fee went.
function statement(account) {
  const day = new Date(Date.now() + 3 * 3600e3).toISOString().slice(0, 10); // the bank tells of the days before by itself
  const balance = (code, sum) => `<Bal><Tp><CdOrPrtry><Cd>${code}</Cd></CdOrPrtry></Tp><Amt Ccy="RUB">${sum}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>${day}</Dt></Dt></Bal>`;
  const entry = (sum, way, code, more) => `<Ntry><Amt Ccy="RUB">${sum}</Amt><CdtDbtInd>${way}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>${day}</Dt></BookgDt><BkTxCd><Prtry><Cd>${code}</Cd></Prtry></BkTxCd>${more}</Ntry>`;
  const transfer = (sum, name, words) => entry(sum, 'CRDT', 'XFER', `<NtryDtls><TxDtls><Amt Ccy="RUB">${sum}</Amt><CdtDbtInd>CRDT</CdtDbtInd><RltdPties><Dbtr><Pty><Nm>${name}</Nm></Pty></Dbtr><DbtrAcct><Id><Othr><Id>40817810000000000042</Id></Othr></Id></DbtrAcct></RltdPties><RltdAgts><DbtrAgt><FinInstnId><ClrSysMmbId><MmbId>044525225</MmbId></ClrSysMmbId></FinInstnId></DbtrAgt></RltdAgts><RmtInf><Ustrd>${words}</Ustrd></RmtInf></TxDtls></NtryDtls>`);
  return `<?xml version="1.0" encoding="UTF-8"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><GrpHdr><MsgId>M1</MsgId><CreDtTm>${day}T20:00:00Z</CreDtTm></GrpHdr><Stmt><Id>ST-1</Id><Acct><Id><Othr><Id>${account}</Id></Othr></Id><Ccy>RUB</Ccy></Acct>${balance('OPBD', '0.00')}${balance('CLBD', '4950.50')}` +
    transfer('1500.50', 'Смирнов Олег Павлович', 'Оплата штрафа за автомобиль М300КА52') + transfer('3500.00', 'ООО Ромашка', 'По договору') + entry('50.00', 'DBIT', 'FEE', '') + '</Stmt></BkToCstmrStmt></Document>';
}

test('the treasury explains what came to the account', { timeout: 300_000 }, async () => {
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
  writeFileSync(file, statement('40601810900003000001'));
  await page.setInputFiles('input[name=file]', file);
  const give = (who) => send(who, who.locator('main form[action$="/statements"] button[type=submit]').last());
  await give(page);
  await says(page, 'второй сотрудник');
  const head = await person(browser, { width: 390, script: false, lang: 'ru', troubles, base: city.address });
  await open(head, '/sign-in');
  await signInByPassword(head, 'schyotchikov@kitezh.example');
  await wearHat(head);
  await open(head, '/desk/books/statements');
  await head.setInputFiles('input[name=file]', file);
  await give(head);
  await says(head, 'Загружено выписок: 1', 'Неизвестно за что', 'Комиссия банка');
  await examine(head, 'books statement');
  await head.context().close();

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
