import assert from 'node:assert/strict';
import test from 'node:test';

import { barAt, brushedBins } from '../../../foundry_telemetry/local/page/brush.js';
import { barTexts, isChange, outside, steps } from '../../../foundry_telemetry/local/page/change_chart.js';
import { leastInterval, timeEnds, valueAxis } from '../../../foundry_telemetry/local/page/chart_axes.js';
import { chartData, pieData } from '../../../foundry_telemetry/local/page/chart_data.js';
import { binText } from '../../../foundry_telemetry/local/page/chart_note.js';
import { points } from '../../../foundry_telemetry/local/page/chart_options.js';
import { SeriesColors } from '../../../foundry_telemetry/local/page/colors.js';

const MINUTE = 60_000;
const START = Date.parse('2026-11-22T12:00:00Z');
const instant = (minute) => new Date(START + minute * MINUTE).toISOString();
const columns = (types) => Object.entries(types).map(([name, type]) => ({ name, type }));

test('the time is the axis, the text the group, the number the measure', () => {
  const rows = [
    [instant(0), 'a', 1],
    [instant(1), 'b', 2],
  ];
  const data = chartData({ columns: columns({ t: 'datetime', g: 'string', n: 'long' }), rows });
  assert.deepEqual([data.isTime, data.step, data.xs], [true, MINUTE, [START, START + MINUTE]]);
  assert.deepEqual(data.series, [
    { name: 'a', values: [1, null] },
    { name: 'b', values: [null, 2] },
  ]);
});

test('a bin without a row is a gap, never zero', () => {
  const rows = [0, 1, 4].map((minute) => [instant(minute), 1]);
  const { series } = chartData({ columns: columns({ t: 'datetime', n: 'long' }), rows });
  assert.deepEqual(series[0].values, [1, 1, null, null, 1]);
});

test('the settings choose other columns than the types would', () => {
  const table = { columns: columns({ n: 'long', m: 'long', g: 'string' }), rows: [[1, 2, 'a']] };
  assert.deepEqual(chartData(table, { xAxis: 'g', yAxis: ['m'] }).series, [{ name: 'm', values: [2] }]);
});

test('two measures beside a group have a series for each value', () => {
  const table = {
    columns: columns({ x: 'string', g: 'string', n: 'long', m: 'long' }),
    rows: [['x', 'a', 1, 2]],
  };
  assert.deepEqual(
    chartData(table).series.map(({ name }) => name),
    ['a: n', 'a: m'],
  );
});

test('all but the largest series are summed into one', () => {
  const rows = [
    ['x', 'a', 1],
    ['x', 'b', 5],
    ['x', 'c', 2],
  ];
  const table = { columns: columns({ x: 'string', g: 'string', n: 'long' }), rows };
  assert.deepEqual(chartData(table, { createOtherGroup: 1 }).series, [
    { name: 'b', values: [5] },
    { name: 'Other', values: [3] },
  ]);
});

test('a chart with too many series keeps the largest, in their order, and is marked as cut', () => {
  const rows = Array.from({ length: 101 }, (_, i) => ['x', `g${i}`, i]);
  const data = chartData({ columns: columns({ x: 'string', g: 'string', n: 'long' }), rows });
  assert.deepEqual([data.series.length, data.series[0].name, data.isCut], [100, 'g1', true]);
});

test('a pie has its largest slices first and sums the small ones', () => {
  const rows = [
    ['a', 1],
    ['b', 5],
    ['a', 2],
    [null, 1],
  ];
  const slices = pieData({ columns: columns({ g: 'string', n: 'long' }), rows }, { createOtherGroup: 2 });
  assert.deepEqual(slices, [
    { name: 'b', value: 5 },
    { name: 'a', value: 3 },
    { name: 'Other', value: 1 },
  ]);
  const many = { columns: columns({ g: 'string', n: 'long' }), rows: ['a', 'b', 'c', 'd'].map((g) => [g, 1]) };
  assert.deepEqual(
    pieData(many, { createOtherGroup: 1 }).map(({ name }) => name),
    ['Other', 'a'],
  );
});

test('the time axis covers the range of the query, and the data beyond it', () => {
  const clock = { now: START + 60 * MINUTE, utc: true };
  const data = { xs: [START, START + MINUTE], step: MINUTE };
  const ends = (kind, range) => timeEnds({ kind, range, clock }, data);
  const hour = { durationMs: 60 * MINUTE };
  assert.deepEqual(ends('timechart', hour), { min: START, max: START + 60 * MINUTE });
  assert.deepEqual(ends('timechart', null), { min: START, max: START + MINUTE });
  assert.deepEqual(ends('barchart', null), { min: START, max: START + 2 * MINUTE });
  assert.deepEqual(ends('timechart', { durationMs: MINUTE }), { min: START, max: START + 60 * MINUTE });
});

