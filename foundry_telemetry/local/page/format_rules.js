/* Which formatter of a workbook is for which column, and which threshold a value meets. Pure functions. */
// @ts-check

import { plainText } from './format.js';

/**
 * @import { Value } from './table.js'
 * @import { FormatterJson, ThresholdJson } from './workbook.js'
 */

const HIDDEN = 5;

/**
 * Whether a formatter leaves its column out.
 * @param {FormatterJson | undefined} rule
 */
export function isHidden(rule) {
  return rule?.formatter === HIDDEN;
}

/**
 * The formatter of a column: by its name, else by the pattern that fits all of it.
 * @param {FormatterJson[] | undefined} rules
 * @param {string} name
 */
export function ruleFor(rules = [], name) {
  return (
    rules.find((rule) => rule.columnMatch === name) ?? rules.find((rule) => fits(rule.columnMatch, name))
  );
}

/**
 * Whether a regular expression fits the whole of a text; one that is none fits nothing.
 * @param {string} pattern
 * @param {string} text
 */
function fits(pattern, text) {
  try {
    return new RegExp(`^(?:${pattern})$`).test(text);
  } catch {
    return false;
  }
}

/** @type {Partial<Record<string, (a: string, b: string) => boolean>>} */
const OPERATORS = {
  '==': (a, b) => (isNumbers(a, b) ? Number(a) === Number(b) : a === b),
  '!=': (a, b) => (isNumbers(a, b) ? Number(a) !== Number(b) : a !== b),
  '>': (a, b) => a !== '' && Number(a) > Number(b),
  '<': (a, b) => a !== '' && Number(a) < Number(b),
  '>=': (a, b) => a !== '' && Number(a) >= Number(b),
  '<=': (a, b) => a !== '' && Number(a) <= Number(b),
  contains: (a, b) => a.includes(b),
  notContains: (a, b) => !a.includes(b),
  startsWith: (a, b) => a.startsWith(b),
  notStartsWith: (a, b) => !a.startsWith(b),
  endsWith: (a, b) => a.endsWith(b),
  notEndsWith: (a, b) => !a.endsWith(b),
  regex: (a, b) => fits(b, a),
  'is Empty': (a) => a === '',
  isNotNull: (a) => a !== '',
  Default: () => true,
};

/**
 * @param {string} a
 * @param {string} b
 */
function isNumbers(a, b) {
  return a !== '' && b !== '' && Number.isFinite(Number(a)) && Number.isFinite(Number(b));
}

/**
 * The first threshold that a value meets; undefined when there is none.
 * @param {ThresholdJson[] | undefined} thresholds
 * @param {Value} value
 */
export function threshold(thresholds = [], value) {
  return thresholds.find(({ operator, thresholdValue }) =>
    OPERATORS[operator]?.(plainText(value), plainText(thresholdValue)),
  );
}
