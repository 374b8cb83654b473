// The booking room and what comes of it: seats that go, refusals, standby, time that runs out, tickets, moves and cancels, and what operators do meanwhile.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Banjjak, until } from './banjjak.mjs';
import { choose, inState, launch, press } from './browser.mjs';

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

/** A browser that has come in. @param {string} event */
async function inside(event) {
  const context = await browser.newContext({ locale: 'ko-KR' });
  const page = await context.newPage();
  await page.goto(banjjak.page(event));
  await press(page);
  await inState(page, 'inside');
  return { context, page };
}

/** @param {import('playwright-core').Page} page @param {string} slot @param {number} [seats] */
async function book(page, slot, seats) {
  await choose(page, slot, seats);
  await press(page);
  await inState(page, 'booked');
}

test('seats change under the eyes, and a slot without seats cannot be chosen', async () => {
  const event = await banjjak.event({ slots: [{ capacity: 4 }, {}] });
  const { context, page } = await inside(event);
  const other = banjjak.shopper(event);
  await other.comeIn();
  await choose(page, 's1', 2);
  assert.match((await page.textContent('#act button.primary')) ?? '', /2명 예매하기/);
  assert.equal((await other.book('s1', 3)).status, 201);
  await page.waitForSelector('li[data-key=s1] input:disabled');
  assert.equal(await page.isChecked('input[name=slot][value=s1]'), false, 'one seat is too few for two people');
  assert.equal(await page.isDisabled('#act button.primary'), true);
  await page.locator('input[name=seats][value="1"]').check({ force: true });
  await page.waitForSelector('li[data-key=s1] input:enabled');
  const last = banjjak.shopper(event);
  await last.comeIn();
  assert.equal((await last.book('s1', 1)).status, 201);
  await page.waitForSelector('li[data-key=s1] [data-kind=full]');
  assert.equal(await page.textContent('li[data-key=s1] .left'), '마감');
  await context.close();
});

test('who asks for seats that have just gone is refused, told why, and can choose again', async () => {
  const event = await banjjak.event({ slots: [{ capacity: 1 }, {}] });
  const { context, page } = await inside(event);
  await choose(page, 's1', 1);
  const other = banjjak.shopper(event);
  await other.comeIn();
  await page.route('**/reservations', async (route) => {
    assert.equal((await other.book('s1', 1)).status, 201);
    await route.continue();
  }, { times: 1 });
  await press(page);
  await inState(page, 'refused');
  assert.equal(await page.textContent('#headline'), '방금 마감됐어요');
  await book(page, 's2', 1);
  await context.close();
});

test('the last seat turns the line to standby, and a returned seat calls the first in it', async () => {
  const event = await banjjak.event({ slots: [{ capacity: 1 }] });
  const { context, page } = await inside(event);
  const other = banjjak.shopper(event);
  // The room is never larger than the seats: make it so that both are inside.
  await banjjak.admin('PATCH', `/events/${event}/policy`, { room_per_seat: 2 });
  await other.comeIn();
  const held = await other.book('s1', 1);
  assert.equal(held.status, 201);
  await inState(page, 'standby');
  assert.equal(await page.textContent('[data-key=ahead] dd'), '1번째');
  assert.match((await page.textContent('.why')) ?? '', /원래 번호로/);
  assert.ok((await other.cancel(held.body.id, 's1')).status < 300);
  await inState(page, 'inside');
  await book(page, 's1', 1);
  await context.close();
});

test('who does not come in time has lost the turn and can join again', async () => {
  const event = await banjjak.event({ policy: { claim_window_s: 2 } });
  const context = await browser.newContext({ locale: 'ko-KR' });
  await context.addInitScript(() => localStorage.setItem('banjjak.ask', 'yes'));
  const page = await context.newPage();
  await page.goto(banjjak.page(event));
  await press(page);
  await inState(page, 'admitted');
  await inState(page, 'no-show');
  assert.equal(await page.textContent('#act button.primary'), '다시 줄 서기');
  await page.evaluate(() => localStorage.setItem('banjjak.ask', 'no'));
  await context.close();
});

test('a session ends in time, unless it is extended', async () => {
  const event = await banjjak.event({ policy: { session_s: 3 } });
  const { context, page } = await inside(event);
  assert.equal(await page.isVisible('.deadline'), true);
  await page.click('.deadline button');
  await page.waitForSelector('.deadline form[hidden]', { state: 'attached' });
  await inState(page, 'timed-out');
  await press(page);
  await inState(page, 'inside');
  await context.close();
});

test('the last seconds are told, and seen', async () => {
  const event = await banjjak.event({ policy: { session_s: 22 } });
  const { context, page } = await inside(event);
  await until('the warning', async () => (await page.textContent('#said')) === '20초 남았어요.');
  assert.equal(await page.getAttribute('.deadline', 'data-warn'), '');
  await context.close();
});

