/* Apache ECharts, fetched when the first chart is drawn, and the part of it that the page uses. */
// @ts-check

import { h } from './dom.js';
import { TEXTS } from './texts.js';

/**
 * @typedef {object} EChart
 * @property {(option: object, how: object) => void} setOption
 * @property {(how: object) => void} resize
 * @property {(action: object) => void} dispatchAction
 * @property {(finder: string, point: [x: number, y: number]) => boolean} containPixel
 * @property {(finder: object, x: number) => number} convertFromPixel
 *
 * @typedef {{init: (canvas: HTMLElement, theme: null, options: object) => EChart}} ECharts
 */

const SCRIPT = '/page/vendor/echarts.min.js';
const place = /** @type {typeof globalThis & {echarts?: ECharts}} */ (globalThis);

/** @type {Promise<ECharts> | null} */
let loading = null;

/** The library where it has been loaded. */
export function loadedLibrary() {
  return place.echarts ?? null;
}

/** The library, once it is loaded. */
export function library() {
  loading ??= new Promise((resolve, reject) => {
    const failed = () => {
      loading = null;
      reject(new Error(TEXTS.noChart));
    };
    const loaded = () => (place.echarts ? resolve(place.echarts) : failed());
    document.head.append(h('script', { src: SCRIPT, on: { load: loaded, error: failed } }));
  });
  return loading;
}
