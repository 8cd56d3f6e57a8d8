// What a thief of the disk reads while the city runs: every file of the data folder and, on PostgreSQL, a whole dump hold
// no name, phone, address, plate or answer of anybody.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { gunzipSync, inflateRawSync, inflateSync } from 'node:zlib';
import test from 'node:test';
import { launch, person } from './lib/browser.mjs';
import { postgres, start } from './lib/city.mjs';
import { begin, caseURL, choose, chooseCar, fillDate, date, next, open, payAtBank, reloadUntil, send, signInByPassword, submit, visible, wearHat } from './lib/steps.mjs';

// secrets are what the story says of people, with other spellings that a file may hold.
const secrets = {
  surname: ['Козлов', 'КОЗЛОВ', 'козлов'],
  givenName: ['Иван Сергеевич', 'Сергеевич', 'сергеевич'],
  phone: ['9165550110', '916 555-01-10', '916 555 01 10'],
  email: ['ivan@kitezh', 'anna@kitezh'],
  snils: ['11223569215', '112-235-692 15'],
  address: ['lodochny:3', 'Лодочный пер., 3', 'Lodochny'],
  plate: ['Е369КХ52', 'Е 369 КХ 52', 'е369кх52'],
  otherPhone: ['9031112233', '903 111-22-33'],
  answer: ['Тайный ответ про капибару', 'капибару', 'капибар'],
  question: ['Сколько у вас капибар'],
  letter: ['Фиолетовый носорог'],
  file: ['nosorog-odin.png'],
  words: ['Отказ из-за носорога'],
  session: [], // filled with what the browser holds
};

// encodings a text may lie in: as it is, and in UTF-16 and JSON's escapes.
function spellings(text) {
  const escaped = [...text].map((c) => (c.codePointAt(0) > 126 ? `\\u${c.codePointAt(0).toString(16).padStart(4, '0')}` : c)).join('');
  return [Buffer.from(text), Buffer.from(text, 'utf16le'), Buffer.from(escaped), Buffer.from(text).toString('base64').replace(/=+$/, '').length > 12 ? Buffer.from(Buffer.from(text).toString('base64').slice(0, -4)) : null, Buffer.from(Buffer.from(text).toString('hex'))].filter(Boolean);
}

function everyFile(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true }).filter((one) => one.isFile()).map((one) => join(one.parentPath ?? one.path, one.name));
}

// unpacked gives a content and what it is when it is compressed, whichever way.
function unpacked(content) {
  const out = [content];
  for (const unpack of [gunzipSync, inflateSync, inflateRawSync]) {
    try { out.push(unpack(content)); } catch { /* it is not */ }
  }
  return out;
}

// found lists every secret that a thief can read, with where.
function found(city, dump, wanted) {
  const places = everyFile(city.data)
    .filter((path) => !relative(city.data, path).startsWith('city/')) // definitions and the register of addresses are public
    .map((path) => [relative(city.data, path), readFileSync(path)]);
  if (dump) places.push(['dump', dump]);
  const out = [];
  for (const [name, content] of places) {
    for (const bytes of unpacked(content)) {
      for (const [what, texts] of Object.entries(wanted)) {
        for (const text of texts) if (spellings(text).some((one) => bytes.includes(one))) out.push(`${what} «${text}» in ${name}`);
      }
    }
  }
  return out;
}

const engines = [['SQLite', () => null], ['PostgreSQL', postgres]];
for (const [engine, make] of engines) {
  test(`a stolen disk tells nothing: ${engine}`, { timeout: 240_000, skip: engine === 'PostgreSQL' && !process.env.POSAD_TEST_POSTGRES && 'no PostgreSQL: POSAD_TEST_POSTGRES' }, async (t) => {
    const database = make();
    let city, browser;
    t.after(async () => {
      await browser?.close();
      await city?.stop();
      database?.drop();
    });
    city = await start({ database: database?.address });
    browser = await launch();
    const sessions = await live(city, browser);
    const wanted = { ...secrets, session: sessions };
    const dump = database?.dump().toString('utf8') ?? '';
    // PostgreSQL's dump writes bytes in hex: read them back as well.
    const bytes = Buffer.concat([Buffer.from(dump), ...[...dump.matchAll(/\\x([0-9a-f]+)/g)].map((m) => Buffer.from(m[1], 'hex'))]);
    assert.deepEqual(found(city, bytes, wanted), []);

    // The search does find what lies open: a plain word in a file, and public data in the database.
    writeFileSync(join(city.data, 'planted.bin'), Buffer.concat([Buffer.from([0, 1, 2]), Buffer.from('Козлов', 'utf16le')]));
    assert.deepEqual(found(city, bytes, { surname: ['Козлов'] }), ['surname «Козлов» in planted.bin']);
    assert.ok(found(city, bytes, { open: ['parking-permit'] }).length > 0, 'not even the key of a service is found: is this the database?');
  });
}

// live has people do what leaves traces: drafts, files, cases, questions, refusals, searches at the desk.
async function live(city, browser) {
  const device = async (email) => {
    const page = await person(browser, { width: 1280, lang: 'ru', script: true, base: city.address });
    page.on('dialog', (dialog) => dialog.accept());
    await open(page, '/sign-in');
    await signInByPassword(page, email);
    return page;
  };
  const page = await device('ivan@kitezh.example');
  await begin(page, 'city-appeal');
  await choose(page, 'topic', 'other');
  await page.fill('main [name=text]', 'Фиолетовый носорог переходит улицу.');
  await page.setInputFiles('main [name=files]', { name: 'nosorog-odin.png', mimeType: 'image/png', buffer: Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC', 'base64') });
  await send(page, next); // the draft stays a draft
  await begin(page, 'parking-permit');
  await page.fill('main [name=phone]', '+7 903 111-22-33');
  await send(page, next);
  await chooseCar(page, 'Renault Logan', 'Е 369 КХ 52');
  await send(page, next);
  await fillDate(page, 'starts', date(1));
  await choose(page, 'second', 'no');
  await send(page, next);
  const number = await submit(page);
  await payAtBank(page, city, number);
  const desk = await device('kotova@kitezh.example');
  await wearHat(desk);
  await open(desk, '/desk?q=Козлов');
  await open(desk, '/desk?q=Е369КХ52');
  const path = `/desk/cases/${number.replaceAll('-', '')}`;
  await open(desk, path);
  await reloadUntil(desk, 'the case can be taken', visible('main form[action$="/take"]'));
  await send(desk, 'main form[action$="/take"] button');
  await desk.fill('main [name=question]', 'Сколько у вас капибар дома?');
  await send(desk, 'main form[action$="/ask"] button');
  await open(page, caseURL(number));
  await reloadUntil(page, 'the question', visible('main form[action$="/answers"]'));
  await page.fill('main form[action$="/answers"] [name=words]', 'Тайный ответ про капибару.');
  await send(page, 'main form[action$="/answers"] button[type=submit]');
  await open(desk, path);
  await choose(desk, 'verdict', 'refuse');
  await choose(desk, 'ground', 'not-resident');
  await desk.fill('main form[action$="/decide"] [name=words]', 'Отказ из-за носорога.');
  await send(desk, 'main form[action$="/decide"] button[type=submit]');
  await open(page, caseURL(number));
  await reloadUntil(page, 'the refusal', async (p) => (await p.locator('main').innerText()).includes('Отказ из-за носорога'));
  const cookies = [...await page.context().cookies(), ...await desk.context().cookies()];
  return cookies.filter((one) => /session/.test(one.name)).map((one) => one.value);
}

