/* An item of links: tabs and links that set a parameter, and links to the web. */
// @ts-check

import { button, h, id } from './dom.js';
import { externalLink } from './external_link.js';
import { TEXT } from './parameters.js';
import { TEXTS } from './texts.js';
import { Item } from './workbook_items.js';

/**
 * @import { PageServices } from './page.js'
 * @import { Parameter, Place } from './scope.js'
 * @import { ItemServices } from './workbook_items.js'
 * @import { LinkJson, LinksItemJson } from './workbook.js'
 *
 * @typedef {{link: LinkJson, element: HTMLElement}} Entry
 */

/** @type {Partial<Record<string, number>>} */
const STEPS = { ArrowRight: 1, ArrowLeft: -1 };

/**
 * The place of the tab that a key leads to; -1 for a key that moves to none.
 * @param {string} key
 * @param {number} at  Where the focus is.
 * @param {number} count
 */
export function nextTab(key, at, count) {
  if (at < 0) return -1;
  if (key === 'Home') return 0;
  if (key === 'End') return count - 1;
  const step = STEPS[key];
  return step ? (at + step + count) % count : -1;
}

/**
 * @param {LinksItemJson} json
 * @param {boolean} isTabs
 */
function makeElement({ name, content }, isTabs) {
  return h(isTabs ? 'div' : 'nav', {
    class: `step links ${content.style ?? 'list'} ${content.tabStyle ?? ''}`,
    'aria-label': name ?? TEXTS.links,
    'data-step': name ?? '',
  });
}

export class LinksItem extends Item {
  /** By name. @type {Map<string, Parameter>} */
  #parameters = new Map();
  /** @type {Entry[]} */
  #entries = [];
  #list;
  #links;
  #isTabs;
  #tabs;

  /**
   * @param {LinksItemJson} json
   * @param {Place} place
   * @param {ItemServices & Pick<PageServices, 'tabs'>} services
   */
  constructor(json, place, services) {
    const isTabs = json.content.style === 'tabs';
    super(json, place, services, makeElement(json, isTabs));
    this.#isTabs = isTabs;
    this.#links = json.content.links ?? [];
    this.#tabs = services.tabs;
    this.#list = isTabs ? this.#tablist(json.name ?? TEXTS.tabs) : h('ul');
    this.element.append(this.#list);
  }

  /** @param {string} label */
  #tablist(label) {
    const keydown = (/** @type {KeyboardEvent} */ event) => this.#key(event);
    const list = h('div', { class: 'tablist', role: 'tablist', 'aria-label': label, on: { keydown } });
    new ResizeObserver(() => this.#reveal()).observe(list);
    return list;
  }

  /** @override */
  declare() {
    const after = { ...this.place, order: this.place.order + 0.5 };
    const sets = this.#links.filter((link) => link.linkTarget === 'parameter');
    for (const { cellValue: name = '', subTarget } of sets) {
      if (this.#parameters.has(name)) continue;
      const value = this.#isTabs ? subTarget : undefined;
      const options = sets
        .filter(({ cellValue }) => cellValue === name)
        .map(({ subTarget: each = '' }) => ({ value: each, label: each, group: '' }));
      const parameter = { name, type: TEXT, title: name, value, options };
      this.#parameters.set(name, this.scope.declare(parameter, after));
    }
    this.#entries = this.#links.map((link) => this.#entry(link));
    this.#list.append(...this.#entries.map(({ element }) => (this.#isTabs ? element : h('li', {}, element))));
  }

  /**
   * @param {LinkJson} link
   * @returns {Entry}
   */
  #entry(link) {
    const { cellValue = '', linkLabel, linkTarget, preText = '', postText = '', style, subTarget } = link;
    const words = this.fill(linkLabel ?? subTarget ?? '');
    /** @param {string | HTMLElement} inner */
    const between = (inner) => ({ link, element: h('span', {}, preText, ' ', inner, ' ', postText) });
    if (linkTarget !== 'parameter') return between(externalLink(cellValue, words));
    const set = () => {
      const parameter = this.#parameters.get(cellValue);
      if (parameter) this.scope.set(parameter, subTarget);
    };
    if (!this.#isTabs)
      return between(button(words, set, { class: style === 'primary' ? 'primary' : 'link' }));
    const tab = button(words, set, { class: 'tab', role: 'tab', id: id('tab') });
    this.#tabs.set(`${cellValue}=${subTarget}`, tab);
    return { link, element: tab };
  }

  /**
   * @override
   * @param {boolean} isVisible
   */
  update(isVisible) {
    const isShown = super.update(isVisible);
    for (const { link, element } of isShown && this.#isTabs ? this.#entries : []) {
      const isOn = this.#parameters.get(link.cellValue ?? '')?.value === link.subTarget;
      element.setAttribute('aria-selected', String(isOn));
      element.tabIndex = isOn ? 0 : -1;
    }
    this.#reveal();
    return isShown;
  }

  /** Scroll the bar, and the bar alone, until the chosen tab is wholly in it. */
  #reveal() {
    const tab = this.#list.querySelector('[aria-selected=true]');
    if (!tab) return;
    const [bar, box] = [this.#list, tab].map((each) => each.getBoundingClientRect());
    this.#list.scrollLeft += Math.min(0, box.left - bar.left) + Math.max(0, box.right - bar.right);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    /** @type {NodeListOf<HTMLElement>} */
    const all = this.#list.querySelectorAll('[role=tab]');
    const tabs = [...all];
    const next = nextTab(
      event.key,
      tabs.findIndex((tab) => tab === event.target),
      tabs.length,
    );
    if (next < 0) return;
    event.preventDefault();
    tabs[next].click();
    tabs[next].focus();
  }
}
