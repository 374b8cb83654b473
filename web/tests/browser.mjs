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

/** @param {import('playwright-core').Page} page @param {string} name */
export async function picture(page, name) {
  mkdirSync(SHOTS, { recursive: true });
  await page.screenshot({ path: `${SHOTS}${name}.png`, fullPage: true });
}
