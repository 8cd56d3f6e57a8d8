// Takes the pictures of docs/pictures: the story as a resident and an official see it, on a phone and on a desk.
//   node e2e/pictures.mjs [FOLDER]
// It needs bin/posad, Chromium and pdftoppm. Each picture is one screen, of at most 250 KB.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { launch, person } from './lib/browser.mjs';
import { root, start } from './lib/city.mjs';
import { begin, caseURL, choose, chooseCar, date, fillDate, go, here, next, open, payAtBank, reloadUntil, send, signInByPassword, submit, visible, wearHat } from './lib/steps.mjs';

const folder = resolve(process.argv[2] ?? join(root, 'docs/pictures'));
const most = 250_000;
mkdirSync(folder, { recursive: true });
const city = await start();
const browser = await launch();
try {
  const anna = await device('anna');
  const kotova = await device('kotova');
  const others = [['oleg', 'Kia Ceed', 'М 300 КА 52'], ['nikolay', 'Lada Niva', 'В 050 НН 52'], ['hung', 'Hyundai Solaris', 'О 416 АВ 52'], ['alexey', 'Volkswagen Polo', 'Х 909 ММ 152'], ['kira', 'Chery Tiggo', 'У 515 СС 52']];
  for (const [who, model, plate] of others) {
    const page = await device(who);
    await payAtBank(page, city, await permit(page, model, plate));
    await page.context().close();
  }
  await asResident(anna, kotova);
} finally {
  await browser.close();
  await city.stop();
}
const heavy = readdirSync(folder).filter((name) => name.endsWith('.png') && statSync(join(folder, name)).size > most);
if (heavy.length) throw new Error(`over ${most} bytes: ${heavy}`);

async function device(who) {
  const page = await person(browser, { width: 1280, height: 900, lang: 'ru', base: city.address });
  page.on('dialog', (dialog) => dialog.accept());
  await open(page, '/sign-in');
  await signInByPassword(page, `${who}@kitezh.example`);
  return page;
}

async function permit(page, model, plate) {
  await begin(page, 'parking-permit');
  await send(page, next);
  await chooseCar(page, model, plate);
  await send(page, next);
  await fillDate(page, 'starts', date(0));
  await choose(page, 'second', 'no');
  await send(page, next);
  return submit(page);
}

async function asResident(page, official) {
  const nobody = await person(browser, { width: 1280, height: 900, lang: 'ru', base: city.address });
  await open(nobody, '/');
  await both(nobody, 'home');
  await open(nobody, `/search?q=${encodeURIComponent('где парковаться у дома')}`);
  await both(nobody, 'search');
  await open(nobody, '/services/parking-permit');
  await both(nobody, 'card');

  await begin(page, 'parking-permit');
  await both(page, 'form');
  await send(page, next);
  await chooseCar(page, 'Skoda Octavia', 'А 417 МО 52');
  await send(page, next);
  await page.fill('main [name="starts.day"]', '31');
  await page.fill('main [name="starts.month"]', '2');
  await page.fill('main [name="starts.year"]', '2027');
  await send(page, next);
  await both(page, 'form-errors');
  await fillDate(page, 'starts', date(0));
  await choose(page, 'second', 'no');
  await send(page, next);
  await both(page, 'check');
  const number = await submit(page);
  await both(page, 'sent');
  await open(page, caseURL(number));
  await reloadUntil(page, 'the bill', visible('main a[href^="/pay/"]:not([href="/pay/autopay"])'));
  await open(page, '/account');
  await both(page, 'account');
  await payAtBank(page, city, number);
  await asOfficial(official, page, number);

  await open(page, caseURL(number));
  await reloadUntil(page, 'the document', visible('main a[href^="/documents/"]'));
  await both(page, 'case');
  await go(page, 'main a[href^="/documents/"] >> nth=0');
  await both(page, 'document');
  await paper(page);
  await open(page, '/account/looks');
  await both(page, 'looks');
  await page.goto(`${city.outside.mail}/?to=anna@kitezh.example&lang=ru`);
  await both(page, 'mailbox');
}

async function asOfficial(page, resident, number) {
  await wearHat(page);
  await open(page, '/desk');
  await reloadUntil(page, 'six cases in the queue', async () => (await page.locator('main tbody tr').count()) >= 6);
  const path = `/desk/cases/${number.replaceAll('-', '')}`;
  await go(page, page.locator('main tbody tr').last().locator('a').first());
  await both(page, 'queue');
  await open(page, path);
  await send(page, 'main form[action$="/take"] button');
  await page.fill('main [name=question]', 'Автомобиль стоит во дворе или на улице?');
  await send(page, 'main form[action$="/ask"] button');
  await open(resident, caseURL(number));
  await reloadUntil(resident, 'the question', visible('main form[action$="/answers"]'));
  await both(resident, 'question');
  await resident.fill('main form[action$="/answers"] [name=words]', 'Во дворе, у второго подъезда.');
  await send(resident, 'main form[action$="/answers"] button[type=submit]');
  await open(page, path);
  await both(page, 'case-panel');
  await choose(page, 'verdict', 'approve');
  await send(page, 'main form[action$="/decide"] button[type=submit]');
}

// both takes a screen of a phone and of a desk.
async function both(page, name) {
  for (const [width, height] of [[390, 844], [1280, 900]]) {
    await page.setViewportSize({ width, height });
    await page.evaluate(() => { document.activeElement?.blur(); scrollTo(0, 0); });
    await page.evaluate(() => document.fonts.ready.then(() => true));
    // A headless browser keeps the scrollbar's place and shows no scrollbar.
    const wide = await page.evaluate(() => document.body.getBoundingClientRect().width);
    keep(`${name}-${width}.png`, await page.screenshot({ clip: { x: 0, y: 0, width: wide, height } }));
  }
}

// paper is the first page of the PDF.
async function paper(page) {
  const files = mkdtempSync(join(tmpdir(), 'posad-pictures-'));
  const answer = await page.request.get(await page.locator('main a[href$="/pdf"]').getAttribute('href'));
  writeFileSync(join(files, 'permit.pdf'), await answer.body());
  execFileSync('pdftoppm', ['-r', '100', '-png', '-singlefile', join(files, 'permit.pdf'), join(folder, 'permit')]);
  rmSync(files, { recursive: true });
  if (!here(page).startsWith('/documents/')) throw new Error(page.url());
}

function keep(name, picture) {
  writeFileSync(join(folder, name), picture);
}
