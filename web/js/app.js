// Keeps the page alive that the server painted: takes what the line brings, repaints, acts for the shopper. The server's page works without it.

import { Actions } from './actions.js';
import { Alerts } from './alerts.js';
import { Link } from './link.js';
import { paint } from './paint.js';
import { Store } from './store.js';
import { slotAndParty, view } from './view.js';
import { Words } from './words.js';

/** @template {HTMLElement} T @param {string} id @returns {T} */
const by = (id) => {
  const element = document.getElementById(id);
  if (!element) throw new Error(`the page has no ${id}`);
  return /** @type {T} */ (element);
};
const data = (/** @type {string} */ id) => JSON.parse(by(id).textContent ?? '');

const initial = data('initial');
const words = new Words(initial.lang, data('texts'));
const main = by('main');
const form = /** @type {HTMLFormElement} */ (by('act'));
const dialog = /** @type {HTMLDialogElement} */ (by('ask'));
const store = new Store(initial);
const eventId = /** @type {string} */ (main.dataset.event);
const alerts = new Alerts(words, by('said'));
const actions = new Actions(eventId, store, () => changed());
const link = new Link(eventId, { since: () => store.version, frame: (frame) => took(frame), changed: () => changed() });
const tabs = new BroadcastChannel(`banjjak.${eventId}`);
const setting = { sound: /** @type {HTMLInputElement} */ (by('set-sound')), ask: /** @type {HTMLInputElement} */ (by('set-ask')) };

const LOST_AFTER_MS = 2_500;
const FIRST_LOST_AFTER_MS = 9_000;
/** How long an accepted join may stay without a word; a live line brings it by itself. */
const PENDING_CHECK_MS = { live: 8_000, else: 2_000 };
const WHOLE_SPREAD_MS = 1_000;
const ASK_AGAIN_MS = 5_000;
const SLOWER_SHOWN_MS = 60_000;

/** What the page showed last; a change of state moves the focus and is told. */
let shown = main.dataset.state ?? '';
let everLive = false;
let wasLive = false;
let refreshing = false;
/** The place that was entered by itself, so that it happens once. @type {string | null} */
let enteredFor = null;
/** The place that was called for, so that it is called once. @type {string | null} */
let called = null;
/** The longest the running deadline was seen, and whose it is: the bar's full length. */
const longest = { of: '', ms: 0 };
/** What was left of the deadline at the last look. */
let leftBefore = Number.POSITIVE_INFINITY;

const visible = () => document.visibilityState === 'visible';

/** @param {import('./store.js').Frame} frame */
function took(frame) {
  store.take(frame);
  changed();
}

/** Something may look different now. */
function changed() {
  everLive ||= link.state === 'live';
  if (link.state === 'live' && !wasLive) askAgain();
  wasLive = link.state === 'live';
  if (store.wanting && !refreshing && actions.busy === null) void whole();
  repaint();
  actions.settle();
}

/** Gets the whole place after a frame told that it changed; not at the same moment as everybody else who was told. */
async function whole() {
  refreshing = true;
  await new Promise((done) => setTimeout(done, Math.random() * WHOLE_SPREAD_MS));
  if (store.wanting) {
    store.wanting = false;
    await actions.refresh();
    tell();
  }
  refreshing = false;
}

/** Tells the other tabs of this browser. */
function tell() {
  if (store.place) tabs.postMessage({ place: store.place });
}

/** The chosen slot and party size in the form. */
function choice() {
  // Not the form's data: that leaves out a choice that is disabled just now, such as a wish while entering.
  const value = (/** @type {string} */ selector) => /** @type {HTMLInputElement | null} */ (form.querySelector(selector))?.value;
  const seats = Number(value('input[name=seats]:checked, input[name=seats][type=number]') ?? 1);
  return { slot: value('input[name=slot]:checked') ?? '', seats: Math.max(1, Math.floor(seats) || 1) };
}

