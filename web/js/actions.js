// What a shopper does: one request each, named for what it was made for, so that sending it again can do no harm.

/** @typedef {import('./store.js').Store} Store */
/** @typedef {{ key: string, slot: string, seats: number, place: string | null }} Attempt */
/** @typedef {{ status: number, body: any }} Answer */

const TRIES = 6;
const RETRY_MS = { first: 400, most: 5_000 };
/** Codes after which the same request may be sent again. */
const AGAIN = ['network', 'outcome_unknown', 'starting', 'overloaded', 'rate_limited', 'request_timeout'];

/** Those of them that leave open whether it was accepted. */
const OPEN = ['network', 'outcome_unknown', 'starting', 'request_timeout'];

/** A request key: 32 of 0-9a-f. */
export function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

const sleep = (/** @type {number} */ ms) => new Promise((done) => setTimeout(done, ms));

export class Actions {
  /** @param {string} event @param {Store} store @param {() => void} changed */
  constructor(event, store, changed) {
    this.base = `/v1/events/${encodeURIComponent(event)}`;
    this.store = store;
    this.changed = changed;
    this.memory = `banjjak.attempt.${event}`;
    /** What is being sent, by name. @type {string | null} */
    this.busy = null;
    /** The code of the last failure, until the next try. @type {string | null} */
    this.problem = null;
    /** A booking that was sent and whose outcome is not known. @type {Attempt | null} */
    this.attempt = this.#remembered();
    this.accepted = false;
    /** Whether the attempt got an answer that ends it. */
    this.answered = false;
  }

  /** @param {string | null} slot @param {boolean} live whether the outcome comes by itself */
  join(slot, live) {
    return this.#do('join', () => this.#send('POST', `${this.base}/places`, { body: slot ? { slot } : {}, wait: !live }), (answer) => this.store.takePlace(answer.body));
  }

  leave() {
    return this.#place('leave', 'DELETE', '');
  }

  enter() {
    return this.#place('enter', 'POST', '/enter');
  }

  extend() {
    return this.#place('extend', 'POST', '/extend');
  }

