// The story that Posad is for, whole: a resident finds a service, applies with no papers, pays, an official asks and
// decides, the sealed result arrives. One script, run twice: on the embedded engine, on a phone, with no JavaScript, in
// Russian; and on PostgreSQL, on a desk, with JavaScript, in English.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { launch, person } from './lib/browser.mjs';
import { letter, posad, postgres, start } from './lib/city.mjs';
import {
  allWords, begin, caseURL, choose, chooseCar, date, fillDate, go, here, next, numberOn, open, payAtBank, plain, reloadUntil, save, says, send,
  signInByCode, signInByPassword, submit, visible, wearHat,
} from './lib/steps.mjs';
import { until } from './lib/wait.mjs';

const runs = [
  {
    as: 'SQLite, a phone, no JavaScript, Russian', lang: 'ru', width: 390, script: false, messages: 2,
    error: 'Ошибка:', fee: '3 000 ₽', term: '6 рабочих дней', title: 'Разрешение на парковку жителя',
    card: ['Житель Китежа', 'Справки не нужны', 'Владелец автомобиля', 'Финансовое управление', 'Автомобиль записан не на вас', 'Есть неоплаченные штрафы', 'Комиссия по жалобам', '90'],
    source: 'Ваш кабинет', residence: 'Речная ул., 14, кв. 86', name: 'Смирнова Анна Игоревна', plate: /А ?417 ?МО ?52/, model: 'Skoda Octavia',
    valid: 'Документ действует', debt: 'Есть неоплаченные штрафы за парковку', instead: 'Оплатите штрафы', law: 'Постановление № 118, пункт 13',
    question: 'На каком этаже паркинг?\nНапишите номер места.', answer: 'Второй ярус, место 17.', agency: 'транспорт', appeal: 'Комиссия по жалобам мэрии Китежа',
    verified: true,
  },
  {
    as: 'PostgreSQL, a desk, JavaScript, English', lang: 'en', width: 1280, script: true, messages: -1, postgres: true,
    error: 'Error:', fee: '3,000 ₽', term: '6 working days', title: 'Resident parking permit',
    card: ['A resident of Kitezh', 'Vehicle', 'Finance', 'The car is not registered to you', 'There are unpaid parking fines', 'The complaints board', '90'],
    source: 'Your account', residence: 'Rechnaya St, 14, flat 86', name: 'Смирнова', plate: /А ?417 ?МО ?52/, model: 'Skoda Octavia',
    valid: 'The document is valid', debt: 'There are unpaid parking fines', instead: 'Pay the fines', law: 'Order No. 118, point 13',
    question: 'Which floor of the car park is it?\nGive the number of the place.', answer: 'Second tier, place 17.', agency: 'ransport', appeal: 'The complaints board of Kitezh City Hall',
    verified: true,
  },
];

const searches = [
  'разрешение на парковку', 'разрешенее на парковку', 'разрешение на порковку', 'parking permit', 'parkng permit', 'parking pernit', 'where do I park at home',
];

for (const run of runs) {
  test(run.as, { timeout: 420_000, skip: run.postgres && !process.env.POSAD_TEST_POSTGRES && 'no PostgreSQL: POSAD_TEST_POSTGRES' }, async (t) => {
    const database = run.postgres ? postgres() : null;
    const files = mkdtempSync(join(tmpdir(), 'posad-e2e-files-'));
    const troubles = [];
    let city, browser;
    t.after(async () => {
      await browser?.close();
      await city?.stop();
      database?.drop();
      rmSync(files, { recursive: true, force: true });
    });
    city = await start({ database: database?.address });
    browser = await launch();
    await city.bank({ messages: run.messages });
    const device = async () => {
      const page = await person(browser, { ...run, troubles, base: city.address });
      page.on('dialog', (dialog) => dialog.accept());
      return page;
    };
    const story = { run, city, t, files, device, anna: await device() };
    await inOrder(t, chapters, story);
    await t.test('no page did what no page may', () => assert.deepEqual(troubles, []));
  });
}

