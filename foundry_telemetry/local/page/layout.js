/* The frame of a query step: title, buttons, and what stands in place of the content while there is none. */

import { button, h, style } from './dom.js';
import { icon } from './icons.js';

const SIZES = { 0: 'medium', 1: 'small', 2: 'large', 3: 'full', 4: 'tiny' };
const SKELETONS = { tiles: 4, table: 8 };

/** The width that fills a row where whole percents leave a rest: 33 is a third. */
function filling(percent) {
  const parts = Array.from({ length: 10 }, (_, i) => 100 / (i + 3)).flatMap((part) => [part, part * 2]);
  return parts.find((part) => part >= percent && part - percent < 1) ?? percent;
}

/** What the workbook says about the look of an item, applied through the object model. */
export function applyStyle(element, item) {
  const { margin, padding, maxWidth, showBorder } = item.styleSettings ?? {};
  const wide = Number.parseFloat(item.customWidth);
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
}

/** A strip that says what of an item is not drawn. */
export function notice(problems) {
  if (!problems.length) return null;
  const list = problems
    .map(({ text }) => h('code', {}, text))
    .flatMap((each, i) => (i ? [', ', each] : [each]));
  return strip('This page does not draw: ', ...list);
}

/** A strip with a warning. */
export function strip(...words) {
  return h('p', { class: 'notice' }, icon('warning'), h('span', {}, ...words));
}

export class Frame {
  /** `actions` are the buttons of the step, `name` stands for a title that is not there. */
  constructor({ item, kind, size, actions, problems }) {
    this.title = h('h3', { class: 'step-title' });
    this.progress = h('span', { class: 'progress', hidden: true });
    this.body = h('div', { class: `step-body ${SIZES[size ?? 0]}` });
    this.message = h('div', { class: 'message', hidden: true });
    this.skeleton = this.#skeleton(kind);
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

  setTitle(words) {
    this.title.textContent = words;
    this.element.classList.toggle('untitled', !words);
    if (words) this.element.setAttribute('aria-label', words);
  }

  /** Something is under way: bars where there is nothing yet, else the content pales. */
  loading() {
    const isFirst = !this.shown;
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

  /** Shows the content, which stays in place from then on. */
  content(element) {
    if (!element.isConnected) this.body.append(element);
    this.view = element;
    this.shown = true;
    this.#show(element);
  }

  /** Shows words in place of the content. */
  say(kind, ...children) {
    this.shown = true;
    this.message.className = `message is-${kind}`;
    this.message.replaceChildren(...children.flat().filter(Boolean));
    this.#show(this.message);
  }

  #show(element) {
    for (const each of [this.skeleton, this.message, this.view]) if (each) each.hidden = each !== element;
  }

  #skeleton(kind) {
    const count = SKELETONS[kind] ?? 1;
    return h(
      'div',
      { class: `skeleton of-${kind}`, 'aria-hidden': 'true' },
      ...Array.from({ length: count }, () => h('span')),
    );
  }
}

/** A small button with an icon. */
export function tool(name, words, click, props = {}) {
  return button(words, click, { class: 'tool', 'aria-label': words, title: words, ...props }, icon(name));
}
