// The live line to the server: a WebSocket, else server-sent events, else another try later. A line that says nothing for too long is dead,
// whatever the browser believes of it.

/** @typedef {import('./store.js').Frame} Frame */
/** @typedef {'connecting' | 'live' | 'down' | 'parked' | 'unknown-shopper'} LinkState */

const OPEN_MS = 4_000;
const SILENCE_MS = 20_000;
/** A line that lived for so long was a good one: what failed before it is forgotten. */
const STEADY_MS = 10_000;
const BACKOFF_MS = { first: 1_000, most: 30_000 };
const FRAMES = ['hello', 'place', 'admitted', 'slots', 'reservation', 'event', 'alive', 'reconnect'];
const CLOSED = { shopper: 4401, tooMany: 4409 };

export class Link {
  /**
   * @param {string} event the event's id
   * @param {{ since: () => string | null, frame: (frame: Frame) => void, changed: () => void }} page
   */
  constructor(event, page) {
    this.base = `/v1/events/${encodeURIComponent(event)}`;
    this.page = page;
    /** @type {LinkState} */
    this.state = 'connecting';
    /** @type {'socket' | 'stream'} */
    this.kind = 'socket';
    /** Since when nothing is live; null while something is. @type {number | null} */
    this.downSince = Date.now();
    /** When the next try is due, while waiting for one. @type {number | null} */
    this.nextAt = null;
    /** Rounds in a row that brought no steady line. */
    this.failures = 0;
    this.lastFrameAt = 0;
    this.liveAt = 0;
    /** In this round a socket was tried and did not get through. */
    this.socketFailed = false;
    /** A network that let no socket through let a stream through. */
    this.socketsBlocked = false;
    /** @type {(() => void) | null} */
    this.hangUp = null;
    /** @type {number | undefined} */
    this.timer = undefined;
  }

  start() {
    addEventListener('offline', () => this.#down(null));
    addEventListener('online', () => {
      this.socketsBlocked = false;
      this.#later(Math.random() * 500);
    });
    addEventListener('pagehide', () => this.#drop());
    addEventListener('pageshow', (e) => e.persisted && this.tryNow());
    document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && this.#listen());
    for (const touch of ['pointerdown', 'keydown']) addEventListener(touch, () => this.state === 'parked' && this.tryNow());
    setInterval(() => this.#listen(), 1_000);
    this.tryNow();
  }

  /** Connects at once, whatever was planned. */
  tryNow() {
    this.#open(this.socketsBlocked ? 'stream' : 'socket');
  }

  /** Is what we call live still alive? */
  #listen() {
    if (this.state === 'live' && Date.now() - this.lastFrameAt > SILENCE_MS) this.#fail('silence');
  }

  /** @param {'socket' | 'stream'} kind */
  #open(kind) {
    this.#drop();
    this.kind = kind;
    this.nextAt = null;
    this.#set('connecting');
    const since = this.page.since();
    const address = `${this.base}/${kind}${since === null ? '' : `?since=${encodeURIComponent(since)}`}`;
    this.timer = setTimeout(() => this.#fail('no answer'), OPEN_MS);
    this.hangUp = kind === 'socket' ? this.#socket(address) : this.#stream(address);
  }

  /** @param {string} address @returns {() => void} */
  #socket(address) {
    const socket = new WebSocket(address.replace(/^/, `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}`));
    let mine = true;
    socket.onmessage = (e) => mine && this.#frame(e.data);
    socket.onclose = (e) => mine && this.#closed(e.code);
    return () => {
      mine = false;
      socket.close();
    };
  }

  /** @param {string} address @returns {() => void} */
  #stream(address) {
    const stream = new EventSource(address);
    let mine = true;
    const take = (/** @type {MessageEvent} */ e) => mine && this.#frame(e.data);
    stream.onmessage = take;
    for (const name of FRAMES) stream.addEventListener(name, take);
    stream.onerror = () => mine && this.#fail('closed');
    return () => {
      mine = false;
      stream.close();
    };
  }

  /** @param {string} text */
  #frame(text) {
    /** @type {Frame} */
    const frame = JSON.parse(text);
    this.lastFrameAt = Date.now();
    if (frame.type === 'reconnect') {
      this.#down(Number(frame.after_ms ?? 0));
      return;
    }
    if (this.state !== 'live') {
      clearTimeout(this.timer);
      this.socketsBlocked = this.kind === 'stream' && this.socketFailed;
      this.liveAt = Date.now();
      this.downSince = null;
      this.#set('live');
    }
    this.page.frame(frame);
  }

  /** @param {number} code */
  #closed(code) {
    if (code === CLOSED.tooMany || code === CLOSED.shopper) {
      this.#drop();
      this.downSince ??= Date.now();
      this.#set(code === CLOSED.tooMany ? 'parked' : 'unknown-shopper');
      return;
    }
    this.#fail('closed');
  }

  /** @param {'no answer' | 'silence' | 'closed'} how */
  #fail(how) {
    const wasLive = this.state === 'live';
    this.#drop();
    if (!navigator.onLine) return this.#down(null);
    this.downSince ??= Date.now();
    // A socket that never spoke or fell silent is one that the network breaks: the stream may get through. One that was closed is a restart: come back, not all at once.
    if (this.kind === 'socket' && !(wasLive && how === 'closed')) {
      this.socketFailed = true;
      return this.#open('stream');
    }
    if (wasLive && Date.now() - this.liveAt > STEADY_MS) this.failures = 0;
    this.failures += 1;
    this.socketFailed = false;
    if (!wasLive) this.socketsBlocked = false;
    const most = Math.min(BACKOFF_MS.most, BACKOFF_MS.first * 2 ** Math.min(this.failures - 1, 8));
    this.#down(this.failures === 1 ? Math.random() * most : most * (0.5 + Math.random() / 2));
  }

  /** Waits `ms` for the next try; with null until the network says it is back. @param {number | null} ms */
  #down(ms) {
    this.#drop();
    this.downSince ??= Date.now();
    if (ms === null) this.nextAt = null;
    else this.#later(ms);
    this.#set('down');
  }

  /** @param {number} ms */
  #later(ms) {
    clearTimeout(this.timer);
    this.nextAt = Date.now() + ms;
    this.timer = setTimeout(() => this.tryNow(), ms);
  }

  #drop() {
    clearTimeout(this.timer);
    this.hangUp?.();
    this.hangUp = null;
  }

  /** @param {LinkState} state */
  #set(state) {
    if (this.state === state) return;
    this.state = state;
    this.page.changed();
  }
}
