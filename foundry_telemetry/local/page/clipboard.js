/* Copying, and the short note that says it was done. */

import { button, h } from './dom.js';
import { icon } from './icons.js';

const SHOWN_MS = 1800;

let note = null;
let timer = 0;

/** Says something for a moment, to eyes and to screen readers. */
export function say(words) {
  note ??= document.body.appendChild(h('div', { class: 'toast', role: 'status' }));
  (document.querySelector('dialog[open]') ?? document.body).append(note);
  note.textContent = words;
  note.classList.add('shown');
  clearTimeout(timer);
  timer = setTimeout(() => note.classList.remove('shown'), SHOWN_MS);
}

/** Puts text on the clipboard. */
export async function copy(text, done = 'Copied') {
  try {
    await navigator.clipboard.writeText(text);
    say(done);
  } catch {
    say('The browser did not allow copying');
  }
}

/** One button that follows the pointer from cell to cell of a table and copies what `valueOf(td)` says. */
export function offerCopy(body, valueOf) {
  const click = (event) => {
    event.stopPropagation();
    copy(valueOf(event.currentTarget.parentElement), 'Cell copied');
  };
  const props = { class: 'cell-copy', tabIndex: -1, 'aria-label': 'Copy this cell' };
  const copier = button('Copy', click, props, icon('copy'));
  body.addEventListener('pointerover', (event) => {
    const td = event.target.closest('td');
    if (td && td !== copier.parentElement && valueOf(td)) td.append(copier);
  });
}
