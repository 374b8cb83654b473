// Every state, as the running system makes it: in both languages, at 320 and 1280 px, without an accessibility fault or sideways scroll, with a picture.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Banjjak, until } from './banjjak.mjs';
import { accessible, askFirst, choose, inState, launch, noSidewaysScroll, operable, picture, press } from './browser.mjs';

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

/** @typedef {import('playwright-core').Page} Page */

const SLOTS = Array.from({ length: 6 }, (_, i) => ({ capacity: [200, 8, 0, 60, 1, 200][i] }));

/** The language of the next visit. */
let lang = 'ko';

/** Opens an event's page in a browser of its own. @param {string} event */
async function visit(event) {
  const context = await browser.newContext({ viewport: { width: 320, height: 640 }, locale: 'ko-KR' });
  await askFirst(context);
  const page = await context.newPage();
  await page.goto(banjjak.page(event, `?lang=${lang}`));
  return page;
}

/** @param {any} [more] */
async function joined(more) {
  const event = await banjjak.event({ slots: SLOTS, ...more });
  const page = await visit(event);
  await press(page);
  return { event, page };
}

/** @param {any} [more] */
async function entered(more) {
  const all = await joined(more);
  await inState(all.page, 'admitted');
  await press(all.page);
  await inState(all.page, 'inside');
  return all;
}

/** Somebody is in the only room. @param {any} [more] */
async function crowded(more) {
  const event = await banjjak.event({ slots: SLOTS, policy: { room_max: 1 }, ...more });
  await banjjak.shopper(event).comeIn();
  for (let i = 0; i < 4; i += 1) await banjjak.shopper(event).join();
  const page = await visit(event);
  await press(page);
  await inState(page, 'waiting');
  return { event, page };
}

const later = (/** @type {number} */ s) => new Date(Date.now() + s * 1000).toISOString();

/** How each state comes about. @type {Record<string, () => Promise<Page>>} */
const ways = {
  scheduled: async () => visit(await banjjak.event({ slots: SLOTS, lobby_opens_at: later(3600), opens_at: later(7200) })),
  lobby: async () => (await joined({ lobby: 'shuffle', opens_at: later(3600) })).page,
  open: async () => visit(await banjjak.event({ slots: SLOTS })),
  pending: async () => {
    // An answer from before the fold has seen the join, and a line that brings nothing more.
    const event = await banjjak.event({ slots: SLOTS });
    const page = await visit(event);
    const pending = { id: null, event, state: 'pending', number: null, ahead: null, began_ahead: null, waiting: 0, eta_s: null, until: null, extensions: 0, reason: null, wish: null, reservations: [], last: { kind: 'join', state: 'pending', reason: null, of: null, slot: null }, receipt: `BJR1.${event}.0.1-42-0.0.key.signature`, version: '9-1' };
    await page.route('**/places', (route) => route.fulfill({ status: 202, json: pending }));
    await page.route('**/places/me', (route) => route.fulfill({ status: 200, json: pending }));
    await press(page);
    return page;
  },
  waiting: async () => (await crowded()).page,
  admitted: async () => (await joined()).page,
  inside: async () => (await entered()).page,
  'booking-pending': async () => {
    const { page } = await entered();
    await choose(page, 's1', 2);
    await page.route('**/reservations', () => {});
    await press(page);
    return page;
  },
  booked: async () => {
    const { page } = await entered();
    await choose(page, 's1', 2);
    await press(page);
    return page;
  },
  refused: async () => {
    const { event, page } = await entered();
    await choose(page, 's5', 1);
    const other = banjjak.shopper(event);
    await other.comeIn();
    await page.route('**/reservations', async (route) => {
        await other.book('s5', 1);
      await route.continue();
    }, { times: 1 });
    await press(page);
    return page;
  },
  standby: async () => {
    const event = await banjjak.event({ slots: [{ capacity: 1 }] });
    const holder = banjjak.shopper(event);
    await holder.comeIn();
    assert.equal((await holder.book('s1', 1)).status, 201);
    const page = await visit(event);
    await press(page);
    return page;
  },
  'no-show': async () => (await joined({ policy: { claim_window_s: 1 } })).page,
  'timed-out': async () => (await entered({ policy: { session_s: 1 } }).catch(() => assert.fail('too slow to enter'))).page,
  paused: async () => {
    const { event, page } = await crowded();
    await banjjak.admin('PATCH', `/events/${event}/texts`, { notice: { ko: '앞선 손님이 많아 20분쯤 뒤에 다시 시작해요.', en: 'We go on in about twenty minutes.' } });
    await banjjak.admin('POST', `/events/${event}/pause`);
    return page;
  },
  closed: async () => {
    const { event, page } = await crowded();
    await banjjak.admin('POST', `/events/${event}/close`);
    return page;
  },
  left: async () => {
    const { page } = await crowded();
    await page.click('[data-ask=leave] summary');
    await page.click('dialog button[value=yes]');
    return page;
  },
};

