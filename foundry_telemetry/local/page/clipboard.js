/* Copying, and the short message that confirms it. */
// @ts-check

import { button, closest, h } from './dom.js';
import { icon } from './icons.js';
import { TEXTS } from './texts.js';

const SHOWN_MS = 1800;

/** @type {HTMLElement | null} */
let toast = null;
let timer = 0;

/**
 * Shows a message for a moment, to eyes and to screen readers.
 * @param {string} words
 */
function notify(words) {
  const note = (toast ??= h('div', { class: 'toast', role: 'status' }));
  (document.querySelector('dialog[open]') ?? document.body).append(note);
  note.textContent = words;
  note.classList.add('shown');
  clearTimeout(timer);
  timer = setTimeout(() => note.classList.remove('shown'), SHOWN_MS);
}

/**
 * Puts text on the clipboard.
 * @param {string} text
 * @param {string} [done]
 */
export async function copy(text, done = TEXTS.copied) {
  try {
    await navigator.clipboard.writeText(text);
    notify(done);
  } catch {
    notify(TEXTS.notCopied);
  }
}

/**
 * One button that follows the pointer from cell to cell of a table and copies what `valueOf(td)` returns.
 * @param {HTMLElement} body
 * @param {(td: HTMLTableCellElement) => string} valueOf
 */
export function offerCopy(body, valueOf) {
  /** @param {MouseEvent} event */
  const click = (event) => {
    event.stopPropagation();
    const td = closest(event, 'td');
    if (td) void copy(valueOf(td), TEXTS.cellCopied);
  };
  const props = { class: 'cell-copy', tabIndex: -1, 'aria-label': TEXTS.copyCell };
  const copier = button(TEXTS.copy, click, props, icon('copy'));
  body.addEventListener('pointerover', (event) => {
    const td = closest(event, 'td');
    if (td && td !== copier.parentElement && valueOf(td)) td.append(copier);
  });
}
