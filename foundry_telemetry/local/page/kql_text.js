/* KQL as a person reads it: coloured words, numbered lines, and the dialog that shows the query of an
   item. */
// @ts-check

import { queryUrl } from './console/query_url.js';
import { button, h } from './dom.js';
import { copy } from './clipboard.js';
import { showDialog } from './dialog.js';
import { icon } from './icons.js';
import { TEXTS } from './texts.js';

const WORDS = `let where extend project project-away project-rename summarize by order sort asc desc top take limit
  distinct count join kind on union lookup mv-expand parse render range from to step and or not in has has_any contains
  startswith between with as datatable print evaluate make-series nulls last first invoke materialize`;
const TOKEN = [
  /(\/\/.*)/.source,
  /(@?"(?:[^"\\]|\\.)*"|@?'(?:[^'\\]|\\.)*')/.source,
  /(\b\d+(?:\.\d+)?(?:ms|[dhms])?\b)/.source,
  `(\\b(?:${WORDS.split(/\s+/).join('|')})\\b)`,
  /([A-Za-z_]\w*(?=\s*\())/.source,
].join('|');
const TOKENS = new RegExp(TOKEN, 'g');
const HERE = new RegExp(TOKEN, 'y');
const KINDS = ['comment', 'string', 'number', 'keyword', 'function'];
const EDITOR_KINDS = ['comment', 'string', 'number', 'keyword', 'variableName.function'];

/**
 * Goes past the next word of a line, for the console's editor.
 * @param {{pos: number, string: string}} stream
 * @returns {string | null} Its kind.
 */
export function wordAt(stream) {
  HERE.lastIndex = stream.pos;
  const match = HERE.exec(stream.string);
  const rest = /\w+|[^\w"'@/]+|./y;
  rest.lastIndex = stream.pos;
  stream.pos += (match ?? rest.exec(stream.string) ?? [' '])[0].length;
  return match ? EDITOR_KINDS[match.slice(1).findIndex(Boolean)] : null;
}

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
 * A link that opens a query in the console.
 * @param {string} kql
 * @param {string} time  As in an address.
 */
function consoleLink(kql, time) {
  const link = h('a', { class: 'action', target: '_blank', rel: 'noopener' }, icon('code'), TEXTS.openInConsole);
  void queryUrl({ kql, time }).then((address) => link.setAttribute('href', address));
  return link;
}

/**
 * Shows the query of an item as it was sent.
 * @param {{title: string, kql: string, range: string | null, time: string, line: number | null}} query
 *   `time` is the range as in an address.
 */
export function showKql({ title, kql, range, time, line }) {
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
    consoleLink(kql, time),
    button(
      TEXTS.copy,
      () => void copy(kql, TEXTS.kqlCopied),
      { class: 'primary', 'data-focus': true },
      icon('copy'),
      TEXTS.copyKql,
    ),
  );
}
