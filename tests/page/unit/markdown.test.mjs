import assert from 'node:assert/strict';
import test from 'node:test';

import { markdown } from '../../../foundry_telemetry/local/page/markdown.js';
import { attribute, installDocument, outline } from './fake_dom.mjs';

installDocument();
const outlines = (text) => markdown(text).map(outline);

test('marks inside a line become elements', () => {
  assert.deepEqual(outlines('a **b *c* d** `d` __e__ _f_'), [
    [
      'p',
      'a ',
      ['strong', 'b ', ['em', 'c'], ' d'],
      ' ',
      ['code', 'd'],
      ' ',
      ['strong', 'e'],
      ' ',
      ['em', 'f'],
    ],
  ]);
});

test('an underscore inside a word is no mark', () => {
  assert.deepEqual(outlines('input_tokens and output_tokens'), [['p', 'input_tokens and output_tokens']]);
});

test('markup of HTML stays text', () => {
  assert.deepEqual(outlines('<script>alert(1)</script>'), [['p', '<script>alert(1)</script>']]);
});

test('a backslash takes a mark its meaning', () => {
  assert.deepEqual(outlines('\\*a\\*'), [['p', '*', 'a', '*']]);
});

test('links lead to the web only', () => {
  assert.deepEqual(outlines('[a](https://b.example) [c](javascript:d)'), [['p', ['a', 'a'], ' ', 'c']]);
  const [paragraph] = markdown('see https://b.example/x.');
  assert.deepEqual(outline(paragraph), ['p', 'see ', ['a', 'https://b.example/x'], '.']);
  assert.equal(attribute(paragraph.children[1], 'href'), 'https://b.example/x');
  assert.equal(attribute(paragraph.children[1], 'rel'), 'noopener noreferrer');
});

test('headings are one level below those of the page', () => {
  assert.deepEqual(outlines('# a\n## b ##\n###### c'), [
    ['h2', 'a'],
    ['h3', 'b'],
    ['h6', 'c'],
  ]);
});

test('lists nest by their indent, numbers make ordered ones', () => {
  assert.deepEqual(outlines('- a\n  more\n  - b\n- c'), [
    ['ul', ['li', 'a more', ['ul', ['li', 'b']]], ['li', 'c']],
  ]);
  assert.deepEqual(outlines('1. a\n2) b'), [['ol', ['li', 'a'], ['li', 'b']]]);
});

test('a table has a head and as many cells in each row', () => {
  assert.deepEqual(outlines('|a|b|\n|-|:-:|\n|1|\n|2|3|4|'), [
    [
      'div',
      [
        'table',
        ['thead', ['tr', ['th', 'a'], ['th', 'b']]],
        ['tbody', ['tr', ['td', '1'], ['td']], ['tr', ['td', '2'], ['td', '3']]],
      ],
    ],
  ]);
});

test('code keeps its lines and marks, also where it does not end', () => {
  assert.deepEqual(outlines('```\n**a**\n\nb\n```\nc'), [
    ['pre', ['code', '**a**\n\nb']],
    ['p', 'c'],
  ]);
  assert.deepEqual(outlines('```\na'), [['pre', ['code', 'a']]]);
});

test('two spaces break a line, an empty line ends a paragraph', () => {
  assert.deepEqual(outlines('a  \nb\nc\n\nd'), [
    ['p', 'a', ['br'], 'b', ' ', 'c'],
    ['p', 'd'],
  ]);
});

test('quotes have blocks inside, and a rule is one', () => {
  assert.deepEqual(outlines('> a\n> - b\n\n---'), [['blockquote', ['p', 'a'], ['ul', ['li', 'b']]], ['hr']]);
});

test('a mark that is not closed ends with the text', () => {
  for (const text of ['**', '`', '[a](', '|', '>', '```', '- ', '#', '_', '\\', '<http', '**a*b'])
    assert.ok(Array.isArray(markdown(text)), text);
});
