/* Charts, drawn by Apache ECharts. The legend and the pointer's note are elements of our own, so that the
   keyboard reaches the one and the content security policy has nothing to say about the other. */

import { Brush } from './brush.js';
import { chartData, pieData } from './chart_data.js';
import { Wheel, forget, resolve } from './colors.js';
import { options, pieOptions } from './chart_options.js';
import { h, style } from './dom.js';
import { numberText } from './format.js';

const SCRIPT = '/page/vendor/echarts.common.min.js';
const drawn = new Set();

let loading = null;

/** The library, fetched when the first chart is drawn. */
function library() {
  loading ??= new Promise((resolve, reject) => {
    const failed = () => {
      loading = null;
      reject(new Error('The chart library could not be loaded'));
    };
    document.head.append(
      h('script', { src: SCRIPT, load: () => resolve(globalThis.echarts), error: failed }),
    );
  });
  return loading;
}

/** Draws all charts again with the colours of a new theme. */
export function recolor() {
  forget();
  for (const chart of drawn) chart.redraw();
}

export class Chart {
  #table = null;
  #off = new Set();
  #wheel = new Wheel();
  #echart = null;

  /**
   * `settings` are the workbook's chartSettings; `host` gives name, utc, fill, range() and, for a time
   * brush, brushed(range).
   */
  constructor(kind, settings, host) {
    this.kind = kind;
    this.settings = settings ?? {};
    this.host = host;
    this.canvas = h('div', { class: 'chart-canvas', role: 'img', 'aria-label': host.name });
    this.legend = h('ul', { class: 'legend', 'aria-label': `Series of ${host.name}` });
    this.note = h('p', { class: 'grid-note', hidden: true });
    this.element = h('div', { class: 'chart' }, this.canvas, this.legend, this.note);
    this.brush = host.brushed ? new Brush(this.canvas, (start, end) => host.brushed(start, end)) : null;
    this.sized = new ResizeObserver(() => this.#resize());
    this.sized.observe(this.canvas);
    drawn.add(this);
  }

  get isBusy() {
    return Boolean(this.brush?.isActive);
  }

  get isPie() {
    return this.kind === 'piechart';
  }

  async draw(table) {
    this.#table = table;
    this.data = this.isPie ? { series: pieData(table, this.settings) } : chartData(table, this.settings);
    this.#drawLegend();
    this.#describe();
    this.note.textContent = this.data.isCut ? 'Only the first 100 series and 10,000 points are drawn.' : '';
    this.note.hidden = !this.note.textContent;
    try {
      const echarts = await library();
      if (table === this.#table) this.#paint(echarts);
    } catch (error) {
      this.note.textContent = error.message;
      this.note.hidden = false;
    }
  }

  redraw() {
    if (this.#table) this.draw(this.#table);
  }

  mark() {}

  /** The colour of a series: the workbook's, else the next of the wheel. */
  color(name) {
    return this.#wheel.of(name, this.#label(name).color);
  }

  /** The number format of the measures. */
  get numberFormat() {
    const { unit, numberFormatSettings } = this.settings.ySettings ?? {};
    return numberFormatSettings ?? (unit ? { unit } : {});
  }

  #label(name) {
    return this.settings.seriesLabelSettings?.find((each) => each.seriesName === name) ?? {};
  }

  /** The name shown for a series. */
  title(name) {
    const { label } = this.#label(name);
    return label ? this.host.fill(label) : name;
  }

  /** Draws; what is not laid out has no size yet, and is drawn when it gets one. */
  #paint(echarts) {
    if (!this.canvas.clientWidth) return;
    this.#echart ??= echarts.init(this.canvas, null, { renderer: 'canvas' });
    const shown = this.data.series.filter(({ name }) => !this.#off.has(name));
    const make = this.isPie ? pieOptions : options;
    const theme = {
      text: resolve('--muted'),
      line: resolve('--line'),
      strong: resolve('--text'),
      surface: resolve('--surface'),
    };
    this.#echart.setOption(make(this, { ...this.data, series: shown }, theme, this.canvas.clientWidth), {
      notMerge: false,
      replaceMerge: ['series'],
      lazyUpdate: false,
    });
    this.brush?.attach(this.#echart, this.data);
  }

  #resize() {
    if (!this.data || !globalThis.echarts) return;
    this.#echart?.resize({ animation: { duration: 0 } });
    this.#paint(globalThis.echarts);
  }

  #drawLegend() {
    const names = this.data.series.map(({ name }) => name);
    this.legend.hidden = this.settings.showLegend === false || (names.length < 2 && !this.isPie);
    const key = JSON.stringify([
      names.map((name) => [name, this.title(name), this.color(name)]),
      [...this.#off],
    ]);
    if (key === this.shownLegend) return;
    this.shownLegend = key;
    this.legend.replaceChildren(...names.map((name) => h('li', {}, this.#legendEntry(name))));
  }

  #legendEntry(name) {
    const swatch = style(h('span', { class: 'swatch' }), { background: this.color(name) });
    const toggle = () => this.#toggle(name);
    return h(
      'button',
      {
        type: 'button',
        class: 'legend-entry',
        'data-series': name,
        'aria-pressed': String(!this.#off.has(name)),
        click: toggle,
        pointerenter: () => this.#echart?.dispatchAction({ type: 'highlight', ...this.#target(name) }),
        pointerleave: () => this.#echart?.dispatchAction({ type: 'downplay', ...this.#target(name) }),
      },
      swatch,
      this.title(name),
    );
  }

  #target(name) {
    return this.isPie ? { name: this.title(name) } : { seriesName: this.title(name) };
  }

  #toggle(name) {
    if (!this.#off.delete(name)) this.#off.add(name);
    this.redraw();
    this.legend.querySelector(`[data-series="${CSS.escape(name)}"]`)?.focus();
  }

  /** What someone who does not see the chart is told about it. */
  #describe() {
    const words = this.data.series
      .slice(0, 12)
      .map(({ name, value, values }) => `${this.title(name)}: ${this.#figures(value, values)}`);
    const more = this.data.series.length - words.length;
    const tail = more > 0 ? `; and ${more} more series` : '';
    this.canvas.setAttribute('aria-label', `${this.host.name}, ${this.kind}. ${words.join('; ')}${tail}`);
  }

  #figures(value, values) {
    if (!values) return numberText(value, this.numberFormat);
    const told = values.filter((each) => each !== null);
    if (!told.length) return 'no values';
    return `last ${numberText(told.at(-1), this.numberFormat)}, highest ${numberText(
      told.reduce((a, b) => Math.max(a, b)),
      this.numberFormat,
    )}`;
  }
}