/** What the page shows: the view, and what only this page knows. */
function model() {
  const now = store.now();
  const known = view(words, store.event, store.place, now);
  const picked = choice();
  const lost = lostness();
  const problem = link.state === 'unknown-shopper' ? 'invalid_cookie' : actions.problem;
  const sending = actions.attempt !== null && (actions.busy === 'book' || actions.accepted || !actions.answered) && ['inside', 'refused'].includes(known.state);
  return {
    ...known,
    ...(known.state === 'waiting' && Date.now() - store.slowerAt < SLOWER_SHOWN_MS ? { why: words.say('why_slower') } : {}),
    ...(sending ? asking() : {}),
    ...(problem !== null && known.state !== 'refused' ? { alert: words.problem(sending && problem === 'network' ? 'outcome_unknown' : problem), alert_code: problem } : {}),
    deadline: known.deadline && { ...known.deadline, max_ms: barLength(known) },
    slots: sending ? null : fitting(known.slots, picked.seats),
    ...(sending ? {} : button(known, picked)),
    place_id: store.place?.id ?? '',
    lost,
    base: known.state,
    act: !sending && (known.action !== null || known.slots !== null),
  };
}

/** The booking that is on its way. */
function asking() {
  const { slot, seats } = /** @type {import('./actions.js').Attempt} */ (actions.attempt);
  const asked = slotAndParty(words, store.event, slot, seats, store.event?.time_zone ?? 'UTC') ?? '';
  const key = actions.accepted ? 'booking_pending_sub' : 'booking_pending_sub_sending';
  return { state: 'booking-pending', headline: words.say('booking_pending_headline'), sub: words.say(key, { asked }), why: '', alert: '', leave: '', extend: false, action: null, primary: '', party: null };
}

/** Slots with too few seats for the party cannot be chosen. @param {import('./view.js').View['slots']} slots @param {number} seats */
function fitting(slots, seats) {
  if (slots?.mode !== 'book') return slots;
  const left = new Map((store.event?.slots ?? []).map((/** @type {any} */ slot) => [slot.id, slot.remaining]));
  return { ...slots, rows: slots.rows.map((row) => ({ ...row, enabled: row.enabled && !((left.get(row.id) ?? seats) < seats) })) };
}

/** The big button: what it says, and whether it can be pressed. @param {import('./view.js').View} known @param {{ slot: string, seats: number }} picked */
function button(known, picked) {
  if (actions.busy !== null && actions.busy !== 'forget') return { primary: known.primary && words.say(actions.busy === 'enter' ? 'entering' : 'sending'), ready: false };
  if (known.action === 'wish') return { primary: known.primary, ready: picked.slot !== (store.place?.wish ?? '') };
  if (known.action !== 'book') return { primary: known.primary, ready: true };
  const row = known.slots?.rows.find((each) => each.id === picked.slot);
  if (!row) return { primary: words.say('book_pick'), ready: false };
  return { primary: words.say('book', { time: row.time, party: words.party(picked.seats) }), ready: true };
}

/** @param {import('./view.js').View} known */
function barLength(known) {
  const of = `${store.place?.id} ${known.action} ${store.place?.extensions}`;
  if (longest.of !== of) Object.assign(longest, { of, ms: 0 });
  longest.ms = Math.max(longest.ms, known.deadline?.max_ms ?? 0);
  return longest.ms;
}

/** Whether and how the line is lost, in words. */
function lostness() {
  const kept = store.place && !['left', 'no_show', 'timed_out', 'closed'].includes(store.place.state);
  if (link.state === 'parked') return { headline: words.say('lost_touch'), age: '', next: '' };
  const since = link.downSince;
  if (since === null || link.state === 'live' || link.state === 'unknown-shopper') return null;
  if (navigator.onLine && Date.now() - since < (everLive ? LOST_AFTER_MS : FIRST_LOST_AFTER_MS)) return null;
  const old = Math.max(1, Math.round((Date.now() - (store.freshAt ?? Date.now())) / 1000));
  const age = old < 60 ? words.count('age_seconds', old) : words.count('age_minutes', Math.floor(old / 60));
  const next = link.nextAt === null ? words.say('lost_trying') : words.say('lost_next', { seconds: String(Math.max(1, Math.ceil((link.nextAt - Date.now()) / 1000))) });
  return { headline: words.say(kept ? 'lost_headline' : 'lost_headline_no_place'), age: words.say('lost_age', { age }), next };
}

