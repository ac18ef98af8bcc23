/* The result of a query: a table, or the chart that its `render` names. */
// @ts-check

import { download } from '../csv.js';
import { h, replaceChildren } from '../dom.js';
import { icon } from '../icons.js';
import { strip, tool } from '../layout.js';
import { isNumeric, isTime } from '../format.js';
import { TEXTS } from '../texts.js';
import { makeTable, makeView } from '../views.js';
import { CONSOLE } from './texts.js';

/**
 * @import { Answer, QueryError, Render } from '../api.js'
 * @import { Clock } from '../parameters.js'
 * @import { Table } from '../table.js'
 * @import { TimeRange } from '../time.js'
 * @import { View, ViewServices } from '../views.js'
 */

/** The page's chart for each of Kusto's. @type {Record<string, string | undefined>} */
const CHARTS = {
  timechart: 'linechart',
  linechart: 'linechart',
  scatterchart: 'linechart',
  anomalychart: 'linechart',
  areachart: 'areachart',
  stackedareachart: 'areachart',
  barchart: 'categoricalbar',
  columnchart: 'categoricalbar',
  piechart: 'piechart',
};

/**
 * The chart of an answer: that of its `render`, else one that fits its columns; null where nothing can be drawn.
 * @param {Table} table
 * @param {Render | null} render
 */
export function chartOf({ columns, rows }, render) {
  const hasTime = columns.some(isTime);
  if (!rows.length || !columns.some(isNumeric) || columns.length < 2) return null;
  const named = CHARTS[render?.visualization ?? ''];
  const kind = named ?? (hasTime ? 'linechart' : 'categoricalbar');
  return { kind: kind === 'categoricalbar' && hasTime ? 'barchart' : kind, isWanted: Boolean(named) };
}

/** @param {Render | null} render */
function settingsOf(render) {
  const { xColumn, yColumns, series } = render ?? {};
  return {
    ...(xColumn ? { xAxis: xColumn } : {}),
    ...(yColumns ? { yAxis: yColumns.split(',').map((name) => name.trim()) } : {}),
    ...(series ? { group: series.split(',')[0].trim() } : {}),
  };
}

export class Results {
  /** @type {Table | null} */
  #table = null;
  /** @type {View | null} */
  #grid = null;
  /** @type {View | null} */
  #chart = null;
  /** @type {HTMLElement | null} */
  #notice = null;
  #isChart = false;
  #asChart = tool('chart', CONSOLE.chart, () => this.#choose(true), { hidden: true });
  #asTable = tool('table', CONSOLE.table, () => this.#choose(false), { hidden: true });
  #csv = tool('download', CONSOLE.download, () => this.#download(), { hidden: true });
  #title = h('h2', { class: 'step-title' }, CONSOLE.results);
  #status = h('p', { class: 'console-status', role: 'status' });
  #body = h('div', { class: 'step-body console-body' }, h('p', { class: 'quiet' }, CONSOLE.nothing));

  /** @param {Clock} clock */
  constructor(clock) {
    this.clock = clock;
    this.element = h(
      'section',
      { class: 'step query as-table console-results', 'aria-label': CONSOLE.results },
      h(
        'header',
        { class: 'step-head' },
        this.#title,
        this.#status,
        h('div', { class: 'tools' }, this.#asTable, this.#asChart, this.#csv),
      ),
      this.#body,
    );
  }

  /** @param {string} words */
  say(words) {
    this.#status.textContent = words;
  }

  /** @param {boolean} isRunning */
  busy(isRunning) {
    this.element.setAttribute('aria-busy', String(isRunning));
    this.#body.classList.toggle('stale', isRunning);
  }

  redraw() {
    this.#grid?.redraw();
    this.#chart?.redraw();
  }

  /**
   * @param {Answer} answer
   * @param {TimeRange | null} range
   */
  show({ table, cut, render }, range) {
    const chart = chartOf(table, render);
    this.#table = table;
    this.#title.textContent = render?.title ?? CONSOLE.results;
    this.#grid = makeTable(CONSOLE.result, this.#services());
    this.#chart = chart
      ? makeView(
          { visualization: chart.kind, chartSettings: settingsOf(render) },
          CONSOLE.result,
          this.#services(),
        )
      : null;
    this.#isChart = Boolean(chart?.isWanted);
    this.#csv.hidden = !table.columns.length;
    for (const each of [this.#asChart, this.#asTable]) each.hidden = !chart;
    this.#notice = cut ? strip(cut) : null;
    const content = { table, range };
    this.#grid.draw(content);
    this.#place();
    this.#chart?.draw(content);
  }

  /**
   * Shows why there is no answer.
   * @param {QueryError} error
   * @param {string} [place]
   */
  fail(error, place = '') {
    this.#clear();
    replaceChildren(
      this.#body,
      h(
        'div',
        { class: 'message is-error', role: 'alert' },
        h('p', {}, icon('error'), h('strong', {}, error.message)),
        place ? h('p', { class: 'where' }, place) : null,
      ),
    );
  }

  #clear() {
    this.#table = this.#grid = this.#chart = this.#notice = null;
    this.#title.textContent = CONSOLE.results;
    for (const each of [this.#asChart, this.#asTable, this.#csv]) each.hidden = true;
  }

  /** @param {boolean} isChart */
  #choose(isChart) {
    this.#isChart = isChart;
    this.#place();
    this.redraw();
  }

  #place() {
    const view = this.#isChart && this.#chart ? this.#chart : this.#grid;
    const isEmpty = !this.#table?.rows.length;
    const nothing = isEmpty ? h('p', { class: 'quiet' }, TEXTS.noRows) : null;
    this.#asChart.setAttribute('aria-pressed', String(this.#isChart));
    this.#asTable.setAttribute('aria-pressed', String(!this.#isChart));
    replaceChildren(this.#body, this.#notice, nothing ?? view?.element);
  }

  #download() {
    const table = this.#grid?.exported?.() ?? this.#table;
    if (table) download(CONSOLE.title, table);
  }

  /** @returns {ViewServices} */
  #services() {
    return {
      clock: this.clock,
      fill: (text) => text,
      openDetails: () => {}, // no cell of a plain table leads to any
      selection: null,
      brush: null,
    };
  }
}
