/* Dialogs: the browser's own, which keeps the focus inside and gives it back. */
// @ts-check

import { button, focusFirst, h, id } from './dom.js';
import { copy } from './clipboard.js';
import { plainText } from './format.js';
import { icon } from './icons.js';
import { FILLED, TEXTS } from './texts.js';

/**
 * @import { Children } from './dom.js'
 * @import { Row, Value } from './table.js'
 */

/**
 * Shows a dialog over the page.
 * @param {string} title
 * @param {Children[]} body
 * @param {...Children} actions
 */
export function showDialog(title, body, ...actions) {
  const heading = id('dialog');
  const dialog = h(
    'dialog',
    { 'aria-labelledby': heading, on: { close: () => dialog.remove() } },
    h(
      'header',
      { class: 'dialog-head' },
      h('h2', { id: heading }, title),
      button(TEXTS.close, () => dialog.close(), { class: 'tool', 'aria-label': TEXTS.close }, icon('close')),
    ),
    h('div', { class: 'dialog-body' }, ...body),
    h('footer', { class: 'dialog-foot' }, ...actions),
  );
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close();
  });
  document.body.append(dialog);
  dialog.showModal();
  focusFirst(dialog, '[data-focus]');
}

/** @param {Value} value */
function pretty(value) {
  if (typeof value !== 'string' || !/^\s*[[{]/.test(value)) return plainText(value);
  try {
    return JSON.stringify(JSON.parse(value), null, 2);
  } catch {
    return value;
  }
}

/**
 * The values of a row, or of one cell, each with a button that copies it.
 * @param {string} title
 * @param {Row} values
 */
export function showDetails(title, values) {
  const entries = Object.entries(values).flatMap(([name, value]) => {
    const text = pretty(value);
    return [
      h('dt', {}, name),
      h(
        'dd',
        {},
        h('span', { class: text.includes('\n') ? 'json' : null }, text || '–'),
        text
          ? button(
              TEXTS.copy,
              () => void copy(text),
              { class: 'tool', 'aria-label': FILLED.copy(name) },
              icon('copy'),
            )
          : null,
      ),
    ];
  });
  const [only, ...others] = Object.values(values);
  const isOne = others.length === 0;
  const words = isOne ? TEXTS.copyText : TEXTS.copyJson;
  const text = () => (isOne ? plainText(only) : JSON.stringify(values, null, 2));
  const all = button(words, () => void copy(text()), { class: 'primary' }, icon('copy'), words);
  showDialog(title, [h('dl', { class: 'details' }, ...entries)], all);
}