function repaint() {
  const now = model();
  const turn = now.base === 'admitted';
  alerts.show(`${now.headline} · ${words.pick(store.event?.title)}`, turn && !visible());
  if (turn) atTurn();
  else enteredFor = called = null;
  if (!visible()) return;
  paint(main, now);
  main.dataset.state = now.lost ? 'lost' : now.state;
  form.action = `${form.dataset.base}/${now.post || 'join'}`;
  form.dataset.action = now.action ?? 'none';
  dropGone(now);
  warn(now);
  spoken(now);
}

/** A choice whose seats are gone is no choice any more. @param {ReturnType<typeof model>} now */
function dropGone(now) {
  const radio = form.querySelector('input[name=slot]:checked:disabled');
  if (!(radio instanceof HTMLInputElement) || now.slots?.mode === 'look') return;
  radio.checked = false;
  alerts.say(words.problem('sold_out'));
  queueMicrotask(repaint);
}

/** The deadline's last minute and last seconds; told when they are reached, not when a page begins within them. @param {ReturnType<typeof model>} now */
function warn(now) {
  const left = now.deadline?.left_ms ?? Number.POSITIVE_INFINITY;
  const box = main.querySelector('.deadline');
  if (!(box instanceof HTMLElement)) return;
  for (const seconds of [60, 20]) if (leftBefore > seconds * 1000 && left <= seconds * 1000 && Number.isFinite(leftBefore)) alerts.say(words.say(`warn_${seconds}`));
  leftBefore = left;
  box.toggleAttribute('data-warn', left <= (now.action === 'enter' ? 20_000 : 60_000));
}

/** Focus and speech follow the state, and only the state. @param {ReturnType<typeof model>} now */
function spoken(now) {
  const state = now.state;
  if (state === shown) {
    if (state === 'waiting') alerts.mention(words.say('said_waiting', { headline: now.headline, wait: now.facts.find((fact) => fact.id === 'wait')?.value ?? '' }));
    return;
  }
  shown = state;
  const box = by('now');
  box.dataset.new = '';
  alerts.say(state === 'admitted' ? words.say('said_admitted') : `${now.headline}. ${now.sub}`);
  if (!dialog.open) by('headline').focus({ preventScroll: true });
  if (box.getBoundingClientRect().top < 0) box.scrollIntoView({ block: 'start' });
}

/** The shopper's turn: a page that is seen goes in by itself; one that is not calls. */
function atTurn() {
  const place = store.place?.id ?? '';
  if (visible() && !setting.ask.checked) {
    if (enteredFor === place || actions.busy !== null || link.state === 'down') return;
    enteredFor = place;
    void act(actions.enter());
  } else if (called !== place) {
    called = place;
    alerts.call(setting.sound.checked);
  }
}
/** @param {Promise<boolean>} action */
async function act(action) {
  const done = await action;
  tell();
  return done;
}

/** Asks before what cannot be undone. @param {'leave' | 'cancel' | 'forget'} what @returns {Promise<boolean>} */
function sure(what) {
  const keep = { leave: 'stay', cancel: 'keep', forget: 'keep' }[what];
  by('ask-title').textContent = words.say(`${what}_title`);
  by('ask-note').textContent = words.say(`${what}_note`);
  const [no, yes] = /** @type {NodeListOf<HTMLButtonElement>} */ (dialog.querySelectorAll('button'));
  no.textContent = words.say(keep);
  yes.textContent = words.say(`${what}_do`);
  dialog.returnValue = '';
  dialog.showModal();
  return new Promise((answer) => {
    no.onclick = () => dialog.close('no');
    yes.onclick = () => dialog.close('yes');
    dialog.onclose = () => answer(dialog.returnValue === 'yes');
  });
}

