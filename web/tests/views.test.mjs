// The script's view is the server's view: both are held to the same golden file.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { older, Store } from '../js/store.js';
import { view } from '../js/view.js';
import { Words } from '../js/words.js';

const json = (/** @type {string} */ path) => JSON.parse(readFileSync(new URL(`../${path}`, import.meta.url), 'utf8'));
const fixtures = json('fixtures/states.json');
const golden = json('fixtures/views.json');

for (const lang of /** @type {const} */ (['ko', 'en'])) {
  const words = new Words(lang, json(`texts/${lang}.json`));
  for (const state of fixtures.states) {
    test(`${state.name} in ${lang} is what the server shows`, () => {
      const event = { ...fixtures.event, ...state.event };
      const place = state.place && { ...fixtures.place, ...state.place };
      const { refresh_s: _, ...expected } = golden[`${state.name}.${lang}`];
      assert.deepEqual(view(words, event, place, fixtures.now_ms), expected);
    });
  }
}

const place = (/** @type {any} */ more) => ({ ...fixtures.place, ...more });
const store = (/** @type {any} */ more = {}) => new Store({ event: fixtures.event, place: place(more), now_ms: fixtures.now_ms });

test('versions are compared as two numbers', () => {
  assert.equal(older('1-9', '1-10'), true);
  assert.equal(older('2-0', '1-10'), false);
  assert.equal(older('1-10', '1-10'), false);
});

test('what is older about the same subject is ignored, and about another is not', () => {
  const known = store({ version: '1-9000' });
  known.take({ type: 'place', version: '1-8999', id: '1-512-0', state: 'waiting', ahead: 5000 });
  assert.equal(known.place.ahead, 1204);
  known.take({ type: 'slots', version: '1-8999', slots: [{ id: '0900', remaining: 5 }] });
  assert.equal(known.event.slots[0].remaining, 5);
  known.take({ type: 'slots', version: '1-8998', slots: [{ id: '0900', remaining: 9 }] });
  assert.equal(known.event.slots[0].remaining, 5);
});

test('a greeting that is behind takes nothing away', () => {
  const known = store({ version: '1-9000' });
  known.take({ type: 'hello', version: '1-8000', server_ms: fixtures.now_ms, event: fixtures.event, place: null, slots: [], stale: true });
  assert.equal(known.place?.state, 'waiting');
});

test('an accepted join is not gone because a greeting does not know it yet', () => {
  const known = store({ state: 'pending', id: null, version: '1-8700' });
  known.take({ type: 'hello', version: '1-8800', server_ms: fixtures.now_ms, event: fixtures.event, place: null, slots: [] });
  assert.equal(known.place?.state, 'pending');
});

test('a frame that ends the place asks for the whole of it', () => {
  const known = store();
  known.take({ type: 'place', version: '1-9500', id: '1-512-0', state: 'booked' });
  assert.equal(known.wanting, true);
});

test('a refused reservation becomes the last thing that happened', () => {
  const known = store({ state: 'inside' });
  known.take({ type: 'reservation', version: '1-9500', id: 'r', state: 'refused', reason: 'sold_out', slot: '1000', seats: 2, code: null });
  assert.deepEqual(known.place.last, { kind: 'reserve', state: 'refused', reason: 'sold_out', of: 'r', slot: '1000' });
});

test('an answer that only says accepted does not take back what the fold said of it', () => {
  const known = store({ state: 'admitted', version: '1-9000' });
  known.takePlace(place({ state: 'pending', id: null, number: null, version: '1-9000' }));
  assert.equal(known.place.state, 'admitted');
  known.takePlace(place({ state: 'pending', id: null, number: null, version: '1-9001' }));
  assert.equal(known.place.state, 'pending');
});
