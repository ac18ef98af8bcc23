/* The chart library's options, from a chart's data and the workbook's settings. */
// @ts-check

import { categoryAxis, highest, isBars, leastInterval, timeAxis, timeEnds, valueAxis } from './chart_axes.js';
import { axisNote, note, tooltip } from './chart_note.js';
import { numberText } from './format.js';

/**
 * @import { ChartContext } from './chart_axes.js'
 * @import { ChartData, Series, Slice, X } from './chart_data.js'
 * @typedef {{value: [X, number | null], symbol: string, itemStyle?: object}} Point
 */

const FILLED = 0.8;

/** @param {string} kind */
const isStacked = (kind) => kind === 'barchart' || kind === 'areachart';

/** @param {ChartContext} context */
function thresholdLine({ settings, numberFormat, theme, fill }) {
  const line = settings.customThresholdLine;
  const value = line === undefined || line === null ? NaN : Number(fill(String(line)));
  if (!Number.isFinite(value)) return undefined;
  return {
    silent: true,
    symbol: 'none',
    animation: false,
    lineStyle: { color: theme.strong, type: 'dashed', width: 1 },
    label: {
      color: theme.text,
      position: 'insideEndTop',
      formatter: numberText(value, numberFormat),
      ...theme.font,
    },
    data: [{ yAxis: value }],
  };
}

/**
 * The points of a series; one that no line leads to is drawn as a dot.
 * @param {(number | null)[]} values
 * @param {X[]} xs
 * @param {{isFilled: boolean, shift: number}} how
 * @returns {Point[]}
 */
export function points(values, xs, { isFilled, shift }) {
  return values.map((value, i) => {
    const isAlone = value !== null && (values[i - 1] ?? null) === null && (values[i + 1] ?? null) === null;
    const x = xs[i];
    return {
      value: [typeof x === 'number' ? x + shift : x, value ?? (isFilled ? 0 : null)],
      symbol: isAlone && !isFilled ? 'circle' : 'none',
    };
  });
}

/**
 * @param {ChartContext} context
 * @param {Series} series
 * @param {ChartData} data
 */
function line(context, { name, values }, data) {
  const color = context.color(name);
  const isFilled = context.kind === 'areachart';
  return {
    type: 'line',
    name: context.title(name),
    data: points(values, data.xs, { isFilled, shift: 0 }),
    itemStyle: { color },
    lineStyle: { color, width: isFilled ? 1 : 1.75 },
    showSymbol: true,
    symbolSize: 5,
    showAllSymbol: true,
    connectNulls: false,
    areaStyle: isFilled ? { color, opacity: 0.35 } : undefined,
    stack: isFilled ? 'all' : undefined,
    emphasis: { focus: 'series', lineStyle: { width: isFilled ? 1 : 2.5 } },
    blur: { lineStyle: { opacity: 0.25 } },
  };
}

/**
 * The width of a bar of a time axis, in pixels: its share of the step, as the library guesses badly for
 * sparse data.
 * @param {ChartContext} context
 * @param {ChartData} data
 */
function barWidth(context, data) {
  const { kind, width } = context;
  if (!data.isTime || !data.step) return undefined;
  const { min, max } = timeEnds(context, data);
  const beside = isStacked(kind) ? 1 : Math.max(1, data.series.length);
  return Math.max(1, Math.floor(((width - 64) * data.step * FILLED) / (max - min) / beside));
}

/**
 * @param {ChartContext} context
 * @param {Series} series
 * @param {ChartData} data
 * @param {number | undefined} width
 */
function bars(context, { name, values }, data, width) {
  const color = context.color(name);
  return {
    type: 'bar',
    name: context.title(name),
    data: points(values, data.xs, { isFilled: false, shift: data.isTime ? data.step / 2 : 0 }),
    itemStyle: { color },
    barWidth: width,
    barMaxWidth: 64,
    barGap: '10%',
    stack: isStacked(context.kind) ? 'all' : undefined,
    emphasis: { focus: 'series' },
  };
}

/**
 * @param {ChartContext} context
 * @param {ChartData} data
 */
function seriesOf(context, data) {
  const width = barWidth(context, data);
  const all = data.series.map((each) =>
    isBars(context.kind) ? bars(context, each, data, width) : line(context, each, data),
  );
  const isOne = context.kind === 'categoricalbar' && all.length === 1 && !data.isTime;
  if (isOne) paintEach(context, all[0].data, data);
  const markLine = thresholdLine(context);
  return markLine ? all.map((each, i) => (i ? each : { ...each, markLine })) : all;
}

/**
 * One measure by category: each category has its own colour.
 * @param {ChartContext} context
 * @param {Point[]} all
 * @param {ChartData} data
 */
function paintEach(context, all, data) {
  all.forEach((point, i) => {
    point.itemStyle = { color: context.color(String(data.xs[i])) };
  });
}

/**
 * The options of all charts with axes.
 * @param {ChartContext} context
 * @param {ChartData} data
 */
export function axisOptions(context, data) {
  const { kind, settings, clock, theme } = context;
  const axisPointer = { type: isBars(kind) && !data.isTime ? 'shadow' : 'line', animation: false };
  return {
    animation: false,
    useUTC: clock.utc,
    textStyle: theme.font,
    grid: {
      left: 8,
      right: 16,
      top: settings.ySettings?.label ? 28 : 12,
      bottom: 4,
      outerBoundsMode: 'same',
      outerBoundsContain: 'axisLabel',
    },
    tooltip: tooltip({ trigger: 'axis', axisPointer, formatter: axisNote(context, data) }),
    xAxis: data.isTime ? timeAxis(context, data) : categoryAxis(context, data),
    yAxis: { ...valueAxis(context, highest(data, isStacked(kind))), minInterval: leastInterval(data) },
    series: seriesOf(context, data),
  };
}

/**
 * @param {ChartContext} context
 * @param {number} total
 */
function pieNote({ numberFormat }, total) {
  /** @type {(params: {name: string, color: string, value: number}) => HTMLElement} */
  return ({ name, color, value }) => {
    const share = total ? `${((value / total) * 100).toFixed(1)}%` : '';
    return note(name, [{ name: share, color, text: numberText(value, numberFormat) }]);
  };
}

/**
 * The options of a pie.
 * @param {ChartContext} context
 * @param {Slice[]} slices
 */
export function pieOptions(context, slices) {
  const { numberFormat, theme } = context;
  const total = slices.reduce((sum, { value }) => sum + value, 0);
  return {
    animation: false,
    textStyle: theme.font,
    tooltip: tooltip({ trigger: 'item', formatter: pieNote(context, total) }),
    title: {
      text: numberText(total, numberFormat),
      left: 'center',
      top: 'middle',
      textStyle: { ...theme.font, fontSize: 20, fontWeight: 600, color: theme.strong },
    },
    series: [
      {
        type: 'pie',
        radius: ['54%', '82%'],
        label: { show: false },
        labelLine: { show: false },
        itemStyle: { borderColor: theme.surface, borderWidth: 2 },
        emphasis: { scale: false },
        data: slices.map(({ name, value }) => ({
          name: context.title(name),
          value,
          itemStyle: { color: context.color(name) },
        })),
      },
    ],
  };
}
