/* The formatters of grids and tiles: a rule of the workbook and a value make the content of a cell. */

import { accent, heat, property } from './colors.js';
import { button, h, style, svg } from './dom.js';
import { joined, isNumeric, numberParts, plainText, series, valueText } from './format.js';
import { icon, meaning } from './icons.js';

const HIDDEN = 5;
const LINK = 7;

/** Whether a rule leaves its column out. */
export function isHidden(rule) {
  return rule?.formatter === HIDDEN;
}

/** The rule of a column: by its name, else by the pattern that fits all of it. */
export function ruleFor(rules, name) {
  return (
    (rules ?? []).find((rule) => rule.columnMatch === name) ??
    (rules ?? []).find((rule) => fits(rule.columnMatch, name))
  );
}

function fits(pattern, name) {
  try {
    return new RegExp(`^(?:${pattern})$`).test(name);
  } catch {
    return false;
  }
}

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

function isNumbers(a, b) {
  return a !== '' && b !== '' && Number.isFinite(Number(a)) && Number.isFinite(Number(b));
}

/** The first threshold that a value meets; undefined when there is none. */
export function threshold(grid, value) {
  return (grid ?? []).find(({ operator, thresholdValue }) =>
    OPERATORS[operator]?.(plainText(value), plainText(thresholdValue)),
  );
}

/** Fills ["column"] with the row's values, {0} and {1} with the value and its unit, then the parameters. */
function template(text, cell) {
  const { text: shown, unit } = cell.parts();
  const named = text.replace(/\["([^"\]]+)"\]/g, (whole, name) =>
    name in cell.row ? plainText(cell.row[name]) : whole,
  );
  return cell.fill(named.replaceAll('{0}', shown).replaceAll('{1}', unit));
}

const text = (cell) => cell.text();
const none = (cell) => h('span', { class: 'none' }, cell.rule?.numberFormat?.emptyValCustomText ?? '–');
const share = (cell) => {
  const { min, max } = cell.range();
  return max > min
    ? Math.min(1, Math.max(0, (Number(cell.value) - min) / (max - min)))
    : Number(cell.value) > 0
      ? 1
      : 0;
};

function bar(cell, under) {
  const line = style(h('span', { class: 'gauge-fill' }), {
    width: `${(share(cell) * 100).toFixed(1)}%`,
    background: accent(cell.options.palette),
  });
  return h(
    'span',
    { class: under ? 'gauge under' : 'gauge' },
    h('span', { class: 'gauge-text' }, text(cell)),
    h('span', { class: 'gauge-track' }, line),
  );
}

function heatmap(cell) {
  return style(h('span', { class: 'heat' }, text(cell)), {
    background: heat(cell.options.palette ?? 'blue', share(cell)),
  });
}

function link(cell, inner) {
  const { linkTarget, linkLabel, linkColumn } = cell.options;
  const value = linkColumn ? cell.row[linkColumn] : cell.value;
  const shown = inner ?? (linkLabel ? cell.fill(linkLabel) : text(cell));
  if (linkTarget === 'Url') return url(plainText(value), shown);
  if (!linkTarget) return shown;
  return button(
    shown,
    (event) => {
      event.stopPropagation();
      cell.open(linkTarget, value);
    },
    { class: 'link' },
  );
}

