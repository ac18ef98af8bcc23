/* Spark lines and spark bars: the numbers of one cell as a small picture. */
// @ts-check

import { accent } from './colors.js';
import { h, style, svg } from './dom.js';
import { plainText } from './format.js';
import { FILLED } from './texts.js';

/** @typedef {(values: (number | null)[], y: (value: number) => number) => (SVGElement | false)[]} Draw */

const WIDTH = 96;
const HEIGHT = 22;

/**
 * @param {(number | null)[]} values
 * @param {{draw: Draw, palette: string | undefined, name: string}} options
 */
export function sparkline(values, { draw, palette, name }) {
  const known = values.filter((value) => value !== null);
  if (!known.length) return h('span', { class: 'none' }, '–');
  const top = Math.max(...known, 0);
  const bottom = Math.min(...known, 0);
  /** @param {number} value */
  const y = (value) => HEIGHT - 1 - ((value - bottom) / (top - bottom || 1)) * (HEIGHT - 2);
  const [last, highest] = [known.at(-1), Math.max(...known)].map(plainText);
  const picture = {
    class: 'spark',
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    preserveAspectRatio: 'none',
    role: 'img',
    'aria-label': FILLED.spark(name, known.length, last, highest),
  };
  return style(svg('svg', picture, ...draw(values, y)), { '--tone': accent(palette) });
}

/** @type {Draw} */
export function sparkBars(values, y) {
  const step = WIDTH / values.length;
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

/** @type {Draw} */
export function sparkLine(values, y) {
  const step = WIDTH / Math.max(1, values.length - 1);
  const points = values
    .map((value, i) => value !== null && `${(i * step).toFixed(2)},${y(value).toFixed(2)}`)
    .filter(Boolean);
  return [svg('polyline', { points: points.join(' '), 'vector-effect': 'non-scaling-stroke' })];
}
