import assert from 'node:assert/strict';
import test from 'node:test';

import { DROPDOWN, TEXT, TIME } from '../../../foundry_telemetry/local/page/parameters.js';
import { Scope } from '../../../foundry_telemetry/local/page/scope.js';

const HOUR = 3_600_000;
const at = (order, groups = []) => ({ order, groups });
const text = (name, value, more = {}) => ({ name, type: TEXT, title: name, value, ...more });
const time = (name, value) => ({ name, type: TIME, title: name, value });

test('an item sees the latest declaration before it', () => {
  const scope = new Scope();
  for (const [value, order] of [
    ['a', 1],
    ['b', 5],
  ])
    scope.declare(text('P', value), at(order));
  const seen = [1, 2, 5, 6].map((order) => scope.find('P', at(order))?.value);
  assert.deepEqual(seen, [undefined, 'a', 'a', 'b']);
});

test('a declaration in a group is seen there, and outside where the group exports it', () => {
  const scope = new Scope();
  const [closed, open] = [{ exports: false }, { exports: true }];
  scope.declare(text('Closed', 'c'), at(1, [closed]));
  scope.declare(text('Open', 'o'), at(2, [open]));
  scope.declare(text('Both', 'b'), at(3, [closed, open]));
  const find = (name, groups) => scope.find(name, at(9, groups))?.value;
  assert.deepEqual([find('Closed', []), find('Closed', [closed]), find('Open', [])], [undefined, 'c', 'o']);
  assert.deepEqual([find('Both', []), find('Both', [closed])], [undefined, 'b']);
});

test('a global parameter is seen everywhere and keeps its one declaration', () => {
  const scope = new Scope();
  const global = scope.declare(text('P', 'g', { global: true }), at(9));
  assert.equal(scope.declare(text('P', 'other'), at(10)), global);
  assert.equal(scope.find('P', at(1)), global);
});

test('listeners hear of a change once, and of no change not at all', () => {
  const scope = new Scope();
  const parameter = scope.declare(text('P', 'a'), at(1));
  const changes = [];
  scope.listen(({ parameter: { name, value }, by }) => changes.push([name, value, by]));
  scope.set(parameter, 'a');
  scope.set(parameter, 'b');
  scope.set(parameter, 'b', 'query');
  scope.set(parameter, ['b'], 'query');
  assert.deepEqual(changes, [
    ['P', 'b', 'reader'],
    ['P', ['b'], 'query'],
  ]);
});

test('a request has the same shape at any time, and another one after a change', () => {
  const scope = new Scope();
  const parameter = scope.declare(time('T', { durationMs: HOUR }), at(1));
  const source = { query: 'x | where TimeGenerated > {T:start}', timeContextFromParameter: 'T' };
  const first = scope.request(source, at(2));
  scope.clock.now += HOUR;
  const later = scope.request(source, at(2));
  assert.notEqual(later.text, first.text);
  assert.equal(later.shape, first.shape);
  assert.equal(later.timespan, 'PT1H');
  assert.deepEqual(later.used, [parameter]);
  scope.set(parameter, { durationMs: 2 * HOUR });
  assert.notEqual(scope.request(source, at(2)).shape, first.shape);
});

test('a request without a time has no timespan', () => {
  const { range, timespan } = new Scope().request({ query: 'x', timeContext: { durationMs: 0 } }, at(1));
  assert.deepEqual([range, timespan], [null, null]);
});

test('an item is visible where all its conditions are true', () => {
  const scope = new Scope();
  scope.declare(text('Tab', 'cost'), at(1));
  const condition = (value, comparison = 'isEqualTo') => ({ parameterName: 'Tab', comparison, value });
  const visible = (item) => scope.isVisible(item, at(2));
  assert.equal(visible({}), true);
  assert.equal(visible({ conditionalVisibility: condition('cost') }), true);
  assert.equal(visible({ conditionalVisibility: condition('cost', 'isNotEqualTo') }), false);
  assert.equal(visible({ conditionalVisibilities: [condition('cost'), condition('limits')] }), false);
  assert.equal(scope.isVisible({ conditionalVisibility: condition('') }, at(1)), true);
});

test('a URL gives back the values that differ, and resets the others', () => {
  const scope = new Scope();
  const some = scope.declare({ name: 'S', type: DROPDOWN, title: 'S', value: ['a'], multi: true }, at(1));
  const range = scope.declare(time('T', { durationMs: HOUR }), at(1));
  const same = scope.declare(text('Same', 'x'), at(1));
  scope.set(some, ['b', 'c']);
  scope.set(range, { durationMs: 2 * HOUR });
  const entries = scope.entries();
  assert.deepEqual(entries, [
    ['S', 'b'],
    ['S', 'c'],
    ['T', '2h'],
  ]);
  scope.set(some, []);
  scope.set(range, { durationMs: 3 * HOUR });
  scope.set(same, 'y');
  scope.restore(entries);
  assert.deepEqual([some.value, range.value, same.value], [['b', 'c'], { durationMs: 2 * HOUR }, 'x']);
});

test('a time in a URL that is none is the one of the workbook', () => {
  const scope = new Scope();
  const range = scope.declare(time('T', { durationMs: HOUR }), at(1));
  scope.restore([['T', 'nonsense']]);
  assert.deepEqual(range.value, { durationMs: HOUR });
});

test('the shortest relative time counts, and none is infinite', () => {
  const scope = new Scope();
  assert.equal(scope.shortest(), Infinity);
  scope.declare(time('A', { durationMs: 2 * HOUR }), at(1));
  scope.declare(time('B', { durationMs: HOUR, endTime: '2026-11-22T12:00:00Z' }), at(1));
  assert.equal(scope.shortest(), 2 * HOUR);
});

test('a link sets nothing that the control of a parameter could not', () => {
  const scope = new Scope();
  const listed = [{ value: 'a', label: 'A', group: '' }];
  const tab = scope.declare(text('Tab', 'a', { options: listed }), at(1));
  const number = scope.declare(text('Number', '1', { rules: [{ regExp: '^\\d+$', match: true }] }), at(1));
  const names = { type: DROPDOWN, title: 'Names', name: 'Names', multi: true, fromQuery: true };
  const chosen = scope.declare({ ...names, value: ['value::all'] }, at(1));
  const given = () => [tab.value, number.value, chosen.value];
  const all = (tabbed, typed, name) =>
    scope.restore([
      ['Tab', tabbed],
      ['Number', typed],
      ['Names', 'Acme, Inc.'],
      ['Names', name],
    ]);
  for (const name of ["o'brien", 'say "hi"', 'back\\', 'new\nline']) {
    all('nope', '-1', name);
    assert.deepEqual(given(), ['a', '1', ['value::all']], name);
  }
  all('a', '', '日本語');
  assert.deepEqual(given(), ['a', '', ['Acme, Inc.', '日本語']]);
});
