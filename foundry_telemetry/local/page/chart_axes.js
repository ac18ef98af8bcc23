/* The axes of charts, as options of the chart library. */
// @ts-check

import { axisText } from './format.js';
import { bounds } from './time.js';

/**
 * @import { ChartData } from './chart_data.js'
 * @import { Clock } from './parameters.js'
 * @import { TimeRange } from './time.js'
 * @import { ChartJson, NumberFormatJson } from './workbook.js'
 *
 * @typedef {{fontFamily: string, fontSize: number, fontWeight?: number}} Font
 * @typedef {{text: string, line: string, strong: string, surface: string, font: Font}} Theme  Colours and font.
 *
 * @typedef {object} ChartContext  What a chart is drawn from besides its data.
 * @property {string} kind
 * @property {ChartJson} settings
 * @property {NumberFormatJson} numberFormat  Of the measures.
 * @property {TimeRange | null} range  What the query covers.
 * @property {Clock} clock
 * @property {Theme} theme
 * @property {number} width  In pixels.
 * @property {(text: string) => string} fill  Puts in the values of parameters.
 * @property {(name: string) => string} color  Of a series.
 * @property {(name: string) => string} title  Of a series.
 */

const TIMES = {
  year: '{yyyy}',
  month: '{MMM} {yyyy}',
  day: '{MMM} {d}',
  hour: '{HH}:{mm}',
  minute: '{HH}:{mm}',
  second: '{HH}:{mm}:{ss}',
  millisecond: '{HH}:{mm}:{ss}',
};

/**
 * Whether a kind of chart has bars.
 * @param {string} kind
 */
export const isBars = (kind) => kind.includes('bar');

/** @param {Theme} theme */
function axisStyle(theme) {
  return {
    axisLine: { lineStyle: { color: theme.line } },
    axisTick: { show: false },
    axisLabel: { color: theme.text, hideOverlap: true, ...theme.font },
  };
}

/**
 * The instants at the ends of a time axis: those of the query, so that an empty stretch is visible.
 * @param {Pick<ChartContext, 'kind' | 'range' | 'clock'>} context
 * @param {Pick<ChartData, 'xs' | 'step'>} data
 */
export function timeEnds({ kind, range, clock }, { xs, step }) {
  const instants = xs.map(Number);
  const ends = instants.length
    ? [instants[0], instants[instants.length - 1] + (isBars(kind) ? step : 0)]
    : [];
  const span = range ? bounds(range, clock.now) : { start: ends[0], end: ends[1] };
  return { min: Math.min(span.start, ...ends.slice(0, 1)), max: Math.max(span.end, ...ends.slice(1)) };
}

/**
 * @param {ChartContext} context
 * @param {ChartData} data
 */
export function timeAxis(context, data) {
  const { theme } = context;
  const common = axisStyle(theme);
  return {
    ...common,
    axisLabel: { ...common.axisLabel, formatter: TIMES },
    type: 'time',
    ...timeEnds(context, data),
    splitLine: { show: false },
    minInterval: 1000,
    axisPointer: {
      snap: true,
      lineStyle: { color: theme.text, type: 'solid', opacity: 0.5 },
      label: { show: false },
    },
  };
}

/**
 * @param {ChartContext} context
 * @param {ChartData} data
 */
export function categoryAxis({ theme }, data) {
  return {
    ...axisStyle(theme),
    type: 'category',
    data: data.xs.map(String),
    axisLabel: { color: theme.text, ...theme.font, width: 140, overflow: 'truncate', hideOverlap: true },
  };
}

/**
 * The highest value, or sum of values that stand on each other.
 * @param {ChartData} data
 * @param {boolean} isStacked
 */
export function highest({ series, xs }, isStacked) {
  const sums = xs.map((_, i) => {
    const values = series.map(({ values: all }) => all[i] ?? 0);
    return values.reduce((a, b) => (isStacked ? a + b : Math.max(a, b)), 0);
  });
  return sums.reduce((a, b) => Math.max(a, b), 0);
}

/**
 * The least distance of two marks: 1 where all values are whole, so that no mark is between two counts.
 * @param {ChartData} data
 */
export function leastInterval({ series }) {
  const isWhole = series.every(({ values }) => values.every((value) => Number.isInteger(value ?? 0)));
  return isWhole ? 1 : undefined;
}

const PERCENT = 1;

/**
 * The axis of the measures: a share has no mark above 100 %.
 * @param {ChartContext} context
 * @param {number} most
 */
export function valueAxis({ settings, numberFormat, theme, fill }, most) {
  const { min, max, label } = settings.ySettings ?? {};
  const isFull = numberFormat.unit === PERCENT && most > 80 && most <= 100;
  return {
    type: 'value',
    min: min ?? undefined,
    max: max ?? (isFull ? 100 : undefined),
    name: label ? fill(label) : '',
    nameTextStyle: { color: theme.text, ...theme.font, align: 'left' },
    axisLabel: {
      color: theme.text,
      ...theme.font,
      formatter: (/** @type {number} */ value) => axisText(value, numberFormat, most),
    },
    splitLine: { lineStyle: { color: theme.line } },
    splitNumber: max === undefined ? 4 : 5,
  };
}