  /** Asks for a seat; with nothing given, asks again for what was asked before. @param {string} [slot] @param {number} [seats] */
  async book(slot, seats) {
    const place = this.store.place?.id ?? null;
    if (slot && seats) {
      const same = this.attempt && this.attempt.slot === slot && this.attempt.seats === seats && this.attempt.place === place;
      this.attempt = same ? this.attempt : { key: newKey(), slot, seats, place };
      sessionStorage.setItem(this.memory, JSON.stringify(this.attempt));
    }
    const attempt = this.attempt;
    if (!attempt) return false;
    this.accepted = this.answered = false;
    const body = { slot: attempt.slot, seats: attempt.seats };
    const done = await this.#do('book', () => this.#send('POST', `${this.base}/reservations`, { body, headers: { 'Idempotency-Key': attempt.key } }), (answer) => {
      this.accepted = true;
      this.store.takeReservation(answer.body);
    });
    // Anything but an open question is an answer; the next attempt gets a key of its own.
    this.answered = this.problem === null || !OPEN.includes(this.problem);
    this.settle();
    this.changed();
    return done;
  }

  /** Forgets the attempt once its outcome is known, or cannot come any more. */
  settle() {
    if (this.attempt === null || this.busy === 'book') return;
    const place = this.store.place;
    const pending = /** @type {any[]} */ (place?.reservations ?? []).some((one) => one.state === 'pending');
    const over = place?.state !== 'pending' && (place?.state !== 'inside' || place.id !== this.attempt.place);
    if (!over && (pending || !this.answered)) return;
    this.attempt = null;
    this.accepted = false;
    sessionStorage.removeItem(this.memory);
  }

  /** @param {string} id @param {string} from */
  cancel(id, from) {
    return this.#reservation('cancel', 'DELETE', id, '', from);
  }

  /** @param {string} id @param {string} from @param {string} slot */
  move(id, from, slot) {
    return this.#reservation('move', 'POST', id, '/move', from, { slot });
  }

  forget() {
    return this.#do('forget', () => this.#send('DELETE', '/v1/shopper', {}), () => location.reload());
  }

  /** Asks for the whole place. */
  async refresh() {
    try {
      const answer = await this.#send('GET', `${this.base}/places/me`, {});
      if (answer.status === 200) this.store.takePlace(answer.body);
    } catch {
      // The next frame or the next greeting tells.
    }
    this.changed();
  }

  /** @param {string} name @param {string} method @param {string} tail */
  #place(name, method, tail) {
    const place = this.store.place?.id;
    return this.#do(name, () => this.#send(method, `${this.base}/places/me${tail}`, { body: place ? { place } : {} }), (answer) => this.store.takePlace(answer.body));
  }

  /** @param {string} name @param {string} method @param {string} id @param {string} tail @param {string} from @param {any} [body] */
  #reservation(name, method, id, tail, from, body) {
    const headers = { 'If-Match': `"${from}"` };
    return this.#do(name, () => this.#send(method, `/v1/reservations/${encodeURIComponent(id)}${tail}`, { body, headers }), (answer) => {
      this.store.takeReservation(answer.body);
      return this.refresh();
    });
  }

  /**
   * One action at a time: sends, sends again while that can help, and says what went wrong.
   * @param {string} name @param {() => Promise<Answer>} send @param {(answer: Answer) => unknown} took @returns {Promise<boolean>}
   */
  async #do(name, send, took) {
    if (this.busy !== null) return false;
    this.busy = name;
    this.problem = null;
    this.changed();
    try {
      for (let tried = 1; ; tried += 1) {
        const { code, after, answer } = await this.#once(send);
        this.problem = code;
        if (code === null && answer) {
          await took(answer);
          return true;
        }
        if (code === null || !AGAIN.includes(code) || tried >= TRIES) return false;
        this.changed();
        const wait = Math.min(RETRY_MS.most, RETRY_MS.first * 2 ** tried);
        await sleep(Math.max(after, wait * (0.5 + Math.random() / 2)));
      }
    } finally {
      this.busy = null;
      this.changed();
    }
  }

  /** @param {() => Promise<Answer>} send @returns {Promise<{ code: string | null, after: number, answer: Answer | null }>} */
  async #once(send) {
    try {
      const answer = await send();
      if (answer.status < 400) return { code: null, after: 0, answer };
      if (answer.status === 409) await this.#refused(answer.body);
      return { code: answer.body?.code ?? 'other', after: answer.body?.retry_after_ms ?? 0, answer: null };
    } catch {
      return { code: 'network', after: 0, answer: null };
    }
  }

  /** A refusal brings what it is about; the whole place says the rest. @param {any} problem */
  async #refused(problem) {
    if (problem?.place) this.store.takePlace(problem.place);
    if (problem?.reservation) this.store.takeReservation(problem.reservation);
    await this.refresh();
  }

  /** @param {string} method @param {string} address @param {{ body?: any, headers?: Record<string, string>, wait?: boolean }} more @returns {Promise<Answer>} */
  async #send(method, address, { body, headers = {}, wait = true }) {
    const all = new Headers(headers);
    if (wait && method !== 'GET') all.set('Prefer', 'wait=5');
    if (method !== 'GET' && this.store.version !== null) all.set('Banjjak-Seen', this.store.version);
    if (body !== undefined) all.set('Content-Type', 'application/json');
    const answer = await fetch(address, { method, headers: all, body: body === undefined ? undefined : JSON.stringify(body), cache: 'no-store', signal: AbortSignal.timeout?.(15_000) });
    const text = await answer.text();
    return { status: answer.status, body: text.startsWith('{') ? JSON.parse(text) : null };
  }

  /** @returns {Attempt | null} */
  #remembered() {
    const kept = sessionStorage.getItem(this.memory);
    return kept === null ? null : JSON.parse(kept);
  }
}
