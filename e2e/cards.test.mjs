// The card, the first page of the form and the questions before it, of every service: no barriers, and no screen is too
// narrow. Sizes and themes take turns, so that all of them together take a few minutes.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import test, { after, before } from 'node:test';
import { accessible, fits } from './lib/checks.mjs';
import { root } from './lib/city.mjs';
import { town } from './lib/devices.mjs';
import { here, open } from './lib/steps.mjs';

const services = readdirSync(`${root}/city/kitezh/services`).map((name) => name.replace('.yaml', '')).sort();
let place, nobody;
const people = {};

before(async () => {
  place = await town();
  nobody = await place.device();
  for (const name of ['anna', 'boris']) people[name] = await place.signedIn(name);
});
after(() => place?.end());

// look checks a page at one of the sizes, and its width on the narrowest screen. Each page in turn gets the next size.
const sizes = [[390, 'light'], [1280, 'light'], [390, 'dark'], [1280, 'dark']];
let turn = 0;
async function look(page, name, faults) {
  const [width, theme] = sizes[turn++ % sizes.length];
  await page.setViewportSize({ width, height: 900 });
  await page.evaluate((worn) => { document.documentElement.dataset.theme = worn; }, theme);
  await accessible(page, `${name}, ${theme}, ${width}`).catch((error) => faults.push(error.message));
  await page.setViewportSize({ width: 320, height: 700 });
  await fits(page, `${name}, 320`).catch((error) => faults.push(error.message));
}

// firstPage begins an application with what is offered, and comes to its first page; false where the person may not.
async function firstPage(page, key) {
  await open(page, `/services/${key}/apply`);
  const form = page.locator(`main form[action="/services/${key}/apply"]`);
  if (!await form.count()) return false;
  for (const name of ['child', 'for', 'about']) {
    const choice = form.locator(`input[type=radio][name=${name}]`).first();
    if (await choice.count()) await choice.check();
  }
  await Promise.all([page.waitForEvent('domcontentloaded'), form.locator('button[type=submit]').last().click()]);
  await page.waitForLoadState('load');
  return here(page).startsWith('/drafts/');
}

test('every card, every first page, every page of questions', { timeout: 600_000 }, async () => {
  const faults = [], without = [];
  for (const key of services) {
    await open(nobody, `/services/${key}`);
    await look(nobody, `card of ${key}`, faults);
    const may = await nobody.goto(`/services/${key}/may`);
    assert.ok(may.status() < 400, `${key}: ${may.status()}`);
    if (here(nobody).endsWith('/may')) await look(nobody, `questions of ${key}`, faults);
    let shown = false;
    for (const page of Object.values(people)) {
      if (shown) break;
      shown = await firstPage(page, key);
      await look(page, `first page of ${key}`, faults);
    }
    if (!shown) without.push(key);
  }
  console.log(`no first page for the people of this test: ${without.join(', ') || 'none'}`);
  assert.ok(without.length < services.length / 4, `the form is not reached: ${without}`);
  assert.deepEqual(faults, [], faults.join('\n'));
});

test('no page did what no page may', () => assert.deepEqual(place.troubles, []));
