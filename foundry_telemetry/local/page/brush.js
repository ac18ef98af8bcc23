/* The time brush: dragging over a chart chooses the time between two bins. */

import { h, style } from './dom.js';

const LEAST_PX = 4;

export class Brush {
  #from = null;
  #echart = null;

  constructor(canvas, chosen) {
    this.canvas = canvas;
    this.chosen = chosen;
    this.mark = h('div', { class: 'brush', hidden: true });
    canvas.addEventListener('pointerdown', (event) => this.#down(event));
    canvas.addEventListener('pointermove', (event) => this.#move(event));
    canvas.addEventListener('pointerup', (event) => this.#up(event));
    canvas.addEventListener('pointercancel', () => this.#end());
  }

  get isActive() {
    return this.#from !== null;
  }

  attach(echart, data) {
    this.#echart = echart;
    this.data = data;
    this.canvas.classList.toggle('brushable', data.isTime);
    if (!this.mark.isConnected) this.canvas.append(this.mark);
  }

  #x(event) {
    return event.clientX - this.canvas.getBoundingClientRect().left;
  }

  #down(event) {
    if (!this.#echart || !this.data.isTime || event.button !== 0) return;
    const point = [this.#x(event), event.offsetY];
    if (!this.#echart.containPixel('grid', point)) return;
    this.#from = point[0];
    this.canvas.setPointerCapture(event.pointerId);
  }

  #move(event) {
    if (this.#from === null) return;
    const x = this.#x(event);
    this.mark.hidden = Math.abs(x - this.#from) < LEAST_PX;
    style(this.mark, { left: `${Math.min(x, this.#from)}px`, width: `${Math.abs(x - this.#from)}px` });
  }

  #up(event) {
    if (this.#from === null) return;
    const [from, to] = [this.#from, this.#x(event)].sort((a, b) => a - b);
    this.#end();
    if (to - from < LEAST_PX) return;
    const [start, end] = [from, to].map((x) => this.#echart.convertFromPixel({ xAxisIndex: 0 }, x));
    const { xs, step } = this.data;
    const first = xs.findLast((x) => x <= start) ?? start;
    const last = xs.find((x) => x >= end) ?? end + step;
    this.chosen(Math.floor(first), Math.ceil(Math.max(last, first + Math.max(step, 1000))));
  }

  #end() {
    this.#from = null;
    this.mark.hidden = true;
  }
}
