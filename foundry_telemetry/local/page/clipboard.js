/* Copying, and the short note that says it was done. */

import { h } from './dom.js';

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
