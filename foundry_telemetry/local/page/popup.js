/* A panel below a button: opens on click, closes on Escape, on a click elsewhere and when the focus leaves
   it. */
// @ts-check

import { contains, focusFirst, h, replaceChildren, style } from './dom.js';

/** @import { Children } from './dom.js' */

/** Pixels between a panel and the border of the window. */
const EDGE = 8;

export class Popup {
  /**
   * @param {HTMLButtonElement} button
   * @param {(close: () => void) => Children} content  Makes the panel's content each time it opens.
   * @param {string} label
   */
  constructor(button, content, label) {
    this.button = button;
    this.content = content;
    this.panel = h('div', { class: 'popup', role: 'dialog', 'aria-label': label, hidden: true });
    this.element = h('div', { class: 'popup-place' }, button, this.panel);
    button.setAttribute('aria-expanded', 'false');
    button.setAttribute('aria-haspopup', 'dialog');
    button.addEventListener('click', () => (this.isOpen ? this.close() : this.open()));
    this.element.addEventListener('keydown', (event) => this.#key(event));
    this.element.addEventListener('focusout', (event) => {
      if (event.relatedTarget && !contains(this.element, event.relatedTarget)) this.close(false);
    });
    /** @param {Event} event */
    this.outside = ({ target }) => {
      if (!contains(this.element, target)) this.close(false);
    };
  }

  get isOpen() {
    return !this.panel.hidden;
  }

  open() {
    replaceChildren(
      this.panel,
      this.content(() => this.close()),
    );
    this.panel.hidden = false;
    this.#fit();
    this.button.setAttribute('aria-expanded', 'true');
    document.addEventListener('pointerdown', this.outside);
    focusFirst(this.panel, '[data-focus]', 'input, button, [tabindex="0"]');
  }

  /**
   * Closes; the focus goes back to the button unless it has already gone elsewhere.
   * @param {boolean} [refocus]
   */
  close(refocus = true) {
    if (!this.isOpen) return;
    this.panel.hidden = true;
    this.panel.replaceChildren();
    this.button.setAttribute('aria-expanded', 'false');
    document.removeEventListener('pointerdown', this.outside);
    if (refocus) this.button.focus();
  }

  /** Keeps the panel inside the window. */
  #fit() {
    const { panel } = this;
    panel.classList.remove('to-left');
    style(panel, { translate: 'none' });
    panel.classList.toggle(
      'to-left',
      panel.getBoundingClientRect().right > document.documentElement.clientWidth - EDGE,
    );
    const { left } = panel.getBoundingClientRect();
    if (left < EDGE) style(panel, { translate: `${EDGE - left}px` });
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.key !== 'Escape' || !this.isOpen) return;
    event.stopPropagation();
    this.close();
  }
}
