// Without script: the server's page says where one stands, forms do everything, and waiting pages ask again by themselves.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Banjjak, until } from './banjjak.mjs';
import { choose, inState, launch, noSidewaysScroll, picture } from './browser.mjs';

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

/** Reloads until the page is in a state. @param {import('playwright-core').Page} page @param {string} state */
const reloaded = (page, state) =>
  until(state, async () => {
    if ((await page.getAttribute('main', 'data-state')) === state) return true;
    await page.reload();
    return false;
  });

test('join, enter, book, move and cancel by forms alone', async () => {
  const event = await banjjak.event();
  const context = await browser.newContext({ javaScriptEnabled: false, locale: 'ko-KR', viewport: { width: 320, height: 640 } });
  const page = await context.newPage();
  await page.goto(banjjak.page(event));
  await inState(page, 'open');
  await page.click('#act button[type=submit]');
  assert.equal(page.url(), banjjak.page(event), 'a form leads back to the page');
  await reloaded(page, 'admitted');
  await page.click('#act button[type=submit]');
  await reloaded(page, 'inside');
  await choose(page, 's1', 2);
  await page.click('#act button[type=submit]');
  await reloaded(page, 'booked');
  await noSidewaysScroll(page, 'the receipt');
  await picture(page, 'noscript-booked');
  const code = await page.textContent('.ticket .door');
  await page.click('.ticket details:not([data-ask]) summary');
  await page.selectOption('.ticket select', 's2');
  await page.click('.ticket [data-form=move] button');
  await reloaded(page, 'booked');
  assert.equal(await page.textContent('.ticket .door'), code);
  await page.click('[data-ask=cancel] summary');
  await page.click('.ticket [data-form=cancel] button');
  await reloaded(page, 'left');
  await context.close();
});

test('a waiting page asks again by itself, and leaving is a form', async () => {
  const event = await banjjak.event({ policy: { room_max: 1 } });
  await banjjak.shopper(event).comeIn();
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(banjjak.page(event, '?lang=en'));
  await page.click('#act button[type=submit]');
  await reloaded(page, 'waiting');
  assert.match(await page.content(), /http-equiv="refresh" content="10; url=\/events\//);
  assert.equal(await page.textContent('#headline'), 'You are next');
  assert.equal(await page.isVisible('#settings'), false, 'what needs a script is not offered');
  await page.click('[data-ask=leave] summary');
  await page.click('[data-form=leave] button');
  await reloaded(page, 'left');
  await context.close();
});

test('the language is kept by a cookie', async () => {
  const event = await banjjak.event();
  const context = await browser.newContext({ javaScriptEnabled: false, locale: 'ko-KR' });
  const page = await context.newPage();
  await page.goto(banjjak.page(event));
  assert.equal(await page.getAttribute('html', 'lang'), 'ko');
  await page.click('.language');
  assert.equal(await page.getAttribute('html', 'lang'), 'en');
  await page.goto(`${banjjak.public}/`);
  assert.equal(await page.getAttribute('html', 'lang'), 'en');
  assert.equal(await page.isVisible(`a[href="/events/${event}"]`), true, 'the list leads to the event');
  await context.close();
});

test('an unknown page says so, in words and with its code', async () => {
  const context = await browser.newContext({ javaScriptEnabled: false, locale: 'ko-KR' });
  const page = await context.newPage();
  const answer = await page.goto(banjjak.page('no-such-event'));
  assert.equal(answer?.status(), 404);
  await inState(page, 'error');
  assert.match((await page.textContent('main')) ?? '', /not_found/);
  await context.close();
});
