// The city as an identity provider, for clients that nobody here wrote: openid-client and oauth4webapi, with a real Chromium
// for the person. Back-channel words are heard by a server of the test's own.
//
// POSAD_OPENID names a file with the settings of a running city: issuer, client, secret, public (a client without a secret),
// redirect (an address of this machine that both clients have), email, password. Without it the test starts a city of Go's
// tests by itself.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import * as oauth from 'oauth4webapi';
import * as client from 'openid-client';
import { launch, person } from './lib/browser.mjs';

let settings, browser, house, folder, site;
const heard = []; // logout tokens
const troubles = [];

before(async () => {
  if (process.env.POSAD_OPENID) settings = JSON.parse(await readFile(process.env.POSAD_OPENID, 'utf8'));
  site = createServer((request, answer) => {
    let body = '';
    request.on('data', (part) => (body += part));
    request.on('end', () => {
      if (request.url.endsWith('/logout')) heard.push(new URLSearchParams(body).get('logout_token'));
      answer.setHeader('Content-Type', 'text/html');
      answer.end('<title>Site</title><p>here</p>');
    });
  });
  const port = settings ? Number(new URL(settings.redirect).port) : 0;
  await new Promise((done) => site.listen(port, '127.0.0.1', done));
  settings ??= await startCity(`http://127.0.0.1:${site.address().port}/callback`);
  browser = await launch();
});
after(async () => {
  await browser?.close();
  site?.close();
  site?.closeAllConnections();
  if (house) {
    const ended = new Promise((done) => house.on('exit', done));
    await rm(folder, { recursive: true }); // the city ends with its file
    await ended;
  }
});

async function startCity(redirect) {
  folder = await mkdtemp(join(tmpdir(), 'openid-'));
  const file = join(folder, 'settings.json');
  house = spawn('go', ['test', './core/openid', '-run', '^TestServe$', '-count=1', '-timeout=5m'], {
    cwd: new URL('..', import.meta.url), env: { ...process.env, POSAD_OPENID_SERVE: file, POSAD_OPENID_REDIRECT: redirect }, stdio: ['ignore', 'inherit', 'inherit'],
  });
  for (let i = 0; i < 1200; i++) {
    try {
      return JSON.parse(await readFile(file, 'utf8'));
    } catch {
      await new Promise((done) => setTimeout(done, 100));
    }
  }
  throw new Error('the city did not start');
}

const insecure = { [oauth.allowInsecureRequests]: true }; // everything is on this machine

const discover = (key, secret) =>
  client.discovery(new URL(settings.issuer), key, undefined, secret ? client.ClientSecretBasic(secret) : client.None(), { execute: [client.allowInsecureRequests] });

// signIn opens the city's pages as a person does, and returns the address with which the browser came back to the site.
async function signIn(page, address, { answer = 'yes' } = {}) {
  const back = page.waitForRequest((request) => request.url().startsWith(settings.redirect) && request.isNavigationRequest(), { timeout: 60_000 });
  await page.goto(String(address)).catch((fault) => { // who has consented already is sent on before their page is there
    if (!/interrupted by another navigation/.test(fault.message)) throw fault;
  });
  if (new URL(page.url()).pathname === '/sign-in') {
    // The page by password keeps where the person was going.
    await page.goto(page.url().replace('/sign-in?', '/sign-in/password?'));
    await page.fill('main [name=contact]', settings.email);
    await page.fill('main [name=password]', settings.password);
    await page.press('main [name=password]', 'Enter');
    await page.waitForLoadState();
  }
  const consent = page.locator(`form[action="/oauth/consent"] button[value=${answer}]`);
  await Promise.race([consent.waitFor({ timeout: 60_000 }), back]);
  if (await consent.count()) await consent.click();
  return new URL((await back).url());
}

const fresh = () => person(browser, { width: 390, script: false, troubles, base: settings.issuer });

test('openid-client: sign-in, userinfo, refresh, introspection, revocation, sign-out', { timeout: 180_000 }, async () => {
  const config = await discover(settings.client, settings.secret);
  const verifier = client.randomPKCECodeVerifier();
  const state = client.randomState(), nonce = client.randomNonce();
  const address = client.buildAuthorizationUrl(config, {
    redirect_uri: settings.redirect, scope: 'openid profile email offline_access', state, nonce,
    code_challenge: await client.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256',
  });
  const page = await fresh();
  const back = await signIn(page, address);
  const tokens = await client.authorizationCodeGrant(config, back, { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true });
  const claims = tokens.claims();
  const info = await client.fetchUserInfo(config, tokens.access_token, claims.sub);
  assert.equal(info.email, settings.email);
  assert.equal(info.email_verified, true);
  assert.ok(claims.auth_time && claims.acr && claims.sid);

  const again = await client.refreshTokenGrant(config, tokens.refresh_token);
  assert.notEqual(again.refresh_token, tokens.refresh_token);
  assert.equal((await client.tokenIntrospection(config, again.access_token)).active, true);
  await client.tokenRevocation(config, again.access_token);
  assert.equal((await client.tokenIntrospection(config, again.access_token)).active, false);

  // Without asking: the person is signed in and has agreed.
  const silent = client.buildAuthorizationUrl(config, {
    redirect_uri: settings.redirect, scope: 'openid email', prompt: 'none', state,
    code_challenge: await client.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256',
  });
  const second = await client.authorizationCodeGrant(config, await signIn(page, silent), { pkceCodeVerifier: verifier, expectedState: state, idTokenExpected: true });

  const bye = client.buildEndSessionUrl(config, { id_token_hint: second.id_token, post_logout_redirect_uri: `${settings.redirect}/bye`, state: 'left' });
  const left = page.waitForRequest((request) => request.url().startsWith(`${settings.redirect}/bye`));
  await page.goto(bye.href);
  assert.equal(new URL((await left).url()).searchParams.get('state'), 'left');
  await assert.rejects(client.refreshTokenGrant(config, second.refresh_token), { error: 'invalid_grant' });
  for (let i = 0; i < 100 && heard.length === 0; i++) await new Promise((done) => setTimeout(done, 100));
  assert.ok(heard.length > 0, 'the site was not told');
  const said = JSON.parse(Buffer.from(heard[0].split('.')[1], 'base64url'));
  assert.equal(said.iss, settings.issuer);
  assert.equal(said.sid, second.claims().sid);
});

