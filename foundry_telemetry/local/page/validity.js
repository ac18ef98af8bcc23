/* Which values a parameter may have: what a control lets through, and what is taken from a link. Pure functions. */
// @ts-check

import { TEXT } from './parameters.js';

/**
 * @import { Declaration } from './parameters.js'
 */

const ALL = 'value::all';
const UNQUOTABLE = /['"\\\n\r]/;

/**
 * The rule that a text breaks.
 * @param {Declaration} parameter
 * @param {string} text
 */
export function brokenRule({ rules = [] }, text) {
  return text ? rules.find((rule) => new RegExp(rule.regExp).test(text) === (rule.match === false)) : undefined;
}

/**
 * Whether a control could have given a parameter this value: nothing else is taken from a link. What a query
 * offers is not known so early, but it is put between quotes as it is.
 * @param {Declaration} parameter
 * @param {string} text
 */
export function isPossible(parameter, text) {
  const { fromQuery, options, type } = parameter;
  if (options && !fromQuery) return text === ALL || options.some(({ value }) => value === text);
  return type === TEXT ? !brokenRule(parameter, text) : !UNQUOTABLE.test(text);
}
