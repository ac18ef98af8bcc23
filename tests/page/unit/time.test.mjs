import assert from 'node:assert/strict';
import test from 'node:test';

import * as time from '../../../foundry_telemetry/local/page/time.js';

const NOW = Date.parse('2026-11-22T12:00:00Z');
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const DAY_OF_NOW = time.between(NOW - DAY, NOW);

test('a range is set only where it has a length', () => {
  const values = [
    { durationMs: 1 },
    { durationMs: 0 },
    {},
    null,
    undefined,
    '1h',
    ['1h'],
    { durationMs: '5' },
  ];
  assert.deepEqual(
    values.map((value) => time.isSet(value)),
    [true, false, false, false, false, false, false, true],
  );
});

test('a relative range ends now, another at its own end', () => {
  assert.deepEqual(time.bounds({ durationMs: HOUR }, NOW), { start: NOW - HOUR, end: NOW });
  assert.deepEqual(time.bounds(DAY_OF_NOW, NOW + HOUR), { start: NOW - DAY, end: NOW });
});

test('every range that is offered has at most 60 bins, and more than a handful', () => {
  const sizes = { s: 1000, m: MINUTE, h: HOUR, d: DAY };
  for (const durationMs of time.PRESETS) {
    const [, count, unit] = /^(\d+)([smhd])$/.exec(time.grain({ durationMs }));
    const bins = durationMs / (count * sizes[unit]);
    assert.ok(bins > 5 && bins <= 60, `${durationMs} has ${bins} bins`);
  }
});

test('a range of years has the largest grain there is', () => {
  assert.equal(time.grain({ durationMs: 3650 * DAY }), '30d');
});

test('KQL takes a relative range as ago, another as two instants', () => {
  assert.equal(time.condition({ durationMs: 90 * MINUTE }, NOW), '> ago(90m)');
  assert.equal(
    time.condition(DAY_OF_NOW, NOW),
    'between (datetime(2026-11-21T12:00:00.000Z) .. datetime(2026-11-22T12:00:00.000Z))',
  );
});

test('the query interface takes a duration or two instants', () => {
  assert.equal(time.timespan({ durationMs: DAY }, NOW), 'PT24H');
  assert.equal(time.timespan({ durationMs: 5 * MINUTE }, NOW), 'PT5M');
  assert.equal(time.timespan({ durationMs: 90_500 }, NOW), 'PT90.5S');
  assert.equal(time.timespan(DAY_OF_NOW, NOW), '2026-11-21T12:00:00.000Z/2026-11-22T12:00:00.000Z');
});

test('up to two days are named in hours, more in days, one without a number', () => {
  const labels = [HOUR, DAY, 2 * DAY, 3 * DAY, MINUTE, 1500].map((durationMs) => time.label({ durationMs }));
  assert.deepEqual(labels, [
    'Last hour',
    'Last 24 hours',
    'Last 48 hours',
    'Last 3 days',
    'Last minute',
    'Last 1500 milliseconds',
  ]);
  assert.equal(time.label(undefined), '');
});

test('the label of two instants names the second day only where it is another', () => {
  const start = Date.parse('2026-11-22T10:00:00Z');
  assert.equal(time.label(time.between(start, start + HOUR), true), '2026-11-22 10:00:00 to 11:00:00 UTC');
  assert.equal(
    time.label(time.between(start, start + DAY), true),
    '2026-11-22 10:00:00 to 2026-11-23 10:00:00 UTC',
  );
});

test('a time has the parts that its pattern wants', () => {
  const ms = Date.parse('2026-01-02T03:04:05.678Z');
  assert.equal(time.dateText(ms, true), '2026-01-02 03:04:05.678');
  assert.equal(time.dateText(ms, true, 'shortTimePattern'), '03:04');
  assert.equal(time.dateText(ms, true, 'longDateTimePattern'), '2026-01-02 03:04:05');
});

test('an age is in its largest whole unit, and never negative', () => {
  const ages = [-HOUR, 1999, 2000, 61_000, 26 * HOUR].map((age) => time.ago(NOW - age, NOW));
  assert.deepEqual(ages, ['just now', 'just now', '2 s ago', '1 min ago', '1 d ago']);
});

test('a URL gives back every range that was written to it', () => {
  for (const range of [
    ...time.PRESETS.map((durationMs) => ({ durationMs })),
    DAY_OF_NOW,
    { durationMs: 1500 },
  ])
    assert.deepEqual(time.fromUrl(time.toUrl(range)), range);
});

test('a URL with no range gives none', () => {
  const start = '2026-11-22T12:00:00.000Z';
  for (const text of ['', 'x', '1y', '-1h', `${start}/${start}`, `${start}/x`, '1'.repeat(13) + 'h'])
    assert.equal(time.fromUrl(text), null, text);
});

test('an input gives back the second that it shows, on both clocks', () => {
  for (const utc of [true, false]) assert.equal(time.fromInput(time.toInput(NOW, utc), utc), NOW);
  assert.ok(Number.isNaN(time.fromInput('', true)));
});
