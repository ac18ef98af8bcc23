/* The scope: which parameter a place in the workbook sees, and its value. A parameter exists for the steps
   after the one that declares it, and inside its group; one that is global exists everywhere. */

import * as time from './time.js';
import { TIME, chosen, fill, isAll } from './parameters.js';

/** Whether a declaration can be seen from a place: {order, groups}, groups from the outermost in. */
function isSeen(declared, place) {
  if (declared.global) return true;
  return (
    declared.order < place.order && declared.groups.every((group, depth) => place.groups[depth] === group)
  );
}

/**
 * The groups that hide a declaration from outside: those of its place, up to the innermost that does not
 * hand it out.
 */
function hiding(groups) {
  const last = groups.findLastIndex((group) => !group.exports);
  return groups.slice(0, last + 1);
}

const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

export class Scope {
  #declared = new Map();
  #listeners = new Set();

  /** The clock that all steps of one round share: now in milliseconds, and whether times are shown in UTC. */
  clock = { now: Date.now(), utc: true };

  /** Takes in a parameter declared at a place. A name that is global already keeps its one declaration. */
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

  /** The parameter that a place sees; the latest declaration before it. */
  find(name, place) {
    return (this.#declared.get(name) ?? []).findLast((declared) => isSeen(declared, place));
  }

  /** Whether any step, anywhere, declares the name. */
  isDeclared(name) {
    return this.#declared.has(name);
  }

  /** Sets a value and tells the listeners when it changed. */
  set(parameter, value, { by = 'reader' } = {}) {
    if (same(parameter.value, value)) return;
    parameter.value = value;
    for (const listener of this.#listeners) listener({ parameter, by });
  }

  listen(listener) {
    this.#listeners.add(listener);
  }

  /** The shortest time back from now that is chosen, in milliseconds; infinite where no time is relative. */
  shortest() {
    const ranges = [...this.#declared.values()]
      .flat()
      .filter(({ type, value }) => type === TIME && time.isSet(value) && !value.endTime);
    return Math.min(...ranges.map(({ value }) => value.durationMs));
  }

  /** Fills a text as a place sees it. */
  fill(text, place, clock = this.clock) {
    return fill(text, (name) => this.find(name, place), clock);
  }

  /**
   * What a step asks: its query filled in, the parameters used, the range beside it; `shape` is the same
   * at any time.
   */
  request({ query = '', timeContextFromParameter, timeContext }, place) {
    const filled = this.fill(query, place);
    const bound = timeContextFromParameter && this.find(timeContextFromParameter, place);
    const range = bound ? bound.value : timeContext;
    const told = time.isSet(range) ? range : null;
    const still = this.fill(query, place, { ...this.clock, now: 0 }).text;
    return {
      ...filled,
      range: told,
      used: [...new Set([...filled.used.values(), ...(bound ? [bound] : [])])],
      timespan: told && time.timespan(told, this.clock.now),
      shape: JSON.stringify([still, told]),
    };
  }

  /** Whether the conditions of an item hold. */
  holds(item, place) {
    const conditions = [item.conditionalVisibility, ...(item.conditionalVisibilities ?? [])].filter(Boolean);
    return conditions.every(({ parameterName, comparison, value }) => {
      const equal = this.#compared(this.find(parameterName, place)) === String(value ?? '');
      return comparison === 'isNotEqualTo' ? !equal : equal;
    });
  }

  #compared(parameter) {
    if (!parameter) return '';
    if (parameter.type === TIME) return time.isSet(parameter.value) ? time.toAddress(parameter.value) : '';
    return isAll(parameter) ? (parameter.selectAll ?? 'value::all') : chosen(parameter).join(',');
  }

  /** The values that differ from the workbook's own, as [name, text] pairs: the address of this view. */
  entries() {
    return [...this.#declared.values()]
      .flat()
      .filter((each) => !same(each.value, each.initial))
      .flatMap((each) => {
        if (each.type === TIME)
          return time.isSet(each.value) ? [[each.name, time.toAddress(each.value)]] : [];
        return (Array.isArray(each.value) ? each.value : [each.value ?? '']).map((value) => [
          each.name,
          value,
        ]);
      });
  }

  /** Takes the values of an address; what it does not name goes back to the workbook's own. */
  restore(entries) {
    for (const each of [...this.#declared.values()].flat()) {
      const texts = entries.filter(([name]) => name === each.name).map(([, text]) => text);
      this.set(each, texts.length ? read(each, texts) : each.initial, { by: 'address' });
    }
  }
}

function read(parameter, texts) {
  if (parameter.type === TIME) return time.fromAddress(texts[0]) ?? parameter.initial;
  return parameter.multi ? texts : texts[0];
}
