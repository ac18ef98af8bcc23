/* What a chart shows, from the columns of an answer, by the rules of a workbook. Pure functions. */
// @ts-check

import { isNumeric, isTime, plainText } from './format.js';

/**
 * @import { Column, Table, Value } from './table.js'
 * @import { ChartJson } from './workbook.js'
 *
 * @typedef {number | string} X  An instant in milliseconds, or a category.
 * @typedef {Map<X, number | null>} Points
 * @typedef {{x: number, ys: number[], group: number, isTime: boolean}} Roles  Places of columns; -1 for none.
 * @typedef {{name: string, values: (number | null)[]}} Series  Values by place of x; null where there is no row.
 * @typedef {{name: string, value: number}} Slice
 *
 * @typedef {object} ChartData
 * @property {boolean} isTime
 * @property {X[]} xs
 * @property {number} step  Between bins of a time axis, in milliseconds.
 * @property {boolean} isCut
 * @property {Series[]} series
 */

const MOST_SERIES = 100;
const MOST_POINTS = 10_000;
const OTHER = 'Other';

/** @type {(columns: Column[], name: string | undefined) => number} */
const named = (columns, name) => columns.findIndex((column) => column.name === name);
/** @type {(columns: Column[], test: (column: Column) => boolean) => number[]} */
const indexes = (columns, test) => columns.map((column, i) => (test(column) ? i : -1)).filter((i) => i >= 0);
/** @type {(...places: (number | undefined)[]) => number | undefined} */
const firstOf = (...places) => places.find((i) => i !== undefined && i >= 0);

/**
 * Which columns are the x axis, the measures and the group: as named in the settings, else by their types.
 * @param {Column[]} columns
 * @param {ChartJson} settings
 * @returns {Roles}
 */
function roles(columns, { xAxis, yAxis, group }) {
  const times = indexes(columns, isTime);
  const texts = indexes(columns, (column) => !isTime(column) && !isNumeric(column));
  const x = firstOf(named(columns, xAxis), times[0], texts[0]) ?? 0;
  const wanted = (Array.isArray(yAxis) ? yAxis : [yAxis])
    .map((name) => named(columns, name))
    .filter((i) => i >= 0);
  const ys = wanted.length ? wanted : indexes(columns, isNumeric).filter((i) => i !== x);
  const by = firstOf(
    named(columns, group),
    texts.find((i) => i !== x),
  );
  return { x, ys, group: by ?? -1, isTime: isTime(columns[x]) };
}

/** @param {Value} value */
const category = (value) => plainText(value) || '(empty)';

/**
 * Rows by series, each a map from x to y. A second measure beside a group gets a series of its own per
 * value.
 * @param {Table} table
 * @param {Roles} roles
 */
function collect({ columns, rows }, { x, ys, group, isTime: timed }) {
  /** @type {Map<string, Points>} */
  const series = new Map();
  for (const row of rows) {
    const at = timed ? Date.parse(plainText(row[x])) : category(row[x]);
    for (const y of ys) {
      const of = group < 0 ? columns[y].name : category(row[group]);
      const name = group >= 0 && ys.length > 1 ? `${of}: ${columns[y].name}` : of;
      /** @type {Points} */
      const points = series.get(name) ?? new Map();
      series.set(name, points);
      const value = row[y] === null ? null : Number(row[y]);
      points.set(at, points.has(at) && value !== null ? (points.get(at) ?? 0) + value : value);
    }
  }
  return series;
}

/** @param {Points} points */
const total = (points) =>
  [...points.values()].reduce((/** @type {number} */ sum, value) => sum + (value ?? 0), 0);

/**
 * Sums all but the largest series into "Other".
 * @param {Map<string, Points>} series
 * @param {number | undefined} most
 */