// inOrder tells the chapters until one fails: what comes after stands on it.
async function inOrder(t, chapters, story) {
  for (const [what, does] of chapters) {
    let failed = false;
    await t.test(what, async () => {
      try {
        await does(story);
      } catch (error) {
        failed = true;
        throw error;
      }
    });
    if (failed) return;
  }
}

const chapters = [
  ['finds the service by ordinary words', find],
  ['reads what it is', read],
  ['signs in by a code and is back exactly there', enter],
  ['fills the form, with mistakes first', fill],
  ['goes on with the draft on another device', elsewhere],
  ['loses nothing when the session ends', interrupted],
  ['checks the answers and submits', send_],
  ['has a promise that stands by itself', promise],
  ['pays at the bank, once', pay],
  ['another resident applies, with a debt', oleg],
  ['somebody new registers and confirms who they are', newcomer],
  ['an official takes the case from the queue and asks', desk],
  ['the resident answers', answer],
  ['the official approves', approve],
  ['the resident has the document, and anybody can check it', result],
  ['rates the service', rate],
  ['the other case is refused, with a ground', refuse],
  ['sees who looked', looks],
  ['was told of each step by e-mail, once', told],
];

async function find({ anna: page, city, run }) {
  await open(page, '/');
  for (const query of searches) {
    await open(page, '/');
    await page.fill('main [role=search] [name=q]', query);
    await send(page, 'main [role=search] button');
    assert.equal(here(page), '/search');
    const first = page.locator('main h2 a').first();
    assert.equal(await first.getAttribute('href'), '/services/parking-permit', query);
  }
  await go(page, page.locator('main h2 a').first());
  assert.equal(here(page), '/services/parking-permit');
  assert.equal(await page.getAttribute('html', 'lang'), run.lang);
  assert.ok(city);
}

async function read({ anna: page, run }) {
  await says(page, run.title, run.fee, run.term, ...run.card);
}

async function enter({ anna: page, city }) {
  await go(page, 'main a[href="/services/parking-permit/apply"] >> nth=0');
  assert.equal(here(page), '/sign-in');
  await page.fill('main [name=contact]', 'not an address');
  await send(page, next);
  await says(page, /(Например|For example|например|for example)/);
  assert.equal(await page.inputValue('main [name=contact]'), 'not an address');
  await signInByCode(page, city, 'anna@kitezh.example');
  assert.equal(page.url(), `${city.address}/services/parking-permit/apply`);
}

async function fill(story) {
  const { anna: page, run } = story;
  await send(page, next);
  assert.match(here(page), /^\/drafts\/[0-9a-f-]{36}\/steps\/applicant$/);
  story.draft = here(page).split('/')[2];
  await says(page, run.name, '112-233-445 95', run.source);
  // The phone comes from the account, and can be mended.
  assert.match(await page.inputValue('main [name=phone]'), /916 ?555/);
  await page.fill('main [name=phone]', '12-34');
  await send(page, next);
  assert.equal(here(page), `/drafts/${story.draft}/steps/applicant`);
  await faulty(page, run, 1);
  assert.equal(await page.inputValue('main [name=phone]'), '12-34');
  await page.fill('main [name=phone]', '+7 916 555-01-01');
  await send(page, next);

  assert.equal(here(page), `/drafts/${story.draft}/steps/car-and-home`);
  await says(page, run.residence);
  await send(page, next);
  await faulty(page, run, 1);
  await chooseCar(page, run.model, 'а417мо 52');
  await send(page, next);

  assert.equal(here(page), `/drafts/${story.draft}/steps/permit`);
  await send(page, next);
  await faulty(page, run, 2);
  await page.fill('main [name="starts.day"]', '31');
  await page.fill('main [name="starts.month"]', '2');
  await page.fill('main [name="starts.year"]', '2027');
  await choose(page, 'second', 'no');
  await send(page, next);
  await faulty(page, run, 1);
  assert.equal(await page.inputValue('main [name="starts.day"]'), '31');
  assert.ok(await page.isChecked('main [name=second][value=no]'));
  // The line of the summary leads to the control.
  const line = await page.locator('#error-summary a').first().getAttribute('href');
  assert.equal(await page.locator(line).count(), 1, `${line} is nowhere`);
}

