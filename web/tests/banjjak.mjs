// A real Banjjak for tests: the built binary with its stores on disk, killed and started again on the same ports; its operator; and shoppers without a browser.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const BINARY = process.env.BANJJAK_BIN ?? fileURLToPath(new URL('../../target/debug/banjjak', import.meta.url));
const MINUTE = 60_000;

/** Asks until the answer is right. @template T @param {string} what @param {() => Promise<T | null | undefined | false>} ask @param {number} [limitMs] @returns {Promise<T>} */
export async function until(what, ask, limitMs = 20_000) {
  const end = Date.now() + limitMs;
  for (;;) {
    const got = await ask();
    if (got) return got;
    assert.ok(Date.now() < end, `waited too long: ${what}`);
    await new Promise((done) => setTimeout(done, 25));
  }
}

const iso = (/** @type {number} */ ms) => new Date(ms).toISOString();

/** A definition of an event that is open, with two slots tomorrow; windows so long that nothing runs out by itself. @param {any} [more] */
export function definition({ policy = {}, slots, ...more } = {}) {
  const now = Date.now();
  // Ten in the morning in Seoul, tomorrow or the day after.
  const tomorrow = Math.ceil(now / (24 * 60 * MINUTE)) * 24 * 60 * MINUTE + 25 * 60 * MINUTE;
  const slot = (/** @type {any} */ given, /** @type {number} */ i) => ({
    id: `s${i + 1}`,
    starts_at: iso(tomorrow + i * 30 * MINUTE),
    ends_at: iso(tomorrow + (i + 1) * 30 * MINUTE),
    capacity: 20,
    ...given,
  });
  return {
    id: `test-${randomUUID().slice(0, 8)}`,
    title: { ko: '글로우 성수 팝업', en: 'Glow Seongsu Popup' },
    venue: { ko: '서울 성동구 연무장길 12', en: '12 Yeonmujang-gil, Seoul' },
    rules: { ko: '예약한 시간 10분 전까지 도착해 주세요.', en: 'Please arrive ten minutes before your time.' },
    privacy: { ko: '이름과 연락처를 받지 않아요.', en: 'We ask for no name.' },
    accent: '#a8325a',
    time_zone: 'Asia/Seoul',
    lobby_opens_at: iso(now - 2 * MINUTE),
    opens_at: iso(now - MINUTE),
    closes_at: iso(now + 12 * 60 * MINUTE),
    policy: { claim_window_s: 3600, session_s: 3600, ...policy },
    slots: (slots ?? [{}, {}]).map(slot),
    ...more,
  };
}

/** One running instance. */
export class Banjjak {
  /** @type {import('node:child_process').ChildProcess | null} */
  #process = null;
  /** @type {string[]} */
  #log = [];

  static async start() {
    const instance = new Banjjak();
    instance.data = mkdtempSync(join(tmpdir(), 'banjjak-web-'));
    await instance.#spawn(['--any-port']);
    return instance;
  }

  /** @param {string[]} more */
  async #spawn(more) {
    const args = ['serve', '--data', /** @type {string} */ (this.data), '--print-json', '--set', 'testing.allow=true', '--set', 'gateway.reconnect_spread_ms=200', ...more];
    const process = spawn(BINARY, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#process = process;
    const keep = (/** @type {string} */ line) => {
      this.#log.push(line);
      if (this.#log.length > 200) this.#log.shift();
    };
    createInterface({ input: process.stderr }).on('line', keep);
    const ready = await new Promise((resolve, reject) => {
      createInterface({ input: process.stdout }).on('line', (line) => {
        if (line.startsWith('{') && line.includes('"public"')) resolve(JSON.parse(line));
        else keep(line);
      });
      process.once('error', reject);
      process.once('exit', (code) => reject(new Error(`banjjak ended with ${code}:\n${this.#log.join('\n')}`)));
    });
    process.removeAllListeners('exit');
    ({ public: this.public, operator: this.operator, health: this.health, token: this.token } = ready);
  }

  /** The page of an event. @param {string} event @param {string} [query] */
  page(event, query = '') {
    return `${this.public}/events/${event}${query}`;
  }

  /** Ends the process with SIGKILL: nothing is flushed, nobody is told. */
  kill() {
    return this.#end('SIGKILL');
  }

  /** Ends it as an operator would. */
  stop() {
    return this.#end('SIGTERM');
  }

  /** @param {NodeJS.Signals} signal */
  async #end(signal) {
    const process = this.#process;
    if (!process || process.exitCode !== null || process.signalCode !== null) return;
    const gone = new Promise((done) => process.once('exit', done));
    process.kill(signal);
    await gone;
  }

