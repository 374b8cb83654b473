// From what the API says (event, place) to what the page shows, as plain values. The same as `pages/view.rs` on the server:
// change both, `web/fixtures/` tells when they differ. `locally` adds what only this page knows.

import { party, seatsLeft, slotOf, slots, tickets } from './rows.js';
import { grouped, slotTime, timeOf } from './words.js';

/** @typedef {import('./words.js').Words} Words */
/** @typedef {ReturnType<typeof view>} View */

/**
 * The parts that every sentence is made from.
 * @typedef {{ words: Words, event: any, place: any, zone: string, now: number, phase: string, standby: boolean, paused: boolean }} Scene
 */

/** @param {Words} words @param {any} event @param {any} place @param {number} now */
export function view(words, event, place, now) {
  /** @type {Scene} */
  const scene = {
    words, event, place, now,
    zone: event?.time_zone ?? 'UTC',
    phase: event?.phase ?? 'scheduled',
    standby: event?.standby ?? false,
    paused: event?.paused ?? false,
  };
  const state = stateOf(scene);
  const action = actionOf(scene, state);
  const [headline, sub] = sentences(scene, state);
  const code = alertCode(scene, state);
  return {
    state,
    headline,
    sub,
    why: why(scene, state),
    notice: words.pick(event?.notice),
    alert: code ? words.problem(code) : '',
    alert_code: code,
    paused: scene.paused && ['admitted', 'inside', 'refused'].includes(state),
    countdown: countdown(scene, state),
    facts: facts(scene, state),
    progress: progress(scene, state),
    deadline: deadline(scene, state),
    action,
    post: action === 'wish' ? 'join' : (action ?? ''),
    primary: primary(scene, state, action),
    slots: slots(words, event, place?.wish, scene.zone, slotMode(state, action)),
    party: action === 'book' ? party(words, event) : null,
    tickets: tickets(words, event, place, scene.zone, now),
    leave: leave(scene, state),
    extend: ['inside', 'refused'].includes(state) && (place?.extensions ?? 0) < (event?.session_extensions ?? 0),
    receipt: place?.receipt ?? '',
  };
}

/** Which state this is. The order of the questions is the rule. @param {Scene} scene */
function stateOf({ place, phase, paused, standby }) {
  switch (place?.state) {
    case 'pending':
    case 'admitted':
    case 'booked':
      return /** @type {string} */ (place.state);
    case 'waiting':
      if (phase === 'lobby') return 'lobby';
      if (paused) return 'paused';
      return standby ? 'standby' : 'waiting';
    case 'inside':
      if (deciding(place)) return 'booking-pending';
      return refusal(place) === null ? 'inside' : 'refused';
    case 'no_show':
      return 'no-show';
    case 'timed_out':
      return 'timed-out';
    case 'left':
      if (phase !== 'closed') return 'left';
  }
  if (phase === 'lobby' || phase === 'open') return paused ? 'paused' : phase;
  return phase === 'closed' ? 'closed' : 'scheduled';
}

/** @param {any} place @returns {any[]} */
const reservations = (place) => place?.reservations ?? [];
/** @param {any} place */
const confirmed = (place) => reservations(place).filter((one) => one.state === 'confirmed').length;
/** @param {Scene} scene */
const hasPlace = ({ place }) => ['pending', 'waiting', 'admitted', 'inside', 'booked'].includes(place?.state);

/** Something about a seat is asked and not yet decided, or not yet in the ledger. @param {any} place */
function deciding(place) {
  const asked = place.last?.state === 'pending' && ['reserve', 'move', 'cancel'].includes(place.last.kind);
  return asked || reservations(place).some((one) => one.state === 'pending');
}

/** Why the last reservation was refused, if the last thing was that. @param {any} place @returns {string | null} */
function refusal(place) {
  const refused = place?.last?.kind === 'reserve' && place.last.state === 'refused';
  return refused ? (place.last.reason ?? 'other') : null;
}

/** The reason of a refusal that no state of its own tells. @param {Scene} scene @param {string} state @returns {string} */
function alertCode({ place }, state) {
  const last = place?.last;
  const told = state === 'refused' || (last?.kind === 'reserve' && state !== 'booked');
  return told || last?.state !== 'refused' ? '' : (last.reason ?? '');
}

/** @param {Scene} scene @param {string} state @returns {'join' | 'wish' | 'enter' | 'book' | null} */
function actionOf(scene, state) {
  switch (state) {
    case 'lobby':
    case 'paused':
      return hasPlace(scene) ? 'wish' : 'join';
    case 'open':
      return 'join';
    case 'waiting':
    case 'standby':
      return 'wish';
    case 'admitted':
      return 'enter';
    case 'inside':
    case 'refused':
      return 'book';
    case 'no-show':
    case 'timed-out':
    case 'left':
      return scene.phase === 'lobby' || scene.phase === 'open' ? 'join' : null;
    default:
      return null;
  }
}

