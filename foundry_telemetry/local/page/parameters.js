/* Parameters: what stands in place of {Name} and {Name:format}. Text substitution, no escaping, as in the
   portal: quoting is the author's job. Pure functions. */

import * as time from './time.js';

export const TEXT = 1;
export const DROPDOWN = 2;
export const TIME = 4;
export const OPTIONS = 10;

const REFERENCE = /\{([A-Za-z_][A-Za-z0-9_]*)(?::([^{}\s]+))?\}/g;
const ALL = 'value::all';

const TIME_FORMATS = {
  value: (range, now) => time.condition(range, now),
  query: (range, now) => time.condition(range, now),
  label: (range, now, utc) => time.label(range, utc),
  start: (range, now) => `datetime(${new Date(time.bounds(range, now).start).toISOString()})`,
  end: (range, now) => `datetime(${new Date(time.bounds(range, now).end).toISOString()})`,
  grain: (range) => time.grain(range),
  seconds: (range) => String(Math.round(range.durationMs / 1000)),
  durationiso: (range) => time.isoDuration(range.durationMs),
  startiso: (range, now) => new Date(time.bounds(range, now).start).toISOString(),
  endiso: (range, now) => new Date(time.bounds(range, now).end).toISOString(),
};

const OTHER_FORMATS = {
  value: (parameter) => valueText(parameter),
  label: (parameter) => labelText(parameter),
  escapejson: (parameter) => JSON.stringify(valueText(parameter)).slice(1, -1),
  base64: (parameter) => btoa(String.fromCharCode(...new TextEncoder().encode(valueText(parameter)))),
};

const asList = (value) =>
  (Array.isArray(value) ? value : [value]).filter((v) => v !== undefined && v !== null).map(String);

/** The values chosen, as text; "All" is every value of the list. */
export function chosen(parameter) {
  const values = asList(parameter.value);
  return values.includes(ALL)
    ? (parameter.options ?? []).map((option) => option.value)
    : values.filter((v) => !v.startsWith('value::'));
}

/** Whether "All" is chosen. */
export function isAll(parameter) {
  return asList(parameter.value).includes(ALL);
}

/** Whether a parameter has nothing to put in. */
export function isUnset(parameter) {
  if (parameter.type === TIME) return !time.isSet(parameter.value);
  if (isAll(parameter) && parameter.selectAll !== undefined) return false;
  return chosen(parameter).every((value) => value === '');
}

/** Whether its value can only be told when the answer to its query is there. */
export function isPending(parameter) {
  if (!parameter.fromQuery || parameter.loaded) return false;
  return parameter.value === undefined || (isAll(parameter) && parameter.selectAll === undefined);
}

function valueText(parameter) {
  const { multi, quote = "'", delimiter = ',', selectAll } = parameter;
  const all = isAll(parameter) && selectAll !== undefined;
  if (!multi) return all ? selectAll : (chosen(parameter)[0] ?? '');
  return (all ? [selectAll] : chosen(parameter)).map((value) => `${quote}${value}${quote}`).join(delimiter);
}

/** What a person reads for the value. */
export function labelText(parameter, utc = true) {
  if (parameter.type === TIME) return time.label(parameter.value, utc);
  if (isAll(parameter)) return 'All';
  const names = new Map((parameter.options ?? []).map((option) => [option.value, option.label]));
  return chosen(parameter)
    .map((value) => names.get(value) ?? value)
    .join(', ');
}

/** The text in place of one reference; null for a format that is not drawn. */
export function expand(parameter, format, { now, utc = true }) {
  const name = (format || 'value').toLowerCase();
  if (parameter.type !== TIME) return OTHER_FORMATS[name]?.(parameter) ?? null;
  if (!(name in TIME_FORMATS)) return null;
  return time.isSet(parameter.value) ? TIME_FORMATS[name](parameter.value, now, utc) : '';
}

/**
 * Puts values in place of references.
 * `find(name)` gives the parameter that a place in the workbook sees, or undefined.
 * Besides the text: the parameters used, names that nobody declared before, formats not drawn, and those
 * without a value that one must have.
 */
export function fill(text, find, clock) {
  const found = { used: new Map(), unknown: new Set(), formats: new Set(), missing: new Map() };
  const filled = text.replace(REFERENCE, (whole, name, format) => {
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
  });
  return { text: filled, ...found };
}

const option = (row) =>
  typeof row === 'object' && row !== null
    ? {
        value: String(row.value),
        label: String(row.label ?? row.value),
        group: row.group ?? '',
        selected: Boolean(row.selected),
      }
    : { value: String(row), label: String(row), group: '', selected: false };

/** The choices in a parameter's own JSON; empty when it is none. */
function optionsFromJson(text) {
  try {
    const rows = JSON.parse(text);
    return Array.isArray(rows) ? rows.map(option) : [];
  } catch {
    return [];
  }
}

/** The choices in an answer: up to four columns, value, label, selected, group, by name or else by place. */
export function optionsFromTable({ columns, rows }) {
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
        selected: [true, 1, 'true'].includes(row[selected]),
        group: row[group],
      }),
    );
}

/** The value that a list of choices gives a parameter that has none: those marked as selected. */
export function preselected(options, multi) {
  const values = options.filter((each) => each.selected).map((each) => each.value);
  if (!values.length) return undefined;
  return multi ? values : values[0];
}

/** A parameter as the rest of the page knows it, from its JSON. */
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
  };
}

function startValue(json) {
  const value = json.value ?? json.defaultValue ?? undefined;
  if (json.type === TIME || value === undefined) return value;
  if (json.multiSelect) return asList(value);
  return Array.isArray(value) ? value[0] : value;
}
