/* Which rows a table shows, in which order: filtered, sorted, cut. Pure functions. */
// @ts-check

import { isHidden, ruleFor } from './format_rules.js';
import { isNumeric, isTime, plainText } from './format.js';
import { FILLED } from './texts.js';

/**
 * @import { Column, Table, Value } from './table.js'
 * @import { FormatterJson, SortJson } from './workbook.js'
 * @typedef {Column & {at: number, rule?: FormatterJson}} GridColumn  A column with its place and its formatter.
 * @typedef {{name: string, down: boolean, turned?: boolean}} Sort
 * @typedef {{min: number, max: number}} Range
 */

/**
 * @param {Value} a
 * @param {Value} b
 * @param {boolean} numeric
 */

function compare(a, b, numeric) {
  if (a === b) return 0;
  if (a === null || a === '') return 1;
  if (b === null || b === '') return -1;
  return numeric ? Number(a) - Number(b) : plainText(a).localeCompare(plainText(b), 'en');
}

/** Formatters whose cells are no plain numbers, and so not aligned like numbers. */
const NOT_ALIGNED = new Set([3, 7, 18, 22]);
const BIG_NUMBER = 2;
const THRESHOLDS = 18;

/**
 * The columns of a table that are shown, each with its formatter.
 * @param {Column[]} columns
 * @param {FormatterJson[] | undefined} formatters
 * @returns {GridColumn[]}
 */
export function gridColumns(columns, formatters) {
  return columns
    .map((column, at) => ({ ...column, at, rule: ruleFor(formatters, column.name) }))
    .filter(({ rule }) => !isHidden(rule));
}

/**
 * Whether the cells of a column are aligned to the right.
 * @param {GridColumn} column
 */
export function isRightAligned(column) {
  const kind = column.rule?.formatter ?? 0;
  const isNumber = !NOT_ALIGNED.has(kind) || (kind === THRESHOLDS && Boolean(column.rule?.numberFormat));
  return kind === BIG_NUMBER || (isNumeric(column) && isNumber);
}

/**
 * The order that the workbook wants; a key may be generated, `$gen_bar_Column_3`.
 * @param {SortJson[] | undefined} sortBy
 * @returns {Sort | null}
 */
export function initialSort(sortBy) {
  const first = sortBy?.[0];
  if (!first) return null;
  return { name: first.itemKey.replace(/^\$gen_\w+?_(.+)_\d+$/, '$1'), down: first.sortOrder === 2 };
}

/**
 * The order after a click on a column's head: numbers and times begin with the largest, the second click
 * turns it round, the third ends it.
 * @param {Sort | null} sort
 * @param {Column} column
 * @returns {Sort | null}
 */
export function nextSort(sort, column) {
  if (sort?.name !== column.name) return { name: column.name, down: isNumeric(column) || isTime(column) };
  return sort.turned ? null : { name: column.name, down: !sort.down, turned: true };
}

/**
 * The rows to show, each {values, key}, and how many there were before the cut.
 * @param {Table} table
 * @param {GridColumn[]} columns  Those shown, one of which must contain the words.
 * @param {{words: string, sort: Sort | null, limit: number}} wanted
 */
export function arrange(table, columns, { words, sort, limit }) {
  let rows = table.rows.map((values) => ({ values, key: JSON.stringify(values) }));
  if (words) {
    const fits = (/** @type {Value} */ value) => plainText(value).toLowerCase().includes(words);
    rows = rows.filter(({ values }) => columns.some(({ at }) => fits(values[at])));
  }
  const at = table.columns.findIndex((column) => column.name === sort?.name);
  if (sort && at >= 0) {
    const numeric = isNumeric(table.columns[at]);
    const way = sort.down ? -1 : 1;
    rows = rows.toSorted((a, b) => way * compare(a.values[at], b.values[at], numeric));
  }
  return { rows: rows.slice(0, limit), found: rows.length };
}

/**
 * Lowest and highest number of each column with a formatter: bars and heat maps depend on them.
 * @param {Table} table
 * @param {GridColumn[]} columns
 * @returns {Record<string, Range | undefined>}
 */
export function ranges(table, columns) {
  const ruled = columns.filter((column) => column.rule && isNumeric(column));
  return Object.fromEntries(
    ruled.map(({ name, at }) => {
      const values = table.rows
        .map((row) => row[at])
        .filter((value) => value !== null)
        .map(Number);
      const min = values.reduce((a, b) => Math.min(a, b), Infinity);
      return [name, { min, max: values.reduce((a, b) => Math.max(a, b), -Infinity) }];
    }),
  );
}

/**
 * The note below a table; empty when all rows are shown.
 * @param {{found: number, all: number, limit: number, words: string}} counts
 */
export function note({ found, all, limit, words }) {
  const [many, most, total] = [found, limit, all].map((count) => count.toLocaleString('en-US'));
  const filtered = words ? FILLED.matching(many, total) : '';
  const cut = found > limit ? FILLED.firstRows(most, many) : '';
  return [filtered, cut].filter(Boolean).join(' ');
}
