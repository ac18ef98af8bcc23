import assert from 'node:assert/strict';
import test from 'node:test';

import * as format from '../../../foundry_telemetry/local/page/format.js';

const COUNT = { unit: 17 };
const MS = { unit: 23 };
const SECONDS = { unit: 24 };

test('without digits from the workbook a number has three that count, a whole one all of them', () => {
  const texts = [1234567, 0.123456, 123.456, 1e-7].map((value) => format.numberText(value));
  assert.deepEqual(texts, ['1,234,567', '0.123', '123.5', '0.0000001']);
});

test('a unit scales the number, and its sign follows', () => {
  /** @type {[number, object, string][]} */
  const cases = [
    [1536, { unit: 2 }, '1.5 KiB'],
    [12.5, { unit: 1 }, '12.5%'],
    [1234567, COUNT, '1.23M'],
    [950, COUNT, '950'],
    [61_500, MS, '1.03 min'],
    [0.25, SECONDS, '250 ms'],
    [0.0001, SECONDS, '0.0001 s'],
    [-2_000, COUNT, '-2K'],
  ];
  for (const [value, options, text] of cases)
    assert.equal(format.numberText(value, options).replace('\u00a0', ' '), text);
});

test('the digits of the workbook are kept, money has its own', () => {
  const two = { options: { maximumFractionDigits: 2, minimumFractionDigits: 2 } };
  assert.equal(format.numberText(1, two), '1.00');
  assert.equal(format.numberText(7.5, { options: { style: 'currency', currency: 'EUR' } }), '€7.50');
  assert.equal(format.numberText(7.5, { options: { style: 'currency' } }), '$7.50');
  assert.equal(format.numberText(0.5, { options: { style: 'percent' } }), '50%');
  assert.equal(format.numberText(1234, { options: { useGrouping: false } }), '1234');
  assert.equal(format.numberText(-0.001, two), '0.00', 'zero has no sign');
  assert.equal(format.numberText(-0.005, two), '-0.01');
});

test('what is no number stays as it is', () => {
  assert.deepEqual(format.numberParts('n/a', MS), { text: 'n/a', unit: '' });
  assert.deepEqual(format.numberParts(Infinity, MS), { text: 'Infinity', unit: '' });
});

test('an axis has short numbers, and money no letter', () => {
  assert.equal(format.axisText(12_000), '12K');
  assert.equal(format.axisText(9_990), '9,990');
  for (const [value, text] of [[0, '0\u00a0s'], [500, '0.5\u00a0s'], [1500, '1.5\u00a0s']])
    assert.equal(format.axisText(value, { unit: 23 }, 1500), text, 'one unit on an axis');
  assert.equal(format.axisText(5_000, {}, 20_000), '5K');
  assert.equal(format.axisText(0, {}, 20_000), '0');
  assert.equal(format.axisText(12_000, { options: { style: 'currency' } }), '$12,000');
});

test('the bare value has no grouping, no unit, and nothing for null', () => {
  const values = [null, undefined, 0, false, 'a', [1], { a: 1 }].map(format.plainText);
  assert.deepEqual(values, ['', '', '0', 'false', 'a', '[1]', '{"a":1}']);
});

test('a value without a formatter is shown by the type of its column', () => {
  const show = (value, type, more = {}) => format.valueText(value, { type }, { utc: true, ...more });
  assert.equal(show('2026-01-02T03:04:05Z', 'datetime'), '2026-01-02 03:04:05.000');
  assert.equal(show('no time', 'datetime'), 'no time');
  assert.equal(show(1234, 'long'), '1,234');
  assert.equal(show('1234', 'string'), '1234');
  assert.equal(show('1234', 'string', { numberFormat: COUNT }), '1.23K');
  assert.equal(show(null, 'long'), '');
  assert.equal(show('', 'string', { numberFormat: { emptyValCustomText: 'none' } }), 'none');
});

test('a date format can fix the clock and the pattern', () => {
  const dateFormat = { showUtcTime: true, formatName: 'shortTimePattern' };
  const text = format.valueText('2026-01-02T03:04:05Z', { type: 'datetime' }, { utc: false, dateFormat });
  assert.equal(text, '03:04');
});

test('the numbers of a cell come from a list or its JSON, and from nothing else', () => {
  assert.deepEqual(format.series('[1,null,"2"]'), [1, null, 2]);
  assert.deepEqual(format.series([3]), [3]);
  for (const value of ['', '{}', 'x', null, 5]) assert.deepEqual(format.series(value), []);
});
