/* The messages of a query item in place of its content: what went wrong, what it waits for. */
// @ts-check

import { button, h } from './dom.js';
import { icon } from './icons.js';
import { FILLED, TEXTS } from './texts.js';

/**
 * @import { QueryError } from './api.js'
 * @import { Parameter, QueryRequest, Scope } from './scope.js'
 */

/**
 * Where an error is, unless its own message has it.
 * @param {QueryError} error
 */
function place({ line, position, message }) {
  if (!line || new RegExp(`\\bline ${line}\\b`, 'i').test(message)) return null;
  return h('p', { class: 'where' }, FILLED.place(line, position));
}

/**
 * The line of the query that an error names.
 * @param {string} kql
 * @param {number | null} line
 */
function snippet(kql, line) {
  const text = line ? kql.split(/\r?\n/)[line - 1] : '';
  return text
    ? h('pre', { class: 'kql snippet' }, h('code', { class: 'line marked', 'data-line': line }, text))
    : null;
}

/**
 * An error with its place in the query, and buttons that run the query again and show it.
 * @param {QueryError} error
 * @param {string} kql
 * @param {{again: () => void, show: () => void}} actions
 */
export function failure(error, kql, { again, show }) {
  return [
    h('p', {}, icon('error'), h('strong', {}, error.message)),
    place(error),
    snippet(kql, error.line),
    h(
      'div',
      { class: 'actions' },
      button(TEXTS.retry, again, { class: 'action' }),
      button(TEXTS.showQuery, show, { class: 'action' }),
    ),
  ];
}

/**
 * The parameters that an item waits for.
 * @param {Parameter[]} missing
 */
export function waiting(missing) {
  return h('p', {}, FILLED.waitingFor(missing.map(({ title }) => title)));
}

/**
 * What in a query was not filled in, and why.
 * @param {Pick<QueryRequest, 'unknown' | 'formats'>} request
 * @param {Pick<Scope, 'isDeclared'>} scope
 */
export function unfilled({ unknown, formats }, scope) {
  const formatted = [...formats].map(FILLED.unknownFormat);
  const named = [...unknown].map((name) => {
    const why = scope.isDeclared(name) ? TEXTS.laterStep : TEXTS.noStep;
    return FILLED.noValue(name, why);
  });
  return [...named, ...formatted];
}
