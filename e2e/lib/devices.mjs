// Devices of several people in one city: who is at each, and what no page of theirs may do.
import { launch, person } from './browser.mjs';
import { start } from './city.mjs';
import { open, signInByPassword, wearHat } from './steps.mjs';

// town starts a city and a browser. troubles collects what no page may do; end ends both.
export async function town(options) {
  const city = await start(options);
  const browser = await launch();
  const troubles = [];
  const device = async (given = {}) => {
    const page = await person(browser, { width: 1280, lang: 'ru', troubles, base: city.address, ...given });
    page.on('dialog', (dialog) => dialog.accept());
    return page;
  };
  // signedIn opens a device of somebody of Kitezh, official one of an official at work.
  const signedIn = async (name, given) => {
    const page = await device(given);
    await open(page, '/sign-in');
    await signInByPassword(page, `${name}@kitezh.example`);
    return page;
  };
  const official = async (name, given) => {
    const page = await signedIn(name, given);
    await wearHat(page);
    return page;
  };
  const end = async () => {
    await browser.close();
    await city.stop();
  };
  return { city, browser, troubles, device, signedIn, official, end };
}

export const deskURL = (number) => `/desk/cases/${number.replaceAll('-', '')}`;
