/* The scope: which parameter a place in the workbook sees, and its value. A parameter exists for the items
   after the one that declares it, and inside its group; one that is global exists everywhere. */
// @ts-check

import { plainText } from './format.js';
import * as time from './time.js';
import { TIME, chosen, fill, isAll, timeOf } from './parameters.js';
import { isPossible } from './validity.js';

/**
 * @import { Clock, Declaration, Filled, ParameterValue } from './parameters.js'
 * @import { TimeRange } from './time.js'
 * @import { CommonJson, QuerySourceJson } from './workbook.js'
 *
 * @typedef {{exports: boolean}} Group  Whether parameters inside can be seen from outside.
 * @typedef {{order: number, groups: Group[]}} Place  In the workbook; the groups from the outermost in.
 * @typedef {Declaration & Place & {initial: ParameterValue, before?: ParameterValue}} Parameter
 * @typedef {'reader' | 'item' | 'query' | 'url'} Origin  What sets a value.
 * @typedef {{parameter: Parameter, by: Origin}} Change
 *
 * @typedef {object} QueryRequestOnly
 * @property {Parameter[]} used
 * @property {TimeRange | null} range  Sent beside the query.
 * @property {string | null} timespan  The same as the query interface takes it.
 * @property {string} shape  The same at any time.
 * @typedef {Omit<Filled<Parameter>, 'used'> & QueryRequestOnly} QueryRequest  A query as it is sent.
 */

/**
 * Whether a declaration can be seen from a place.
 * @param {Parameter} declared
 * @param {Place} place
 */
function isSeen(declared, place) {
  if (declared.global) return true;
  return (
    declared.order < place.order && declared.groups.every((group, depth) => place.groups[depth] === group)
  );
}

/**
 * The groups that hide a declaration from outside: those of its place, up to the innermost that does not
 * export it.
 * @param {Group[]} groups
 */
function hiding(groups) {
  const last = groups.findLastIndex((group) => !group.exports);
  return groups.slice(0, last + 1);
}

/**
 * @param {unknown} a
 * @param {unknown} b
 */
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

export class Scope {
  /** @type {Map<string, Parameter[]>} */
  #declared = new Map();
  /** @type {Set<(change: Change) => void>} */
  #listeners = new Set();

  /** The clock that all items of one refresh share. */
  clock = { now: Date.now(), utc: true };

  /**
   * Declares a parameter at a place. A name that is global already keeps its one declaration.
   * @param {Declaration} parameter
   * @param {Place} place
   * @returns {Parameter}
   */
  declare(parameter, place) {
    const list = this.#declared.get(parameter.name) ?? [];
    const global = list.find((each) => each.global);
    if (global) return global;
    const declared = {
      ...parameter,
      initial: parameter.value,
      order: place.order,
      groups: hiding(place.groups),
    };
    this.#declared.set(parameter.name, [...list, declared]);
    return declared;
  }

  /**
   * The parameter that a place sees; the latest declaration before it.
   * @param {string} name
   * @param {Place} place
   */
  find(name, place) {
    return (this.#declared.get(name) ?? []).findLast((declared) => isSeen(declared, place));
  }

  /**
   * Whether any item, anywhere, declares the name.
   * @param {string} name
   */
  isDeclared(name) {
    return this.#declared.has(name);
  }

  /**
   * Sets a value and notifies the listeners when it changed.
   * @param {Parameter} parameter
   * @param {ParameterValue} value
   * @param {Origin} [by]
   */
  set(parameter, value, by = 'reader') {
    if (same(parameter.value, value)) return;
    parameter.value = value;
    for (const listener of this.#listeners) listener({ parameter, by });
  }

  /** @param {(change: Change) => void} listener */
  listen(listener) {
    this.#listeners.add(listener);
  }

  /** The shortest time back from now that is chosen, in milliseconds; infinite where no time is relative. */
  shortest() {
    const ranges = this.#all().map(timeOf);
    return Math.min(...ranges.map((range) => (range && !range.endTime ? range.durationMs : Infinity)));
  }

  #all() {
    return [...this.#declared.values()].flat();
  }

  /**
   * Fills a text as a place sees it.
   * @param {string} text
   * @param {Place} place
   * @param {Clock} [clock]
   */
  fill(text, place, clock = this.clock) {
    return fill(text, (name) => this.find(name, place), clock);
  }

  /**
   * The query of an item as it is sent from a place.
   * @param {QuerySourceJson} source
   * @param {Place} place
   * @returns {QueryRequest}
   */
  request({ query = '', timeContextFromParameter, timeContext }, place) {
    const filled = this.fill(query, place);
    const bound = timeContextFromParameter ? this.find(timeContextFromParameter, place) : undefined;
    const context = bound ? bound.value : timeContext;
    const range = time.isSet(context) ? context : null;
    const shape = this.fill(query, place, { ...this.clock, now: 0 }).text;
    return {
      ...filled,
      range,
      used: [...new Set([...filled.used.values(), ...(bound ? [bound] : [])])],
      timespan: range && time.timespan(range, this.clock.now),
      shape: JSON.stringify([shape, range]),
    };
  }

  /**
   * Whether the conditions of an item are true.
   * @param {CommonJson} item
   * @param {Place} place
   */
  isVisible(item, place) {
    const conditions = [item.conditionalVisibility, ...(item.conditionalVisibilities ?? [])].filter(
      (condition) => condition !== null && condition !== undefined,
    );
    return conditions.every(({ parameterName, comparison, value }) => {
      const equal = this.#compared(this.find(parameterName, place)) === String(value ?? '');
      return comparison === 'isNotEqualTo' ? !equal : equal;
    });
  }

  /** @param {Parameter | undefined} parameter */
  #compared(parameter) {
    if (!parameter) return '';
    const range = timeOf(parameter);
    if (parameter.type === TIME) return range ? time.toUrl(range) : '';
    return isAll(parameter) ? (parameter.selectAll ?? 'value::all') : chosen(parameter).join(',');
  }

  /** The values that differ from the workbook's own, as [name, text] pairs: the state in the URL. */
  entries() {
    return this.#all()
      .filter((each) => !same(each.value, each.initial))
      .flatMap((each) => texts(each).map((text) => [each.name, text]));
  }

  /**
   * Sets the values of a URL; what it does not name goes back to the workbook's own.
   * @param {[name: string, value: string][]} entries
   */
  restore(entries) {
    for (const each of this.#all()) {
      const values = entries.filter(([name]) => name === each.name).map(([, text]) => text);
      this.set(each, values.length ? read(each, values) : each.initial, 'url');
    }
  }
}

/**
 * The values of a parameter as a URL has them.
 * @param {Parameter} parameter
 */
function texts(parameter) {
  if (parameter.type !== TIME)
    return Array.isArray(parameter.value) ? parameter.value : [plainText(parameter.value)];
  const range = timeOf(parameter);
  return range ? [time.toUrl(range)] : [];
}

/**
 * @param {Parameter} parameter
 * @param {string[]} values
 */
function read(parameter, values) {
  if (parameter.type === TIME) return time.fromUrl(values[0]) ?? parameter.initial;
  if (!values.every((text) => isPossible(parameter, text))) return parameter.initial;
  return parameter.multi ? values : values[0];
}
