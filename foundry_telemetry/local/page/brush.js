/* The time brush: dragging over a chart chooses the time between two bins, a click on a bar its own bin. */
// @ts-check

import { h, style } from './dom.js';

/**
 * @import { ChartData, X } from './chart_data.js'
 * @import { EChart } from './chart_library.js'
 */

const LEAST_PX = 4;

/**
 * The whole bins between two instants of a time axis, in milliseconds.
 * @param {{xs: X[], step: number}} data
 * @param {number} start
 * @param {number} end
 */
export function brushedBins({ xs, step }, start, end) {
  const instants = xs.map(Number);
  const first = instants.findLast((x) => x <= start) ?? start;
  const last = instants.find((x) => x >= end) ?? end + step;
  return { start: Math.floor(first), end: Math.ceil(Math.max(last, first + Math.max(step, 1000))) };
}

/**
 * When the bin of the bar at an instant begins; null where no bar stands.
 * @param {Pick<ChartData, 'xs' | 'series'>} data
 * @param {number} at
 */
export function barAt({ xs, series }, at) {
  const instants = xs.map(Number);
  const bin = instants.findLastIndex((x) => x <= at);
  return series.some(({ values }) => Boolean(values[bin])) ? instants[bin] : null;
}

export class Brush {
  /** @type {number | null} */
  #from = null;
  /** @type {{echart: EChart, data: ChartData} | null} */
  #chart = null;
  #mark = h('div', { class: 'brush', hidden: true });

  /**
   * @param {HTMLElement} canvas
   * @param {(start: number, end: number) => void} choose
   * @param {boolean} isBars  Whether the chart has bars to click on.
   */
  constructor(canvas, choose, isBars) {
    this.canvas = canvas;
    this.choose = choose;
    this.isBars = isBars;
    canvas.addEventListener('pointerdown', (event) => this.#down(event));
    canvas.addEventListener('pointermove', (event) => this.#move(event));
    canvas.addEventListener('pointerup', (event) => this.#up(event));
    canvas.addEventListener('pointercancel', () => this.#end());
  }

  get isActive() {
    return this.#from !== null;
  }

  /**
   * @param {EChart} echart
   * @param {ChartData} data
   */
  attach(echart, data) {
    this.#chart = { echart, data };
    this.canvas.classList.toggle('brushable', data.isTime);
    if (!this.#mark.isConnected) this.canvas.append(this.#mark);
  }

  /** @param {PointerEvent} event */
  #x(event) {
    return event.clientX - this.canvas.getBoundingClientRect().left;
  }

  /** @param {PointerEvent} event */
  #down(event) {
    if (!this.#chart?.data.isTime || event.button !== 0) return;
    const x = this.#x(event);
    if (!this.#chart.echart.containPixel('grid', [x, event.offsetY])) return;
    this.#from = x;
    this.canvas.setPointerCapture(event.pointerId);
  }

  /** @param {PointerEvent} event */
  #move(event) {
    if (this.#from === null) return;
    const x = this.#x(event);
    this.#mark.hidden = Math.abs(x - this.#from) < LEAST_PX;
    style(this.#mark, { left: `${Math.min(x, this.#from)}px`, width: `${Math.abs(x - this.#from)}px` });
  }

  /** @param {PointerEvent} event */
  #up(event) {
    if (this.#from === null || !this.#chart) return;
    const { echart, data } = this.#chart;
    const [from, to] = [this.#from, this.#x(event)].sort((a, b) => a - b);
    this.#end();
    const [start, end] = [from, to].map((x) => echart.convertFromPixel({ xAxisIndex: 0 }, x));
    const isClick = to - from < LEAST_PX;
    const bar = isClick && this.isBars ? barAt(data, start) : null;
    if (isClick && bar === null) return;
    const chosen = bar === null ? brushedBins(data, start, end) : brushedBins(data, bar, bar);
    this.choose(chosen.start, chosen.end);
  }

  #end() {
    this.#from = null;
    this.#mark.hidden = true;
  }
}
