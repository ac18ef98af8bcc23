/* Parameters: what stands in place of {Name} and {Name:format}. Text substitution, no escaping, as in the
   portal: quoting is the author's job. Pure functions. */
// @ts-check

import { plainText } from './format.js';
import * as time from './time.js';

/**
 * @import { Table, Value } from './table.js'
 * @import { TimeRange } from './time.js'
 * @import { ParameterJson, RuleJson } from './workbook.js'
 *
 * @typedef {string | string[] | TimeRange | null | undefined} ParameterValue
 * @typedef {{now: number, utc: boolean}} Clock  Now in milliseconds, and whether times are shown in UTC.
 * @typedef {{value: string, label: string, group: string, selected?: boolean}} Option
 *
 * @typedef {object} Declaration  A parameter as the rest of the page knows it.
 * @property {string} name
 * @property {number} type
 * @property {string} title
 * @property {ParameterValue} value
 * @property {Option[] | null} [options]
 * @property {boolean} [multi]  Whether several values can be chosen.
 * @property {string} [quote]
 * @property {string} [delimiter]
 * @property {boolean} [global]
 * @property {string} [selectAll]  What stands for "All".
 * @property {boolean} [required]
 * @property {boolean} [fromQuery]
 * @property {boolean} [loaded]  Whether its query has been answered.
 * @property {boolean} [isControl]  Whether the reader can set it.
 * @property {RuleJson[]} [rules]  What a text that is typed in must match, or must not.
 */

/**
 * @template {Declaration} P
 * @typedef {object} Filled  A text with values in place of references, and what was found in it.
 * @property {string} text
 * @property {Map<string, P>} used
 * @property {Set<string>} unknown  Names that nothing declares before.
 * @property {Set<string>} formats  References whose format is not drawn.
 * @property {Map<string, P>} missing  Those without a value that must have one.
 */

export const TEXT = 1;
export const DROPDOWN = 2;
export const TIME = 4;
export const OPTIONS = 10;

const REFERENCE = /\{([A-Za-z_][A-Za-z0-9_]*)(?::([^{}\s]+))?\}/g;
const ALL = 'value::all';

/** @type {Record<string, (range: TimeRange, now: number, utc: boolean) => string>} */
const TIME_FORMATS = {
  value: (range, now) => time.condition(range, now),
  query: (range, now) => time.condition(range, now),
  label: (range, _now, utc) => time.label(range, utc),
  start: (range, now) => `datetime(${new Date(time.bounds(range, now).start).toISOString()})`,
  end: (range, now) => `datetime(${new Date(time.bounds(range, now).end).toISOString()})`,
  grain: (range) => time.grain(range),
  seconds: (range) => String(Math.round(range.durationMs / 1000)),
  durationiso: (range) => time.isoDuration(range.durationMs),
  startiso: (range, now) => new Date(time.bounds(range, now).start).toISOString(),
  endiso: (range, now) => new Date(time.bounds(range, now).end).toISOString(),
};

/** @type {Record<string, (parameter: Declaration) => string>} */
const OTHER_FORMATS = {
  value: (parameter) => valueText(parameter),
  label: (parameter) => labelText(parameter),
  escapejson: (parameter) => JSON.stringify(valueText(parameter)).slice(1, -1),
  base64: (parameter) => btoa(String.fromCharCode(...new TextEncoder().encode(valueText(parameter)))),
};

/** @param {ParameterValue} value */
const asList = (value) =>
  (Array.isArray(value) ? value : [value]).filter((v) => v !== undefined && v !== null).map(plainText);

/**
 * The range of a time parameter; null where none is chosen, and for parameters of other types.
 * @param {Declaration} parameter
 */
export function timeOf({ type, value }) {
  return type === TIME && time.isSet(value) ? value : null;
}

/**
 * The values chosen, as text; "All" is every value of the list.
 * @param {Declaration} parameter
 */
export function chosen(parameter) {
  const values = asList(parameter.value);
  return values.includes(ALL)
    ? (parameter.options ?? []).map((option) => option.value)
    : values.filter((v) => !v.startsWith('value::'));
}

/**
 * Whether "All" is chosen.
 * @param {Declaration} parameter
 */
export function isAll(parameter) {
  return asList(parameter.value).includes(ALL);
}

/**
 * Whether a parameter has nothing to put in.
 * @param {Declaration} parameter
 */
export function isUnset(parameter) {
  if (parameter.type === TIME) return !time.isSet(parameter.value);
  if (isAll(parameter) && parameter.selectAll !== undefined) return false;
  return chosen(parameter).every((value) => value === '');
}

/**
 * Whether its value is only known once its query is answered.
 * @param {Declaration} parameter
 */
export function isPending(parameter) {
  if (!parameter.fromQuery || parameter.loaded) return false;
  return parameter.value === undefined || (isAll(parameter) && parameter.selectAll === undefined);
}

/** @param {Declaration} parameter */
function valueText(parameter) {
  const { multi, quote = "'", delimiter = ',', selectAll } = parameter;
  const values = isAll(parameter) && selectAll !== undefined ? [selectAll] : chosen(parameter);
  if (!multi) return values[0] ?? '';
  return values.map((value) => `${quote}${value}${quote}`).join(delimiter);
}

