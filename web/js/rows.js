// The rows of a page: slots, party sizes, tickets. The same as `pages/rows.rs` on the server.

import { dayKey, slotTime, spaced, timeOf } from './words.js';

/** @typedef {import('./words.js').Words} Words */

const FEW = 10;
const PARTY_BUTTONS = 6;

/** @param {any} event @returns {any[]} */
const allSlots = (event) => event?.slots ?? [];

/** @param {any} event @param {any} id */
export const slotOf = (event, id) => (typeof id === 'string' ? allSlots(event).find((slot) => slot.id === id) : undefined);

/** Seats left over all bookable slots; null while one is unknown. @param {any} event @returns {number | null} */
export function seatsLeft(event) {
  if (allSlots(event).length === 0) return null;
  let sum = 0;
  for (const slot of allSlots(event)) {
    if (slot.state !== 'bookable') continue;
    if (typeof slot.remaining !== 'number') return null;
    sum += slot.remaining;
  }
  return sum;
}

/** @param {Words} words @param {any} slot @returns {[string, string]} */
function seats(words, slot) {
  if (slot.state === 'stopped') return ['stopped', words.say('slot_stopped')];
  if (slot.state === 'over') return ['over', words.say('slot_over')];
  if (slot.state === 'cancelled') return ['cancelled', words.say('slot_cancelled')];
  if (typeof slot.remaining !== 'number') return ['unknown', words.say('slot_unknown')];
  if (slot.remaining === 0) return ['full', words.say('slot_full')];
  return slot.remaining <= FEW ? ['few', words.count('slot_few', slot.remaining)] : ['free', words.count('slot_left', slot.remaining)];
}

/** @param {Words} words @param {any} event @param {any} wish @param {string} zone @param {'look' | 'wish' | 'book' | 'none'} mode */
export function slots(words, event, wish, zone, mode) {
  if (mode === 'none' || allSlots(event).length === 0) return null;
  const days = allSlots(event).map((slot) => dayKey(timeOf(slot, 'starts_at') ?? 0, zone));
  const several = new Set(days).size > 1;
  return {
    mode,
    legend: words.say(`slots_${mode}`),
    note: mode === 'wish' ? words.say('slots_wish_note') : '',
    rows: allSlots(event).map((slot, i) => {
      const starts = timeOf(slot, 'starts_at') ?? 0;
      const [kind, left] = seats(words, slot);
      const enabled = mode !== 'look' && ['free', 'few', 'unknown'].includes(kind);
      return {
        id: slot.id,
        day: several && days[i] !== days[i - 1] ? words.day(starts, zone) : '',
        time: slotTime(starts, zone),
        left,
        kind,
        pick: mode !== 'look',
        enabled,
        checked: enabled && slot.id === wish,
      };
    }),
  };
}

/** @param {Words} words @param {any} event */
export function party(words, event) {
  const max = Math.max(1, event?.party_max ?? 1);
  const sizes = max <= PARTY_BUTTONS ? Array.from({ length: max }, (_, i) => i + 1) : [];
  return { max, options: sizes.map((n) => ({ id: n, label: words.party(n), checked: n === 1 })) };
}

/** The confirmed reservations, oldest first. @param {Words} words @param {any} event @param {any} place @param {string} zone @param {number} now */
export function tickets(words, event, place, zone, now) {
  const all = /** @type {any[]} */ (place?.reservations ?? []);
  return all.filter((one) => one.state === 'confirmed').map((one) => ticket(words, event, one, zone, now));
}

/** @param {Words} words @param {any} event @param {any} one @param {string} zone @param {number} now */
function ticket(words, event, one, zone, now) {
  const slot = slotOf(event, one.slot);
  const starts = timeOf(slot, 'starts_at');
  const ends = timeOf(slot, 'ends_at');
  const code = spaced(one.code ?? '');
  const clock = (/** @type {number | null} */ ms) => (ms === null ? '' : slotTime(ms, zone));
  return {
    id: one.id,
    slot: one.slot ?? '',
    date: starts === null ? '' : words.day(starts, zone),
    time: `${clock(starts)}–${clock(ends)}`,
    party: words.party(one.seats ?? 1),
    venue: words.pick(event?.venue),
    code,
    qr: `/v1/reservations/${one.id}/ticket.svg`,
    qr_alt: words.say('ticket_qr', { code }),
    calendar: `/v1/reservations/${one.id}/calendar.ics`,
    open: starts !== null && starts > now,
    moves: moves(words, event, one, zone),
  };
}

/** @param {Words} words @param {any} event @param {any} one @param {string} zone */
function moves(words, event, one, zone) {
  const days = new Set(allSlots(event).map((slot) => dayKey(timeOf(slot, 'starts_at') ?? 0, zone)));
  return allSlots(event)
    .filter((slot) => slot.id !== one.slot && slot.state === 'bookable')
    .map((slot) => {
      const starts = timeOf(slot, 'starts_at') ?? 0;
      const time = days.size > 1 ? `${words.day(starts, zone)} ${slotTime(starts, zone)}` : slotTime(starts, zone);
      return { id: slot.id, label: `${time} · ${seats(words, slot)[1]}`, enabled: typeof slot.remaining !== 'number' || slot.remaining >= (one.seats ?? 1) };
    });
}
