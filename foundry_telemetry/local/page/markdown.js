/* Text steps: the part of Markdown that workbooks use, built as elements. HTML in it is shown as the text
   it is. */

import { h } from './dom.js';
import { url } from './formatters.js';

const INLINE = [
  [/^`([^`]+)`/, ([, code]) => h('code', {}, code)],
  [/^\*\*([^*]+(?:\*(?!\*)[^*]+)*)\*\*/, ([, inner]) => h('strong', {}, ...inline(inner))],
  [/^__([^_]+)__/, ([, inner]) => h('strong', {}, ...inline(inner))],
  [/^\*([^*\s][^*]*)\*/, ([, inner]) => h('em', {}, ...inline(inner))],
  [/^_([^_\s][^_]*)_(?!\w)/, ([, inner]) => h('em', {}, ...inline(inner))],
  [/^!?\[([^\]]*)\]\(([^)\s]+)(?:\s+"[^"]*")?\)/, ([, label, address]) => url(address, label || address)],
  [/^<(https?:\/\/[^>\s]+)>/, ([, address]) => url(address, address)],
  [/^https?:\/\/[^\s<>)\]]+[^\s<>)\].,;:!?]/, ([address]) => url(address, address)],
  [/^\\([\\`*_{}[\]()#+.!|-])/, ([, sign]) => sign],
];

/** Marks inside a line. */
function inline(text) {
  const nodes = [];
  let plain = '';
  let rest = text;
  let before = '';
  while (rest) {
    const opens = !/\w/.test(before) || !rest.startsWith('_');
    const found =
      opens && INLINE.map(([pattern, make]) => [pattern.exec(rest), make]).find(([match]) => match);
    if (found) {
      if (plain) nodes.push(plain);
      plain = '';
      nodes.push(found[1](found[0]));
    } else plain += rest[0];
    const taken = found ? found[0][0].length : 1;
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

const cells = (line) =>
  line
    .trim()
    .replace(/^\||\|$/g, '')
    .split('|')
    .map((cell) => cell.trim());
const isBlock = (line) =>
  !line.trim() ||
  HEADING.test(line) ||
  FENCE.test(line) ||
  RULE.test(line) ||
  ITEM.test(line) ||
  line.startsWith('>');

/** Each takes its lines from the front of the list and gives an element. */
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
  [() => true, paragraph],
];

function take(lines, test) {
  const taken = [];
  while (lines.length && test(lines[0], taken.length)) taken.push(lines.shift());
  return taken;
}

function code(lines) {
  lines.shift();
  const inner = take(lines, (line) => !FENCE.test(line));
  lines.shift();
  return h('pre', {}, h('code', {}, inner.join('\n')));
}

/** Headings stand below the page's own, which has level 1. */
function heading(lines) {
  const [, marks, text] = HEADING.exec(lines.shift());
  return h(`h${Math.min(6, marks.length + 1)}`, { class: `md-h${marks.length}` }, ...inline(text));
}

function quote(lines) {
  const inner = take(lines, (line) => line.startsWith('>')).map((line) => line.replace(/^>\s?/, ''));
  return h('blockquote', {}, ...blocks(inner));
}

function list(lines) {
  const [, indent, mark] = ITEM.exec(lines[0]);
  const items = [];
  while (lines.length && ITEM.exec(lines[0])?.[1].length === indent.length) {
    const [, , , first] = ITEM.exec(lines.shift());
    const more = take(lines, (line) => line.trim() && line.length - line.trimStart().length > indent.length);
    const nested = more.findIndex((line) => ITEM.test(line));
    const words = [first, ...(nested < 0 ? more : more.slice(0, nested)).map((line) => line.trim())].join(
      ' ',
    );
    items.push(h('li', {}, ...inline(words), ...(nested < 0 ? [] : blocks(more.slice(nested)))));
  }
  return h(/\d/.test(mark) ? 'ol' : 'ul', {}, ...items);
}

function table(lines) {
  const head = cells(lines.shift());
  lines.shift();
  const rows = take(lines, (line) => line.includes('|')).map(cells);
  return h(
    'table',
    { class: 'md-table' },
    h('thead', {}, h('tr', {}, ...head.map((cell) => h('th', { scope: 'col' }, ...inline(cell))))),
    h(
      'tbody',
      {},
      ...rows.map((row) => h('tr', {}, ...head.map((_, i) => h('td', {}, ...inline(row[i] ?? ''))))),
    ),
  );
}

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

function blocks(lines) {
  const elements = [];
  const rest = [...lines];
  while (rest.length) {
    if (!rest[0].trim()) rest.shift();
    else elements.push(BLOCKS.find(([test]) => test(rest))[1](rest));
  }
  return elements;
}

/** Markdown as elements. */
export function markdown(text) {
  return blocks(text.replace(/\r\n?/g, '\n').split('\n'));
}
