// What every page must be: free of axe's findings, no wider than the screen, with a visible focus.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import assert from 'node:assert/strict';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

// every are all rules of axe; visual are those that depend on colours and sizes, for a page whose text was examined by all.
const every = { runOnly: { type: 'tag', values: tags }, rules: { 'target-size': { enabled: true } } };
export const visual = { runOnly: { type: 'rule', values: ['color-contrast', 'link-in-text-block', 'target-size', 'scrollable-region-focusable'] } };

// accessible runs axe; the page's own policy allows no foreign scripts, so axe is evaluated, not added as an element.
export async function accessible(page, name, rules = every) {
  const result = await page.evaluate(async ({ source, rules }) => {
    if (!window.axe) (0, eval)(source); // eslint-disable-line no-eval
    return window.axe.run(document, rules);
  }, { source: axe, rules });
  const found = result.violations.map((v) => `${v.id}: ${v.help}\n    ${v.nodes.slice(0, 3).map((n) => n.target.join(' ') + ' — ' + n.failureSummary?.replaceAll('\n', ' ')).join('\n    ')}`);
  assert.equal(found.length, 0, `${name}: ${found.length} kinds of barriers\n  ${found.join('\n  ')}`);
}

// fits holds a page to the screen's width, and names what sticks out.
export async function fits(page, name) {
  const { wide, seen, out } = await page.evaluate(() => {
    const { scrollWidth: wide, clientWidth: seen } = document.documentElement;
    const told = (one) => `${one.tagName.toLowerCase()}.${one.className} "${one.textContent.trim().slice(0, 40)}"`;
    const out = wide <= seen ? [] : [...document.body.querySelectorAll('*')].filter((one) => one.getBoundingClientRect().right > seen + 0.5);
    return { wide, seen, out: out.slice(-5).map(told) };
  });
  assert.ok(wide <= seen, `${name}: the page is ${wide} px wide on a screen of ${seen} px; beyond it: ${out.join(', ')}`);
}

// text of the page with no-break spaces as ordinary ones, since people don't see the difference.
export async function words(page) {
  return (await page.locator('body').innerText()).replaceAll(/[\u00a0\u202f]/g, ' ');
}

// examine looks at a page as every kind of person would: axe on a phone and on a desk, in light and dark, and whether the
// narrowest screen needs scrolling sideways. POSAD_PICTURES names a folder that takes a picture of each at both widths.
export async function examine(page, name) {
  if (!page.scriptless) return look(page, name);
  const twin = await copy(page);
  await look(twin, name);
  await twin.context().close();
}

async function look(page, name) {
  const size = page.viewportSize();
  const theme = (value) => page.evaluate((set) => { document.documentElement.dataset.theme = set; }, value);
  for (const [width, worn] of [[390, 'light'], [1280, 'light'], [390, 'dark']]) {
    await page.setViewportSize({ width, height: 900 });
    await theme(worn);
    await accessible(page, `${name}, ${worn}, ${width}`, worn === 'light' ? every : visual);
    if (process.env.POSAD_PICTURES && worn === 'light') await page.screenshot({ path: `${process.env.POSAD_PICTURES}/${name.replaceAll(' ', '-')}-${width}.png`, fullPage: true });
  }
  await theme('light');
  await page.setViewportSize({ width: 320, height: 700 });
  await fits(page, name);
  await page.setViewportSize(size);
}

// copy shows the same document where scripts may run: axe needs timers, which a browser without scripts has none of. The
// page's own scripts are kept out.
async function copy(page) {
  const content = await page.content(), address = page.url();
  const context = await page.context().browser().newContext({ viewport: page.viewportSize(), reducedMotion: 'reduce' });
  await context.route((url) => url.pathname.endsWith('.js'), (route) => route.abort());
  await context.route(address, (route) => route.fulfill({ body: content.replaceAll(/<meta http-equiv="refresh"[^>]*>/g, ''), contentType: 'text/html; charset=utf-8' }));
  const twin = await context.newPage();
  await twin.goto(address);
  return twin;
}
