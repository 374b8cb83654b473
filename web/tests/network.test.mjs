// Bad networks, several windows, restarts: the place is kept and the page says what is true.

import assert from 'node:assert/strict';
import { createServer, connect } from 'node:net';
import { after, before, test } from 'node:test';
import { Banjjak, until } from './banjjak.mjs';
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

/** An event whose room is taken by one shopper, so that everybody else waits. */
async function full() {
  const event = await banjjak.event({ policy: { room_max: 1 } });
  const inside = banjjak.shopper(event);
  await inside.comeIn();
  return { event, inside };
}

/** Joins in a browser and waits in line. @param {import('playwright-core').Page} page @param {string} event */
async function wait(page, event) {
  await page.goto(banjjak.page(event));
  await inState(page, 'open');
  await press(page);
  await inState(page, 'waiting');
}

const streams = (/** @type {import('playwright-core').Page} */ page) => page.waitForRequest((request) => request.url().includes('/stream'), { timeout: 60_000 });

test('where sockets are refused, the stream brings the turn', async () => {
  const { event, inside } = await full();
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.routeWebSocket(/\/socket/, (socket) => socket.close({ code: 1013 }));
  const stream = streams(page);
  await wait(page, event);
  await stream;
  assert.equal((await inside.book('s1', 1)).status, 201);
  await inState(page, 'inside');
  await context.close();
});

test('where a socket opens and stays mute, the stream brings the turn', async () => {
  const { event, inside } = await full();
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.routeWebSocket(/\/socket/, () => {});
  const stream = streams(page);
  await wait(page, event);
  await stream;
  assert.equal((await inside.book('s1', 1)).status, 201);
  await inState(page, 'inside');
  await context.close();
});

test('a socket that falls silent is taken for dead, and nothing is missed', async () => {
  const { event, inside } = await full();
  const context = await browser.newContext();
  const page = await context.newPage();
  let mute = false;
  await page.routeWebSocket(/\/socket/, (socket) => {
    const server = socket.connectToServer();
    server.onMessage((message) => {
      if (!mute) socket.send(message);
    });
  });
  await wait(page, event);
  mute = true;
  const stream = streams(page);
  assert.equal((await inside.book('s1', 1)).status, 201);
  await stream;
  await inState(page, 'inside');
  await context.close();
});

test('where the upgrade is swallowed without an answer, the stream brings the turn', async () => {
  const { event, inside } = await full();
  const target = new URL(/** @type {string} */ (banjjak.public));
  // A proxy that passes everything on but a socket's request, which it never answers.
  const proxy = createServer((client) => {
    const server = connect(Number(target.port), target.hostname);
    server.on('error', () => client.destroy());
    client.on('error', () => server.destroy());
    client.on('close', () => server.destroy());
    server.pipe(client);
    client.on('data', (bytes) => {
      if (!bytes.includes('/socket')) server.write(bytes);
    });
  });
  await new Promise((done) => proxy.listen(0, '127.0.0.1', () => done(undefined)));
  const context = await browser.newContext();
  const page = await context.newPage();
  const stream = streams(page);
  await page.goto(`http://127.0.0.1:${/** @type {import('node:net').AddressInfo} */ (proxy.address()).port}/events/${event}`);
  await press(page);
  await inState(page, 'waiting');
  await stream;
  assert.equal((await inside.book('s1', 1)).status, 201);
  await inState(page, 'inside');
  await context.close();
  proxy.close();
});

test('offline is said at once, the place is kept, and online comes back by itself', async () => {
  const { event } = await full();
  const context = await browser.newContext({ locale: 'ko-KR' });
  const page = await context.newPage();
  await wait(page, event);
  await context.setOffline(true);
  await inState(page, 'lost');
  assert.match((await page.textContent('#lost')) ?? '', /연결이 끊겼어요. 자리는 그대로예요/);
  assert.equal(await page.isVisible('[data-do=try-now]'), true);
  await context.setOffline(false);
  await inState(page, 'waiting');
  assert.equal(await page.isVisible('#lost'), false);
  await context.close();
});

test('try now connects at once', async () => {
  const { event } = await full();
  const context = await browser.newContext();
  const page = await context.newPage();
  await wait(page, event);
  await banjjak.stop();
  await inState(page, 'lost');
  await banjjak.again();
  await page.click('[data-do=try-now]');
  await inState(page, 'waiting');
  await context.close();
});

test('two windows agree, and the second joins nothing new', async () => {
  const event = await banjjak.event();
  const context = await browser.newContext();
  await askFirst(context);
  const [one, two] = [await context.newPage(), await context.newPage()];
  await one.goto(banjjak.page(event));
  await two.goto(banjjak.page(event));
  await press(one);
  await inState(two, 'admitted');
  await press(two);
  await inState(one, 'inside');
  await choose(one, 's1', 2);
  await press(one);
  await inState(two, 'booked');
  assert.equal(await one.textContent('.ticket .door'), await two.textContent('.ticket .door'));
  await context.close();
});

