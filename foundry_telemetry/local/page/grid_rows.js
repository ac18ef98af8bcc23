/* Which rows a table shows, in which order: filtered, sorted, cut. Pure functions. */

import { isNumeric, plainText } from './format.js';

function compare(a, b, numeric) {
  if (a === b) return 0;
  if (a === null || a === '') return 1;
  if (b === null || b === '') return -1;
  return numeric ? Number(a) - Number(b) : String(a).localeCompare(String(b), 'en');
}

/**
 * The rows to show, each {values, key}, and how many there were before the cut.
 * `words` must stand in some of the columns shown; `sort` is {name, down} or null.
 */
export function arrange(table, columns, { words, sort, limit }) {
  let rows = table.rows.map((values) => ({ values, key: JSON.stringify(values) }));
  if (words) {
    const fits = (value) => plainText(value).toLowerCase().includes(words);
    rows = rows.filter(({ values }) => columns.some(({ at }) => fits(values[at])));
  }
  const at = sort ? table.columns.findIndex((column) => column.name === sort.name) : -1;
  if (at >= 0) {
    const numeric = isNumeric(table.columns[at]);
    const way = sort.down ? -1 : 1;
    rows = rows.toSorted((a, b) => way * compare(a.values[at], b.values[at], numeric));
  }
  return { rows: rows.slice(0, limit), found: rows.length };
}

/** Lowest and highest number of each column with a rule: bars and heat maps depend on them. */
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

/** What a table says below itself; empty when there is nothing to say. */
export function note({ found, all, limit, words }) {
  const [many, most, total] = [found, limit, all].map((count) => count.toLocaleString('en-US'));
  const filtered = words ? `${many} of ${total} rows fit the filter.` : '';
  const cut = found > limit ? `Only the first ${most} of ${many} rows are shown.` : '';
  return [filtered, cut].filter(Boolean).join(' ');
}
