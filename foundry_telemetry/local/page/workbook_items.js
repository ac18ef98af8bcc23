/* The items of a workbook that need no query: text, groups, and those that this page does not know. */
// @ts-check

import { button, h, id } from './dom.js';
import { icon } from './icons.js';
import { applyStyle, notice } from './layout.js';
import { markdown } from './markdown.js';
import { FILLED, TEXTS } from './texts.js';

/**
 * @import { PageItem, PageServices } from './page.js'
 * @import { Place } from './scope.js'
 * @import { CommonJson, GroupItemJson, TextItemJson } from './workbook.js'
 *
 * @typedef {Pick<PageServices, 'scope' | 'problems'>} ItemServices
 */

/** @type {Partial<Record<string, string>>} */
const STYLES = { info: 'info', success: 'success', warning: 'warning', error: 'error', upsell: 'info' };

/** What the simple items share: a place, visibility, the strip of what is not drawn. */
export class Item {
  /**
   * @param {CommonJson} json
   * @param {Place} place
   * @param {ItemServices} services
   * @param {HTMLElement} element
   */
  constructor(json, place, { scope, problems }, element) {
    this.json = json;
    this.place = place;
    this.scope = scope;
    this.element = element;
    applyStyle(element, json);
    const strip = notice(problems(json));
    if (strip) element.append(strip);
  }

  /** Declares the parameters that the item sets. */
  declare() {}

  /**
   * Shows or hides the item; returns whether it is shown.
   * @param {boolean} isVisible
   */
  update(isVisible) {
    const isShown = isVisible && this.scope.isVisible(this.json, this.place);
    this.element.hidden = !isShown;
    return isShown;
  }

  redraw() {
    this.update(!this.element.hidden);
  }

  /**
   * A text with the parameters that the item sees.
   * @param {string} text
   */
  fill(text) {
    return this.scope.fill(text, this.place).text;
  }
}

export class TextItem extends Item {
  #words = '';
  #content = h('div', { class: 'markdown' });
  #text;

  /**
   * @param {TextItemJson} json
   * @param {Place} place
   * @param {ItemServices} services
   */
  constructor(json, place, services) {
    super(json, place, services, h('div', { class: 'step text', 'data-step': json.name ?? '' }));
    this.#text = json.content.json ?? '';
    const tone = STYLES[json.content.style ?? ''];
    if (tone) this.element.classList.add('callout', tone);
    this.element.append(...(tone ? [icon(tone)] : []), this.#content);
  }

  /**
   * @override
   * @param {boolean} isVisible
   */
  update(isVisible) {
    const isShown = super.update(isVisible);
    const words = isShown ? this.fill(this.#text) : this.#words;
    if (words !== this.#words) this.#content.replaceChildren(...markdown(words));
    this.#words = words;
    return isShown;
  }
}

export class UnknownItem extends Item {
  /**
   * @param {CommonJson} json
   * @param {Place} place
   * @param {ItemServices} services
   */
  constructor(json, place, services) {
    super(json, place, services, h('div', { class: 'step unknown', 'data-step': json.name ?? '' }));
    if (json.name) this.element.append(h('p', { class: 'unknown-name' }, FILLED.unknownStep(json.name)));
  }
}

export class GroupItem extends Item {
  /** @type {PageItem[]} */
  #items = [];
  #flow = h('div', { class: 'flow' });
  #title;
  #isLoaded;
  #load;
  #titleText;
  #tabs;

  /** The groups of the items inside. */
  groups;

  /**
   * @param {GroupItemJson} json
   * @param {Place} place
   * @param {ItemServices & Pick<PageServices, 'tabs' | 'update'>} services
   */
  constructor(json, place, services) {
    super(json, place, services, h('div', { class: 'step group', 'data-step': json.name ?? '' }));
    const { title = '', loadType, loadButtonText, exportParameters } = json.content;
    this.groups = [...place.groups, { exports: Boolean(exportParameters) }];
    this.#tabs = services.tabs;
    this.#titleText = title;
    this.#title = h('h2', { class: 'group-title', hidden: !title });
    this.#isLoaded = loadType !== 'explicit';
    const load = () => {
      this.#isLoaded = true;
      services.update();
    };
    this.#load = button(loadButtonText || TEXTS.more, load, { class: 'action', hidden: this.#isLoaded });
    this.element.append(this.#title, this.#load, this.#flow);
  }

  /**
   * Puts the items inside.
   * @param {PageItem[]} items
   */
  add(items) {
    this.#items = items;
    this.#flow.append(...items.map((item) => item.element));
    this.#linkTab();
  }

  /** The group that a tab shows is that tab's panel. */
  #linkTab() {
    const { parameterName, comparison, value } = this.json.conditionalVisibility ?? {};
    const tab = comparison === 'isEqualTo' ? this.#tabs.get(`${parameterName}=${value}`) : undefined;
    if (!tab || tab.hasAttribute('aria-controls')) return;
    this.element.id = id('panel');
    this.element.setAttribute('role', 'tabpanel');
    this.element.setAttribute('aria-labelledby', tab.id);
    tab.setAttribute('aria-controls', this.element.id);
  }

  /**
   * @override
   * @param {boolean} isVisible
   */
  update(isVisible) {
    const isShown = super.update(isVisible);
    this.#load.hidden = this.#isLoaded;
    if (isShown && this.#titleText) this.#title.textContent = this.fill(this.#titleText);
    for (const item of this.#items) item.update(isShown && this.#isLoaded);
    return isShown;
  }

  /** @override */
  redraw() {
    for (const item of this.#items) item.redraw();
  }
}
