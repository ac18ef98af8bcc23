/* A panel below a button: opens on click, closes on Escape, on a click elsewhere and when the focus leaves
   it. */

import { h } from './dom.js';

export class Popup {
  /** `content(close)` makes the panel's content each time it opens. */
  constructor(opener, content, { role = 'dialog', label = '' } = {}) {
    this.opener = opener;
    this.content = content;
    this.panel = h('div', { class: 'popup', role, 'aria-label': label, hidden: true });
    this.element = h('div', { class: 'popup-place' }, opener, this.panel);
    opener.setAttribute('aria-expanded', 'false');
    opener.setAttribute('aria-haspopup', role);
    opener.addEventListener('click', () => (this.isOpen ? this.close() : this.open()));
    this.element.addEventListener('keydown', (event) => this.#key(event));
    this.element.addEventListener('focusout', (event) => {
      if (event.relatedTarget && !this.element.contains(event.relatedTarget)) this.close(false);
    });
    this.outside = (event) => {
      if (!this.element.contains(event.target)) this.close(false);
    };
  }

  get isOpen() {
    return !this.panel.hidden;
  }

  open() {
    this.panel.replaceChildren(...[this.content(() => this.close())].flat());
    this.panel.hidden = false;
    this.#fit();
    this.opener.setAttribute('aria-expanded', 'true');
    document.addEventListener('pointerdown', this.outside);
    (
      this.panel.querySelector('[data-focus]') ?? this.panel.querySelector('input, button, [tabindex="0"]')
    )?.focus();
  }

  /** Closes; the focus goes back to the button unless it has already gone elsewhere. */
  close(refocus = true) {
    if (!this.isOpen) return;
    this.panel.hidden = true;
    this.panel.replaceChildren();
    this.opener.setAttribute('aria-expanded', 'false');
    document.removeEventListener('pointerdown', this.outside);
    if (refocus) this.opener.focus();
  }

  /** Keeps the panel inside the window. */
  #fit() {
    this.panel.classList.remove('to-left');
    this.panel.classList.toggle(
      'to-left',
      this.panel.getBoundingClientRect().right > document.documentElement.clientWidth - 8,
    );
  }

  #key(event) {
    if (event.key !== 'Escape' || !this.isOpen) return;
    event.stopPropagation();
    this.close();
  }
}
