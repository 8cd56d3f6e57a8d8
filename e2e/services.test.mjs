// The other services, each to its end, and what becomes of an application when an agency is slow, fails, lies or is away.
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { launch, person } from './lib/browser.mjs';
import { start } from './lib/city.mjs';
import {
  allWords, begin, caseURL, choose, chooseCar, date, fillAddress, fillDate, here, next, open, pictureFile, reloadUntil, says, send, signInByPassword, submit, visible, wearHat,
} from './lib/steps.mjs';
import { until } from './lib/wait.mjs';

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

async function signedIn(email, options = {}) {
  const page = await person(browser, { width: 390, script: false, lang: 'ru', troubles, base: city.address, ...options });
  page.on('dialog', (dialog) => dialog.accept());
  await open(page, '/sign-in');
  await signInByPassword(page, email);
  return page;
}

async function official(email, options) {
  const page = await signedIn(email, { width: 1280, ...options });
  await wearHat(page);
  return page;
}

const desk = (number) => `/desk/cases/${number.replaceAll('-', '')}`;

// freight asks for a pass for a lorry.
async function freight(page, { plate = 'К 505 ТТ 52', to = 'Речная ул., 14', time = 'day', acting = 'person', inn } = {}) {
  await begin(page, 'freight-pass');
  await choose(page, 'acting', acting);
  await send(page, next);
  if (inn) {
    await page.fill('main [name=inn]', inn);
    await send(page, next);
  }
  await page.fill('main [name=plate]', plate);
  await fillAddress(page, 'to', to, '7');
  await fillDate(page, 'day', date(1));
  await choose(page, 'time', time);
  await send(page, next);
  return submit(page);
}

const decided = async (page) => /(Одобрено|Отказано|Approved|Refused)/.test(await allWords(page));

test('a freight pass is decided by the table in seconds, and the page says why', { timeout: 120_000 }, async () => {
  const page = await signedIn('boris@kitezh.example');
  const began = Date.now();
  const number = await freight(page);
  await open(page, caseURL(number));
  await reloadUntil(page, 'the decision', decided, { within: 15_000 });
  await says(page, 'Одобрено', 'таблица правил', 'Автомобиль на учёте и подходит по классу, массе и времени.');
  assert.ok(Date.now() - began < 30_000, 'not in seconds');
  await reloadUntil(page, 'the pass', visible('main a[href^="/documents/"]'));

  const heavy = await freight(page, { plate: 'Н 808 ОР 52', to: 'Кремлёвская ул., 4', time: 'night' });
  await open(page, caseURL(heavy));
  await reloadUntil(page, 'the refusal', decided, { within: 15_000 });
  await says(page, 'Отказано', 'Постановление № 204, пункт 10', 'Перегрузите груз на автомобиль легче', 'Комиссия по жалобам');
  await page.context().close();
});

test('a place in the first class is asked for a child, and the order of the list is explained', { timeout: 120_000 }, async () => {
  const page = await signedIn('anna@kitezh.example', { script: true, width: 1280 });
  await open(page, '/services/school-first-class');
  await says(page, 'Как устроена очередь', 'Брат или сестра уже учится в этой школе.');
  await open(page, '/services/school-first-class/apply');
  await says(page, 'Смирнов Михаил', 'Смирнова Дарья');
  await send(page, next);
  assert.equal(await page.locator('#error-summary').count(), 1, 'applied for no child');
  // Dasha is too old for the first class; the form says so and what to do.
  await page.locator('main .choice', { hasText: 'Дарья' }).locator('input').check();
  await send(page, next);
  if (/steps\/child/.test(here(page))) await childStep(page, 'Дарья');
  await says(page, 'будет восемь лет или больше', 'Напишите в Департамент образования');
  await open(page, '/services/school-first-class/apply');
  await page.locator('main .choice', { hasText: 'Михаил' }).locator('input').check();
  await send(page, 'main form[action$="/apply"] button[type=submit] >> nth=-1');
  if (/steps\/child/.test(here(page))) await childStep(page, 'Михаил');
  await choose(page, 'school', 's4');
  await choose(page, 'needs', 'diet');
  await send(page, next);
  const number = await submit(page);
  await open(page, caseURL(number));
  await reloadUntil(page, 'the group', async () => (await allWords(page)).includes('Брат или сестра уже учится в этой школе.'));

  const school = await official('orlova@kitezh.example');
  await open(school, desk(number));
  await send(school, 'main form[action$="/take"] button');
  await choose(school, 'verdict', 'approve');
  await send(school, 'main form[action$="/decide"] button[type=submit]');
  await reloadUntil(page, 'the notice of admission', visible('main a[href^="/documents/"]'));
  await open(page, '/documents');
  await says(page, 'Уведомление о зачислении в первый класс', 'Михаил');
  await page.context().close();
  await school.context().close();
});