/** @param {SubmitEvent} e */
function submitted(e) {
  const sent = /** @type {HTMLFormElement} */ (e.target);
  if (!sent.dataset.form) return;
  e.preventDefault();
  const field = (/** @type {string} */ name) => String(new FormData(sent).get(name) ?? '');
  switch (sent.dataset.form) {
    case 'act':
      return void primary();
    case 'extend':
      return void act(actions.extend());
    case 'leave':
      return void act(actions.leave());
    case 'move':
      return void act(actions.move(field('reservation'), field('from'), field('slot')));
    case 'cancel':
      return void act(actions.cancel(field('reservation'), field('from')));
  }
}

async function primary() {
  const { slot, seats } = choice();
  const { action } = model();
  if (action === 'join') {
    await act(actions.join(slot || null, link.state === 'live'));
    checkPending();
  } else if (action === 'wish') {
    if (await act(actions.join(slot || null, false))) alerts.say(words.say('wish_saved'));
  } else if (action === 'enter') await act(actions.enter());
  else if (action === 'book' && slot) await book(slot, seats);
}

/** A line that says nothing of an accepted request does not keep the shopper from its answer. */
function checkPending() {
  if (store.place?.state !== 'pending') return;
  const wait = PENDING_CHECK_MS[link.state === 'live' ? 'live' : 'else'];
  setTimeout(() => store.place?.state === 'pending' && void actions.refresh().then(checkPending), wait * (0.75 + Math.random() / 2));
}

/** A booking whose outcome is still open is asked for again, under its own key, once there is a line. */
function askAgain() {
  const { attempt } = actions;
  if (attempt === null || actions.busy !== null) return;
  if (store.place?.state === 'inside' && store.place.id === attempt.place) void book();
}

/** Books; an answer that does not come is asked for until it does. @param {string} [slot] @param {number} [seats] */
async function book(slot, seats) {
  await act(actions.book(slot, seats));
  if (actions.attempt !== null && !actions.answered) setTimeout(askAgain, ASK_AGAIN_MS * (0.75 + Math.random() / 2));
}

/** @param {MouseEvent} e */
async function clicked(e) {
  const target = /** @type {Element} */ (e.target);
  const asks = target.closest('summary')?.closest('[data-ask]');
  if (asks instanceof HTMLElement) {
    e.preventDefault();
    const what = /** @type {'leave' | 'cancel'} */ (asks.dataset.ask);
    const sent = asks.querySelector('form');
    if (sent && (await sure(what))) sent.requestSubmit();
    return;
  }
  switch (target.closest('[data-do]')?.getAttribute('data-do')) {
    case 'try-now':
      return link.tryNow();
    case 'print':
      return print();
    case 'forget':
      if (await sure('forget')) await actions.forget();
  }
}

function settings() {
  for (const [name, box] of Object.entries(setting)) {
    box.checked = localStorage.getItem(`banjjak.${name}`) === 'yes';
    box.addEventListener('change', () => {
      localStorage.setItem(`banjjak.${name}`, box.checked ? 'yes' : 'no');
      changed();
    });
  }
  addEventListener('pointerdown', () => setting.sound.checked && alerts.allowSound());
}

document.documentElement.classList.add('live');
// A form that was refused left its own address behind; reloading is for the event's page.
if (location.pathname !== form.dataset.base) history.replaceState(null, '', form.dataset.base);
settings();
document.addEventListener('submit', submitted);
document.addEventListener('click', clicked);
document.addEventListener('visibilitychange', changed);
form.addEventListener('change', changed);
tabs.onmessage = (e) => {
  store.takePlace(e.data.place);
  changed();
};
setInterval(() => visible() && repaint(), 1_000);
link.start();
// What a reload interrupted goes on.
if (store.place?.state === 'inside') askAgain();
else actions.settle();
checkPending();
changed();