async function faulty(page, run, count) {
  assert.ok((await page.title()).startsWith(run.error), `title: ${await page.title()}`);
  assert.equal(await page.locator('#error-summary li').count(), count, await allWords(page, '#error-summary'));
  assert.equal(await page.locator('.field-error').count() > 0, true);
  if (run.script) assert.equal(await page.evaluate(() => document.activeElement.id), 'error-summary');
}

async function elsewhere(story) {
  const { anna, run } = story;
  await fillDate(anna, 'starts', date(3));
  await send(anna, 'main [name=_later]');
  assert.equal(here(anna), '/drafts');
  const page = story.second = await story.device();
  await open(page, '/sign-in');
  await signInByPassword(page, 'anna@kitezh.example', 'wrong-password');
  assert.equal(await page.locator('#error-summary').count(), 1);
  await page.fill('main [name=password]', 'kitezh-na-reke');
  await send(page, next);
  await open(page, '/drafts');
  await go(page, `main a[href="/drafts/${story.draft}"]`);
  await open(page, `/drafts/${story.draft}/steps/permit`);
  assert.equal(await page.inputValue('main [name="starts.year"]'), date(3).slice(0, 4));
  assert.ok(await page.isChecked('main [name=second][value=no]'));
  if (run.script) {
    // It saves itself while somebody types.
    await fillDate(page, 'starts', date(4));
    await until('the draft saves itself', async () => {
      await anna.goto(`/drafts/${story.draft}/steps/permit`);
      return await anna.inputValue('main [name="starts.day"]') === String(Number(date(4).slice(8)));
    });
  }
}

async function interrupted({ second: page, draft }) {
  await fillDate(page, 'starts', date(0));
  const cookies = (await page.context().cookies()).filter((one) => /session/.test(one.name));
  assert.ok(cookies.length > 0, 'no cookie of a session');
  for (const { name } of cookies) await page.context().clearCookies({ name });
  await send(page, next);
  assert.equal(here(page), '/sign-in');
  await signInByPassword(page, 'anna@kitezh.example');
  assert.equal(here(page), `/drafts/${draft}/steps/permit`);
  assert.equal(await page.inputValue('main [name="starts.day"]'), String(Number(date(0).slice(8))));
  await send(page, next);
  assert.equal(here(page), `/drafts/${draft}/check`);
}

async function send_(story) {
  const { anna: page, run } = story;
  await open(page, `/drafts/${story.draft}/check`);
  await says(page, run.name, run.residence, run.plate, run.fee);
  await send(page, next);
  await faulty(page, run, 1);
  story.number = await submit(page);
}

async function promise(story) {
  const { anna: page, city } = story;
  story.promise = await save(page, 'main a[href$="/promise"]', 'promise.posad.json');
  story.keys = join(story.files, 'keys.json');
  writeFileSync(story.keys, await (await fetch(`${city.address}/.well-known/posad-keys.json`)).text());
  verifies(story);
}

// verifies runs the verifier as a process of its own with no way to the server: proxies that are not there, and, once the
// story has ended, with the server off.
function verifies({ promise, keys, number, files }) {
  const env = { ...process.env, HTTP_PROXY: 'http://127.0.0.1:1', HTTPS_PROXY: 'http://127.0.0.1:1', LANG: 'C' };
  const said = execFileSync(posad, ['verify', promise, '--keys', keys], { env, encoding: 'utf8' });
  assert.match(said, new RegExp(number.replaceAll('-', '-?')));
  const content = readFileSync(promise);
  const at = content.indexOf(number.replaceAll('-', '')) >= 0 ? content.indexOf(number.replaceAll('-', '')) : content.indexOf('"payload"') + 20;
  content[at + 3] = content[at + 3] === 0x31 ? 0x32 : 0x31;
  const forged = join(files, 'forged.posad.json');
  writeFileSync(forged, content);
  const refused = spawnSync(posad, ['verify', forged, '--keys', keys], { env, encoding: 'utf8' });
  assert.notEqual(refused.status, 0, `a changed byte was taken: ${refused.stdout}`);
}