/** States that a fresh page of the same shopper would not show, because only this page knows. */
const ONLY_HERE = ['pending', 'booking-pending'];

for (const [state, way] of Object.entries(ways)) {
  test(`${state}: both languages, narrow and wide`, async () => {
    let page = await way();
    for (lang of ['ko', 'en']) {
      if (lang === 'en' && ONLY_HERE.includes(state)) page = await way();
      else if (lang === 'en') await page.goto(`${page.url().split('?')[0]}?lang=en`);
      await inState(page, state);
      for (const width of [320, 1280]) await look(page, `${state}-${lang}-${width}`, width);
      await page.emulateMedia({ colorScheme: 'dark' });
      await look(page, `${state}-${lang}-320-dark`, 320);
      await page.emulateMedia({ colorScheme: 'light' });
      await operable(page, `${state}-${lang}`);
    }
    lang = 'ko';
    await page.context().close();
  });
}

/** @param {Page} page @param {string} name @param {number} width */
async function look(page, name, width) {
  await page.setViewportSize({ width, height: width === 320 ? 640 : 900 });
  await noSidewaysScroll(page, name);
  await accessible(page, name);
  await picture(page, name);
}

test('lost: told above what was known last', async () => {
  const { page } = await crowded();
  await page.context().setOffline(true);
  await inState(page, 'lost');
  assert.match((await page.textContent('#headline')) ?? '', /앞에 4명/);
  for (const width of [320, 1280]) await look(page, `lost-ko-${width}`, width);
  await page.context().close();
});

test('error: a page that is not there', async () => {
  const page = await (await browser.newContext({ locale: 'ko-KR' })).newPage();
  for (const lang of ['ko', 'en']) {
    await page.goto(banjjak.page('no-such-event', `?lang=${lang}`));
    await inState(page, 'error');
    for (const width of [320, 1280]) await look(page, `error-${lang}-${width}`, width);
  }
  await page.context().close();
});

test('a device that nobody recognises is told so, and can start afresh', async () => {
  const event = await banjjak.event();
  const context = await browser.newContext({ locale: 'ko-KR' });
  await context.addCookies([{ name: 'banjjak_shopper', value: 'forged', url: String(banjjak.public) }]);
  const page = await context.newPage();
  const answer = await page.goto(banjjak.page(event));
  assert.equal(answer?.status(), 401);
  await inState(page, 'error');
  await look(page, 'error-invalid-cookie-ko-320', 320);
  page.on('dialog', (asked) => asked.accept());
  await page.click('#forget');
  await inState(page, 'open');
  await context.close();
});

test('the list of events', async () => {
  await banjjak.event();
  const page = await (await browser.newContext({ locale: 'ko-KR' })).newPage();
  for (const lang of ['ko', 'en']) {
    await page.goto(`${banjjak.public}/?lang=${lang}`);
    for (const width of [320, 1280]) await look(page, `list-${lang}-${width}`, width);
  }
  await page.context().close();
});

test('nothing moves for who asked for that, and the receipt prints on one page', async () => {
  const { page } = await entered();
  await choose(page, 's1', 2);
  await press(page);
  await inState(page, 'booked');
  await page.emulateMedia({ reducedMotion: 'reduce' });
  assert.equal(await page.evaluate(() => getComputedStyle(/** @type {Element} */ (document.querySelector('.now h2'))).animationName), 'none');
  await until('the ticket is drawn', () => page.locator('.ticket .qr').evaluate((/** @type {HTMLImageElement} */ image) => image.complete && image.naturalWidth > 0));
  const pdf = (await page.pdf({ format: 'A4' })).toString('latin1');
  assert.equal(pdf.match(/\/Type\s*\/Page\b/g)?.length, 1);
  await page.context().close();
});

test('a visit asks nobody else for anything, and its policy forbids what is inline', async () => {
  const event = await banjjak.event();
  const page = await (await browser.newContext()).newPage();
  const foreign = [];
  let bytes = 0;
  page.on('request', (request) => !request.url().startsWith(String(banjjak.public)) && foreign.push(request.url()));
  page.on('response', async (response) => {
    bytes += (await response.body().catch(() => Buffer.alloc(0))).length;
  });
  const faults = [];
  page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
  page.on('pageerror', (fault) => faults.push(String(fault)));
  const answer = await page.goto(banjjak.page(event));
  await press(page);
  await inState(page, 'inside');
  assert.deepEqual([foreign, faults], [[], []]);
  assert.ok(bytes < 130_000, `${bytes} bytes`);
  const policy = (await answer?.allHeaders())?.['content-security-policy'] ?? '';
  assert.match(policy, /script-src 'self'/);
  assert.match(policy, /style-src 'self'/);
  assert.doesNotMatch(policy, /unsafe/);
  await page.context().close();
});
