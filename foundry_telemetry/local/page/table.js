/* Tables of the query interface: columns {name, type} and rows of values in their order. */
// @ts-check

/**
 * @typedef {string | number | boolean | object | null | undefined} Value  As JSON has it.
 * @typedef {{name: string, type: string}} Column
 * @typedef {{columns: Column[], rows: Value[][]}} Table
 * @typedef {Record<string, Value>} Row  Values by the names of their columns.
 */

/**
 * The rows as objects by the names of the columns.
 * @param {Table} table
 */
export function records({ columns, rows }) {
  return rows.map((values) => record(columns, values));
}

/**
 * One row as an object.
 * @param {Column[]} columns
 * @param {Value[]} values
 * @returns {Row}
 */
export function record(columns, values) {
  return Object.fromEntries(columns.map((column, i) => [column.name, values[i]]));
}
