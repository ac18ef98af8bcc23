/* The layout of a query item: title, buttons, the content, and what is in its place while there is none. */
// @ts-check

import { button, h, replaceChildren, style } from './dom.js';
import { icon } from './icons.js';
import { TEXTS } from './texts.js';

/**
 * @import { Children, Props } from './dom.js'
 * @import { Problem } from './supported.js'
 * @import { CommonJson } from './workbook.js'
 */

/** @type {Partial<Record<number, string>>} */
const SIZES = { 0: 'medium', 1: 'small', 2: 'large', 3: 'full', 4: 'tiny' };
/** @type {Partial<Record<string, number>>} */
const SKELETONS = { tiles: 4, table: 8 };

/**
 * The width that fills a row where whole percents leave a rest: 33 is a third.
 * @param {number} percent
 */
export function filling(percent) {
  const parts = Array.from({ length: 10 }, (_, i) => 100 / (i + 3)).flatMap((part) => [part, part * 2]);
  return parts.find((part) => part >= percent && part - percent < 1) ?? percent;
}

/**
 * Applies the styles of an item through the object model.
 * @param {HTMLElement} element
 * @param {CommonJson} item
 */
export function applyStyle(element, item) {
  const { margin, padding, maxWidth, showBorder } = item.styleSettings ?? {};
  const wide = Number.parseFloat(item.customWidth ?? '');
  style(element, {
    ...(margin ? { margin } : {}),
    ...(padding ? { padding } : {}),
    ...(maxWidth ? { 'max-width': maxWidth } : {}),
  });
  if (wide > 0 && wide < 100) {
    style(element, { '--w': filling(wide) }).classList.add(
      wide <= 20 ? 'slim' : wide < 34 ? 'narrow' : 'part',
    );
  }
  if (showBorder) element.classList.add('has-border');
  const { parameterName, comparison } = item.conditionalVisibility ?? {};
  if (parameterName && comparison === 'isNotEqualTo') element.dataset.shownBy = parameterName;
}

/**
 * A strip with what of an item is not drawn.
 * @param {Problem[]} problems
 */
export function notice(problems) {
  if (!problems.length) return null;
  const list = problems
    .map(({ text }) => h('code', {}, text))
    .flatMap((each, i) => (i ? [', ', each] : [each]));
  return strip(TEXTS.notSupported, ...list);
}

/**
 * A strip with a warning.
 * @param {...Children} words
 */
export function strip(...words) {
  return h('p', { class: 'notice' }, icon('warning'), h('span', {}, ...words));
}

export class ItemLayout {
  #isFilled = false;
  /** @type {HTMLElement | null} */
  #content = null;

  /**
   * @param {CommonJson} item
   * @param {object} parts
   * @param {string} parts.kind  Of the view.
   * @param {number} [parts.size]
   * @param {HTMLElement[]} parts.actions  The buttons of the item.
   * @param {Problem[]} parts.problems  What of it is not drawn.
   */
  constructor(item, { kind, size = 0, actions, problems }) {
    this.title = h('h2', { class: 'step-title' });
    this.progress = h('span', { class: 'progress', hidden: true });
    this.body = h('div', { class: `step-body ${SIZES[size]}` });
    this.message = h('div', { class: 'message', hidden: true });
    this.skeleton = skeleton(kind);
    this.body.append(this.skeleton, this.message);
    this.tools = h('div', { class: 'tools' }, ...actions);
    this.element = h(
      'section',
      { class: `step query as-${kind}`, 'aria-label': item.name, 'data-step': item.name ?? '' },
      h('header', { class: 'step-head' }, this.title, this.tools),
      this.progress,
      notice(problems),
      this.body,
    );
    applyStyle(this.element, item);
  }

  /** @param {string} words */
  setTitle(words) {
    this.title.textContent = words;
    this.title.hidden = !words;
    this.element.classList.toggle('untitled', !words);
    if (words) this.element.setAttribute('aria-label', words);
  }

  /** A query runs: bars where there is nothing yet, else the content pales. */
  loading() {
    const isFirst = !this.#isFilled;
    this.element.setAttribute('aria-busy', 'true');
    this.progress.hidden = false;
    if (isFirst) this.#show(this.skeleton);
    this.body.classList.toggle('stale', !isFirst);
  }

  settled() {
    this.element.setAttribute('aria-busy', 'false');
    this.progress.hidden = true;
    this.body.classList.remove('stale');
  }

  /**
   * Shows the content, which stays in place from then on.
   * @param {HTMLElement} element
   */
  showContent(element) {
    if (!element.isConnected) this.body.append(element);
    this.#content = element;
    this.#isFilled = true;
    this.#show(element);
  }

  /**
   * Shows a message in place of the content.
   * @param {string} kind
   * @param {...Children} children
   */
  showMessage(kind, ...children) {
    this.#isFilled = true;
    this.message.className = `message is-${kind}`;
    replaceChildren(this.message, ...children);
    this.#show(this.message);
  }

  /** @param {HTMLElement} element */
  #show(element) {
    for (const each of [this.skeleton, this.message, this.#content]) if (each) each.hidden = each !== element;
  }
}

/** @param {string} kind */
function skeleton(kind) {
  const count = SKELETONS[kind] ?? 1;
  return h(
    'div',
    { class: `skeleton of-${kind}`, 'aria-hidden': 'true' },
    ...Array.from({ length: count }, () => h('span')),
  );
}

/**
 * A small button with an icon.
 * @param {string} name  Of the icon.
 * @param {string} words
 * @param {() => void} click
 * @param {Props} [props]
 */
export function tool(name, words, click, props = {}) {
  return button(words, click, { class: 'tool', 'aria-label': words, title: words, ...props }, icon(name));
}