/** @param {string} state @param {string | null} action @returns {'look' | 'wish' | 'book' | 'none'} */
function slotMode(state, action) {
  if (state === 'scheduled' || state === 'admitted') return 'look';
  if (action === 'join' || action === 'wish') return 'wish';
  return action === 'book' ? 'book' : 'none';
}

/** @param {Scene} scene @param {string} state @param {string | null} action */
function primary({ words, phase, standby }, state, action) {
  if (action === null) return '';
  if (action === 'wish') return words.say('wish_save');
  if (action === 'enter') return words.say('enter');
  if (action === 'book') return words.say('book_plain');
  if (['no-show', 'timed-out', 'left'].includes(state)) return words.say('join_again');
  if (phase === 'lobby') return words.say('join_lobby');
  return words.say(standby ? 'join_standby' : 'join');
}

/** Headline and the sentence below it. @param {Scene} scene @param {string} state @returns {[string, string]} */
function sentences(scene, state) {
  const { words, event, place, zone, now } = scene;
  const name = state.replace('-', '_');
  const headline = words.say(`${name}_headline`);
  switch (state) {
    case 'scheduled': {
      const opens = timeOf(event, 'opens_at');
      const lobby = timeOf(event, 'lobby_opens_at');
      const sub = lobby !== null && lobby > now ? words.say('scheduled_sub_lobby', { lobby: words.moment(lobby, zone) }) : words.say('scheduled_sub');
      return [words.say('scheduled_headline', { opens: opens === null ? '' : words.moment(opens, zone) }), sub];
    }
    case 'lobby':
      if (!hasPlace(scene)) return [headline, words.say('lobby_join_sub')];
      return [headline, words.say(event.lobby === 'shuffle' ? 'lobby_sub_shuffle' : 'lobby_sub_arrival')];
    case 'open':
      return [headline, words.say(scene.standby ? 'open_sub_standby' : 'open_sub')];
    case 'paused':
      return [headline, words.say(hasPlace(scene) ? 'paused_sub' : 'paused_sub_open')];
    case 'waiting':
      return [aheadLine(scene), words.say('waiting_sub')];
    case 'admitted':
      return [headline, timed(scene, 'admitted_sub', 'admitted_sub_paused', 'admitted_sub_untimed')];
    case 'inside':
      return [headline, timed(scene, 'inside_sub', 'inside_sub_paused', 'inside_sub_untimed')];
    case 'booking-pending':
      if (['cancel', 'move'].includes(place.last?.kind)) return [words.say('changing_headline'), words.say('booking_pending_sub_plain')];
      return [headline, asked(scene)];
    case 'refused': {
      const reason = refusal(place) ?? 'other';
      return [words.say(reason === 'sold_out' ? 'refused_sold_out_headline' : 'refused_headline'), words.problem(reason)];
    }
    case 'left':
      return left(scene);
    case 'closed':
      if (confirmed(place) > 0) return [headline, words.say('closed_sub_ticket')];
      return [headline, words.say((timeOf(event, 'closes_at') ?? 0) > now ? 'closed_sub_reopen' : 'closed_sub')];
    default:
      return [headline, words.say(`${name}_sub`)];
  }
}

/** @param {Scene} scene */
function aheadLine({ words, place }) {
  if (typeof place.ahead !== 'number') return words.say('waiting_headline_unknown');
  return place.ahead === 0 ? words.say('waiting_headline_next') : words.say('waiting_headline', { ahead: grouped(place.ahead) });
}

/** @param {Scene} scene @param {string} withClock @param {string} paused @param {string} without */
function timed(scene, withClock, paused, without) {
  const until = timeOf(scene.place, 'until');
  if (until !== null) return scene.words.say(withClock, { clock: scene.words.deadline(until, scene.zone) });
  return scene.words.say(scene.paused ? paused : without);
}

/** A slot and a party in words. @param {Words} words @param {any} event @param {any} slot @param {number} seats @param {string} zone @returns {string | null} */
export function slotAndParty(words, event, slot, seats, zone) {
  const starts = timeOf(slotOf(event, slot), 'starts_at');
  return starts === null ? null : words.say('asked', { time: slotTime(starts, zone), party: words.party(seats) });
}

/** What is being decided, in words; only what the server itself said. @param {Scene} scene */
function asked({ words, event, place, zone }) {
  const pending = reservations(place).find((one) => one.state === 'pending');
  const what = pending ? slotAndParty(words, event, pending.slot, pending.seats ?? 1, zone) : null;
  return what === null ? words.say('booking_pending_sub_plain') : words.say('booking_pending_sub', { asked: what });
}