async function pay(story) {
  const { anna: page, city, number } = story;
  await payAtBank(page, city, number);
  await reloadUntil(page, 'the payment', async () => Object.values(await city.payments()).some((one) => one.state === 'paid'));
  await open(page, caseURL(number));
  await reloadUntil(page, 'the payment in the case', async () => (await page.locator('main a[href^="/pay/"]:not([href="/pay/autopay"]).btn').count()) === 0);
  const taken = Object.values(await city.payments()).filter((one) => one.takes > 0);
  assert.equal(taken.length, 1, JSON.stringify(taken));
  assert.equal(taken[0].takes, 1);
  assert.equal(taken[0].amount, 300_000);
  const bills = await (await page.request.get('/api/v1/charges')).json();
  assert.deepEqual(bills.filter((one) => one.kind === 'fee').map((one) => one.state), ['paid']);
}

async function oleg(story) {
  const page = story.oleg = await story.device();
  await open(page, '/sign-in');
  await signInByPassword(page, 'oleg@kitezh.example');
  await begin(page, 'parking-permit');
  await send(page, next);
  await chooseCar(page, 'Kia Ceed', 'М 300 КА 52');
  await send(page, next);
  await fillDate(page, 'starts', date(1));
  await choose(page, 'second', 'yes');
  await send(page, next);
  story.refused = await submit(page);
  await payAtBank(page, story.city, story.refused);
}

async function newcomer(story) {
  const page = await story.device();
  await open(page, '/services/parking-permit/apply');
  assert.equal(here(page), '/sign-in');
  await go(page, 'main a[href^="/register"]');
  await signInByCode(page, story.city, 'galina.petrenko@kitezh.example');
  if (here(page) === '/register/name') {
    await page.fill('main [name=family]', 'Петренко');
    await page.fill('main [name=given]', 'Галина');
    await send(page, next);
  }
  assert.equal(here(page), '/services/parking-permit/apply');
  await send(page, next);
  assert.equal(here(page), '/account/identity');
  await page.fill('main [name=family]', 'Петренко');
  await page.fill('main [name=given]', 'Галина');
  await page.fill('main [name=patronymic]', 'Семёновна');
  await fillDate(page, 'birth', '1974-10-15');
  await page.fill('main [name=snils]', '112-235-007 85');
  await send(page, next);
  assert.equal(await page.locator('#error-summary').count(), 1, 'a wrong birth date was confirmed');
  assert.equal(await page.inputValue('main [name=patronymic]'), 'Семёновна');
  await fillDate(page, 'birth', '1974-10-14');
  await send(page, next);
  assert.equal(here(page), '/services/parking-permit/apply');
  await send(page, next);
  assert.match(here(page), /\/steps\/applicant$/);
  await page.context().close();
}

async function desk(story) {
  const { run } = story;
  const page = story.official = await story.device();
  await open(page, '/sign-in');
  await signInByPassword(page, 'kotova@kitezh.example');
  await wearHat(page);
  await open(page, '/desk');
  await reloadUntil(page, 'both cases in the queue', async () => {
    const text = await allWords(page);
    return text.includes(story.number) && text.includes(story.refused);
  });
  await says(page, 'Смирнова', 'Смирнов');
  // By deadline: what came first is first.
  const text = await allWords(page);
  assert.ok(text.indexOf(story.number) < text.indexOf(story.refused), 'the queue is not by deadline');
  // Filters narrow the list, and an empty list says so.
  await open(page, '/desk?q=М300КА52');
  const found = await allWords(page, 'main');
  assert.ok(found.includes(story.refused) && !found.includes(story.number), 'the plate does not find the case alone');
  await open(page, '/desk?owner=me');
  assert.ok(!(await allWords(page, 'main')).includes(story.number));

  await open(page, `/desk/cases/${story.number.replaceAll('-', '')}`);
  await says(page, run.plate, run.model);
  await send(page, 'main form[action$="/take"] button');
  await says(page, run.model);
  await send(page, 'main form[action$="/ask"] button');
  assert.equal(await page.locator('#error-summary').count(), 1, 'an empty question was asked');
  await page.fill('main [name=question]', run.question);
  await send(page, 'main form[action$="/ask"] button');
  await says(page, run.question.split('\n')[0]);
}

