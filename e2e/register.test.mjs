// A register of the city's own: a permit becomes an entry, its owner sees it, officials find and correct it for a purpose.
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { launch, person } from './lib/browser.mjs';
import { examine } from './lib/checks.mjs';
import { start } from './lib/city.mjs';
import { begin, choose, chooseCar, date, fillDate, next, open, payAtBank, reloadUntil, says, send, signInByPassword, submit, visible, wearHat } from './lib/steps.mjs';
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
  const page = await person(browser, { width: 1280, script: false, lang: 'ru', troubles, base: city.address, ...options });
  await open(page, '/sign-in');
  await signInByPassword(page, email);
  return page;
}

async function official(email, options) {
  const page = await signedIn(email, options);
  await wearHat(page);
  return page;
}

test('a permit stands in the register, is read for a purpose and corrected with a reason', { timeout: 400_000 }, async () => {
  const anna = await signedIn('anna@kitezh.example', { width: 390 });
  await open(anna, '/account/registers');
  await says(anna, 'Здесь о вас ничего нет');
  await begin(anna, 'parking-permit');
  await send(anna, next);
  await chooseCar(anna, 'Skoda Octavia', 'А 417 МО 52');
  await send(anna, next);
  await fillDate(anna, 'starts', date(0));
  await choose(anna, 'second', 'no');
  await send(anna, next);
  const number = await submit(anna);
  await payAtBank(anna, city, number);

  const kotova = await official('kotova@kitezh.example');
  await open(kotova, `/desk/cases/${number.replaceAll('-', '')}`);
  await reloadUntil(kotova, 'the case for a decision', visible('main form[action$="/take"] button'));
  await send(kotova, 'main form[action$="/take"] button');
  await choose(kotova, 'verdict', 'approve');
  await send(kotova, 'main form[action$="/decide"] button[type=submit]');
  await open(anna, '/account/registers');
  await reloadUntil(anna, 'the entry', visible('main a[href^="/account/registers/"]'), { within: 60_000 });
  await examine(anna, 'registers of a person');
  await send(anna, anna.locator('main a[href^="/account/registers/"]').first());
  await says(anna, 'А 417 МО 52', '104', 'Внесена');
  await examine(anna, 'entry of a person');

  await open(kotova, '/desk/registers');
  await examine(kotova, 'registers of an official');
  await send(kotova, kotova.locator('main a[href="/desk/registers/parking-permits"]'));
  await kotova.fill('main [name=q]', 'а417мо52');
  await send(kotova, next);
  await says(kotova, 'Смирнова Анна Игоревна');
  await examine(kotova, 'search of a register');
  await send(kotova, kotova.locator('main tbody a').first());
  await kotova.fill('main [name=field_zone]', '106');
  await send(kotova, kotova.locator('main form[action*="/correct"] button[type=submit]'));
  await says(kotova, 'не короче десяти знаков');
  assert.equal(await kotova.inputValue('main [name=field_zone]'), '106', 'what was typed is lost');
  await examine(kotova, 'entry at the desk with a fault');
  await kotova.fill('main form[action*="/correct"] [name=reason]', 'Дом отнесли к другой зоне');
  await send(kotova, kotova.locator('main form[action*="/correct"] button[type=submit]'));
  await says(kotova, 'Готово, человеку сообщили', 'Исправлена', '106');

  const dorogin = await official('dorogin@kitezh.example');
  const refused = await dorogin.goto('/desk/registers/parking-permits?purpose=keeping&field=plate&q=а417мо52');
  assert.equal(refused.status(), 403);
  const belova = await official('belova@kitezh.example', { lang: 'en' });
  await open(belova, '/desk/registers/parking-permits?purpose=keeping');
  await says(belova, 'Who was not let in', "Another's purpose");
  await examine(belova, 'refusals of a register');

  const english = await signedIn('anna@kitezh.example', { width: 390, lang: 'en' });
  await open(english, '/account/registers');
  await send(english, english.locator('main a[href^="/account/registers/"]').first());
  await says(english, 'Corrected', '106', 'Entered', '104');
  await examine(english, 'entry of a person in English');
  await open(english, '/registers/parking-permits');
  await says(english, 'Who reads it');
  await examine(english, 'a register');
  const heard = await until('the road police are told', async () => {
    const list = await (await fetch(`${city.outside.agencies}/control/messages`)).json();
    return list.length >= 2 && list;
  }, { within: 30_000 });
  assert.deepEqual(heard.map((one) => `${one.agency} ${one.body.data.change} ${one.body.data.fields.zone}`), ['road-police entered 104', 'road-police corrected 106']);
  for (const page of [anna, kotova, dorogin, belova, english]) await page.context().close();
  assert.deepEqual(troubles.filter((line) => !line.includes('403')), []);
});