/** @param {Scene} scene @returns {[string, string]} */
function left({ words, place }) {
  const newest = reservations(place).at(-1);
  let key = 'left';
  if (newest?.state === 'cancelled') key = newest.reason === 'slot_cancelled' ? 'left_slot_cancelled' : 'left_cancelled';
  return [words.say(`${key}_headline`), words.say(`${key}_sub`)];
}

/** @param {Scene} scene @param {string} state */
function why({ words, event, place }, state) {
  if (state === 'scheduled' || state === 'lobby') return words.say(event.lobby === 'shuffle' ? 'order_shuffle' : 'order_arrival');
  if (['waiting', 'standby', 'paused'].includes(state) && place?.reason && words.has(`why_${place.reason}`)) return words.say(`why_${place.reason}`);
  if (state === 'refused') return words.say('refused_choose');
  if (state === 'inside' && confirmed(place) > 0) return words.say('inside_more', { count: String(confirmed(place)) });
  return '';
}

/** @param {Scene} scene @param {string} state */
function countdown({ words, event, now }, state) {
  const at = timeOf(event, 'opens_at');
  if (at === null || (state !== 'scheduled' && state !== 'lobby')) return null;
  return { at_ms: at, label: words.say('opens_in'), text: words.remaining(at - now) };
}

/** @param {Scene} scene @param {string} state */
function facts(scene, state) {
  const { words, event, place } = scene;
  /** @param {string} id @param {string} label @param {string | null} value */
  const fact = (id, label, value) => (value === null ? [] : [{ id, label: words.say(label), value }]);
  /** @param {string} key @param {any} n */
  const count = (key, n) => (typeof n === 'number' ? words.count(key, n) : null);
  const eta = (/** @type {any} */ of) => (typeof of?.eta_s?.high === 'number' ? words.wait(of.eta_s.low ?? 0, of.eta_s.high) : null);
  const number = () => fact('number', 'fact_number', count('number', place?.number));
  const seats = () => fact('seats', 'fact_seats', count('seats', seatsLeft(event)));
  const here = (/** @type {string} */ label) => fact('here', label, count('people', event.waiting));
  const rank = () => fact('ahead', 'fact_rank', typeof place?.ahead === 'number' ? words.count('nth', place.ahead + 1) : null);
  switch (state) {
    case 'pending':
      return fact('receipt', 'fact_receipt', recordedAs(place));
    case 'lobby':
      return [...here('fact_here'), ...number()];
    case 'open':
      return [...here('fact_line'), ...fact('wait', 'fact_join_wait', eta(event)), ...seats()];
    case 'waiting':
      return [...number(), ...fact('wait', 'fact_wait', eta(place) ?? words.say('unknown')), ...seats()];
    case 'paused':
      return hasPlace(scene) ? [...number(), ...fact('ahead', 'fact_ahead', count('people', place?.ahead))] : [...here('fact_line'), ...seats()];
    case 'standby':
      return [...rank(), ...number(), ...fact('cancelled', 'fact_cancelled', count('tickets', event.cancelled))];
    case 'admitted':
      return number();
    default:
      return [];
  }
}

/** Where the join stands in the log, as its receipt says. @param {any} place @returns {string | null} */
const recordedAs = (place) => place?.receipt?.split('.')[3] ?? null;

/** @param {Scene} scene @param {string} state */
function progress({ words, place }, state) {
  const [began, ahead] = [place?.began_ahead, place?.ahead];
  if (state !== 'waiting' || typeof began !== 'number' || typeof ahead !== 'number' || began === 0 || ahead > began) return null;
  return { value: began - ahead, max: began, text: words.say('waiting_progress', { began: grouped(began), passed: grouped(began - ahead) }) };
}

/** @param {Scene} scene @param {string} state */
function deadline({ words, place, now }, state) {
  const usual = { admitted: 60_000, inside: 300_000, refused: 300_000 }[state];
  const until = timeOf(place, 'until');
  if (usual === undefined || until === null) return null;
  const left = Math.max(0, until - now);
  return { until_ms: until, left_ms: left, max_ms: Math.max(usual, left), text: words.remaining(left) };
}

/** @param {Scene} scene @param {string} state */
function leave(scene, state) {
  if (['waiting', 'standby', 'admitted', 'lobby', 'paused'].includes(state) && hasPlace(scene)) return scene.words.say('leave');
  if (['inside', 'refused'].includes(state) && confirmed(scene.place) === 0) return scene.words.say('leave_room');
  return '';
}
