/* The typed view, for queries that name it and do not define it. It is one line in front of the query, which
   errors do not count. Pure functions. */
// @ts-check

import { QueryError } from '../api.js';

/** @typedef {{name: string, text: string}} TypedView  `text` is one line that defines the name. */

/**
 * A query as it is sent, and as it runs in Azure.
 * @param {string} kql
 * @param {TypedView | null} view
 */
export function withView(kql, view) {
  if (!view || !new RegExp(`\\b${view.name}\\b`).test(kql)) return kql;
  return new RegExp(`\\blet\\s+${view.name}\\s*=`).test(kql) ? kql : `${view.text}\n${kql}`;
}

/**
 * An error of what was sent, with the lines of what was written.
 * @param {QueryError} error
 * @param {{sent: string, written: string}} texts
 */
export function asWritten(error, { sent, written }) {
  if (sent === written) return error;
  const message = error.message.replace(/\bline (\d+)\b/gi, (_, line) => `line ${Number(line) - 1}`);
  const line = error.line === null || error.line < 2 ? null : error.line - 1;
  return new QueryError(message, { code: error.code, line, position: error.position, lost: error.lost });
}
