// What every page must be: free of axe's findings, no wider than the screen, with a visible focus.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import assert from 'node:assert/strict';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

// accessible runs axe; the page's own policy allows no foreign scripts, so axe is evaluated, not added as an element.
export async function accessible(page, name) {
  const result = await page.evaluate(async ({ source, only }) => {
    if (!window.axe) (0, eval)(source); // eslint-disable-line no-eval
    return window.axe.run(document, { runOnly: { type: 'tag', values: only }, rules: { 'target-size': { enabled: true } } });
  }, { source: axe, only: tags });
  const found = result.violations.map((v) => `${v.id}: ${v.help}\n    ${v.nodes.slice(0, 3).map((n) => n.target.join(' ') + ' — ' + n.failureSummary?.replaceAll('\n', ' ')).join('\n    ')}`);
  assert.equal(found.length, 0, `${name}: ${found.length} kinds of barriers\n  ${found.join('\n  ')}`);
}

export async function fits(page, name) {
  const { wide, seen } = await page.evaluate(() => ({ wide: document.documentElement.scrollWidth, seen: document.documentElement.clientWidth }));
  assert.ok(wide <= seen, `${name}: the page is ${wide} px wide on a screen of ${seen} px`);
}

// text of the page with no-break spaces as ordinary ones, since people don't see the difference.
export async function words(page) {
  return (await page.locator('body').innerText()).replaceAll(/[\u00a0\u202f]/g, ' ');
}
