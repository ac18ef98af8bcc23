/* Icons, drawn on a grid of 16. The names are those that thresholds of a workbook use, and a few of our
   own. */
// @ts-check

import { svg } from './dom.js';

/** @type {Record<string, string>} */
const PATHS = {
  circle: 'M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11Z',
  check: 'M4.8 8.3l2.2 2.2 4.3-4.6',
  cross: 'M5.7 5.7l4.6 4.6M10.3 5.7l-4.6 4.6',
  bang: 'M8 5v3.6M8 10.9v.1',
  triangle: 'M8 2.4 14.2 13H1.8Z',
  stroke: 'M5 8h6',
  query: 'M6.2 6.4a1.9 1.9 0 1 1 2.6 1.8c-.6.3-.8.6-.8 1.2M8 11.3v.1',
  up: 'M8 13V3.5M4 7.3 8 3.3l4 4',
  down: 'M8 3v9.5M4 8.7l4 4 4-4',
  left: 'M13 8H3.5M7.3 4l-4 4 4 4',
  right: 'M3 8h9.5M8.7 4l4 4-4 4',
  trendup: 'M2.5 11.5 6 8l2.5 2.5 5-5M10 5.5h3.5V9',
  trenddown: 'M2.5 5.5 6 9l2.5-2.5 5 5M10 11.5h3.5V8',
  code: 'M5.5 4.5 2 8l3.5 3.5M10.5 4.5 14 8l-3.5 3.5',
  copy: 'M5.5 5.5v-3h8v8h-3M2.5 5.5h8v8h-8Z',
  download: 'M8 2.5v7.5M4.6 6.9 8 10.2l3.4-3.3M2.5 13.5h11',
  link: 'M6.6 9.4a2.6 2.6 0 0 0 3.7 0l2.4-2.4a2.6 2.6 0 1 0-3.7-3.7L8 4.3M9.4 6.6a2.6 2.6 0 0 0-3.7 0L3.3 9a2.6 2.6 0 1 0 3.7 3.7l1-1',
  table: 'M2 3h12v10H2ZM2 6.5h12M6 6.5V13',
  chart: 'M2.5 2.5v11h11M5 10.5l2.7-3 2 2 3.3-4',
  chevron: 'M4.5 6.3 8 9.8l3.5-3.5',
  clock: 'M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11ZM8 5v3.2l2.2 1.3',
  close: 'M4 4l8 8M12 4l-8 8',
  search: 'M7 2.8a4.2 4.2 0 1 0 0 8.4 4.2 4.2 0 0 0 0-8.4ZM10.2 10.2 13.5 13.5',
  pause: 'M5.5 3.5v9M10.5 3.5v9',
  play: 'M5 3.2v9.6L12.5 8Z',
  reset: 'M3 3.5v3h3M3.3 6.5A5 5 0 1 1 3 9',
  sun: 'M8 5.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6ZM8 1.5v1.4M8 13.1v1.4M1.5 8h1.4M13.1 8h1.4M3.4 3.4l1 1M11.6 11.6l1 1M12.6 3.4l-1 1M4.4 11.6l-1 1',
  moon: 'M13 9.6A5.6 5.6 0 0 1 6.4 3a5.6 5.6 0 1 0 6.6 6.6Z',
  database:
    'M3 4c0-1 2.2-1.8 5-1.8S13 3 13 4v8c0 1-2.2 1.8-5 1.8S3 13 3 12ZM3 4c0 1 2.2 1.8 5 1.8S13 5 13 4M3 8c0 1 2.2 1.8 5 1.8S13 9 13 8',
};

/** @type {Partial<Record<string, string[]>>} */
const SHAPES = {
  success: ['circle', 'check'],
  error: ['circle', 'cross'],
  warning: ['triangle', 'bang'],
  info: ['circle', 'bang'],
  question: ['circle', 'query'],
  disabled: ['circle', 'stroke'],
  dot: ['circle'],
};

/**
 * Icon and colour of each representation; a colour alone is drawn as a dot.
 * @type {Partial<Record<string, [shape: string, color: string]>>}
 */
const MEANINGS = {
  success: ['success', 'green'],
  Available: ['success', 'green'],
  error: ['error', 'red'],
  failed: ['error', 'red'],
  critical: ['error', 'red'],
  Unavailable: ['error', 'red'],
  Sev0: ['error', 'red'],
  4: ['error', 'red'],
  Sev1: ['error', 'orange'],
  warning: ['warning', 'orange'],
  Degraded: ['warning', 'orange'],
  Sev2: ['warning', 'orange'],
  2: ['warning', 'orange'],
  3: ['error', 'red'],
  info: ['info', 'blue'],
  Sev3: ['info', 'blue'],
  Sev4: ['info', 'gray'],
  pending: ['clock', 'blue'],
  stopped: ['disabled', 'gray'],
  disabled: ['disabled', 'gray'],
  cancelled: ['disabled', 'gray'],
  question: ['question', 'gray'],
  unknown: ['question', 'gray'],
  Unknown: ['question', 'gray'],
  up: ['up', 'gray'],
  down: ['down', 'gray'],
  left: ['left', 'gray'],
  right: ['right', 'gray'],
  trendup: ['trendup', 'gray'],
  trenddown: ['trenddown', 'gray'],
};

/**
 * An icon by its name; hidden from screen readers unless it has a label.
 * @param {string} name
 * @param {string | null} [label]
 */
export function icon(name, label = null) {
  const paths = (SHAPES[name] ?? [name]).map((part) => svg('path', { d: PATHS[part] }));
  const accessible = label ? { role: 'img', 'aria-label': label } : { 'aria-hidden': 'true' };
  return svg('svg', { class: 'icon', viewBox: '0 0 16 16', ...accessible }, ...paths);
}

/**
 * What a threshold's representation stands for: an icon's name and a colour's name.
 * @param {string | null | undefined} representation
 * @returns {{shape: string | null, color: string}}
 */
export function meaning(representation) {
  if (!representation) return { shape: null, color: 'gray' };
  const [shape, color] = MEANINGS[representation] ?? [
    representation === 'Blank' ? null : 'dot',
    representation,
  ];
  return { shape, color };
}