test('the receipt: what it says, its code and calendar, a move, a cancel that asks', async () => {
  const event = await banjjak.event();
  const { context, page } = await inside(event);
  await book(page, 's1', 2);
  const code = ((await page.textContent('.ticket .door')) ?? '').replace(' ', '');
  const svg = await (await page.request.get(`${banjjak.public}${await page.getAttribute('.ticket .qr', 'src')}`)).text();
  assert.ok(scanned(svg).includes(code), 'the QR code holds the door code');
  await readable(await (await page.request.get(`${banjjak.public}${await page.getAttribute('.ticket a[data-a]', 'href')}`)).text());

  await page.click('.ticket details:not([data-ask]) summary');
  await page.selectOption('.ticket select', 's2');
  const before = await page.textContent('.ticket dd[data-t=time]');
  await page.click('.ticket [data-form=move] button');
  await until('the ticket moved', async () => (await page.getAttribute('main', 'data-state')) === 'booked' && (await page.textContent('.ticket dd[data-t=time]')) !== before);
  assert.equal(((await page.textContent('.ticket .door')) ?? '').replace(' ', ''), code, 'a move keeps the code');

  await page.click('[data-ask=cancel] summary');
  await page.click('dialog button[value=no]');
  assert.equal(await page.getAttribute('main', 'data-state'), 'booked');
  await page.click('[data-ask=cancel] summary');
  await page.keyboard.press('Escape');
  await page.click('[data-ask=cancel] summary');
  await page.click('dialog button[value=yes]');
  await inState(page, 'left');
  assert.equal(await page.textContent('#headline'), '예매를 취소했어요');
  const stats = await banjjak.admin('GET', `/events/${event}/stats`);
  assert.deepEqual(stats.slots.map((/** @type {any} */ slot) => slot.remaining), [20, 20]);
  await context.close();
});

/** What a scanner reads. @param {string} svg */
function scanned(svg) {
  const folder = mkdtempSync(join(tmpdir(), 'banjjak-qr-'));
  writeFileSync(join(folder, 'qr.svg'), svg);
  assert.equal(spawnSync('rsvg-convert', ['-w', '600', '-b', 'white', join(folder, 'qr.svg'), '-o', join(folder, 'qr.png')]).status, 0);
  const read = spawnSync('zbarimg', ['--nodbus', '-q', '--raw', join(folder, 'qr.png')], { encoding: 'utf8' });
  assert.equal(read.status, 0, 'a scanner can read it');
  return read.stdout;
}

/** What a calendar asks of a file. @param {string} ics */
async function readable(ics) {
  assert.equal(ics.replaceAll('\r\n', '').includes('\n'), false, 'lines end with CRLF');
  for (const line of ics.split('\r\n')) assert.ok(Buffer.byteLength(line) <= 75, line);
  for (const field of ['VERSION:2.0', 'PRODID:', 'UID:', 'DTSTAMP:', 'DTSTART', 'DTEND']) assert.ok(ics.includes(field), field);
  const python = process.env.BANJJAK_PYTHON;
  if (!python) return;
  const read = spawnSync(python, ['-c', 'import sys,icalendar; c=icalendar.Calendar.from_ical(sys.stdin.buffer.read()); e=c.walk("VEVENT")[0]; assert not e.errors; assert e.decoded("dtend")>e.decoded("dtstart")'], { input: ics, encoding: 'utf8' });
  assert.equal(read.status, 0, read.stderr);
}

test('leaving asks once and gives the place up', async () => {
  const event = await banjjak.event();
  const { context, page } = await inside(event);
  await page.click('[data-ask=leave] summary');
  await page.click('dialog button[value=no]');
  assert.equal(await page.getAttribute('main', 'data-state'), 'inside');
  await page.click('[data-ask=leave] summary');
  await page.click('dialog button[value=yes]');
  await inState(page, 'left');
  await context.close();
});

test('what the operator does is seen at once: notice, pause, resume, close, reopen', async () => {
  const event = await banjjak.event({ policy: { room_max: 1 } });
  await banjjak.shopper(event).comeIn();
  const context = await browser.newContext({ locale: 'ko-KR' });
  const page = await context.newPage();
  await page.goto(banjjak.page(event));
  await press(page);
  await inState(page, 'waiting');
  await banjjak.admin('PATCH', `/events/${event}/texts`, { notice: { ko: '잠시 점검해요.', en: 'A short check.' } });
  await banjjak.admin('POST', `/events/${event}/pause`);
  await inState(page, 'paused');
  await until('the notice shows', async () => (await page.textContent('.notice')).includes('잠시 점검해요.'));
  await banjjak.admin('POST', `/events/${event}/resume`);
  await inState(page, 'waiting');
  await banjjak.admin('POST', `/events/${event}/close`);
  await inState(page, 'closed');
  await banjjak.admin('POST', `/events/${event}/reopen`);
  await inState(page, 'open');
  await press(page);
  await inState(page, 'inside');
  await context.close();
});

test('an operator who cancels a slot tells those who held it', async () => {
  const event = await banjjak.event();
  const { context, page } = await inside(event);
  await book(page, 's1', 1);
  await banjjak.admin('POST', `/events/${event}/slots/s1/cancel`);
  await inState(page, 'left');
  assert.equal(await page.textContent('#headline'), '예매한 시간이 취소됐어요');
  await context.close();
});

test('a lobby counts down and opens by itself', async () => {
  const now = Date.now();
  const event = await banjjak.event({ lobby: 'shuffle', lobby_opens_at: new Date(now - 60_000).toISOString(), opens_at: new Date(now + 4_000).toISOString() });
  const context = await browser.newContext({ locale: 'ko-KR' });
  const page = await context.newPage();
  await page.goto(banjjak.page(event));
  await inState(page, 'lobby');
  assert.equal(await page.isVisible('.countdown'), true);
  await page.click('#fairness summary');
  assert.match((await page.textContent('#fairness')) ?? '', /[0-9a-f]{64}/);
  await press(page);
  await page.waitForSelector('[data-action=wish]');
  await inState(page, 'inside', 30_000);
  await context.close();
});

test('forgetting this device asks first, and then knows nobody', async () => {
  const event = await banjjak.event();
  const { context, page } = await inside(event);
  await page.click('#settings summary');
  await page.click('[data-do=forget]');
  await page.click('dialog button[value=yes]');
  await inState(page, 'open');
  await context.close();
});
