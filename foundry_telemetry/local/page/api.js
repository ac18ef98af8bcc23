/* The server: the workbook, its status, and answers to queries. */
// @ts-check

import { FILLED, TEXTS } from './texts.js';

/**
 * @import { Table } from './table.js'
 * @typedef {{code?: string, message?: string, line?: number, pos?: number, innererror?: ErrorPart}} ErrorPart
 * @typedef {object} Render  What the query's `render` says.
 * @property {string | null} visualization
 * @property {string | null} title
 * @property {string | null} xColumn
 * @property {string | null} yColumns  Names with commas between them.
 * @property {string | null} series
 * @typedef {{tables?: Table[], error?: ErrorPart, render?: Render} | null} QueryResponse  Of the Log Analytics query interface.
 * @typedef {object} Answer
 * @property {Table} table  The first table.
 * @property {string | null} cut  Why it is not whole.
 * @property {Render | null} render  Where it was asked for.
 * @property {string} text  All of it, by which an answer without news is known.
 *
 * @typedef {{rows: number, first: string | null, last: string | null}} TableStatus
 * @typedef {object} Status  What the store has.
 * @property {string | null} version
 * @property {string | null} connection_string  Not for those who read without the access token.
 * @property {string | null} otlp_endpoint  As the connection string.
 * @property {string | null} otlp_headers  Only for those who send the access token in a header.
 * @property {string} database
 * @property {number} retention_days
 * @property {TableStatus} attempts
 * @property {Record<string, TableStatus>} tables
 * @property {number} ingested
 * @property {number} refused
 * @property {number} cut  Values, to Azure's limits.
 */

const WORKSPACE = '/v1/workspaces/local/query';
const TIMEOUT_MS = 120_000;

/** A query that was refused, or a server that did not answer. */
export class QueryError extends Error {
  /** @override */
  name = 'QueryError';

  /**
   * @param {string} message
   * @param {{code?: string, line?: number | null, position?: number | null, lost?: boolean}} [facts]
   */
  constructor(message, { code = '', line = null, position = null, lost = false } = {}) {
    super(message);
    this.code = code;
    /** Of the query, from 1. */
    this.line = line;
    this.position = position;
    /** Whether the server did not answer at all. */
    this.lost = lost;
  }
}

/**
 * A JSON file of the server.
 * @param {string} path
 * @returns {Promise<unknown>}
 */
export async function load(path) {
  const response = await fetch(path, { headers: { accept: 'application/json' } });
  if (!response.ok) throw new QueryError(FILLED.status(path, response.status));
  return response.json();
}

/**
 * The error in a response, with the message and the place of its innermost part that has them.
 * @param {QueryResponse} body
 * @param {number} status
 */
export function refusal(body, status) {
  if (!body?.error) return new QueryError(FILLED.queryStatus(status));
  const { code } = body.error;
  const facts = {
    code,
    line: /** @type {number | null} */ (null),
    position: /** @type {number | null} */ (null),
  };
  let message = '';
  for (let part = /** @type {ErrorPart | undefined} */ (body.error); part; part = part.innererror) {
    if (part.message) message = part.message;
    if (Number.isInteger(part.line)) {
      facts.line = part.line ?? null;
      facts.position = part.pos ?? null;
    }
  }
  return new QueryError(message, facts);
}

/**
 * @param {object} body
 * @param {AbortSignal} signal
 * @param {Record<string, string>} headers
 */
async function post(body, signal, headers) {
  const response = await fetch(WORKSPACE, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...headers },
    signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
  });
  const text = await response.text();
  return { response, text };
}

/**
 * The answer to a query.
 * @param {{kql: string, timespan: string | null, render?: boolean}} request
 * @param {AbortSignal} signal
 * @returns {Promise<Answer>}
 */
export async function query({ kql, timespan, render = false }, signal) {
  const request = { query: kql, ...(timespan ? { timespan } : {}) };
  /** @type {Record<string, string>} */
  const headers = render ? { prefer: 'include-render=true' } : {};
  const { response, text } = await post(request, signal, headers).catch((/** @type {Error} */ error) => {
    if (signal.aborted) throw error;
    const isLate = error.name === 'TimeoutError';
    throw new QueryError(isLate ? TEXTS.timeout : TEXTS.unreachable, {
      lost: !isLate,
    });
  });
  const body = parse(text);
  if (!response.ok) throw refusal(body, response.status);
  if (!body?.tables?.length) throw new QueryError(TEXTS.noTable);
  return { text, table: body.tables[0], render: body.render ?? null, cut: body.error?.message ?? null };
}

/**
 * @param {string} text
 * @returns {QueryResponse}
 */
function parse(text) {
  try {
    /** @type {unknown} */
    const body = JSON.parse(text);
    return /** @type {QueryResponse} */ (body);
  } catch {
    return null;
  }
}