async function answer({ anna: page, city, run, number }) {
  const told = await letter(city, 'anna@kitezh.example', (one) => /(задал вопрос|has a question)/.test(one.subject));
  const link = told.text.match(/https?:\/\/\S+\/cases\/\d+/)[0];
  assert.ok(link.startsWith(city.address), link);
  await open(page, link);
  await says(page, ...run.question.split('\n'));
  await send(page, 'main form[action$="/answers"] button[type=submit]');
  assert.equal(await page.locator('#error-summary').count(), 1, 'an empty answer was taken');
  await page.fill('main form[action$="/answers"] [name=words]', run.answer);
  await send(page, 'main form[action$="/answers"] button[type=submit]');
  assert.equal(here(page), caseURL(number));
  await says(page, run.answer);
}

async function approve({ official: page, run, number }) {
  await open(page, `/desk/cases/${number.replaceAll('-', '')}`);
  await says(page, run.answer);
  await choose(page, 'verdict', 'approve');
  await send(page, 'main form[action$="/decide"] button[type=submit]');
  assert.equal(await page.locator('#error-summary').count(), 0);
}

async function result(story) {
  const { anna: page, city, run, files } = story;
  await open(page, caseURL(story.number));
  await reloadUntil(page, 'the document', visible('main a[href^="/documents/"]'));
  await says(page, run.answer, ...run.question.split('\n'), run.title);
  await go(page, 'main a[href^="/documents/"] >> nth=0');
  const pdf = join(files, 'permit.pdf');
  const answer = await page.request.get(await page.locator('main a[href$="/pdf"]').getAttribute('href')); // a browser opens it in its window
  assert.equal(answer.headers()['content-type'], 'application/pdf');
  assert.match(answer.headers()['content-disposition'], /filename.*\.pdf/);
  writeFileSync(pdf, await answer.body());
  const text = plain(execFileSync('pdftotext', ['-layout', pdf, '-'], { encoding: 'utf8' }));
  for (const wanted of [run.title, run.plate, '104', run.residence, 'Смирнова']) assert.ok(wanted instanceof RegExp ? wanted.test(text) : text.includes(wanted), `the PDF does not say ${wanted}:\n${text}`);
  execFileSync('pdftoppm', ['-r', '200', '-png', '-singlefile', pdf, join(files, 'permit')]);
  const code = execFileSync('zbarimg', ['-q', '--raw', join(files, 'permit.png')], { encoding: 'utf8' }).trim();
  assert.ok(code.startsWith(`${city.address}/v/`), code);
  const anybody = await story.device();
  await open(anybody, code);
  await says(anybody, run.valid, run.plate);
  const forged = code.slice(0, -6) + (code.at(-6) === 'A' ? 'B' : 'A') + code.slice(-5);
  await anybody.goto(forged);
  const verdict = await allWords(anybody);
  assert.ok(!verdict.includes(run.valid), `a forged code is valid: ${verdict}`);
  await anybody.context().close();
  const receipt = await save(page, 'main a[href$="/receipt"]', 'document.posad.json');
  execFileSync(posad, ['verify', receipt, '--keys', story.keys]);
}

async function rate({ anna: page, number }) {
  await open(page, caseURL(number));
  await send(page, 'main form[action$="/rating"] button[type=submit]');
  assert.equal(await page.locator('#error-summary').count(), 1, 'a rating of nothing was taken');
  await choose(page, 'stars', '5');
  await send(page, 'main form[action$="/rating"] button[type=submit]');
  await says(page, /5/);
  assert.equal(await page.locator('main form[action$="/rating"]').count(), 0, 'it can be rated twice');
}