test('openid-client: a pushed request, and the person says no', { timeout: 120_000 }, async () => {
  const config = await discover(settings.client, settings.secret);
  const state = client.randomState();
  const address = await client.buildAuthorizationUrlWithPAR(config, {
    redirect_uri: settings.redirect, scope: 'openid profile email snils', state, prompt: 'consent',
    code_challenge: await client.calculatePKCECodeChallenge(client.randomPKCECodeVerifier()), code_challenge_method: 'S256',
  });
  assert.deepEqual([...new URL(address).searchParams.keys()].sort(), ['client_id', 'request_uri']);
  const back = await signIn(await fresh(), address, { answer: 'no' });
  await assert.rejects(client.authorizationCodeGrant(config, back, { expectedState: state }), { error: 'access_denied' });
});

test('openid-client: tokens bound to a key, for a client without a secret', { timeout: 120_000 }, async () => {
  const config = await discover(settings.public);
  const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256'));
  const verifier = client.randomPKCECodeVerifier(), state = client.randomState();
  const address = client.buildAuthorizationUrl(config, {
    redirect_uri: settings.redirect, scope: 'openid email', state, dpop_jkt: await DPoP.calculateThumbprint(),
    code_challenge: await client.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256',
  });
  const back = await signIn(await fresh(), address);
  const tokens = await client.authorizationCodeGrant(config, back, { pkceCodeVerifier: verifier, expectedState: state, idTokenExpected: true }, undefined, { DPoP });
  assert.equal(tokens.token_type, 'dpop');
  const info = await client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub, { DPoP });
  assert.equal(info.email, settings.email);
  await assert.rejects(client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub));
  const again = await client.refreshTokenGrant(config, tokens.refresh_token, undefined, { DPoP });
  assert.equal(again.token_type, 'dpop');
});

test('openid-client: a device signs in by the number that it shows', { timeout: 120_000 }, async () => {
  const config = await discover(settings.public);
  const started = await client.initiateDeviceAuthorization(config, { scope: 'openid email' });
  assert.match(started.user_code, /^\d{3}-\d{3}-\d{3}$/);
  const page = await fresh();
  await page.goto('/sign-in/password?back=%2Fdevice');
  await page.fill('main [name=contact]', settings.email);
  await page.fill('main [name=password]', settings.password);
  await page.press('main [name=password]', 'Enter');
  await page.fill('main [name=user_code]', started.user_code);
  await page.press('main [name=user_code]', 'Enter');
  await page.locator('form[action="/device"] button[value=yes]').click();
  await page.waitForLoadState();
  const tokens = await client.pollDeviceAuthorizationGrant(config, started);
  const info = await client.fetchUserInfo(config, tokens.access_token, client.skipSubjectCheck);
  assert.equal(info.email, settings.email);
});

const readAs = async () => oauth.processDiscoveryResponse(new URL(settings.issuer), await oauth.discoveryRequest(new URL(settings.issuer), insecure));

test('oauth4webapi: every check of a strict client passes', { timeout: 120_000 }, async () => {
  const as = await readAs();
  const me = { client_id: settings.public, id_token_signed_response_alg: 'RS256' };
  const verifier = oauth.generateRandomCodeVerifier(), state = oauth.generateRandomState(), nonce = oauth.generateRandomNonce();
  const address = new URL(as.authorization_endpoint);
  for (const [name, value] of Object.entries({
    client_id: me.client_id, redirect_uri: settings.redirect, response_type: 'code', scope: 'openid profile', state, nonce, max_age: '600',
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256',
  })) address.searchParams.set(name, value);
  const back = await signIn(await fresh(), address);
  const parameters = oauth.validateAuthResponse(as, me, back, state); // the iss of RFC 9207 is among what it checks
  const answer = await oauth.authorizationCodeGrantRequest(as, me, oauth.None(), parameters, settings.redirect, verifier, insecure);
  const tokens = await oauth.processAuthorizationCodeResponse(as, me, answer, { expectedNonce: nonce, maxAge: 600, requireIdToken: true });
  await oauth.validateApplicationLevelSignature(as, answer, insecure); // the ID token's signature, by the published keys
  const claims = oauth.getValidatedIdTokenClaims(tokens);
  const info = await oauth.processUserInfoResponse(as, me, claims.sub, await oauth.userInfoRequest(as, me, tokens.access_token, insecure));
  assert.ok(info.family_name);
  const twice = await oauth.authorizationCodeGrantRequest(as, me, oauth.None(), parameters, settings.redirect, verifier, insecure);
  await assert.rejects(oauth.processAuthorizationCodeResponse(as, me, twice), { error: 'invalid_grant' });
  assert.equal((await oauth.userInfoRequest(as, me, tokens.access_token, insecure)).status, 401, 'what came of the code lives after its second use');
});

test('no page breached the content policy or failed', () => assert.deepEqual(troubles, []));
