/* Text items: the part of Markdown that workbooks use, built as elements. HTML in it is shown as the text
   it is. */
// @ts-check

import { h } from './dom.js';
import { externalLink } from './external_link.js';

/** @typedef {string | Element} Inline */

/** @type {[pattern: RegExp, make: (match: RegExpExecArray) => Inline][]} */
const INLINE = [
  [/^`([^`]+)`/, ([, code]) => h('code', {}, code)],
  [/^\*\*([^*]+(?:\*(?!\*)[^*]+)*)\*\*/, ([, inner]) => h('strong', {}, ...inline(inner))],
  [/^__([^_]+)__/, ([, inner]) => h('strong', {}, ...inline(inner))],
  [/^\*([^*\s][^*]*)\*/, ([, inner]) => h('em', {}, ...inline(inner))],
  [/^_([^_\s][^_]*)_(?!\w)/, ([, inner]) => h('em', {}, ...inline(inner))],
  [
    /^!?\[([^\]]*)\]\(([^)\s]+)(?:\s+"[^"]*")?\)/,
    ([, label, address]) => externalLink(address, label || address),
  ],
  [/^<(https?:\/\/[^>\s]+)>/, ([, address]) => externalLink(address, address)],
  [/^https?:\/\/[^\s<>)\]]+[^\s<>)\].,;:!?]/, ([address]) => externalLink(address, address)],
  [/^\\([\\`*_{}[\]()#+.!|-])/, ([, sign]) => sign],
];

/**
 * The first mark that a text begins with.
 * @param {string} text
 */
function markOf(text) {
  for (const [pattern, make] of INLINE) {
    const match = pattern.exec(text);
    if (match) return { length: match[0].length, node: make(match) };
  }
  return null;
}

/**
 * Marks inside a line.
 * @param {string} text
 * @returns {Inline[]}
 */
function inline(text) {
  /** @type {Inline[]} */
  const nodes = [];
  let plain = '';
  let rest = text;
  let before = '';
  while (rest) {
    const opens = !/\w/.test(before) || !rest.startsWith('_');
    const mark = opens ? markOf(rest) : null;
    if (mark) {
      if (plain) nodes.push(plain);
      plain = '';
      nodes.push(mark.node);
    } else plain += rest[0];
    const taken = mark ? mark.length : 1;
    before = rest[taken - 1];
    rest = rest.slice(taken);
  }
  return plain ? [...nodes, plain] : nodes;
}

