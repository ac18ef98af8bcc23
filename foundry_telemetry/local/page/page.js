/* The page as a whole: builds the items of a workbook in order, and updates the visible ones when a
   parameter or the data changed. */
// @ts-check

import { h } from './dom.js';
import { LinksItem } from './links_item.js';
import { ParameterItem } from './parameter_item.js';
import { QueryItem } from './query_item.js';
import { QueryQueue } from './query_queue.js';
import { Scope } from './scope.js';
import { unsupported } from './supported.js';
import { FILLED, TEXTS } from './texts.js';
import { GroupItem, TextItem, UnknownItem } from './workbook_items.js';

/**
 * @import { Status } from './api.js'
 * @import { Change, Group, Place } from './scope.js'
 * @import { Problem, Supported } from './supported.js'
 * @import { CommonJson, ItemJson, WorkbookJson } from './workbook.js'
 *
 * @typedef {object} PageServices  What an item may use; each item names those that it needs.
 * @property {Scope} scope
 * @property {QueryQueue} queue
 * @property {{revision: number}} data  Another number for each state of the data.
 * @property {Map<string, HTMLElement>} tabs  By `parameter=value`.
 * @property {() => void} update  Updates all items once this turn of the event loop is over.
 * @property {(item: CommonJson) => Problem[]} problems  What of an item is not drawn.
 * @property {() => Status | null} status  Of the store.
 * @property {(words: string) => void} announce  To screen readers.
 *
 * @typedef {object} PageItem
 * @property {CommonJson} json
 * @property {HTMLElement} element
 * @property {() => void} declare  Declares the parameters that the item sets.
 * @property {(isVisible: boolean) => void} update
 * @property {() => void} redraw  Shows the same on another clock.
 */

const QUERY = 3;

export class Page {
  #order = 0;
  #isDue = false;
  #found;
  /** @type {PageServices} */
  #services;

  scope = new Scope();
  queue = new QueryQueue();

  /**
   * @param {WorkbookJson} workbook
   * @param {Supported} supported
   * @param {Pick<PageServices, 'status' | 'announce'>} services
   */
  constructor(workbook, supported, services) {
    this.#found = unsupported(workbook, supported);
    this.#services = {
      ...services,
      scope: this.scope,
      queue: this.queue,
      data: { revision: 0 },
      tabs: new Map(),
      update: () => this.update(),
      problems: this.#found.of,
    };
    this.items = this.#build(workbook.items ?? [], []);
    this.scope.listen((change) => {
      this.update();
      this.#reveal(change);
    });
  }

  /**
   * Puts the items under an element.
   * @param {HTMLElement} root
   */
  mount(root) {
    const { top } = this.#found;
    if (top.length)
      root.append(h('p', { class: 'notice' }, FILLED.notSupported(top.map(({ text }) => text))));
    root.append(...this.items.map((item) => item.element));
  }

  /** Updates all items once this turn of the event loop is over. */
  update() {
    if (this.#isDue) return;
    this.#isDue = true;
    queueMicrotask(() => {
      this.#isDue = false;
      for (const item of this.items) item.update(true);
    });
  }

  /**
   * Brings what the selection of a row shows to where the reader looks, once it has its answer.
   * @param {Change} change
   */
  #reveal({ parameter, by }) {
    if (by !== 'reader' || parameter.isControl || !parameter.value) return;
    setTimeout(async () => {
      const shown = document.querySelectorAll(`[data-shown-by="${CSS.escape(parameter.name)}"]:not([hidden])`);
      const [first, last] = [shown[0], shown[shown.length - 1]];
      if (!first || !last) return;
      for (const wait of [Promise.resolve(), this.queue.idle()]) {
        await wait;
        const height = last.getBoundingClientRect().bottom - first.getBoundingClientRect().top;
        if (height <= innerHeight) last.scrollIntoView({ block: 'nearest' });
        first.scrollIntoView({ block: height > innerHeight ? 'start' : 'nearest' });
      }
      this.#services.announce(TEXTS.detailsShown);
    }, 0);
  }

  /** The data or the time is another: every visible item runs its query again. */
  refresh() {
    this.#services.data.revision += 1;
    this.scope.clock.now = Date.now();
    this.update();
  }

  /**
   * Shows all times on the other clock.
   * @param {boolean} utc
   */
  setUtc(utc) {
    this.scope.clock.utc = utc;
    this.update();
    for (const item of this.items) item.redraw();
  }

  /**
   * @param {ItemJson[]} items
   * @param {Group[]} groups
   * @returns {PageItem[]}
   */
  #build(items, groups) {
    return items.map((json) => {
      this.#order += 1;
      const item = this.#item(json, { order: this.#order, groups });
      item.declare();
      if (item instanceof GroupItem && json.type === 12)
        item.add(this.#build(json.content.items ?? [], item.groups));
      return item;
    });
  }

  /**
   * @param {ItemJson} json
   * @param {Place} place
   * @returns {PageItem}
   */
  #item(json, place) {
    const services = this.#services;
    const isEssential = services.problems(json).some((problem) => problem.essential);
    if (isEssential && json.type !== QUERY) return new UnknownItem(json, place, services);
    switch (json.type) {
      case 1:
        return new TextItem(json, place, services);
      case QUERY:
        return new QueryItem(json, place, services);
      case 9:
        return new ParameterItem(json, place, services);
      case 11:
        return new LinksItem(json, place, services);
      case 12:
        return new GroupItem(json, place, services);
      default:
        return new UnknownItem(json, place, services);
    }
  }
}
