// What people do on the pages, in their own words; the tests are told with these. Everything here works with and without
// JavaScript and in both languages: controls are found by their names, texts are checked by the tests.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { letter, password } from './city.mjs';
import { until } from './wait.mjs';

// kept are the files of this run; they go with it.
const kept = mkdtempSync(join(tmpdir(), 'posad-e2e-kept-'));
process.on('exit', () => rmSync(kept, { recursive: true, force: true }));

// text of a part of the page with no-break spaces as ordinary ones, since people don't see the difference.
export async function words(page, selector = 'body') {
  return plain(await page.locator(selector).first().innerText());
}

// hidden is the text with what is folded away.
export async function allWords(page, selector = 'main') {
  return plain(await page.locator(selector).first().textContent());
}

export function plain(text) {
  return text.replaceAll(/[\u00a0\u202f\u2009]/g, ' ').replaceAll(/[ \t]+/g, ' ');
}

export async function says(page, ...wanted) {
  const text = await allWords(page, 'body');
  for (const one of wanted) assert.ok(one instanceof RegExp ? one.test(text) : text.includes(one), `${page.url()} does not say ${one}:\n${text.replaceAll(/\s+/g, ' ').slice(0, 6000)}`);
}

export async function open(page, path) {
  const answer = await page.goto(path, { waitUntil: 'load' });
  assert.ok(answer.status() < 400, `${path} answers ${answer.status()}`);
}

export function here(page) {
  return new URL(page.url()).pathname;
}

// send presses the button of a form and waits for the page that answers.
export async function send(page, button) {
  const target = typeof button === 'string' ? page.locator(button) : button;
  await Promise.all([page.waitForEvent('domcontentloaded', { timeout: 20_000 }), target.click()]);
  await page.waitForLoadState('load');
}

// go follows a link.
export const go = send;

export const next = 'main .form__act button[type=submit] >> nth=0';

// reloadUntil opens the page again and again until it shows something.
export function reloadUntil(page, what, shows, options) {
  let first = true;
  return until(what, async () => {
    if (!first) await page.reload({ waitUntil: 'load' });
    first = false;
    return shows(page);
  }, options).catch(async (error) => {
    throw new Error(`${error.message}; ${page.url()} says: ${(await allWords(page)).replaceAll(/\s+/g, ' ')}`, { cause: error });
  });
}

export const visible = (selector) => async (page) => (await page.locator(selector).count()) > 0;

// code is the one-time code that somebody was sent.
export async function code(city, to, after = 0) {
  const got = await letter(city, to, (one) => Date.parse(one.at) >= after && /\b\d{6}\b/.test(one.text));
  return got.text.match(/\b\d{6}\b/)[0];
}

// signInByCode is for the page of sign-in or of registration, which the person was led to or opened.
export async function signInByCode(page, city, email) {
  await page.fill('main [name=contact]', email);
  const before = new Set((await city.letters(email) ?? []).map((one) => one.id));
  await send(page, next);
  assert.equal(here(page), '/sign-in/code');
  const got = await letter(city, email, (one) => !before.has(one.id) && /\b\d{6}\b/.test(one.text));
  await page.fill('main [name=code]', got.text.match(/\b\d{6}\b/)[0]);
  await send(page, next);
}

export async function signInByPassword(page, email, secret = password) {
  if (!here(page).startsWith('/sign-in')) await open(page, '/sign-in');
  await page.fill('main [name=contact]', email);
  await send(page, 'main [name=by_password]');
  await page.fill('main [name=password]', secret);
  await send(page, next);
}

// wearHat makes an official of somebody who has a role in one agency.
export async function wearHat(page) {
  await open(page, '/account/profile');
  await send(page, 'main form[action="/hat"] button');
}

export async function begin(page, service) {
  await open(page, `/services/${service}/apply`);
  await send(page, `main form[action="/services/${service}/apply"] button[type=submit] >> nth=-1`);
}

