import assert from 'node:assert/strict';
import test from 'node:test';

import { DROPDOWN, TEXT } from '../../../foundry_telemetry/local/page/parameters.js';
import { isSameStep, parseHash } from '../../../foundry_telemetry/local/page/url_state.js';

const typed = { parameter: { name: 'Search', type: TEXT, isControl: true }, by: 'reader' };

test('a hash gives names and values, several of one name, decoded', () => {
  assert.deepEqual(parseHash('#A=1&B=x%20y&A=2'), [
    ['A', '1'],
    ['B', 'x y'],
    ['A', '2'],
  ]);
  assert.deepEqual(parseHash(''), []);
});

test('text typed without a pause is one step back', () => {
  const last = { name: 'Search', at: 1000 };
  assert.equal(isSameStep(typed, last, 2499), true);
  assert.equal(isSameStep(typed, last, 2500), false);
  assert.equal(isSameStep(typed, { ...last, name: 'Other' }, 1001), false);
});

test('each choice is a step back of its own, what an item resets is none', () => {
  const last = { name: 'Search', at: 1000 };
  const chosen = { ...typed, parameter: { ...typed.parameter, type: DROPDOWN } };
  const selected = { ...typed, parameter: { ...typed.parameter, isControl: false } };
  assert.deepEqual(
    [chosen, selected, { ...chosen, by: 'item' }].map((change) => isSameStep(change, last, 1001)),
    [false, false, true],
  );
});
