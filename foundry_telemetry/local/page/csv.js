/* A table as CSV (RFC 4180): the raw values, and nothing that a spreadsheet would run. Pure functions, and the
   download. */
// @ts-check

import { h } from './dom.js';
import { plainText } from './format.js';

/**
 * @import { Table, Value } from './table.js'
 */

const LINE_END = '\r\n';
const QUOTED = /[",;\r\n\t]|^\s|\s$/;
/** What a spreadsheet takes for a formula, also behind blanks and in full width. */
const FORMULA = /^\s*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]|^[\t\r\n]/;
const NOT_ASCII = /[^ -~\s]/;
const BYTE_ORDER_MARK = '\uFEFF';

/**
 * One value: a number as it is, a text that could be a formula behind an apostrophe.
 * @param {Value} value
 */
function cell(value) {
  const text = plainText(value);
  const safe = typeof value !== 'number' && FORMULA.test(text) ? `'${text}` : text;
  return QUOTED.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/**
 * The lines of a table, the names of its columns first. Spreadsheets need the mark at the start to read what is
 * not ASCII; others do without.
 * @param {Table} table
 */
export function csv({ columns, rows }) {
  const lines = [columns.map(({ name }) => name), ...rows].map((values) => values.map(cell).join(','));
  const text = lines.map((line) => line + LINE_END).join('');
  return NOT_ASCII.test(text) ? BYTE_ORDER_MARK + text : text;
}

/**
 * A name for the file: words and digits of the step's name, and the time.
 * @param {string} name
 * @param {Date} at
 */
export function fileName(name, at) {
  const words = name.toLowerCase().match(/[a-z0-9]+/g) ?? ['table'];
  return `${words.join('-').slice(0, 80)}-${at.toISOString().slice(0, 16).replaceAll(':', '')}Z.csv`;
}

/**
 * Has the browser save a table.
 * @param {string} name  Of the step.
 * @param {Table} table
 */
export function download(name, table) {
  const url = URL.createObjectURL(new Blob([csv(table)], { type: 'text/csv;charset=utf-8' }));
  h('a', { href: url, download: fileName(name, new Date()) }).click();
  setTimeout(() => URL.revokeObjectURL(url), 0);
}
