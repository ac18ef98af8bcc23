/* Answers: columns {name, type} and rows of values in their order. */

/** The rows as objects by the names of the columns. */
export function records({ columns, rows }) {
  return rows.map((values) => record(columns, values));
}

/** One row as an object. */
export function record(columns, values) {
  return Object.fromEntries(columns.map((column, i) => [column.name, values[i]]));
}
