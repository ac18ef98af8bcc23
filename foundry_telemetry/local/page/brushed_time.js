/* The parameter that a time brush sets, and the way back to the time before. */
// @ts-check

import { TIME, timeOf } from './parameters.js';
import { between } from './time.js';

/** @import { Place, Scope } from './scope.js' */

export class BrushedTime {
  #scope;

  /**
   * Declares the parameter; one that is global already is the one that is set.
   * @param {string} name
   * @param {Place} place
   * @param {Scope} scope
   */
  constructor(name, place, scope) {
    this.#scope = scope;
    this.parameter = scope.declare({ name, type: TIME, title: name, value: undefined }, place);
  }

  /** Returns whether a time between two instants is chosen; where none is, there is no way back. */
  update() {
    const isBrushed = Boolean(timeOf(this.parameter)?.endTime);
    if (!isBrushed) this.parameter.before = undefined;
    return isBrushed;
  }

  /**
   * Chooses the time between two instants.
   * @param {number} start
   * @param {number} end
   */
  choose(start, end) {
    this.parameter.before ??= this.parameter.value;
    this.#scope.set(this.parameter, between(start, end));
  }

  /** Goes back to the time before. */
  undo() {
    const { before, initial } = this.parameter;
    this.#scope.set(this.parameter, before ?? initial);
  }
}
