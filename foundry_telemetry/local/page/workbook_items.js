/* The other steps: text, links and tabs, groups, and those that this page does not know. */

import { button, h, id } from './dom.js';
import { url } from './formatters.js';
import { applyStyle, notice } from './layout.js';
import { icon } from './icons.js';
import { markdown } from './markdown.js';

const TEXT = 1;
const STYLES = { info: 'info', success: 'success', warning: 'warning', error: 'error', upsell: 'info' };

/** What the simple steps share: a place, visibility, the strip of what is not drawn. */
class Step {
  constructor(item, place, page, element) {
    Object.assign(this, { item, place, page, element });
    applyStyle(element, item);
    const strip = notice(page.problems(item));
    if (strip) element.append(strip);
  }

  declare() {}

  redraw() {
    this.update(!this.element.hidden);
  }

  /** Shows or hides the step; says whether it is shown. */
  show(isVisible) {
    const isShown = isVisible && this.page.scope.holds(this.item, this.place);
    this.element.hidden = !isShown;
    return isShown;
  }
}

export class TextStep extends Step {
  constructor(item, place, page) {
    super(item, place, page, h('div', { class: 'step text', 'data-step': item.name ?? '' }));
    this.content = h('div', { class: 'markdown' });
    const tone = STYLES[item.content.style];
    if (tone) this.element.classList.add('callout', tone);
    this.element.append(...(tone ? [icon(tone)] : []), this.content);
  }

  update(isVisible) {
    if (!this.show(isVisible)) return;
    const words = this.page.fill(this.item.content.json ?? '', this.place);
    if (words === this.words) return;
    this.words = words;
    this.content.replaceChildren(...markdown(words));
  }
}

export class UnknownStep extends Step {
  constructor(item, place, page) {
    super(item, place, page, h('div', { class: 'step unknown', 'data-step': item.name ?? '' }));
    if (item.name) this.element.append(h('p', { class: 'unknown-name' }, `Step “${item.name}”`));
  }

  update(isVisible) {
    this.show(isVisible);
  }
}

export class GroupStep extends Step {
  constructor(item, place, page) {
    super(item, place, page, h('div', { class: 'step group', 'data-step': item.name ?? '' }));
    this.title = h('h2', { class: 'group-title', hidden: !item.content.title });
    this.flow = h('div', { class: 'flow' });
    this.isLoaded = item.content.loadType !== 'explicit';
    this.load = button(
      item.content.loadButtonText || 'Show more',
      () => {
        this.isLoaded = true;
        this.page.update();
      },
      { class: 'action', hidden: this.isLoaded },
    );
    this.element.append(this.title, this.load, this.flow);
    this.steps = [];
  }

  /** The place of a group's steps: inside it. */
  inner() {
    return [...this.place.groups, { exports: Boolean(this.item.content.exportParameters) }];
  }

  add(steps) {
    this.steps = steps;
    this.flow.append(...steps.map((step) => step.element));
    this.#bePanel();
  }

  /** The group that a tab shows is that tab's panel. */
  #bePanel() {
    const { parameterName, comparison, value } = this.item.conditionalVisibility ?? {};
    const tab = comparison === 'isEqualTo' && this.page.tabs.get(`${parameterName}=${value}`);
    if (!tab || tab.hasAttribute('aria-controls')) return;
    this.element.id = id('panel');
    this.element.setAttribute('role', 'tabpanel');
    this.element.setAttribute('aria-labelledby', tab.id);
    tab.setAttribute('aria-controls', this.element.id);
  }

  update(isVisible) {
    const isShown = this.show(isVisible);
    this.load.hidden = this.isLoaded;
    if (isShown && !this.title.hidden)
      this.title.textContent = this.page.fill(this.item.content.title, this.place);
    for (const step of this.steps) step.update(isShown && this.isLoaded);
  }

  redraw() {
    for (const step of this.steps) step.redraw();
  }
}

export class LinksStep extends Step {
  constructor(item, place, page) {
    const isTabs = item.content.style === 'tabs';
    super(
      item,
      place,
      page,
      h(isTabs ? 'div' : 'nav', {
        class: `step links ${item.content.style ?? 'list'} ${item.content.tabStyle ?? ''}`,
        'aria-label': item.name ?? 'Links',
        'data-step': item.name ?? '',
      }),
    );
    this.isTabs = isTabs;
    this.links = item.content.links ?? [];
    this.list = h(
      isTabs ? 'div' : 'ul',
      isTabs
        ? {
            class: 'tablist',
            role: 'tablist',
            'aria-label': item.name ?? 'Tabs',
            keydown: (event) => this.#key(event),
          }
        : {},
    );
    this.element.append(this.list);
  }

  declare() {
    const after = { ...this.place, order: this.place.order + 0.5 };
    const sets = this.links.filter((link) => link.linkTarget === 'parameter');
    const names = [...new Set(sets.map((link) => link.cellValue))];
    this.parameters = new Map(
      names.map((name) => {
        const first = this.isTabs ? sets.find((link) => link.cellValue === name).subTarget : undefined;
        return [name, this.page.scope.declare({ name, type: TEXT, title: name, value: first }, after)];
      }),
    );
    this.entries = this.links.map((link) => this.#entry(link));
    this.list.append(...this.entries.map(({ element }) => (this.isTabs ? element : h('li', {}, element))));
  }

  #entry(link) {
    const words = this.page.fill(link.linkLabel ?? link.subTarget ?? '', this.place);
    if (link.linkTarget !== 'parameter')
      return {
        link,
        element: h(
          'span',
          {},
          link.preText ?? '',
          ' ',
          url(link.cellValue ?? '', words),
          ' ',
          link.postText ?? '',
        ),
      };
    const set = () => this.page.scope.set(this.parameters.get(link.cellValue), link.subTarget);
    if (!this.isTabs)
      return {
        link,
        element: h(
          'span',
          {},
          link.preText ?? '',
          ' ',
          button(words, set, { class: link.style === 'primary' ? 'primary' : 'link' }),
          ' ',
          link.postText ?? '',
        ),
      };
    const tab = button(words, set, { class: 'tab', role: 'tab', id: id('tab') });
    this.page.tabs.set(`${link.cellValue}=${link.subTarget}`, tab);
    return { link, element: tab };
  }

  update(isVisible) {
    if (!this.show(isVisible) || !this.isTabs) return;
    for (const { link, element } of this.entries) {
      const isOn = this.parameters.get(link.cellValue)?.value === link.subTarget;
      element.setAttribute('aria-selected', String(isOn));
      element.tabIndex = isOn ? 0 : -1;
    }
  }

  #key(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const all = [...this.list.querySelectorAll('[role=tab]')];
    const ends = { Home: 0, End: all.length - 1 };
    const at = all.indexOf(event.target);
    const next = event.key in ends ? ends[event.key] : step ? (at + step + all.length) % all.length : -1;
    if (at < 0 || next < 0) return;
    event.preventDefault();
    all[next].click();
    all[next].focus();
  }
}
