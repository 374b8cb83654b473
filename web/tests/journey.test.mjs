// The one that must never fail: from the click to the receipt in a real browser, over the log on disk, with the server killed in between.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Banjjak } from './banjjak.mjs';
import { askFirst, choose, inState, launch, picture, press } from './browser.mjs';

/** @type {Banjjak} */
let banjjak;
/** @type {import('playwright-core').Browser} */
let browser;
before(async () => {
  [banjjak, browser] = await Promise.all([Banjjak.start(), launch()]);
});
after(async () => {
  await browser?.close();
  await banjjak?.end();
});

const number = async (/** @type {import('playwright-core').Page} */ page) => page.textContent('[data-key=number] dd');

test('one shopper goes from click to receipt while the server is killed twice', async () => {
  const event = await banjjak.event({ policy: { room_max: 1 } });
  const first = banjjak.shopper(event);
  await first.comeIn();
  const context = await browser.newContext({ viewport: { width: 390, height: 844 }, locale: 'ko-KR' });
  const page = await context.newPage();
  await page.goto(banjjak.page(event));
  await inState(page, 'open');
  await page.locator('input[name=slot][value=s2]').check({ force: true });
  await press(page);
  await inState(page, 'waiting');
  const mine = await number(page);
  assert.equal(mine, '2번');

  await banjjak.kill();
  await inState(page, 'lost');
  assert.match((await page.textContent('#lost')) ?? '', /자리는 그대로/);
  await banjjak.again();
  await inState(page, 'waiting');
  assert.equal(await number(page), mine, 'a number once shown never changes');

  assert.equal((await first.book('s1', 1)).status, 201);
  await inState(page, 'inside');
  assert.equal(await page.isChecked('input[name=slot][value=s2]'), true, 'the wish is chosen already');
  await choose(page, 's2', 2);

  await banjjak.kill();
  await press(page);
  await inState(page, 'booking-pending');
  await banjjak.again();
  await inState(page, 'booked', 40_000);
  const code = await page.textContent('.ticket .door');
  assert.match(code ?? '', /^[0-9A-Z]{4} [0-9A-Z]{4}$/);
  assert.match((await page.textContent('.ticket')) ?? '', /2명/);

  await banjjak.kill();
  await banjjak.again();
  await page.reload();
  await inState(page, 'booked');
  assert.equal(await page.textContent('.ticket .door'), code);
  const seen = await page.locator('.ticket .qr').evaluate((/** @type {HTMLImageElement} */ image) => image.decode().then(() => image.naturalWidth));
  assert.ok(seen > 0, 'the ticket is drawn');
  await picture(page, 'journey-booked');
  const stats = await banjjak.admin('GET', `/events/${event}/stats`);
  assert.deepEqual([stats.totals.confirmed, stats.slots[1].remaining], [2, 18], 'one booking each, sent as often as it may have been');
  await context.close();
});

test('the same by keyboard alone, asked before entering', async () => {
  const event = await banjjak.event();
  const context = await browser.newContext({ locale: 'en-GB' });
  await askFirst(context);
  const page = await context.newPage();
  await page.goto(banjjak.page(event, '?lang=en'));
  await inState(page, 'open');
  const reach = async (/** @type {string} */ selector) => {
    for (let i = 0; i < 60; i += 1) {
      await page.keyboard.press('Tab');
      if (await page.evaluate((wanted) => document.activeElement?.matches(wanted) ?? false, selector)) return;
    }
    assert.fail(`no way by keyboard to ${selector} in ${await page.getAttribute('main', 'data-state')}`);
  };
  await reach('#act button.primary');
  await page.keyboard.press('Enter');
  await inState(page, 'admitted');
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'headline', 'the focus follows the state');
  await reach('#act button.primary');
  await page.keyboard.press('Enter');
  await inState(page, 'inside');
  await reach('input[name=seats]');
  await page.keyboard.press('ArrowRight');
  await reach('input[name=slot]');
  await page.keyboard.press('Space');
  await reach('#act button.primary');
  assert.match((await page.textContent('#act button.primary')) ?? '', /2 people/);
  await page.keyboard.press('Enter');
  await inState(page, 'booked');
  await context.close();
});