async function childStep(page, name) {
  const option = page.locator('main .choice', { hasText: name }).locator('input');
  if (await option.count()) await option.check();
  await send(page, next);
}

test('a letter to the city comes with a picture to the right desk, and is answered in words', { timeout: 120_000 }, async () => {
  const page = await signedIn('zulfiya@kitezh.example', { script: true });
  await begin(page, 'city-appeal');
  await choose(page, 'topic', 'yards');
  // Files go as soon as they are chosen: what is not a picture is refused there and then, by name and in words.
  await page.setInputFiles('main [name=files]', { name: 'pothole.png', mimeType: 'image/png', buffer: Buffer.from('#!/bin/sh\necho no picture at all\n') });
  await until('the refusal of a script that says it is a picture', visible('main .files .is-bad').bind(null, page));
  assert.match(await allWords(page, 'main .files .is-bad'), /pothole\.png.*(PNG|JPG|JPEG|PDF)/s, 'the refusal says neither which file nor what is taken');
  const refused = troubles.pop() ?? '';
  assert.match(refused, /422 PATCH \S+\/api\/v1\/files\//, 'the house took it, and only the page refused');
  await page.fill('main [name=text]', 'Коротко');
  await send(page, next);
  assert.match(await allWords(page, '#error-summary'), /подробнее/);
  assert.equal(await page.locator('main .files li').count(), 0, 'a file that was refused is there');
  await page.fill('main [name=text]', 'Яма на дорожке за домом, в неё попала детская коляска.');
  await Promise.all([page.waitForEvent('domcontentloaded'), page.setInputFiles('main [name=files]', pictureFile())]); // the page comes again with the file
  assert.match(await allWords(page, 'main .files'), /pothole\.png/);
  assert.match(await page.inputValue('main [name=text]'), /детская коляска/, 'what was typed is lost when a file has come');
  await send(page, next);
  if (/steps\/matter/.test(here(page))) await send(page, next); // the topic has opened one more question
  assert.match(here(page), /steps\/answer$/);
  await page.fill('main [name="name.surname"]', 'Абдуллина');
  await page.fill('main [name="name.given"]', 'Зульфия');
  await choose(page, 'channel', 'account');
  await send(page, next);
  await says(page, 'pothole.png', 'Яма на дорожке');
  const number = await submit(page);

  const wrong = await official('kotova@kitezh.example');
  const shut = await wrong.goto(desk(number));
  assert.ok([403, 404].includes(shut.status()), `another agency's official sees it: ${shut.status()}`);
  const yards = await official('ruleva@kitezh.example');
  await open(yards, '/desk');
  await reloadUntil(yards, 'the letter in the queue of yards', async () => (await allWords(yards)).includes(number));
  await open(yards, desk(number));
  await says(yards, 'Яма на дорожке', 'pothole.png');
  const file = await yards.request.get(await yards.locator('main a[href*="/files/"]').first().getAttribute('href'));
  assert.equal(file.headers()['content-type'], 'image/png');
  await send(yards, 'main form[action$="/take"] button');
  await choose(yards, 'verdict', 'approve');
  await send(yards, 'main form[action$="/decide"] button[type=submit]');
  assert.equal(await yards.locator('#error-summary').count(), 1, 'an answer of no words was sent');
  await page.goto('/');
  await choose(yards, 'verdict', 'approve');
  await yards.fill('main form[action$="/decide"] [name=words]', 'Яму заделаем до пятницы.\nСпасибо, что написали.');
  await send(yards, 'main form[action$="/decide"] button[type=submit]');
  await open(page, caseURL(number));
  await reloadUntil(page, 'the answer', async () => (await allWords(page)).includes('Яму заделаем до пятницы.'));
  for (const one of [page, wrong, yards]) await one.context().close();
});

test('a slow register, one that fails, one that lies and one that is away lose nothing, and everybody sees how it stands', { timeout: 240_000 }, async () => {
  const page = await signedIn('nikolay@kitezh.example');
  // Debts fail for a while, the family register lies, the owners' register is away: the case waits, and says so.
  await city.register('debts', { fail: -1 });
  await city.register('family', { lie: -1 });
  await city.register('vehicle-ownership', { absent: true });
  await begin(page, 'parking-permit');
  await send(page, next);
  await chooseCar(page, 'Lada Niva', 'В 050 НН 52');
  await send(page, next);
  await fillDate(page, 'starts', date(1));
  await choose(page, 'second', 'no');
  await send(page, next);
  const number = await submit(page);
  await open(page, caseURL(number));
  await reloadUntil(page, 'the trouble of all three registers', async () => {
    const text = await allWords(page);
    return text.includes('Спрашиваем другие ведомства') && (text.match(/делать ничего не нужно/g) ?? []).length >= 3;
  }, { within: 60_000 });
  await says(page, 'Долги за парковку', 'Состав семьи', 'Владелец автомобиля', 'Ответ ведомства неправильный');
  const admin = await official('gorsky@kitezh.example');
  await open(admin, '/desk/exchange');
  await says(admin, 'Долги за парковку', 'Состав семьи', 'Владелец автомобиля');
  for (const register of ['debts', 'family', 'vehicle-ownership']) await city.register(register);
  await reloadUntil(page, 'the case goes on by itself', visible('main a[href^="/pay/"]:not([href="/pay/autopay"])'), { within: 120_000, every: 500 });
  await says(page, 'Все справки получены');
  const answered = (await city.asked()).filter((one) => one.outcome === 'answered').map((one) => `${one.register} ${one.idempotency_key}`);
  assert.equal(new Set(answered).size, answered.length, 'a register answered one question twice');
  for (const one of [page, admin]) await one.context().close();
});

test('a slow register does not hold the form, and a register that stays away is worked around by an official', { timeout: 240_000 }, async () => {
  await city.register('residence', { delay_ms: 8000 });
  const page = await signedIn('ivan@kitezh.example');
  await begin(page, 'parking-permit');
  const began = Date.now();
  await send(page, next);
  assert.ok(Date.now() - began < 6000, `the form waited ${Date.now() - began} ms`);
  assert.match(here(page), /car-and-home$/);
  await city.register('residence');
  await reloadUntil(page, 'the address comes by itself', async () => (await allWords(page)).includes('Лодочный'), { within: 60_000, every: 500 });

  await city.register('vehicles', { absent: true });
  const boris = await signedIn('boris@kitezh.example');
  const number = await freight(boris);
  await open(boris, caseURL(number));
  await reloadUntil(boris, 'the trouble', async () => /делать ничего не нужно/.test(await allWords(boris)), { within: 60_000 });
  await city.moveClock(4 * 86_400); // past the term of the questions, one working day, and of the session
  await open(boris, '/sign-in');
  await signInByPassword(boris, 'boris@kitezh.example');
  await open(boris, caseURL(number));
  await reloadUntil(boris, 'the case is with an official', async () => /(Не все ведомства ответили|В очереди)/.test(await allWords(boris)), { within: 60_000, every: 500 });
  await says(boris, 'Не все ведомства ответили');
  await city.register('vehicles');
  for (const one of [page, boris]) await one.context().close();
});

test('no page did what no page may', () => assert.deepEqual(troubles, []));