/** A link out of the page; only to the web. */
export function url(address, shown) {
  if (!/^https?:\/\//i.test(address)) return shown;
  return h('a', { href: address, target: '_blank', rel: 'noopener noreferrer' }, shown || address);
}

function colored(cell) {
  const met = threshold(cell.options.thresholdsGrid, cell.value);
  if (!met) return text(cell);
  const shown = template(met.text || '{0}{1}', cell);
  const { shape, color } = meaning(met.representation);
  const isIcon = cell.options.thresholdsOptions === 'icons';
  const chip = h(
    'span',
    { class: isIcon ? 'sign' : 'chip' },
    isIcon && shape ? icon(shape, shown ? null : met.representation) : null,
    shown,
  );
  return style(chip, { '--tone': `var(${property(color)})` });
}

const SPARK = { width: 96, height: 22 };

function spark(values, draw, palette, name) {
  const told = values.filter((value) => value !== null);
  if (!told.length) return h('span', { class: 'none' }, '–');
  const top = Math.max(...told, 0);
  const bottom = Math.min(...told, 0);
  const y = (value) => SPARK.height - 1 - ((value - bottom) / (top - bottom || 1)) * (SPARK.height - 2);
  const [last, highest] = [told.at(-1), Math.max(...told)].map(plainText);
  const said = `${name}: ${told.length} values, last ${last}, highest ${highest}`;
  const frame = {
    class: 'spark',
    viewBox: `0 0 ${SPARK.width} ${SPARK.height}`,
    preserveAspectRatio: 'none',
    role: 'img',
    'aria-label': said,
  };
  return style(svg('svg', frame, ...draw(values, y)), { '--tone': accent(palette) });
}

function sparkBars(values, y) {
  const step = SPARK.width / values.length;
  return values.map(
    (value, i) =>
      value !== null &&
      svg('rect', {
        x: (i * step).toFixed(2),
        width: Math.max(0.6, step - 1).toFixed(2),
        y: Math.min(y(value), y(0)).toFixed(2),
        height: Math.max(0.5, Math.abs(y(0) - y(value))).toFixed(2),
      }),
  );
}

function sparkLine(values, y) {
  const step = SPARK.width / Math.max(1, values.length - 1);
  const points = values
    .map((value, i) => value !== null && `${(i * step).toFixed(2)},${y(value).toFixed(2)}`)
    .filter(Boolean);
  return [svg('polyline', { points: points.join(' '), 'vector-effect': 'non-scaling-stroke' })];
}

const sparkOf = (draw) => (cell) => spark(series(cell.value), draw, cell.options.palette, cell.column.name);

function compositeBar(cell) {
  const { columnSettings = [], labelText = '' } = cell.options.compositeBarSettings ?? {};
  const parts = columnSettings.map(({ columnName, color }) => ({
    columnName,
    color,
    value: Number(cell.row[columnName] ?? 0),
  }));
  const total = parts.reduce((sum, { value }) => sum + value, 0) || 1;
  const said = parts.map(({ columnName, value }) => `${columnName} ${value}`).join(', ');
  const pieces = parts.map(({ value, color }) =>
    style(h('span', { class: 'piece' }), { width: `${(value / total) * 100}%`, background: accent(color) }),
  );
  return h(
    'span',
    { class: 'composite' },
    h('span', { class: 'gauge-text' }, template(labelText, cell)),
    h('span', { class: 'pieces', role: 'img', 'aria-label': said }, pieces),
  );
}

function big(cell) {
  const { text: shown, unit } = cell.parts();
  const sign = joined('', unit, cell.rule.numberFormat?.unit);
  return h('span', { class: 'big' }, shown, sign && h('span', { class: 'unit' }, sign));
}

const FORMATTERS = {
  0: text,
  1: text,
  2: text,
  3: (cell) => bar(cell, false),
  4: (cell) => bar(cell, true),
  6: text,
  8: heatmap,
  9: sparkOf(sparkBars),
  10: sparkOf(sparkLine),
  12: big,
  18: colored,
  21: sparkOf(sparkBars),
  22: compositeBar,
};
const NEED_NO_VALUE = new Set([18, 22]);

/** One value with all that its formatter may ask for. */
export class Cell {
  /** `place` gives what lies outside the row: utc, fill(text), open(target, value) and range(column name). */
  constructor({ value, column, row, rule, place }) {
    Object.assign(this, { value, column, row, rule, place, options: rule?.formatOptions ?? {} });
  }

  text() {
    return valueText(this.value, this.column, {
      utc: this.place.utc(),
      numberFormat: this.rule?.numberFormat,
      dateFormat: this.rule?.dateFormat,
    });
  }

  parts() {
    if (this.value === null || this.value === undefined || this.value === '')
      return { text: this.rule?.numberFormat?.emptyValCustomText ?? '–', unit: '' };
    const number = isNumeric(this.column) || this.rule?.numberFormat;
    return number ? numberParts(this.value, this.rule?.numberFormat) : { text: this.text(), unit: '' };
  }

  range() {
    const { min, max } = this.options;
    const seen = this.place.range(this.column.name);
    return { min: min ?? Math.min(0, seen.min), max: max ?? seen.max };
  }

  fill(words) {
    return this.place.fill(words);
  }

  open(target, value) {
    this.place.open(target, value, this);
  }

  /** What stands in the cell. */
  content() {
    const kind = this.rule?.formatter ?? 0;
    const empty = this.value === null || this.value === undefined || this.value === '';
    if (empty && !NEED_NO_VALUE.has(kind)) return none(this);
    const inner = kind === LINK ? null : (FORMATTERS[kind] ?? text)(this);
    return inner === null || this.options.linkTarget ? link(this, inner) : inner;
  }

  /** What the pointer tells about it. */
  hint() {
    const words = this.rule?.tooltipFormat?.tooltip;
    return words ? template(words, this) : plainText(this.value);
  }
}
