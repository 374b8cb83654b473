// One Chromium for a test file, and what the tests ask of every page: no accessibility fault, no sideways scroll.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const require = createRequire(import.meta.url);
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** Where pictures go; ignored by git. */
export const SHOTS = fileURLToPath(new URL('../../out/screenshots/', import.meta.url));

export const launch = () =>
  chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage'],
  });

/** Fails with the rule and the element of every accessibility fault. Works under the page's own content policy. @param {import('playwright-core').Page} page @param {string} where */
export async function accessible(page, where) {
  await page.evaluate(axe);
  const result = await page.evaluate((rules) => /** @type {any} */ (globalThis).axe.run(document, { runOnly: rules }), RULES);
  const faults = result.violations.map((/** @type {any} */ v) => `${v.id}: ${v.nodes.map((/** @type {any} */ n) => `${n.target} ${n.any.map((/** @type {any} */ a) => a.message).join('; ')}`).join(' | ')}`);
  assert.deepEqual(faults, [], where);
}

/** @param {import('playwright-core').Page} page @param {string} where */
export async function noSidewaysScroll(page, where) {
  const [wide, room] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  assert.ok(wide <= room, `${where}: ${wide} px wide in ${room} px`);
}

/** A picture of the whole page; the window is made as tall as the page, so that what sticks to its edge is where it ends up. @param {import('playwright-core').Page} page @param {string} name */
export async function picture(page, name) {
  mkdirSync(SHOTS, { recursive: true });
  const before = page.viewportSize();
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  if (before) await page.setViewportSize({ width: before.width, height: Math.max(before.height, height) });
  await page.screenshot({ path: `${SHOTS}${name}.png`, fullPage: true });
  if (before) await page.setViewportSize(before);
}

/** Waits until the page is in a state. @param {import('playwright-core').Page} page @param {string} state @param {number} [timeout] */
export const inState = (page, state, timeout = 20_000) => page.waitForSelector(`main[data-state="${state}"]`, { timeout });

/** The big button. @param {import('playwright-core').Page} page */
export const press = (page) => page.click('#act button[type=submit]');

/** Chooses a slot and a party. @param {import('playwright-core').Page} page @param {string} slot @param {number} [seats] */
export async function choose(page, slot, seats = 1) {
  await page.locator(`input[name=seats][value="${seats}"]`).check({ force: true });
  await page.locator(`input[name=slot][value="${slot}"]:enabled`).check({ force: true });
}

/** A shopper who is asked before entering. @param {import('playwright-core').BrowserContext} context */
export const askFirst = (context) => context.addInitScript(() => localStorage.setItem('banjjak.ask', 'yes'));

/** Everything that can be pressed is large enough for a thumb, and can be reached by keyboard alone. @param {import('playwright-core').Page} page @param {string} where */
export async function operable(page, where) {
  const small = await page.evaluate(() => {
    const all = [...document.querySelectorAll('a[href], button, summary, select, label:has(input), input[type=number]')];
    const boxes = all.filter((each) => each.checkVisibility() && !each.matches('.skip')).map((each) => ({ each, box: each.getBoundingClientRect() }));
    return boxes.filter(({ box }) => box.height < 43.5 || box.width < 43.5).map(({ each, box }) => `${each.outerHTML.slice(0, 80)} ${box.width}x${box.height}`);
  });
  assert.deepEqual(small, [], `${where}: targets`);
  const wanted = await page.evaluate(() => {
    const all = [...document.querySelectorAll('a[href], button, summary, select, input:not([type=hidden])')].filter((each) => each.checkVisibility() && !(/** @type {HTMLInputElement} */ (each).disabled));
    for (const [i, each] of all.entries()) each.setAttribute('data-stop', String(i));
    // A group of radio buttons is one stop.
    const first = (/** @type {Element} */ each) => each.matches('[type=radio]') && all.find((other) => other.getAttribute('name') === each.getAttribute('name')) !== each;
    return all.filter((each) => !first(each)).map((each) => (each.matches('[type=radio]') ? `radio ${each.getAttribute('name')}` : String(each.getAttribute('data-stop'))));
  });
  await page.evaluate(() => (document.activeElement instanceof HTMLElement ? document.activeElement.blur() : undefined));
  const reached = new Set();
  for (let i = 0; i < wanted.length + 3; i += 1) {
    await page.keyboard.press('Tab');
    reached.add(await page.evaluate(() => {
      const each = document.activeElement;
      return each?.matches('[type=radio]') ? `radio ${each.getAttribute('name')}` : each?.getAttribute('data-stop');
    }));
  }
  assert.deepEqual(wanted.filter((stop) => !reached.has(stop)), [], `${where}: by keyboard`);
}
