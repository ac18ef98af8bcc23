/* A parameter item: its controls, and the queries that give them their choices. */
// @ts-check

import { controlFor } from './controls.js';
import { h } from './dom.js';
import { applyStyle, notice } from './layout.js';
import { plainText } from './format.js';
import { TEXT, declaration, isPending, optionsFromTable, preselected } from './parameters.js';
import { QueryRunner } from './query_runner.js';
import { TEXTS } from './texts.js';

/**
 * @import { Answer, QueryError } from './api.js'
 * @import { PageServices } from './page.js'
 * @import { ParameterValue } from './parameters.js'
 * @import { Place } from './scope.js'
 * @import { ParameterJson, ParametersItemJson } from './workbook.js'
 *
 * @typedef {Pick<PageServices, 'scope' | 'queue' | 'data' | 'announce' | 'update'>} ParameterServices
 */

/** The queries of controls wait behind those of the items, unless an item waits for their answer. */
const AFTER_ITEMS = 1_000_000;
const DRAWN = new Set([1, 2, 4, 10]);

/** One parameter: its declaration, its control, the query behind it. */
class Entry {
  /**
   * @param {ParameterJson} json
   * @param {Place} place
   * @param {ParameterServices} services
   */
  constructor(json, place, services) {
    this.json = json;
    this.place = place;
    this.services = services;
    const { scope } = services;
    const parameter = scope.declare({ ...declaration(json), isControl: true }, place);
    this.parameter = parameter;
    this.isGiven = parameter.value !== undefined;
    /** @param {ParameterValue} value */
    const set = (value) => scope.set(parameter, value);
    this.control = json.isHiddenWhenLocked ? null : controlFor(parameter, json, { clock: scope.clock, set });
    this.runner = new QueryRunner(services, place.order, {
      started: () => {},
      answered: (answer) => this.#answered(answer),
      failed: (error) => this.#failed(error),
    });
  }

  /** @param {boolean} isShown */
  update(isShown) {
    this.control?.show();
    if (!this.parameter.fromQuery) return;
    if (!isShown) {
      this.runner.stop();
      return;
    }
    const request = this.services.scope.request(this.json, this.place);
    if (request.missing.size) return;
    if (!isPending(this.parameter)) this.runner.order = AFTER_ITEMS;
    this.runner.want(request);
  }

  /** @param {Answer} answer */
  #answered({ table }) {
    const wasLoaded = this.parameter.loaded;
    this.parameter.loaded = true;
    this.#mark(null);
    if (this.parameter.type === TEXT) this.#take(plainText(table.rows[0]?.[0]));
    else {
      this.parameter.options = optionsFromTable(table);
      this.#take(preselected(this.parameter.options, this.parameter.multi));
    }
    this.control?.show();
    if (!wasLoaded) this.services.update();
  }

  /**
   * The query's own choice, where the workbook names none, until the reader makes another.
   * @param {ParameterValue} value
   */
  #take(value) {
    if (this.isGiven || value === undefined) return;
    const isUntouched = JSON.stringify(this.parameter.value) === JSON.stringify(this.parameter.initial);
    this.parameter.initial = value;
    if (isUntouched) this.services.scope.set(this.parameter, value, 'query');
  }

  /** @param {QueryError} error */
  #failed(error) {
    if (!error.lost) this.services.announce(`${this.parameter.title}: ${error.message}`);
    this.#mark(error.message);
  }

  /** @param {string | null} message */
  #mark(message) {
    this.control?.element.classList.toggle('failed', Boolean(message));
    this.control?.element.setAttribute('title', message ?? '');
  }
}

export class ParameterItem {
  /** @type {Entry[]} */
  #entries = [];

  /**
   * @param {ParametersItemJson} json
   * @param {Place} place
   * @param {ParameterServices & Pick<PageServices, 'problems'>} services
   */
  constructor(json, place, services) {
    this.json = json;
    this.place = place;
    this.services = services;
    this.controls = h('div', { class: `controls ${json.content.style ?? 'pills'}` });
    this.element = h(
      'div',
      {
        class: 'step parameters',
        role: 'group',
        'aria-label': json.name ?? TEXTS.parameters,
        'data-step': json.name ?? '',
      },
      this.controls,
    );
    const strip = notice(services.problems(json));
    if (strip) this.element.append(strip);
    applyStyle(this.element, json);
  }

  declare() {
    const { groups, order } = this.place;
    this.#entries = (this.json.content.parameters ?? [])
      .filter(({ type }) => DRAWN.has(type))
      .map((json, i) => new Entry(json, { groups, order: order + i / 1000 }, this.services));
    this.controls.append(...this.#entries.flatMap(({ control }) => (control ? [control.element] : [])));
    this.controls.hidden = !this.controls.children.length;
  }

  /** @param {boolean} isVisible */
  update(isVisible) {
    const isShown = isVisible && this.services.scope.isVisible(this.json, this.place);
    this.element.hidden = !isShown || (this.controls.hidden && this.element.children.length === 1);
    for (const entry of this.#entries) entry.update(isShown);
  }

  redraw() {
    for (const entry of this.#entries) entry.control?.show();
  }
}