test('a second device with the same cookie keeps the place', async () => {
  const { event } = await full();
  const phone = await browser.newContext();
  const page = await phone.newPage();
  await wait(page, event);
  const number = await page.textContent('[data-key=number] dd');
  const tablet = await browser.newContext({ storageState: await phone.storageState(), viewport: { width: 800, height: 1100 } });
  const second = await tablet.newPage();
  await second.goto(banjjak.page(event));
  await inState(second, 'waiting');
  assert.equal(await second.textContent('[data-key=number] dd'), number);
  await phone.close();
  await tablet.close();
});

test('reload, back and forward lose nothing', async () => {
  const { event } = await full();
  const context = await browser.newContext();
  const page = await context.newPage();
  await wait(page, event);
  const number = await page.textContent('[data-key=number] dd');
  await page.reload();
  await inState(page, 'waiting');
  await page.click('.brand');
  await page.waitForSelector('main.list');
  await page.goBack();
  await inState(page, 'waiting');
  assert.equal(await page.textContent('[data-key=number] dd'), number);
  await page.click('.language');
  await inState(page, 'waiting');
  await page.goBack();
  await inState(page, 'waiting');
  await context.close();
});

test('a fifth window takes over from the oldest, which comes back when touched', async () => {
  const { event } = await full();
  const context = await browser.newContext({ locale: 'ko-KR' });
  const first = await context.newPage();
  await wait(first, event);
  for (let i = 0; i < 4; i += 1) {
    const page = await context.newPage();
    await page.goto(banjjak.page(event));
    await inState(page, 'waiting');
  }
  await first.bringToFront();
  await first.waitForSelector('#lost:not([hidden])');
  assert.match((await first.textContent('#lost')) ?? '', /다른 창에서 보고 있어요/);
  await first.keyboard.press('Shift');
  await inState(first, 'waiting');
  await context.close();
});

test('a hidden window is called by title and icon, and enters when it is seen', async () => {
  const { event, inside } = await full();
  const context = await browser.newContext({ locale: 'ko-KR' });
  const page = await context.newPage();
  await page.addInitScript(() => {
    let hidden = false;
    Object.defineProperty(document, 'visibilityState', { get: () => (hidden ? 'hidden' : 'visible') });
    Object.assign(globalThis, {
      hide: (/** @type {boolean} */ now) => {
        hidden = now;
        document.dispatchEvent(new Event('visibilitychange'));
      },
    });
  });
  await wait(page, event);
  const icon = await page.getAttribute('#icon', 'href');
  await page.evaluate(() => /** @type {any} */ (globalThis).hide(true));
  assert.equal((await inside.book('s1', 1)).status, 201);
  await until('the title calls', async () => (await page.title()).startsWith('●'));
  assert.notEqual(await page.getAttribute('#icon', 'href'), icon);
  const stats = await banjjak.admin('GET', `/events/${event}/stats`);
  assert.equal(stats.totals.entered, 1, 'a window that nobody sees does not enter');
  await page.evaluate(() => /** @type {any} */ (globalThis).hide(false));
  await inState(page, 'inside');
  assert.equal((await page.title()).startsWith('●'), false);
  await context.close();
});

test('a booking that no answer reaches for long is asked for until one does, under one key', async () => {
  const event = await banjjak.event();
  const context = await browser.newContext({ locale: 'ko-KR' });
  const page = await context.newPage();
  await page.goto(banjjak.page(event));
  await press(page);
  await inState(page, 'inside');
  const keys = new Set();
  let asked = 0;
  await page.route('**/reservations', async (route) => {
    keys.add(route.request().headers()['idempotency-key']);
    asked += 1;
    if (asked > 7) await route.continue();
    else await route.fulfill({ status: 503, json: { code: 'outcome_unknown', status: 503, title: 'x', detail: 'x', retry_after_ms: 10 } });
  });
  await choose(page, 's1', 1);
  await press(page);
  await inState(page, 'booking-pending');
  assert.match((await page.textContent('.alert')) ?? '', /두 번 예매되지 않아요|^\s*$|오류 코드/);
  await inState(page, 'booked', 60_000);
  assert.equal(keys.size, 1);
  await context.close();
});

test('a booking whose answer got lost is asked for again under its key, also after a reload', async () => {
  const event = await banjjak.event();
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(banjjak.page(event));
  await press(page);
  await inState(page, 'inside');
  const keys = new Set();
  await page.route('**/reservations', async (route) => {
    keys.add(route.request().headers()['idempotency-key']);
    await route.fetch();
    await route.abort();
  });
  await page.routeWebSocket(/\/socket/, () => {});
  await choose(page, 's1', 1);
  await press(page);
  await until('one request went out', async () => keys.size > 0);
  await page.unrouteAll({ behavior: 'wait' });
  await page.reload();
  await inState(page, 'booked');
  const stats = await banjjak.admin('GET', `/events/${event}/stats`);
  assert.equal(stats.totals.confirmed, 1);
  assert.equal(keys.size, 1, 'one key for one attempt');
  await picture(page, 'network-answer-lost');
  await context.close();
});
