/* Charts, drawn by Apache ECharts. The legend and the pointer's note are elements of our own, so that the
   keyboard reaches the one and the content security policy allows the other. */
// @ts-check

import { Brush } from './brush.js';
import { CHANGE, barTexts, changeOptions, heightOf, outside } from './change_chart.js';
import { chartData, pieData } from './chart_data.js';
import { library, loadedLibrary } from './chart_library.js';
import { isBars } from './chart_axes.js';
import { axisOptions, pieOptions } from './chart_options.js';
import { SeriesColors, forgetColors, resolve } from './colors.js';
import { focusFirst, h, style } from './dom.js';
import { numberText } from './format.js';
import { FILLED, TEXTS } from './texts.js';

/**
 * @import { ChartContext, Theme } from './chart_axes.js'
 * @import { ChartData, Slice } from './chart_data.js'
 * @import { EChart, ECharts } from './chart_library.js'
 * @import { ViewContent, ViewServices } from './views.js'
 * @import { ChartJson, NumberFormatJson } from './workbook.js'
 *
 * @typedef {{axes: ChartData, slices: null} | {axes: null, slices: Slice[]}} Drawing  Of a chart or of a pie.
 * @typedef {Pick<ViewServices, 'clock' | 'fill' | 'brush'>} ChartServices
 */

/** @type {Set<Chart>} */
const charts = new Set();

/** Draws all charts again with the colours of a new theme. */
export function recolor() {
  forgetColors();
  for (const chart of charts) chart.redraw();
}

/**
 * A canvas inherits neither colours nor font.
 * @returns {Theme}
 */
function currentTheme() {
  return {
    text: resolve('--muted'),
    line: resolve('--line'),
    strong: resolve('--text'),
    surface: resolve('--surface'),
    font: {
      fontFamily: getComputedStyle(document.documentElement).getPropertyValue('--sans'),
      fontSize: 11,
    },
  };
}

/**
 * The number format of the measures.
 * @param {ChartJson} settings
 * @returns {NumberFormatJson}
 */
function numberFormatOf({ ySettings: { unit, numberFormatSettings } = {} }) {
  return numberFormatSettings ?? (unit ? { unit } : {});
}

export class Chart {
  /** @type {ViewContent | null} */
  #content = null;
  /** @type {Drawing | null} */
  #drawing = null;
  /** @type {EChart | null} */
  #echart = null;
  /** @type {Brush | null} */
  #brush = null;
  /** Names of the series that the reader has switched off. */
  #off = /** @type {Set<string>} */ (new Set());
  #colors = new SeriesColors();
  #legendKey = '';