function limit(series, most) {
  if (!most || series.size <= most) return series;
  const large = largest(series, most);
  /** @type {Points} */
  const rest = new Map();
  for (const [, points] of [...series].filter(([name]) => !large.has(name)))
    for (const [at, value] of points) rest.set(at, (rest.get(at) ?? 0) + (value ?? 0));
  return new Map([...large, [OTHER, rest]]);
}

/**
 * The series with the highest sums, the highest first.
 * @param {Map<string, Points>} series
 * @param {number} most
 */
function largest(series, most) {
  const ranked = [...series].sort(([, a], [, b]) => total(b) - total(a));
  return new Map(ranked.slice(0, most));
}

/**
 * The distance between bins: the smallest step between two instants.
 * @param {number[]} xs
 */
function stepOf(xs) {
  let step = Infinity;
  for (let i = 1; i < xs.length; i += 1) step = Math.min(step, xs[i] - xs[i - 1]);
  return Number.isFinite(step) ? step : 0;
}

/**
 * All bins from the first to the last, those without a row included, so that a gap is visible.
 * @param {number[]} xs
 * @param {number} step
 */
function withGaps(xs, step) {
  if (!step || (xs[xs.length - 1] - xs[0]) / step > MOST_POINTS) return xs;
  /** @type {number[]} */
  const all = [];
  xs.forEach((x, i) => {
    for (let gap = i ? xs[i - 1] + step : x; gap < x - step / 2; gap += step) all.push(gap);
    all.push(x);
  });
  return all;
}

/**
 * The bins of a time axis.
 * @param {X[]} found
 */
function bins(found) {
  const sorted = found.map(Number).sort((a, b) => a - b);
  const step = stepOf(sorted);
  return { step, xs: withGaps(sorted, step) };
}

/**
 * The data of a chart.
 * @param {Table} table
 * @param {ChartJson} [settings]
 * @returns {ChartData}
 */
export function chartData(table, settings = {}) {
  const role = roles(table.columns, settings);
  const found = limit(collect(table, role), settings.createOtherGroup);
  const large = largest(found, MOST_SERIES);
  const series = [...found].filter(([name]) => large.has(name));
  const points = [...new Set(series.flatMap(([, points]) => [...points.keys()]))];
  const { step, xs: all } = role.isTime ? bins(points) : { step: 0, xs: points };
  const xs = all.slice(0, MOST_POINTS);
  return {
    isTime: role.isTime,
    xs,
    step,
    isCut: found.size > MOST_SERIES || points.length > MOST_POINTS,
    series: series.map(([name, points]) => ({ name, values: xs.map((x) => points.get(x) ?? null) })),
  };
}

/**
 * The slices of a pie, the largest first; small ones beyond `createOtherGroup` are summed.
 * @param {Table} table
 * @param {ChartJson} [settings]
 * @returns {Slice[]}
 */
export function pieData(table, settings = {}) {
  const { columns, rows } = table;
  const label =
    firstOf(
      named(columns, settings.group),
      named(columns, settings.xAxis),
      ...indexes(columns, (column) => !isNumeric(column)),
    ) ?? 0;
  const wanted = named(columns, Array.isArray(settings.yAxis) ? settings.yAxis[0] : settings.yAxis);
  const y = wanted >= 0 ? wanted : indexes(columns, isNumeric).find((i) => i !== label);
  /** @type {Map<string, number>} */
  const slices = new Map();
  for (const row of rows) {
    const name = category(row[label]);
    const value = y === undefined ? 0 : Number(row[y] ?? 0);
    slices.set(name, (slices.get(name) ?? 0) + value);
  }
  const ranked = [...slices].map(([name, value]) => ({ name, value })).sort((a, b) => b.value - a.value);
  const most = settings.createOtherGroup || 20;
  if (ranked.length <= most) return ranked;
  const other = { name: OTHER, value: ranked.slice(most).reduce((sum, { value }) => sum + value, 0) };
  return [...ranked.slice(0, most), other].sort((a, b) => b.value - a.value);
}
