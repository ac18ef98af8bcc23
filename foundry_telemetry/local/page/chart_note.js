/* The note beside the pointer over a chart. */
// @ts-check

import { h, style } from './dom.js';
import { numberText } from './format.js';
import { FILLED, TEXTS } from './texts.js';
import { dateText } from './time.js';

/**
 * @import { ChartContext } from './chart_axes.js'
 * @import { ChartData } from './chart_data.js'
 * @typedef {{name: string, color: string, text: string}} NoteRow
 */

const MOST_ROWS = 14;

/**
 * The note as elements.
 * @param {string} title
 * @param {NoteRow[]} rows
 */
export function note(title, rows) {
  const shown = rows
    .slice(0, MOST_ROWS)
    .map(({ name, color, text }) =>
      h(
        'div',
        { class: 'note-row' },
        style(h('span', { class: 'swatch' }), { background: color }),
        h('span', { class: 'note-name' }, name),
        h('span', { class: 'note-value' }, text),
      ),
    );
  const more = rows.length - shown.length;
  return h(
    'div',
    { class: 'note' },
    h('div', { class: 'note-title' }, title),
    ...shown,
    more > 0 ? h('div', { class: 'note-more' }, FILLED.andMore(more)) : null,
  );
}

/**
 * The chart library's options for a note.
 * @param {object} more
 */
export function tooltip(more) {
  return {
    renderMode: 'html',
    appendTo: 'body',
    confine: false,
    transitionDuration: 0,
    padding: 0,
    borderWidth: 0,
    backgroundColor: 'transparent',
    extraCssText: 'box-shadow:none;z-index:30',
    className: 'chart-note',
    ...more,
  };
}

/**
 * From when to when a bin is.
 * @param {number} start
 * @param {number} step
 * @param {boolean} utc
 */
export function binText(start, step, utc) {
  const pattern = step % 60_000 === 0 && start % 60_000 === 0 ? 'shortTimePattern' : 'longTimePattern';
  const end = step ? ` – ${dateText(start + step, utc, pattern)}` : '';
  const begin = `${dateText(start, utc, 'shortDatePattern')} ${dateText(start, utc, pattern)}`;
  return `${begin}${end} ${utc ? 'UTC' : 'local'}`;
}

/**
 * Makes the note of a chart with axes: all series at one x, the largest value first.
 * @param {ChartContext} context
 * @param {ChartData} data
 */
export function axisNote({ clock, numberFormat, color, title }, { isTime, series, step, xs }) {
  /** @type {(params: {dataIndex: number}[]) => HTMLElement} */
  return ([{ dataIndex }]) => {
    const x = xs[dataIndex];
    const rows = series
      .map(({ name, values }) => ({ name: title(name), color: color(name), value: values[dataIndex] }))
      .filter(({ value }) => value !== null && value !== undefined)
      .sort((a, b) => Number(b.value) - Number(a.value))
      .map(({ name, color, value }) => ({ name, color, text: numberText(value, numberFormat) }));
    return note(
      isTime ? binText(Number(x), step, clock.utc) : String(x),
      rows.length ? rows : [{ name: TEXTS.noSeries, color: 'transparent', text: '' }],
    );
  };
}