test('no mark is between two counts, and none above the whole', () => {
  const of = (...values) => leastInterval({ series: [{ name: 's', values }] });
  assert.deepEqual([of(1, null, 2), of(1, 0.5)], [1, undefined]);
  const theme = { text: '', line: '', font: {} };
  const highest = (unit, most) =>
    valueAxis({ settings: {}, numberFormat: { unit }, theme, fill: (words) => words }, most).max;
  assert.deepEqual([highest(1, 100), highest(1, 120), highest(1, 3), highest(23, 100)], [100, undefined, undefined, undefined]);
});

test('a point that no line leads to is a dot, and an area begins at zero', () => {
  const symbols = (isFilled) =>
    points([1, null, 2, 3], ['a', 'b', 'c', 'd'], { isFilled, shift: 0 }).map(({ symbol }) => symbol);
  assert.deepEqual(symbols(false), ['circle', 'none', 'none', 'none']);
  assert.deepEqual(symbols(true), ['none', 'none', 'none', 'none']);
  assert.deepEqual(points([null], [5], { isFilled: true, shift: 2 })[0].value, [7, 0]);
});

test('the note names a bin by its ends, with seconds only where they count', () => {
  assert.equal(binText(START, 5 * MINUTE, true), '2026-11-22 12:00 – 12:05 UTC');
  assert.equal(binText(START, 1000, true), '2026-11-22 12:00:00 – 12:00:01 UTC');
  assert.equal(binText(START, 0, true), '2026-11-22 12:00 UTC');
});

test('a brush takes whole bins, at least one', () => {
  const data = { xs: [0, 10_000, 20_000], step: 10_000 };
  assert.deepEqual(brushedBins(data, 4_000, 12_000), { start: 0, end: 20_000 });
  assert.deepEqual(brushedBins(data, 21_000, 24_000), { start: 20_000, end: 34_000 });
  assert.deepEqual(brushedBins({ xs: [0], step: 0 }, 0, 0), { start: 0, end: 1000 });
});

test('a click takes the bin of the bar under it, and none where no bar stands', () => {
  const series = [
    { name: 'a', values: [1, 0, null] },
    { name: 'b', values: [0, 0, 2] },
  ];
  const data = { xs: [0, 10_000, 20_000], step: 10_000, series };
  assert.deepEqual([barAt(data, 4_000), barAt(data, 14_000), barAt(data, 29_000)], [0, null, 20_000]);
  assert.deepEqual(brushedBins(data, 20_000, 20_000), { start: 20_000, end: 30_000 });
});

const CHANGED = {
  columns: columns({ name: 'string', cost_usd: 'real', more_usd: 'real', less_usd: 'real', not_split: 'long' }),
  rows: [
    ['before', 10, null, null, 3],
    ['volume', null, 4, null, null],
    ['output', null, null, -6, null],
    ['now', 8, null, null, 3],
  ],
};
const BARS = { xAxis: 'name', yAxis: ['cost_usd', 'more_usd', 'less_usd'] };

test('each part of a change begins where the one before it ended, both costs at zero', () => {
  const data = chartData(CHANGED, BARS);
  assert.deepEqual(
    steps(data).map(({ from, to }) => [from, to]),
    [
      [0, 10],
      [10, 14],
      [14, 8],
      [0, 8],
    ],
  );
  assert.deepEqual(barTexts(data, {}), ['before 10', 'volume +4', 'output -6', 'now 8']);
});

test('a chart is of a change only with parts that add and parts that take away', () => {
  assert.equal(isChange(BARS), true);
  assert.equal(isChange({ yAxis: ['cost_usd', 'more_usd'] }), false);
  assert.equal(isChange({}), false);
});

test('what is in no part is said below the bars', () => {
  assert.equal(outside(CHANGED), '3 attempts without usage or rate: not in the split');
  assert.equal(outside({ ...CHANGED, rows: [['before', 1, null, null, 0]] }), '');
});

test('a series without a colour of the workbook gets none that another in the chart has', () => {
  const colors = new SeriesColors();
  assert.deepEqual(['a', 'b'].map((name) => colors.place(name)), [1, 2]);
  colors.reserve(['blue', 'orange', undefined]);
  assert.deepEqual(['b', 'a', 'c'].map((name) => colors.place(name)), [2, 4, 5]);
  colors.reserve([]);
  assert.equal(colors.place('a'), 4, 'it keeps its own as others come and go');
});
