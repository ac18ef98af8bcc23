/* What a chart shows, from the columns of an answer, by the rules of a workbook. Pure functions. */

import { isNumeric, isTime, plainText } from './format.js';

const MOST_SERIES = 100;
const MOST_POINTS = 10_000;
const OTHER = 'Other';

const named = (columns, name) => columns.findIndex((column) => column.name === name);
const indexes = (columns, test) => columns.map((column, i) => (test(column) ? i : -1)).filter((i) => i >= 0);

/**
 * Which columns are the x axis, the measures and the group: as named in the settings, else by their types.
 */
function roles(columns, { xAxis, yAxis, group } = {}) {
  const times = indexes(columns, isTime);
  const texts = indexes(columns, (column) => !isTime(column) && !isNumeric(column));
  const x = [named(columns, xAxis), times[0], texts[0], 0].find((i) => i >= 0);
  const wanted = (Array.isArray(yAxis) ? yAxis : [yAxis])
    .map((name) => named(columns, name))
    .filter((i) => i >= 0);
  const ys = wanted.length ? wanted : indexes(columns, isNumeric).filter((i) => i !== x);
  const by = [named(columns, group), texts.find((i) => i !== x)].find((i) => i >= 0) ?? -1;
  return { x, ys, group: by, isTime: isTime(columns[x]) };
}

function seriesName(columns, y, group, value) {
  if (group < 0) return columns[y].name;
  return plainText(value) || '(empty)';
}

/**
 * Rows by series, each a map from x to y. A second measure beside a group gets a series of its own per
 * value.
 */
function collect({ columns, rows }, { x, ys, group, isTime: timed }) {
  const series = new Map();
  for (const row of rows) {
    const at = timed ? Date.parse(row[x]) : plainText(row[x]) || '(empty)';
    for (const y of ys) {
      const of = seriesName(columns, y, group, row[group]);
      const name = group >= 0 && ys.length > 1 ? `${of}: ${columns[y].name}` : of;
      if (!series.has(name)) series.set(name, new Map());
      const points = series.get(name);
      const value = row[y] === null ? null : Number(row[y]);
      points.set(at, points.has(at) && value !== null ? (points.get(at) ?? 0) + value : value);
    }
  }
  return series;
}

const total = (points) => [...points.values()].reduce((sum, value) => sum + (value ?? 0), 0);

/** Sums all but the largest series into "Other". */
function limit(series, most) {
  if (!most || series.size <= most) return series;
  const ranked = [...series].sort(([, a], [, b]) => total(b) - total(a));
  const rest = new Map();
  for (const [, points] of ranked.slice(most))
    for (const [at, value] of points) rest.set(at, (rest.get(at) ?? 0) + (value ?? 0));
  return new Map([...ranked.slice(0, most), [OTHER, rest]]);
}

/** The distance between bins: the smallest step between two instants. */
function stepOf(xs) {
  let step = Infinity;
  for (let i = 1; i < xs.length; i += 1) step = Math.min(step, xs[i] - xs[i - 1]);
  return Number.isFinite(step) ? step : 0;
}

/** All bins from the first to the last, those without a row included, so that a gap is seen as one. */
function withGaps(xs, step) {
  if (!step || (xs.at(-1) - xs[0]) / step > MOST_POINTS) return xs;
  const all = [];
  xs.forEach((x, i) => {
    for (let gap = i ? xs[i - 1] + step : x; gap < x - step / 2; gap += step) all.push(gap);
    all.push(x);
  });
  return all;
}

/**
 * The data of a chart.
 * Gives x values, series of {name, values} aligned with them (null where there is no row), the step between bins
 * of a time axis in milliseconds, and whether some was cut.
 */
export function chartData(table, settings = {}) {
  const role = roles(table.columns, settings);
  const all = limit(collect(table, role), settings.createOtherGroup);
  const series = [...all].slice(0, MOST_SERIES);
  const found = [...new Set(series.flatMap(([, points]) => [...points.keys()]))];
  const sorted = role.isTime ? found.sort((a, b) => a - b) : found;
  const step = role.isTime ? stepOf(sorted) : 0;
  const xs = (role.isTime ? withGaps(sorted, step) : sorted).slice(0, MOST_POINTS);
  return {
    isTime: role.isTime,
    xs,
    step,
    isCut: all.size > MOST_SERIES || sorted.length > MOST_POINTS,
    series: series.map(([name, points]) => ({ name, values: xs.map((x) => points.get(x) ?? null) })),
  };
}

/** The slices of a pie: label and number; small ones beyond `createOtherGroup` are summed. */
export function pieData(table, settings = {}) {
  const { columns, rows } = table;
  const label = [
    named(columns, settings.group),
    named(columns, settings.xAxis),
    ...indexes(columns, (column) => !isNumeric(column)),
    0,
  ].find((i) => i >= 0);
  const wanted = named(columns, Array.isArray(settings.yAxis) ? settings.yAxis[0] : settings.yAxis);
  const y = wanted >= 0 ? wanted : indexes(columns, isNumeric).find((i) => i !== label);
  const slices = new Map();
  for (const row of rows) {
    const name = plainText(row[label]) || '(empty)';
    slices.set(name, (slices.get(name) ?? 0) + Number(row[y] ?? 0));
  }
  const ranked = [...slices].map(([name, value]) => ({ name, value })).sort((a, b) => b.value - a.value);
  const most = settings.createOtherGroup || 20;
  if (ranked.length <= most) return ranked;
  return [
    ...ranked.slice(0, most),
    { name: OTHER, value: ranked.slice(most).reduce((sum, { value }) => sum + value, 0) },
  ];
}
