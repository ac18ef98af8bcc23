/* What a query step says in place of its content: what went wrong, what it waits for. */

import { button, h } from './dom.js';
import { icon } from './icons.js';

/** Where an error is, unless its own words say so. */
function place({ line, position, message }) {
  const isSaid = new RegExp(`\\bline ${line}\\b`, 'i').test(message);
  if (!line || isSaid) return null;
  return h('p', { class: 'where' }, `Line ${line}${position ? `, position ${position}` : ''}`);
}

/** The line of the query that an error names. */
function snippet(kql, line) {
  const text = line ? kql.split(/\r?\n/)[line - 1] : '';
  return text
    ? h('pre', { class: 'kql snippet' }, h('code', { class: 'line marked', 'data-line': line }, text))
    : null;
}

/** An error with its place in the query, and buttons that ask again and show the query. */
export function failure(error, kql, { again, show }) {
  return [
    h('p', {}, icon('error'), h('strong', {}, error.message)),
    place(error),
    snippet(kql, error.line),
    h(
      'div',
      { class: 'actions' },
      button('Try again', again, { class: 'action' }),
      button('Show the query', show, { class: 'action' }),
    ),
  ];
}

/** The parameters that a step waits for. */
export function waiting(missing) {
  return h('p', {}, `Waits for a value of ${missing.map(({ title }) => title).join(', ')}.`);
}

/** What in a query was not filled in, and why. */
export function unfilled({ unknown, formats }, scope) {
  const formatted = [...formats].map(
    (name) => `${name} is not filled in: the page does not know this format`,
  );
  const named = [...unknown].map((name) => {
    const why = scope.isDeclared(name)
      ? 'the step that sets it stands elsewhere or later'
      : 'no step declares it';
    return `{${name}} is not filled in: ${why}`;
  });
  return [...named, ...formatted];
}