export async function fillDate(page, name, day) {
  const [year, month, date] = day.split('-');
  await page.fill(`[name="${name}.day"]`, String(Number(date)));
  await page.fill(`[name="${name}.month"]`, String(Number(month)));
  await page.fill(`[name="${name}.year"]`, year);
}

// date is some days from today in the city, as 2026-11-21.
export function date(days) {
  return new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Moscow' }).format(Date.now() + days * 86_400_000);
}

export const choose = (page, name, value) => page.check(`main [name="${name}"][value="${value}"]`);

// submit sends the application from the page of all answers, and returns its number.
export async function submit(page) {
  if (!/\/check$/.test(here(page))) assert.fail(`not at the check of answers but at ${here(page)}: ${(await allWords(page)).replaceAll(/\s+/g, ' ')}`);
  await choose(page, 'consent', 'yes');
  await send(page, next);
  assert.match(here(page), /\/sent$/, (await allWords(page)).replaceAll(/\s+/g, ' '));
  return numberOn(page);
}

export async function numberOn(page) {
  const found = (await allWords(page)).match(/\d{4}-\d{3}-\d{3}/);
  assert.ok(found, 'no number on the page');
  return found[0];
}

export const caseURL = (number) => `/cases/${number.replaceAll('-', '')}`;

// save presses a link that leads to a file, keeps the file and returns its path.
export async function save(page, link, name) {
  const [file] = await Promise.all([page.waitForEvent('download'), page.locator(link).first().click()]);
  const path = join(kept, name);
  await file.saveAs(path);
  return path;
}

// pictureFile is a small real PNG of one pixel, for uploads.
export function pictureFile(name = 'pothole.png') {
  const path = join(kept, name);
  writeFileSync(path, Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC', 'base64'));
  return path;
}

// paid pays what the case asks for on the bank's page and comes back to the city.
export async function payAtBank(page, city, number) {
  await open(page, caseURL(number));
  await reloadUntil(page, 'the bill', visible('main a[href^="/pay/"]:not([href="/pay/autopay"])'));
  await go(page, 'main a[href^="/pay/"]:not([href="/pay/autopay"]) >> nth=0');
  await send(page, 'main form[action^="/pay/"] button');
  assert.ok(page.url().startsWith(city.outside.bank), `at the bank: ${page.url()}`);
  await send(page, 'button[value=pay]');
  assert.ok(page.url().startsWith(city.address), `back in the city: ${page.url()}`);
}

// chooseCar chooses a car that the register knows, or gives its plate.
export async function chooseCar(page, model, plate) {
  const known = page.locator('main .choice', { hasText: model }).locator('input');
  if (await known.count()) await known.check();
  else await page.fill('main [name="car.plate"]', plate);
}

// fillAddress gives an address with its flat, where the question is for one.
export async function fillAddress(page, name, house, flat) {
  await page.fill(`main [name="${name}"]`, house);
  const control = page.locator(`main [name="${name}.flat"]`);
  if (flat && await control.count()) await control.fill(flat);
}

export const signOut = async (page) => {
  await open(page, '/account/profile');
  // The button stands in two menus; the screen shows one of them.
  await Promise.all([page.waitForEvent('domcontentloaded'), page.locator('form[action="/sign-out"] button').first().evaluate((button) => button.click())]);
};

// scan reads the QR code of a picture on the page, as a phone's camera does; the reader is nobody's of this house.
export async function scan(page, picture = 'main img') {
  const path = join(kept, 'code.png');
  await page.locator(picture).first().screenshot({ path });
  return execFileSync('zbarimg', ['-q', '--raw', path]).toString().trim();
}

// totp is what an authenticator app shows for a key at a moment, in ms.
export const totp = (key, at = Date.now()) =>
  execFileSync('oathtool', ['--totp', '--base32', `--now=@${Math.floor(at / 1000)}`, key]).toString().trim();

// press presses the button of a form that has an action.
export const press = (page, action, button = '') => send(page, page.locator(`main form[action="${action}"] button${button}`).first());
