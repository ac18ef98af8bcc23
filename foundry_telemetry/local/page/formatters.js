/* The formatters of grids and tiles: a rule of the workbook and a value make the content of a cell. */
// @ts-check

import { accent, heat, property } from './colors.js';
import { button, h, style } from './dom.js';
import { externalLink } from './external_link.js';
import { isNumeric, joined, numberParts, plainText, series, valueText } from './format.js';
import { threshold } from './format_rules.js';
import { icon, meaning } from './icons.js';
import { sparkBars, sparkLine, sparkline } from './sparkline.js';

/**
 * @import { Range } from './grid_rows.js'
 * @import { Draw } from './sparkline.js'
 * @import { Column, Row, Value } from './table.js'
 * @import { ViewServices } from './views.js'
 * @import { FormatterJson } from './workbook.js'
 *
 * @typedef {object} CellData
 * @property {Value} value
 * @property {Column} column
 * @property {Row} row
 * @property {FormatterJson | undefined} rule  The formatter of its column.
 * @property {() => Range} extent  Lowest and highest number of its column.
 *
 * @typedef {Pick<ViewServices, 'clock' | 'fill' | 'openDetails'>} CellServices
 */

const LINK = 7;
const NO_COLOR = 'none';

/** @param {Value} value */
const isEmpty = (value) => value === null || value === undefined || value === '';

/**
 * Fills ["column"] with the row's values, {0} and {1} with the value and its unit, then the parameters.
 * @param {string} words
 * @param {Cell} cell
 */
function template(words, cell) {
  const { text: shown, unit } = cell.parts();
  /** @type {(whole: string, name: string) => string} */
  const named = (whole, name) => (Object.hasOwn(cell.row, name) ? plainText(cell.row[name]) : whole);
  const filled = words.replace(/\["([^"\]]+)"\]/g, named);
  return cell.services.fill(filled.replaceAll('{0}', shown).replaceAll('{1}', unit));
}

/** @param {Cell} cell */
const text = (cell) => cell.text();

/** @param {Cell} cell */
const none = (cell) => h('span', { class: 'none' }, cell.rule?.numberFormat?.emptyValCustomText ?? '–');

/**
 * Where a value is between the ends of its column, from 0 to 1.
 * @param {Cell} cell
 */
function share(cell) {
  const { min, max } = cell.range();
  if (!(max > min)) return Number(cell.value) > 0 ? 1 : 0;
  return Math.min(1, Math.max(0, (Number(cell.value) - min) / (max - min)));
}

/**
 * @param {Cell} cell
 * @param {boolean} isUnder
 */
function bar(cell, isUnder) {
  const line = style(h('span', { class: 'gauge-fill' }), {
    width: `${(share(cell) * 100).toFixed(1)}%`,
    background: accent(cell.options.palette),
  });
  return h(
    'span',
    { class: isUnder ? 'gauge under' : 'gauge' },
    h('span', { class: 'gauge-text' }, text(cell)),
    h('span', { class: 'gauge-track' }, line),
  );
}

/** @param {Cell} cell */
function heatmap(cell) {
  return style(h('span', { class: 'heat' }, text(cell)), {
    background: heat(cell.options.palette ?? 'blue', share(cell)),
  });
}

/**
 * @param {Cell} cell
 * @param {string | Element | null} inner
 */
function link(cell, inner) {
  const { linkTarget, linkLabel, linkColumn } = cell.options;
  const value = linkColumn ? cell.row[linkColumn] : cell.value;
  const shown = inner ?? (linkLabel ? cell.services.fill(linkLabel) : text(cell));
  if (linkTarget === 'Url') return externalLink(plainText(value), shown);
  if (!linkTarget) return shown;
  /** @param {MouseEvent} event */
  const open = (event) => {
    event.stopPropagation();
    cell.services.openDetails(linkTarget, value, cell);
  };
  return button('', open, { class: 'link' }, shown);
}

/** @param {Cell} cell */
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

/** @type {(draw: Draw) => (cell: Cell) => Element} */
const spark = (draw) => (cell) =>
  sparkline(series(cell.value), { draw, palette: cell.options.palette, name: cell.column.name });

/** @param {Cell} cell */
function compositeBar(cell) {
  const { columnSettings = [], labelText = '' } = cell.options.compositeBarSettings ?? {};
  const parts = columnSettings.map(({ columnName, color }) => ({
    columnName,
    color,
    value: Number(cell.row[columnName] ?? 0),
  }));
  const total = parts.reduce((sum, { value }) => sum + value, 0) || 1;
  const described = parts.map(({ columnName, value }) => `${columnName} ${value}`).join(', ');
  const pieces = parts.map(({ value, color }) => {
    const isDrawn = color !== NO_COLOR;
    const piece = h('span', { class: isDrawn && value > 0 ? 'piece is-drawn' : 'piece' });
    return style(piece, {
      width: `${(value / total) * 100}%`,
      background: isDrawn ? accent(color) : 'transparent',
    });
  });
  return h(
    'span',
    { class: 'composite' },
    labelText ? h('span', { class: 'gauge-text' }, template(labelText, cell)) : null,
    h('span', { class: 'pieces', role: 'img', 'aria-label': described }, pieces),
  );
}

/** @param {Cell} cell */
function big(cell) {
  const { text: shown, unit } = cell.parts();
  const sign = joined('', unit, cell.rule?.numberFormat?.unit);
  return h('span', { class: 'big' }, shown, sign && h('span', { class: 'unit' }, sign));
}

/** @type {Partial<Record<number, (cell: Cell) => string | Element>>} */
const FORMATTERS = {
  3: (cell) => bar(cell, false),
  4: (cell) => bar(cell, true),
  8: heatmap,
  9: spark(sparkBars),
  10: spark(sparkLine),
  12: big,
  18: colored,
  21: spark(sparkBars),
  22: compositeBar,
};
const NEED_NO_VALUE = new Set([18, 22]);

/** One value with all that its formatter needs. */
export class Cell {
  /**
   * @param {CellData} data
   * @param {CellServices} services
   */
  constructor({ value, column, row, rule, extent }, services) {
    this.value = value;
    this.column = column;
    this.row = row;
    this.rule = rule;
    this.extent = extent;
    this.services = services;
    this.options = rule?.formatOptions ?? {};
  }

  text() {
    return valueText(this.value, this.column, {
      utc: this.services.clock.utc,
      numberFormat: this.rule?.numberFormat,
      dateFormat: this.rule?.dateFormat,
    });
  }

  parts() {
    if (isEmpty(this.value)) return { text: this.rule?.numberFormat?.emptyValCustomText ?? '–', unit: '' };
    const number = isNumeric(this.column) || this.rule?.numberFormat;
    return number ? numberParts(this.value, this.rule?.numberFormat) : { text: this.text(), unit: '' };
  }

  range() {
    const { min, max } = this.options;
    const found = this.extent();
    return { min: min ?? Math.min(0, found.min), max: max ?? found.max };
  }

  /** What is in the cell. */
  content() {
    const kind = this.rule?.formatter ?? 0;
    if (isEmpty(this.value) && !NEED_NO_VALUE.has(kind)) return none(this);
    const inner = kind === LINK ? null : (FORMATTERS[kind] ?? text)(this);
    return inner === null || this.options.linkTarget ? link(this, inner) : inner;
  }

  /** The text that the pointer shows over it. */
  hint() {
    const words = this.rule?.tooltipFormat?.tooltip;
    return words ? template(words, this) : plainText(this.value);
  }
}
