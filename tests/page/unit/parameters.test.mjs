import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';

import * as parameters from '../../../foundry_telemetry/local/page/parameters.js';

const CLOCK = { now: Date.parse('2026-11-22T12:00:00Z'), utc: true };
const TABLE = new URL('../../data/parameters.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(TABLE, 'utf8'));
const declare = (json) => parameters.declaration({ name: 'P', type: parameters.DROPDOWN, ...json });
const MANY = { multiSelect: true, quote: "'", delimiter: ',' };

for (const { name, parameters: declared, text, filled, unknown = [], formats = [], missing = [] } of cases) {
  test(`a reference is filled as in the portal: ${name}`, () => {
    const known = new Map(declared.map((json) => [json.name, parameters.declaration(json)]));
    const found = parameters.fill(text, (each) => known.get(each), CLOCK);
    assert.equal(found.text, filled);
    assert.deepEqual([...found.unknown], unknown);
    assert.deepEqual([...found.formats], formats);
    assert.deepEqual([...found.missing.keys()], missing);
  });
}

test('a format that is only a name of objects is no format', () => {
  for (const type of [parameters.TEXT, parameters.TIME]) {
    const parameter = declare({ type, value: 'x' });
    assert.equal(parameters.expand(parameter, 'constructor', CLOCK), null);
  }
});

test('"All" is every value of the list, and stands for what the workbook says', () => {
  const options = '[{"value":"a"},{"value":"b"}]';
  const all = declare({ ...MANY, value: ['value::all'], jsonData: options });
  assert.deepEqual(parameters.chosen(all), ['a', 'b']);
  assert.equal(parameters.expand(all, undefined, CLOCK), "'a','b'");
  assert.equal(parameters.labelText(all), 'All');
  assert.equal(parameters.expand({ ...all, selectAll: '*' }, undefined, CLOCK), "'*'");
});

test('a parameter is unset without a value, an empty value, or a time without a length', () => {
  const unset = [declare({}), declare({ value: '' }), declare({ type: 4, value: { durationMs: 0 } })];
  const set = [declare({ value: 'a' }), declare({ type: 4, value: { durationMs: 1 } })];
  assert.deepEqual([...unset, ...set].map(parameters.isUnset), [true, true, true, false, false]);
});

test('the range of a parameter is that of a time, and of no other type', () => {
  const value = { durationMs: 1 };
  assert.deepEqual(parameters.timeOf(declare({ type: parameters.TIME, value })), value);
  assert.equal(parameters.timeOf(declare({ type: parameters.TIME, value: { durationMs: 0 } })), null);
  assert.equal(parameters.timeOf(declare({ type: parameters.TEXT, value: 'a' })), null);
});

test('a value is pending until the query that decides it is answered', () => {
  const waiting = declare({ query: 'T' });
  assert.equal(parameters.isPending(waiting), true);
  assert.equal(parameters.isPending({ ...waiting, loaded: true }), false);
  assert.equal(parameters.isPending(declare({ query: 'T', value: 'given' })), false);
  assert.equal(parameters.isPending(declare({ query: 'T', value: 'value::all' })), true);
  const withText = { typeSettings: { selectAllValue: '*' } };
  assert.equal(parameters.isPending(declare({ query: 'T', value: 'value::all', ...withText })), false);
});

test('the choices of an answer are found by the names of columns, else by their place', () => {
  const column = (name) => ({ name, type: 'string' });
  const named = {
    columns: ['Label', 'VALUE'].map(column),
    rows: [
      ['A', 'a'],
      ['none', null],
    ],
  };
  assert.deepEqual(parameters.optionsFromTable(named), [
    { value: 'a', label: 'A', selected: false, group: '' },
  ]);
  const placed = { columns: ['x', 'y', 'z', 'g'].map(column), rows: [['a', 'A', 'true', 'G']] };
  assert.deepEqual(parameters.optionsFromTable(placed), [
    { value: 'a', label: 'A', selected: true, group: 'G' },
  ]);
});

test('a list of choices preselects those that it marks', () => {
  const options = ['a', 'b', 'c'].map((value) => ({
    value,
    label: value,
    group: '',
    selected: value !== 'b',
  }));
  assert.equal(parameters.preselected(options, false), 'a');
  assert.deepEqual(parameters.preselected(options, true), ['a', 'c']);
  assert.equal(parameters.preselected([options[1]], true), undefined);
});

test('a parameter with choices and no value begins with the first', () => {
  assert.equal(declare({ jsonData: '["a","b"]' }).value, 'a');
  assert.equal(declare({ jsonData: '[{"value":"a"},{"value":"b","selected":true}]' }).value, 'b');
  assert.deepEqual(declare({ jsonData: 'no JSON' }).options, []);
});

test('the value of a parameter has the shape that it may have', () => {
  assert.deepEqual(declare({ ...MANY, value: 'a' }).value, ['a']);
  assert.equal(declare({ value: ['a', 'b'] }).value, 'a');
  assert.equal(declare({ defaultValue: 'd' }).value, 'd');
});
