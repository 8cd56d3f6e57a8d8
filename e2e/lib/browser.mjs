// A real Chromium for the tests, as a person's: nothing of it talks to anyone but the demo on loopback.
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';

const executable = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);

export async function launch() {
  if (!executable) throw new Error('Chromium is not installed: scripts/install test installs it');
  return chromium.launch({
    executablePath: executable,
    headless: true,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
}

// person opens a fresh profile, a device of somebody's. script: false turns JavaScript off; lang is the browser's
// language. troubles collects what no page may do: errors in the console, which breaches of the content policy are among,
// errors of scripts, answers 5xx, parts of pages that are missing.
export async function person(browser, { width, height = 900, lang = 'ru', script = true, dark = false, base, troubles = [] } = {}) {
  const context = await browser.newContext({
    viewport: { width, height },
    locale: lang === 'ru' ? 'ru-RU' : 'en-GB',
    javaScriptEnabled: script,
    colorScheme: dark ? 'dark' : 'light',
    reducedMotion: 'reduce',
    acceptDownloads: true,
    baseURL: base,
  });
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  page.scriptless = !script;
  watch(page, troubles);
  return page;
}

function watch(page, troubles) {
  const note = (text) => troubles.push(`${page.url()}: ${text}`);
  page.on('pageerror', (error) => note(`script: ${error.message}`));
  page.on('console', (message) => {
    // Answers with an error status are told below, more exactly.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) note(`console: ${message.text()}`);
  });
  page.on('response', (answer) => {
    const whole = answer.request().isNavigationRequest();
    if (answer.status() >= 500 || !whole && answer.status() >= 400) note(`${answer.status()} ${answer.request().method()} ${answer.url()}`);
  });
  page.on('requestfailed', (failed) => {
    const why = failed.failure()?.errorText ?? '';
    if (!why.includes('ERR_ABORTED')) note(`${why} ${failed.url()}`);
  });
}