const ITEM = /^(\s*)([-*+]|\d+[.)])\s+(.*)$/;
const HEADING = /^(#{1,6})\s+(.*?)\s*#*$/;
const FENCE = /^\s*```/;
const RULE = /^\s*([-*_])(\s*\1){2,}\s*$/;
const DIVIDER = /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/;

/** @param {string} line */
const cells = (line) =>
  line
    .trim()
    .replace(/^\||\|$/g, '')
    .split('|')
    .map((cell) => cell.trim());
/** @param {string} line */
const isBlock = (line) =>
  !line.trim() ||
  HEADING.test(line) ||
  FENCE.test(line) ||
  RULE.test(line) ||
  ITEM.test(line) ||
  line.startsWith('>');

/**
 * Each takes its lines from the front of the list and makes an element.
 * @type {[test: (lines: string[]) => boolean, make: (lines: string[]) => Element][]}
 */
const BLOCKS = [
  [(lines) => FENCE.test(lines[0]), code],
  [(lines) => HEADING.test(lines[0]), heading],
  [
    (lines) => RULE.test(lines[0]),
    (lines) => {
      lines.shift();
      return h('hr');
    },
  ],
  [(lines) => lines[0].startsWith('>'), quote],
  [(lines) => ITEM.test(lines[0]), list],
  [(lines) => lines[0].includes('|') && DIVIDER.test(lines[1] ?? ''), table],
];

/**
 * Takes lines from the front of the list for as long as they fit.
 * @param {string[]} lines
 * @param {(line: string, i: number) => boolean} test
 */
function take(lines, test) {
  const end = lines.findIndex((line, i) => !test(line, i));
  return lines.splice(0, end < 0 ? lines.length : end);
}

/** @param {string[]} lines */
const takeOne = (lines) => lines.shift() ?? '';

/** @param {string[]} lines */
function code(lines) {
  lines.shift();
  const inner = take(lines, (line) => !FENCE.test(line));
  lines.shift();
  return h('pre', {}, h('code', {}, inner.join('\n')));
}

/** Headings are below the page's own, which has level 1. */
const HEADINGS = /** @type {const} */ (['h2', 'h3', 'h4', 'h5', 'h6', 'h6']);

/** @param {string[]} lines */
function heading(lines) {
  const [, marks = '', text = ''] = HEADING.exec(takeOne(lines)) ?? [];
  return h(HEADINGS[marks.length - 1], { class: `md-h${marks.length}` }, ...inline(text));
}

/** @param {string[]} lines */
function quote(lines) {
  const inner = take(lines, (line) => line.startsWith('>')).map((line) => line.replace(/^>\s?/, ''));
  return h('blockquote', {}, ...blocks(inner));
}

/** @param {string[]} lines */
function list(lines) {
  const [, indent = '', mark = ''] = ITEM.exec(lines[0]) ?? [];
  const items = [];
  while (lines.length && ITEM.exec(lines[0])?.[1].length === indent.length) {
    const [, , , first = ''] = ITEM.exec(takeOne(lines)) ?? [];
    const more = take(
      lines,
      (line) => line.trim() !== '' && line.length - line.trimStart().length > indent.length,
    );
    const nested = more.findIndex((line) => ITEM.test(line));
    const words = [first, ...(nested < 0 ? more : more.slice(0, nested)).map((line) => line.trim())].join(
      ' ',
    );
    items.push(h('li', {}, ...inline(words), ...(nested < 0 ? [] : blocks(more.slice(nested)))));
  }
  return h(/\d/.test(mark) ? 'ol' : 'ul', {}, ...items);
}

/**
 * In a box of its own, in which what is wider than a narrow screen scrolls, by keys as well.
 * @param {string[]} lines
 */
function table(lines) {
  const head = cells(takeOne(lines));
  lines.shift();
  const rows = take(lines, (line) => line.includes('|')).map(cells);
  const grid = h(
    'table',
    { class: 'md-table' },
    h('thead', {}, h('tr', {}, ...head.map((cell) => h('th', { scope: 'col' }, ...inline(cell))))),
    h(
      'tbody',
      {},
      ...rows.map((row) => h('tr', {}, ...head.map((_, i) => h('td', {}, ...inline(row[i] ?? ''))))),
    ),
  );
  return h('div', { class: 'md-scroll', role: 'group', 'aria-label': head.join(', '), tabIndex: 0 }, grid);
}

/** @param {string[]} lines */
function paragraph(lines) {
  const words = take(lines, (line, i) => i === 0 || !isBlock(line));
  return h(
    'p',
    {},
    ...words.flatMap((line, i) => [
      ...(i ? [/ {2}$/.test(words[i - 1]) ? h('br') : ' '] : []),
      ...inline(line.trim()),
    ]),
  );
}

/**
 * @param {string[]} lines
 * @returns {Element[]}
 */
function blocks(lines) {
  /** @type {Element[]} */
  const elements = [];
  const rest = [...lines];
  while (rest.length) {
    const [, make] = BLOCKS.find(([test]) => test(rest)) ?? [null, paragraph];
    if (rest[0].trim()) elements.push(make(rest));
    else rest.shift();
  }
  return elements;
}

/**
 * Markdown as elements.
 * @param {string} text
 */
export function markdown(text) {
  return blocks(text.replace(/\r\n?/g, '\n').split('\n'));
}