/**
 * The value for a person to read.
 * @param {Declaration} parameter
 * @param {boolean} [utc]
 */
export function labelText(parameter, utc = true) {
  if (parameter.type === TIME) return time.label(parameter.value, utc);
  if (isAll(parameter)) return 'All';
  const names = new Map((parameter.options ?? []).map((option) => [option.value, option.label]));
  return chosen(parameter)
    .map((value) => names.get(value) ?? value)
    .join(', ');
}

/**
 * The text in place of one reference; null for a format that is not drawn.
 * @param {Declaration} parameter
 * @param {string | undefined} format
 * @param {Clock} clock
 */
export function expand(parameter, format, { now, utc }) {
  const name = (format || 'value').toLowerCase();
  if (!Object.hasOwn(parameter.type === TIME ? TIME_FORMATS : OTHER_FORMATS, name)) return null;
  if (parameter.type !== TIME) return OTHER_FORMATS[name](parameter);
  return time.isSet(parameter.value) ? TIME_FORMATS[name](parameter.value, now, utc) : '';
}

/**
 * Puts values in place of references.
 * @template {Declaration} P
 * @param {string} text
 * @param {(name: string) => P | undefined} find  The parameter that a place in the workbook sees.
 * @param {Clock} clock
 * @returns {Filled<P>}
 */
export function fill(text, find, clock) {
  /** @type {Omit<Filled<P>, 'text'>} */
  const found = { used: new Map(), unknown: new Set(), formats: new Set(), missing: new Map() };
  /** @type {(whole: string, name: string, format: string | undefined) => string} */
  const replace = (whole, name, format) => {
    const parameter = find(name);
    if (!parameter) {
      found.unknown.add(name);
      return whole;
    }
    found.used.set(name, parameter);
    if (isPending(parameter) || (parameter.required && isUnset(parameter)))
      found.missing.set(name, parameter);
    const value = expand(parameter, format, clock);
    if (value === null) {
      found.formats.add(whole);
      return whole;
    }
    return value;
  };
  return { text: text.replace(REFERENCE, replace), ...found };
}

/** @param {Value} value */
const optionText = (value) => (typeof value === 'object' ? JSON.stringify(value) : String(value));

/**
 * @param {unknown} row
 * @returns {Option}
 */
function option(row) {
  const { value, label, group, selected } = /** @type {Record<string, Value>} */ (
    typeof row === 'object' && row !== null ? row : { value: row }
  );
  return {
    value: optionText(value),
    label: optionText(label ?? value),
    group: plainText(group),
    selected: Boolean(selected),
  };
}

/**
 * The choices in a parameter's own JSON; empty when it is none.
 * @param {string} text
 */
function optionsFromJson(text) {
  try {
    /** @type {unknown} */
    const rows = JSON.parse(text);
    return Array.isArray(rows) ? rows.map(option) : [];
  } catch {
    return [];
  }
}

/**
 * The choices in an answer: up to four columns, value, label, selected, group, by name or else by place.
 * @param {Table} table
 */
export function optionsFromTable({ columns, rows }) {
  /** @type {(name: string, place: number) => number} */
  const at = (name, place) => {
    const i = columns.findIndex((c) => c.name.toLowerCase() === name);
    return i < 0 ? place : i;
  };
  const [value, label, selected, group] = ['value', 'label', 'selected', 'group'].map(at);
  return rows
    .filter((row) => row[value] !== null && row[value] !== undefined)
    .map((row) =>
      option({
        value: row[value],
        label: row[label],
        selected: row[selected] === true || row[selected] === 1 || row[selected] === 'true',
        group: row[group],
      }),
    );
}

/**
 * The value that a list of choices gives a parameter that has none: those marked as selected.
 * @param {Option[]} options
 * @param {boolean} [multi]
 */
export function preselected(options, multi) {
  const values = options.filter((each) => each.selected).map((each) => each.value);
  if (!values.length) return undefined;
  return multi ? values : values[0];
}

/**
 * A parameter as the rest of the page knows it, from its JSON.
 * @param {ParameterJson} json
 * @returns {Declaration}
 */
export function declaration(json) {
  const settings = json.typeSettings ?? {};
  const options = typeof json.jsonData === 'string' ? optionsFromJson(json.jsonData) : null;
  const first =
    options?.length && !(json.value ?? json.defaultValue)
      ? (preselected(options, json.multiSelect) ?? options[0].value)
      : undefined;
  return {
    name: json.name,
    type: json.type,
    title: json.label || json.name,
    value: startValue(json) ?? first,
    options,
    multi: Boolean(json.multiSelect),
    quote: json.quote,
    delimiter: json.delimiter,
    global: Boolean(json.isGlobal),
    selectAll: settings.selectAllValue,
    required: Boolean(json.isRequired),
    fromQuery: !options && Boolean(json.query?.trim()),
    loaded: false,
    rules: settings.paramValidationRules,
  };
}

/** @param {ParameterJson} json */
function startValue(json) {
  const value = json.value ?? json.defaultValue ?? undefined;
  if (json.type === TIME || value === undefined) return value;
  if (json.multiSelect) return asList(value);
  return Array.isArray(value) ? value[0] : value;
}
