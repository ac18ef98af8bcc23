/* KQL as a person reads it: coloured words, numbered lines, and the dialog that shows the query of an
   item. */
// @ts-check

import { button, h } from './dom.js';
import { copy } from './clipboard.js';
import { showDialog } from './dialog.js';
import { icon } from './icons.js';
import { TEXTS } from './texts.js';

const WORDS = `let where extend project project-away project-rename summarize by order sort asc desc top take limit
  distinct count join kind on union lookup mv-expand parse render range from to step and or not in has has_any contains
  startswith between with as datatable print evaluate make-series nulls last first invoke materialize`;
const TOKENS = new RegExp(
  [
    /(\/\/.*)/.source,
    /(@?"(?:[^"\\]|\\.)*"|@?'(?:[^'\\]|\\.)*')/.source,
    /(\b\d+(?:\.\d+)?(?:ms|[dhms])?\b)/.source,
    `(\\b(?:${WORDS.split(/\s+/).join('|')})\\b)`,
    /([A-Za-z_]\w*(?=\s*\())/.source,
  ].join('|'),
  'g',
);
const KINDS = ['comment', 'string', 'number', 'keyword', 'function'];

/** @param {string} line */
function colored(line) {
  /** @type {(string | Element)[]} */
  const nodes = [];
  let at = 0;
  for (const match of line.matchAll(TOKENS)) {
    if (match.index > at) nodes.push(line.slice(at, match.index));
    nodes.push(h('span', { class: `kql-${KINDS[match.slice(1).findIndex(Boolean)]}` }, match[0]));
    at = match.index + match[0].length;
  }
  return [...nodes, line.slice(at)];
}

/**
 * A query with numbered lines; `marked` is the line an error names.
 * @param {string} kql
 * @param {number | null} marked
 */
function kqlText(kql, marked) {
  const lines = kql.replace(/\r\n?/g, '\n').split('\n');
  return h(
    'pre',
    { class: 'kql', tabIndex: 0, 'aria-label': TEXTS.query },
    ...lines.map((line, i) =>
      h(
        'code',
        {
          class: marked === i + 1 ? 'line marked' : 'line',
          'data-line': i + 1,
        },
        ...colored(line),
        '\n',
      ),
    ),
  );
}

/**
 * Shows the query of an item as it was sent.
 * @param {{title: string, kql: string, range: string | null, line: number | null}} query
 */
export function showKql({ title, kql, range, line }) {
  const sent = range
    ? h(
        'p',
        { class: 'dialog-note' },
        TEXTS.sentWith,
        h('code', {}, range),
        TEXTS.limitsTime,
      )
    : null;
  const body = [sent, kqlText(kql, line)];
  showDialog(
    `KQL: ${title}`,
    body,
    button(
      TEXTS.copy,
      () => void copy(kql, TEXTS.kqlCopied),
      { class: 'primary', 'data-focus': true },
      icon('copy'),
      TEXTS.copyKql,
    ),
  );
}
