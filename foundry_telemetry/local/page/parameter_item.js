/* A parameter step: its controls, and the queries that give them their choices. */

import { controlFor } from './controls.js';
import { h } from './dom.js';
import { applyStyle, notice } from './layout.js';
import { TEXT, declaration, isPending, optionsFromTable, preselected } from './parameters.js';
import { Runner } from './query_runner.js';

/** The queries of controls wait behind those of the steps, unless a step waits for their answer. */
const AFTER_STEPS = 1_000_000;
const DRAWN = new Set([1, 2, 4, 10]);

/** One parameter: its declaration, its control, the query behind it. */
class Entry {
  constructor(json, place, page) {
    Object.assign(this, { json, place, page });
    this.parameter = page.scope.declare({ ...declaration(json), isControl: true }, place);
    this.isGiven = this.parameter.value !== undefined;
    const { scope } = page;
    const host = {
      set: (value) => scope.set(this.parameter, value),
      utc: () => scope.clock.utc,
      now: () => scope.clock.now,
    };
    this.control = json.isHiddenWhenLocked ? null : controlFor(this.parameter, json, host);
    this.runner = new Runner(page, place.order, {
      started: () => {},
      answered: (answer) => this.#answered(answer),
      failed: (error) => this.#failed(error),
    });
  }

  update(isShown) {
    this.control?.show();
    if (!this.parameter.fromQuery) return;
    if (!isShown) {
      this.runner.stop();
      return;
    }
    const request = this.page.scope.request(this.json, this.place);
    if (request.missing.size) return;
    if (!isPending(this.parameter)) this.runner.order = AFTER_STEPS;
    this.runner.want(request);
  }

  #answered({ table }) {
    const wasLoaded = this.parameter.loaded;
    this.parameter.loaded = true;
    this.#mark(null);
    if (this.parameter.type === TEXT) this.#take(String(table.rows[0]?.[0] ?? ''));
    else {
      this.parameter.options = optionsFromTable(table);
      this.#take(preselected(this.parameter.options, this.parameter.multi));
    }
    this.control?.show();
    if (!wasLoaded) this.page.update();
  }

  /** The query's own choice, where the workbook names none: it holds until the reader makes another. */
  #take(value) {
    if (this.isGiven || value === undefined) return;
    const isUntouched = JSON.stringify(this.parameter.value) === JSON.stringify(this.parameter.initial);
    this.parameter.initial = value;
    if (isUntouched) this.page.scope.set(this.parameter, value, { by: 'query' });
  }

  #failed(error) {
    if (!error.lost) this.page.announce(`${this.parameter.title}: ${error.message}`);
    this.#mark(error.message);
  }

  #mark(message) {
    this.control?.element.classList.toggle('failed', Boolean(message));
    this.control?.element.setAttribute('title', message ?? '');
  }
}

export class ParameterStep {
  constructor(item, place, page) {
    Object.assign(this, { item, place, page });
    this.controls = h('div', { class: `controls ${item.content.style ?? 'pills'}` });
    this.element = h(
      'div',
      {
        class: 'step parameters',
        role: 'group',
        'aria-label': item.name ?? 'Parameters',
        'data-step': item.name ?? '',
      },
      this.controls,
    );
    const strip = notice(page.problems(item));
    if (strip) this.element.append(strip);
    applyStyle(this.element, item);
  }

  declare() {
    this.entries = (this.item.content.parameters ?? [])
      .filter(({ type }) => DRAWN.has(type))
      .map((json, i) => new Entry(json, { ...this.place, order: this.place.order + i / 1000 }, this.page));
    this.controls.append(...this.entries.map(({ control }) => control?.element).filter(Boolean));
    this.controls.hidden = !this.controls.children.length;
  }

  update(isVisible) {
    const isShown = isVisible && this.page.scope.holds(this.item, this.place);
    this.element.hidden = !isShown || (this.controls.hidden && this.element.children.length === 1);
    for (const entry of this.entries) entry.update(isShown);
  }

  redraw() {
    for (const entry of this.entries) entry.control?.show();
  }
}
