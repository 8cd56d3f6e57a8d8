// Passkeys in a real browser with Chromium's virtual authenticator: added, used from the button, from the list of the
// field, as a fresh proof, and removed; the authenticator app and the recovery codes beside them.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import test, { after, before } from 'node:test';
import { launch, person } from './lib/browser.mjs';
import { start } from './lib/city.mjs';
import { allWords, here, next, open, says, send, signInByPassword } from './lib/steps.mjs';
import { until } from './lib/wait.mjs';

const troubles = [];
let city, browser;

before(async () => {
  city = await start({ host: 'localhost' }); // browsers bind passkeys to a name, not to a number
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await city?.stop();
});

const device = (options) => person(browser, { width: 1100, lang: 'en', troubles, base: city.address, ...options });

// authenticator gives a page a phone's keys. quiet: it answers by itself.
async function authenticator(page) {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
  });
  return {
    keys: async () => (await cdp.send('WebAuthn.getCredentials', { authenticatorId })).credentials,
    give: (credential) => cdp.send('WebAuthn.addCredential', { authenticatorId, credential }),
    verified: (isUserVerified) => cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified }),
  };
}

const arrives = (page, path) => until(`the page ${path}, not ${page.url()}`, async () => here(page) === path, { within: 20_000 })
  .catch(async (error) => { throw new Error(`${error.message}: ${await allWords(page)}`, { cause: error }); });

let key; // of Anna's phone, with its counter as it stands

test('a passkey is added', { timeout: 60_000 }, async () => {
  const page = await device();
  const phone = await authenticator(page);
  await signInByPassword(page, 'anna@kitezh.example');
  await open(page, '/account/security/passkey');
  await page.fill('main [name=name]', 'My phone');
  await page.click(next);
  await arrives(page, '/account/security');
  await says(page, 'My phone', 'The passkey is added');
  [key] = await phone.keys();
  assert.equal(key.rpId, 'localhost');
  assert.equal(key.isResidentCredential, true);

  // The same device has one already and says so; the page stays and nothing is lost.
  await open(page, '/account/security/passkey');
  await page.fill('main [name=name]', 'Once more');
  await page.click(next);
  await until('the page tells', async () => /has a passkey for this account/.test(await allWords(page)), { within: 10_000 });
  assert.equal(await page.inputValue('main [name=name]'), 'Once more');
});

test('it signs in by itself on its page', { timeout: 60_000 }, async () => {
  const page = await device();
  const phone = await authenticator(page);
  await phone.give(key);
  await open(page, '/sign-in/passkey?back=/account/profile');
  await arrives(page, '/account/profile');
  await says(page, 'anna@kitezh.example');
  [key] = await phone.keys();
});

test('the field of the sign-in page offers it', { timeout: 60_000 }, async () => {
  const page = await device();
  const phone = await authenticator(page);
  await phone.give(key);
  // Chromium's virtual authenticator answers as if the person had chosen the passkey in the list.
  await open(page, '/sign-in?back=/account/profile');
  await arrives(page, '/account/profile');
  [key] = await phone.keys();
});

test('a finger that does not fit opens nothing, and the page says what to do', { timeout: 60_000 }, async () => {
  const page = await device();
  const phone = await authenticator(page);
  await phone.give(key);
  await phone.verified(false);
  await open(page, '/sign-in/passkey?back=/account/profile');
  await page.click(next);
  await until('the page tells', async () => /Press the button once more/.test(await page.locator('[data-passkey-says]').innerText()), { within: 15_000 });
  assert.equal(here(page), '/sign-in/passkey');
  await phone.verified(true);
  await page.click(next);
  await arrives(page, '/account/profile');
  [key] = await phone.keys();
});

test('a copy that lags behind is refused', { timeout: 60_000 }, async () => {
  const page = await device();
  await (await authenticator(page)).give({ ...key, signCount: 0 });
  await open(page, '/sign-in/passkey');
  await until('the page tells', async () => /looks like a copy/.test(await allWords(page)), { within: 15_000 });
});

test('without scripts the page says so and offers another way', { timeout: 60_000 }, async () => {
  const page = await device({ script: false });
  await open(page, '/sign-in/passkey');
  await says(page, 'Passkeys work only where scripts are allowed');
  await send(page, next);
  await says(page, 'The browser has shown no passkey', 'Choose another way');
});

test('a removed passkey signs in no more', { timeout: 60_000 }, async () => {
  const page = await device();
  const phone = await authenticator(page);
  await phone.give(key);
  await open(page, '/sign-in/passkey?back=/account/security');
  await arrives(page, '/account/security');
  [key] = await phone.keys();
  await send(page, page.locator('main a[href*="/account/security/way"]').first());
  await send(page, 'main form[action="/account/security/way/drop"] button');
  const other = await device();
  await (await authenticator(other)).give(key);
  await open(other, '/sign-in/passkey');
  await until('the page tells', async () => /does not know this passkey/.test(await allWords(other)), { within: 15_000 });
});

test('an authenticator app and recovery codes', { timeout: 90_000 }, async (t) => {
  let oath;
  try { oath = execFileSync('which', ['oathtool']).toString().trim(); } catch { return t.skip('no oathtool here'); }
  const page = await device({ width: 390, script: false });
  await signInByPassword(page, 'boris@kitezh.example');
  await open(page, '/account/security/app');
  await send(page, next);
  const secret = (await allWords(page, 'main details code')).replaceAll(/\s/g, '');
  await page.fill('main [name=code]', execFileSync(oath, ['--totp', '--base32', secret]).toString().trim());
  await send(page, next);
  await says(page, 'The app is added');

  await open(page, '/account/security/recovery');
  await send(page, 'main form[action="/account/security/recovery"] button');
  const codes = (await allWords(page)).match(/[0-9A-Z]{4}(-[0-9A-Z]{4}){3}/g);
  assert.equal(codes.length, 10);

  // A browser that nobody knows is asked the second step; the paper gives it.
  const away = await device({ width: 390, script: false });
  await signInByPassword(away, 'boris@kitezh.example');
  assert.equal(here(away), '/sign-in/second');
  await send(away, 'main a[href^="/sign-in/second/recovery"]');
  await away.fill('main [name=code]', codes[0].toLowerCase());
  await send(away, next);
  await open(away, '/account/security/recovery');
  await says(away, '9 of 10');
});

test('nothing went wrong on the way', () => {
  assert.deepEqual(troubles, []);
});
