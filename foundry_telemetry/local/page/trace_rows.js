/* The rows of a trace as a tree: what was made by a span stands below it, indented. Pure functions. */
// @ts-check

import { plainText } from './format.js';

/**
 * @import { Table, Value } from './table.js'
 * @import { GridJson } from './workbook.js'
 */

const PARTS = ['before_ms', 'after_ms'];
const INDENT = '\u2003';
const DEEPEST = 8;

/**
 * Whether a table is a trace: it has bars whose parts stand before and after what a row took.
 * @param {GridJson} settings
 */
export function isTrace({ formatters = [] }) {
  return formatters.some(({ formatOptions }) => {
    const names = formatOptions?.compositeBarSettings?.columnSettings?.map(({ columnName }) => columnName) ?? [];
    return PARTS.every((part) => names.includes(part));
  });
}

/**
 * The rows in the order of the tree, their names indented by their depth. A row whose parent is not there, as
 * sampling dropped it, stands at the top.
 * @param {Table} table
 * @returns {Table}
 */
export function treeOf(table) {
  const at = Object.fromEntries(table.columns.map(({ name }, i) => [name, i]));
  /** @type {Map<string, Value[][]>} */
  const below = new Map();
  const spans = new Set(table.rows.map((row) => plainText(row[at.span_id])).filter(Boolean));
  for (const row of table.rows) {
    const [own, parent] = [row[at.span_id], row[at.parent_id]].map(plainText);
    const key = spans.has(parent) && parent !== own ? parent : '';
    below.set(key, [...(below.get(key) ?? []), row]);
  }
  /** @type {Set<Value[]>} */
  const placed = new Set();
  /** @type {(key: string, depth: number) => Value[][]} */
  const branch = (key, depth) =>
    (below.get(key) ?? []).flatMap((row) => {
      if (placed.has(row)) return [];
      placed.add(row);
      const own = plainText(row[at.span_id]);
      const named = row.map((value, i) => (i === at.name ? INDENT.repeat(depth) + plainText(value) : value));
      return [named, ...(own ? branch(own, Math.min(depth + 1, DEEPEST)) : [])];
    });
  const rows = branch('', 0);
  return { columns: table.columns, rows: [...rows, ...table.rows.filter((row) => !placed.has(row))] };
}

/**
 * How long the whole trace took, in milliseconds.
 * @param {Table} table
 */
export function lengthOf({ columns, rows }) {
  const at = Object.fromEntries(columns.map(({ name }, i) => [name, i]));
  const ends = rows.map((row) => Number(row[at.before_ms]) + Number(row[at.took_ms]));
  return ends.reduce((a, b) => Math.max(a, b), 0);
}