  /**
   * @param {string} kind
   * @param {ChartJson} settings
   * @param {string} name  Of the item.
   * @param {ChartServices} services
   */
  constructor(kind, settings, name, services) {
    this.kind = kind;
    this.settings = settings;
    this.name = name;
    this.services = services;
    this.numberFormat = numberFormatOf(settings);
    this.canvas = h('div', { class: 'chart-canvas', role: 'img', 'aria-label': name });
    this.legend = h('ul', { class: 'legend', 'aria-label': FILLED.seriesOf(name) });
    this.note = h('p', { class: 'grid-note', hidden: true });
    this.element = h('div', { class: 'chart' }, this.canvas, this.legend, this.note);
    if (services.brush) this.#brush = new Brush(this.canvas, services.brush, isBars(kind));
    new ResizeObserver(() => this.#resize()).observe(this.canvas);
    charts.add(this);
  }

  /** Whether the reader is dragging here: then an update waits. */
  get isBusy() {
    return Boolean(this.#brush?.isActive);
  }

  /** @param {ViewContent} content */
  draw(content) {
    const { table } = content;
    this.#content = content;
    this.#drawing =
      this.kind === 'piechart'
        ? { axes: null, slices: pieData(table, this.settings) }
        : { axes: chartData(table, this.settings), slices: null };
    const { axes, slices } = this.#drawing;
    this.#colors.reserve((slices ?? axes.series).map(({ name }) => this.#label(name)?.color));
    this.#drawLegend(this.#drawing);
    this.#describe(this.#drawing);
    this.#showNote(this.#drawing.axes?.isCut ? TEXTS.cut : this.kind === CHANGE ? outside(table) : '');
    if (this.kind === CHANGE && this.#drawing.axes)
      style(this.canvas, { 'min-height': `${heightOf(this.#drawing.axes)}px` });
    library()
      .then((echarts) => {
        if (content === this.#content) this.#paint(echarts);
      })
      .catch((/** @type {Error} */ error) => this.#showNote(error.message));
  }

  redraw() {
    if (this.#content) this.draw(this.#content);
  }

  markSelection() {}

  /** @param {string} words */
  #showNote(words) {
    this.note.textContent = words;
    this.note.hidden = !words;
  }

  /** @param {string} name */
  #label(name) {
    return this.settings.seriesLabelSettings?.find((each) => each.seriesName === name);
  }

  /**
   * The colour of a series: the workbook's, else the next one.
   * @param {string} name
   */
  #color(name) {
    return this.#colors.of(name, this.#label(name)?.color);
  }

  /**
   * The name shown for a series.
   * @param {string} name
   */
  #title(name) {
    const label = this.#label(name)?.label;
    return label ? this.services.fill(label) : name;
  }

  /** @returns {ChartContext} */
  #context() {
    const { clock, fill } = this.services;
    return {
      kind: this.kind,
      settings: this.settings,
      numberFormat: this.numberFormat,
      range: this.#content?.range ?? null,
      clock,
      fill,
      theme: currentTheme(),
      width: this.canvas.clientWidth,
      color: (name) => this.#color(name),
      title: (name) => this.#title(name),
    };
  }

  /**
   * Draws; what is not laid out has no size yet, and is drawn when it gets one.
   * @param {ECharts} echarts
   */
  #paint(echarts) {
    if (!this.canvas.clientWidth || !this.#drawing) return;
    this.#echart ??= echarts.init(this.canvas, null, { renderer: 'canvas' });
    const { axes, slices } = this.#drawing;
    /** @param {{name: string}} each */
    const isOn = ({ name }) => !this.#off.has(name);
    const options = slices
      ? pieOptions(this.#context(), slices.filter(isOn))
      : this.kind === CHANGE
        ? changeOptions(this.#context(), axes, isOn)
        : axisOptions(this.#context(), { ...axes, series: axes.series.filter(isOn) });
    this.#echart.setOption(options, { notMerge: false, replaceMerge: ['series'], lazyUpdate: false });
    if (axes) this.#brush?.attach(this.#echart, axes);
  }

  #resize() {
    const echarts = loadedLibrary();
    if (!this.#drawing || !echarts) return;
    this.#echart?.resize({ animation: { duration: 0 } });
    this.#paint(echarts);
  }

  /** @param {Drawing} drawing */
  #drawLegend({ axes, slices }) {
    const names = (slices ?? axes.series).map(({ name }) => name);
    this.legend.hidden = this.settings.showLegend === false || (names.length < 2 && !slices);
    const key = JSON.stringify([
      names.map((name) => [name, this.#title(name), this.#color(name)]),
      [...this.#off],
    ]);
    if (key === this.#legendKey) return;
    this.#legendKey = key;
    this.legend.replaceChildren(...names.map((name) => h('li', {}, this.#legendEntry(name))));
  }

  /** @param {string} name */
  #legendEntry(name) {
    const swatch = style(h('span', { class: 'swatch' }), { background: this.#color(name) });
    return h(
      'button',
      {
        type: 'button',
        class: 'legend-entry',
        'data-series': name,
        'aria-pressed': String(!this.#off.has(name)),
        on: {
          click: () => this.#toggle(name),
          pointerenter: () => this.#echart?.dispatchAction({ type: 'highlight', ...this.#target(name) }),
          pointerleave: () => this.#echart?.dispatchAction({ type: 'downplay', ...this.#target(name) }),
        },
      },
      swatch,
      this.#title(name),
    );
  }

  /** @param {string} name */
  #target(name) {
    const title = this.#title(name);
    return this.#drawing?.slices ? { name: title } : { seriesName: title };
  }

  /** @param {string} name */
  #toggle(name) {
    if (!this.#off.delete(name)) this.#off.add(name);
    this.redraw();
    focusFirst(this.legend, `[data-series="${CSS.escape(name)}"]`);
  }

  /**
   * Describes the chart for those who do not see it.
   * @param {Drawing} drawing
   */
  #describe({ axes, slices }) {
    if (axes && this.kind === CHANGE) {
      const bars = barTexts(axes, this.numberFormat).join('; ');
      this.canvas.setAttribute('aria-label', `${this.name}, ${this.kind}. ${bars}`);
      return;
    }
    const all = slices
      ? slices.map(({ name, value }) => ({ name, text: numberText(value, this.numberFormat) }))
      : axes.series.map(({ name, values }) => ({ name, text: this.#summary(values) }));
    const words = all.slice(0, 12).map(({ name, text }) => `${this.#title(name)}: ${text}`);
    const more = all.length - words.length;
    const tail = more > 0 ? FILLED.moreSeries(more) : '';
    this.canvas.setAttribute('aria-label', `${this.name}, ${this.kind}. ${words.join('; ')}${tail}`);
  }

  /** @param {(number | null)[]} values */
  #summary(values) {
    const known = values.filter((each) => each !== null);
    if (!known.length) return TEXTS.noSeries;
    const highest = known.reduce((a, b) => Math.max(a, b));
    const [last, most] = [known.at(-1), highest].map((each) => numberText(each, this.numberFormat));
    return FILLED.summary(last, most);
  }
}
