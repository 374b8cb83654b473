// What this page knows: the event and the shopper's place, from frames and answers. What is older about the same subject is ignored.

/** @typedef {{ type: string, version?: string, [field: string]: any }} Frame */

/** `generation-offset` as two integers. @param {string | null | undefined} version @returns {[number, number]} */
function parts(version) {
  const [generation, offset] = String(version ?? '').split('-').map(Number);
  return [Number.isFinite(generation) ? generation : -1, Number.isFinite(offset) ? offset : -1];
}

/** Whether `a` is older than `b`; equal is not. @param {string | null | undefined} a @param {string | null | undefined} b */
export function older(a, b) {
  const [x, y] = [parts(a), parts(b)];
  return x[0] !== y[0] ? x[0] < y[0] : x[1] < y[1];
}

/** States that come with something of a reservation; its own frames tell it, the whole place makes sure. */
const WHOLE = ['booked', 'left'];

/** A wait that grows by so much is worth a word. */
const SLOWER_S = 60;

export class Store {
  /** @param {{ event: any, place: any, now_ms: number }} initial */
  constructor(initial) {
    this.event = initial.event;
    this.place = initial.place;
    /** The newest version seen of anything; sent as what this page has seen. @type {string | null} */
    this.version = null;
    /** @type {Map<string, string>} */
    this.seen = new Map();
    this.clock(initial.now_ms);
    /** Whether the whole place has to be asked for. */
    this.wanting = false;
    /** When the wait last grew, in this page's time. */
    this.slowerAt = 0;
    this.#fresh('event', initial.event?.version);
    this.#fresh('place', initial.place?.version);
    for (const one of initial.place?.reservations ?? []) this.#fresh(`reservation ${one.id}`, one.version);
  }

  /** Takes the server's clock. @param {number} serverMs */
  clock(serverMs) {
    this.offset = serverMs - Date.now();
    this.freshAt = Date.now();
  }

  /** The server's time now. */
  now() {
    return Date.now() + (this.offset ?? 0);
  }

  /** Notes a version; false when something newer about the subject is known. @param {string} subject @param {string | undefined} version */
  #fresh(subject, version) {
    if (version === undefined || version === null) return true;
    if (older(version, this.seen.get(subject))) return false;
    this.seen.set(subject, version);
    if (this.version === null || older(this.version, version)) this.version = version;
    return true;
  }

  /** @param {Frame} frame */
  take(frame) {
    this.freshAt = Date.now();
    switch (frame.type) {
      case 'hello':
        this.clock(frame.server_ms);
        this.#hello(frame);
        break;
      case 'alive':
        this.clock(frame.server_ms);
        this.#fresh('alive', frame.version);
        break;
      case 'event':
        this.#event(frame);
        break;
      case 'slots':
        this.#slots(frame.slots, frame.version);
        break;
      case 'place':
        this.#place(frame);
        break;
      case 'admitted':
        if (this.place && this.#fresh('place', frame.version)) this.place = { ...this.place, state: 'admitted', until: null, until_ms: frame.until_ms };
        break;
      case 'reservation':
        this.#reservation(frame);
        break;
    }
  }

  /** @param {Frame} frame */
  #hello(frame) {
    if (frame.event && this.#fresh('event', frame.version)) this.event = { ...frame.event, slots: this.#sameSlots(frame.event.slots) };
    this.#slots(frame.slots ?? [], frame.version);
    if (frame.place) this.takePlace(frame.place, frame.version);
    // A place that was accepted a moment ago may not be in the view yet; it is not gone.
    else if (this.place?.state !== 'pending' && this.#fresh('place', frame.version)) this.place = null;
  }

  /** Keeps what is newer of a slot than a whole event says. @param {any[] | undefined} slots */
  #sameSlots(slots) {
    return slots ?? this.event?.slots ?? [];
  }

  /** @param {Frame} frame */
  #event(frame) {
    if (!this.#fresh('event', frame.version)) return;
    const { type: _, version, ...fields } = frame;
    this.event = { ...this.event, ...fields, version };
  }

  /** @param {any[]} slots @param {string | undefined} version */
  #slots(slots, version) {
    /** @type {Map<string, any>} */
    const changed = new Map();
    for (const slot of slots) if (this.#fresh(`slot ${slot.id}`, version)) changed.set(slot.id, slot);
    if (changed.size === 0) return;
    this.event = { ...this.event, slots: (this.event?.slots ?? []).map((/** @type {any} */ slot) => ({ ...slot, ...changed.get(slot.id) })) };
  }

  /** A place frame: some fields of a place. @param {Frame} frame */
  #place(frame) {
    if (!this.#fresh('place', frame.version)) return;
    const { type: _, ...fields } = frame;
    const another = !this.place || (this.place.id && fields.id && this.place.id !== fields.id);
    const changed = another || this.place.state !== fields.state;
    if ('until_ms' in fields) fields.until = null;
    const [was, is] = [this.place?.eta_s?.high, fields.eta_s?.high];
    if (!another && typeof was === 'number' && typeof is === 'number' && is >= was + SLOWER_S) this.slowerAt = Date.now();
    this.place = another ? { event: this.event?.id, reservations: [], last: null, ...fields } : { ...this.place, ...fields };
    if (another || (changed && WHOLE.includes(fields.state))) this.wanting = true;
  }

  /** A whole place, from an answer or a greeting. @param {any} place @param {string} [version] */
  takePlace(place, version = place?.version) {
    // A join's answer carries the join's own position: where the fold was faster, it is known better already.
    const overtaken = place?.state === 'pending' && this.seen.has('place') && !older(this.seen.get('place'), version);
    if (!place || overtaken || !this.#fresh('place', version)) return;
    const known = new Map((this.place?.reservations ?? []).map((/** @type {any} */ one) => [one.id, one]));
    const reservations = (place.reservations ?? []).map((/** @type {any} */ one) => (this.#fresh(`reservation ${one.id}`, one.version ?? version) ? one : (known.get(one.id) ?? one)));
    this.place = { ...place, receipt: place.receipt ?? (this.place?.id === place.id ? this.place?.receipt : null), reservations };
    this.wanting = false;
  }

  /** A reservation frame, or the answer to a change. @param {any} one */
  #reservation(one) {
    if (!this.place || !this.#fresh(`reservation ${one.id}`, one.version)) return;
    const { type: _, ...fields } = one;
    const all = /** @type {any[]} */ (this.place.reservations ?? []);
    const had = all.find((each) => each.id === one.id);
    const reservations = had ? all.map((each) => (each.id === one.id ? { ...each, ...fields } : each)) : [...all, fields];
    this.place = { ...this.place, reservations, last: lastOf(this.place.last, had, fields) };
    if (had?.state !== fields.state) this.wanting = true;
  }

  /** @param {any} one */
  takeReservation(one) {
    if (one?.id) this.#reservation(one);
  }
}

/** What the last command came to, as far as a reservation tells. @param {any} last @param {any} had @param {any} one */
function lastOf(last, had, one) {
  const kind = last?.of === one.id || !had ? (last?.of === one.id ? last.kind : 'reserve') : last?.kind;
  const state = { pending: 'pending', confirmed: 'done', cancelled: 'done', refused: 'refused' }[/** @type {string} */ (one.state)] ?? 'done';
  return { kind, state, reason: one.reason ?? null, of: one.id, slot: one.slot ?? null };
}