  /** Starts it again: same data, same addresses. */
  async again() {
    const listen = (/** @type {string} */ section, /** @type {string | undefined} */ address) => ['--set', `${section}.listen=${String(address).replace('http://', '')}`];
    await this.#spawn([...listen('public', this.public), ...listen('operator', this.operator), ...listen('health', this.health)]);
  }

  /** Ends it for good. */
  async end() {
    await this.kill();
    rmSync(/** @type {string} */ (this.data), { recursive: true, force: true });
  }

  /** One operator's call; fails loudly. @param {string} method @param {string} path @param {any} [body] @returns {Promise<any>} */
  async admin(method, path, body) {
    const answer = await fetch(`${this.operator}/admin/v1${path}`, {
      method,
      headers: { Authorization: `Bearer ${this.token}`, 'Idempotency-Key': randomUUID(), ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await answer.text();
    assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${text}`);
    return text === '' ? null : JSON.parse(text);
  }

  /** Creates an event and gives its id. @param {any} [more] @returns {Promise<string>} */
  async event(more) {
    const given = definition(more);
    await this.admin('POST', '/events', given);
    return given.id;
  }

  /** Moves the log's clock ahead. @param {number} ms */
  async clock(ms) {
    const answer = await fetch(`${this.health}/testing/clock`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ advance_ms: ms }) });
    assert.ok(answer.ok, `the clock does not move: ${answer.status} ${await answer.text()}`);
  }

  /** A shopper without a browser. @param {string} event */
  shopper(event) {
    return new Shopper(/** @type {string} */ (this.public), event);
  }
}

/** One shopper by HTTP alone. */
export class Shopper {
  /** @type {Map<string, string>} */
  #cookies = new Map();

  /** @param {string} origin @param {string} event */
  constructor(origin, event) {
    this.origin = origin;
    this.event = event;
  }

  /** @param {string} method @param {string} path @param {any} [body] @param {Record<string, string>} [headers] */
  async call(method, path, body, headers = {}) {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await fetch(`${this.origin}${path}`, {
      method,
      headers: { Prefer: 'wait=10', ...(cookie ? { Cookie: cookie } : {}), ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    for (const line of answer.headers.getSetCookie()) {
      const [name, value] = line.split(';')[0].split('=', 2);
      this.#cookies.set(name, value);
    }
    const text = await answer.text();
    return { status: answer.status, body: text.startsWith('{') ? JSON.parse(text) : text };
  }

  async join() {
    const answer = await this.call('POST', `/v1/events/${this.event}/places`, {});
    assert.ok(answer.status < 300, JSON.stringify(answer));
    return answer.body;
  }

  async place() {
    return (await this.call('GET', `/v1/events/${this.event}/places/me`)).body;
  }

  /** Joins, waits for the turn, enters. */
  async comeIn() {
    await this.join();
    await until('a turn', async () => (await this.place()).state === 'admitted');
    const answer = await this.call('POST', `/v1/events/${this.event}/places/me/enter`, {});
    assert.equal(answer.status, 200, JSON.stringify(answer));
  }

  /** Books; gives status and body as answered. @param {string} slot @param {number} seats */
  book(slot, seats) {
    return this.call('POST', `/v1/events/${this.event}/reservations`, { slot, seats }, { 'Idempotency-Key': randomUUID() });
  }

  /** @param {string} id @param {string} slot */
  cancel(id, slot) {
    return this.call('DELETE', `/v1/reservations/${id}`, undefined, { 'If-Match': `"${slot}"` });
  }
}
