/* The page as a whole: builds the steps of a workbook in order, and runs the visible ones again when a
   parameter or the data changed. */

import { Queue } from './api.js';
import { h } from './dom.js';
import { ParameterStep } from './parameter_item.js';
import { QueryStep } from './query_item.js';
import { Scope } from './scope.js';
import { GroupStep, LinksStep, TextStep, UnknownStep } from './workbook_items.js';
import { unsupported } from './supported.js';

const STEPS = { 1: TextStep, 3: QueryStep, 9: ParameterStep, 11: LinksStep, 12: GroupStep };

export class Page {
  #order = 0;
  #isDue = false;

  /** Which state of the data the steps were last asked about. */
  revision = 0;

  constructor(workbook, supported, { status, announce }) {
    Object.assign(this, { scope: new Scope(), queue: new Queue(), tabs: new Map(), status, announce });
    this.found = unsupported(workbook, supported);
    this.steps = this.#build(workbook.items ?? [], []);
    this.scope.listen(() => this.update());
  }

  /** Puts the steps under an element. */
  mount(root) {
    if (this.found.top.length)
      root.append(
        h('p', { class: 'notice' }, `Not drawn: ${this.found.top.map(({ text }) => text).join(', ')}`),
      );
    root.append(...this.steps.map((step) => step.element));
  }

  /** What of an item is not drawn. */
  problems(item) {
    return this.found.of(item);
  }

  /** A text with the parameters that its place sees. */
  fill(text, place) {
    return this.scope.fill(text, place).text;
  }

  /** Looks at all steps once this turn of the event loop is over. */
  update() {
    if (this.#isDue) return;
    this.#isDue = true;
    queueMicrotask(() => {
      this.#isDue = false;
      for (const step of this.steps) step.update(true);
    });
  }

  /** The data or the time is another: every visible step asks again. */
  refresh() {
    this.revision += 1;
    this.scope.clock.now = Date.now();
    this.update();
  }

  /** Shows all times on the other clock. */
  setUtc(utc) {
    this.scope.clock.utc = utc;
    this.update();
    for (const step of this.steps) step.redraw();
  }

  #build(items, groups) {
    return items.map((item) => {
      this.#order += 1;
      const place = { order: this.#order, groups };
      const essential = this.problems(item).some((problem) => problem.essential && item.type !== 3);
      const Step = essential ? UnknownStep : (STEPS[item.type] ?? UnknownStep);
      const step = new Step(item, place, this);
      step.declare();
      if (step instanceof GroupStep) step.add(this.#build(item.content.items ?? [], step.inner()));
      return step;
    });
  }
}
