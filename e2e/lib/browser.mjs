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

// page opens a fresh profile. script: false turns JavaScript off; lang is the browser's language.
export async function person(browser, { width, height = 900, lang = 'ru', script = true, dark = false } = {}) {
  const context = await browser.newContext({
    viewport: { width, height },
    locale: lang === 'ru' ? 'ru-RU' : 'en-GB',
    javaScriptEnabled: script,
    colorScheme: dark ? 'dark' : 'light',
    reducedMotion: 'reduce',
  });
  context.setDefaultTimeout(15_000);
  return context.newPage();
}