async function refuse(story) {
  const { official: page, oleg: applicant, run } = story;
  await open(page, `/desk/cases/${story.refused.replaceAll('-', '')}`);
  await send(page, 'main form[action$="/take"] button');
  await says(page, run.debt);
  await choose(page, 'verdict', 'refuse');
  // Advice may have chosen the ground; a refusal with none is not taken.
  const form = page.locator('main form[action$="/decide"]');
  const revision = await form.locator('[name=revision]').inputValue();
  const token = await form.locator('[name=_csrf]').inputValue();
  const bare = await page.request.post(`/desk/cases/${story.refused.replaceAll('-', '')}/decide`, { form: { revision, _csrf: token, verdict: 'refuse' }, headers: { Origin: story.city.address } });
  assert.equal(bare.status(), 422, 'refused with no ground');
  await choose(page, 'ground', 'debt');
  await send(page, 'main form[action$="/decide"] button[type=submit]');
  assert.equal(await page.locator('#error-summary').count(), 0);
  await open(applicant, caseURL(story.refused));
  await reloadUntil(applicant, 'the refusal', async () => (await allWords(applicant)).includes(run.law));
  await says(applicant, run.debt, run.instead, run.appeal, '90');
  assert.equal(await applicant.locator('main a[href="/services/parking-permit/apply"]').count(), 1, 'no way to apply again');
  const appeal = `main a[href="/services/decision-appeal/apply?about=${story.refused.replaceAll('-', '')}"]`;
  assert.equal(await applicant.locator(appeal).count(), 1, 'no way to disagree');
  // The document says as much as its paper, and neither it nor its public check looks like a permit in force.
  await go(applicant, 'main a[href^="/documents/"] >> nth=0');
  await says(applicant, run.instead, run.appeal);
  assert.equal(await applicant.locator(appeal).count(), 1, 'the document leads nowhere');
  assert.equal(await applicant.locator('main .st-success').count(), 0, 'a refusal is green');
  const check = await applicant.locator('main a[href^="/v/"]').getAttribute('href');
  await open(applicant, check);
  const verdict = await allWords(applicant);
  assert.ok(!verdict.includes(run.valid) && !/бессрочно|without an end/.test(verdict), `a refusal is in force: ${verdict}`);
}

async function looks({ anna: page, run, number }) {
  await open(page, '/account/looks');
  await says(page, number);
  const list = await (await page.request.get('/api/v1/looks')).json();
  assert.ok(list.some((one) => one.role === 'officer' && one.case?.replaceAll('-', '') === number.replaceAll('-', '')), 'the official is not there');
  assert.ok(list.filter((one) => !one.role && one.agency).length >= 3, `the agencies are not there: ${JSON.stringify(list, null, 1)}`);
  assert.ok((await allWords(page)).includes(run.agency));
}

async function told(story) {
  const { city, number } = story;
  // Codes and words about new devices come as often as people sign in.
  const about = async (email) => (await city.letters(email)).filter((one) => !/(Ваш код|Your code|Вход с нового устройства|Sign-in from a new device)/.test(one.subject));
  const subjects = [/(принято|was taken)/, /(Оплатите|Pay)/, /(оплата получена|payment has come)/, /(задал вопрос|has a question)/, /(одобрено|was approved)/, /(готов|ready)/];
  for (const subject of subjects) {
    await letter(city, 'anna@kitezh.example', (one) => subject.test(one.subject)).catch(async (error) => {
      throw new Error(`no letter ${subject}; there are: ${(await city.letters('anna@kitezh.example')).map((one) => one.subject).join(' | ')}`, { cause: error });
    });
  }
  const all = await about('anna@kitezh.example');
  for (const one of all) assert.equal(one.times, 1, `${one.subject} came ${one.times} times`);
  assert.equal(new Set(all.map((one) => one.subject)).size, all.length, `twice: ${all.map((one) => one.subject)}`);
  assert.ok((await about('oleg@kitezh.example')).some((one) => /(отказано|was refused)/.test(one.subject)));
  // With the server off, the promise is as good.
  await city.stop();
  verifies(story);
}
