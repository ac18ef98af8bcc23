/* A change as a waterfall: what was before, the parts of the change one after the other, what is now. */
// @ts-check

import { categoryAxis, valueAxis } from './chart_axes.js';
import { axisNote, tooltip } from './chart_note.js';
import { numberText, plainText } from './format.js';
import { FILLED } from './texts.js';

/**
 * @import { ChartContext } from './chart_axes.js'
 * @import { ChartData } from './chart_data.js'
 * @import { Table } from './table.js'
 * @import { ChartJson } from './workbook.js'
 *
 * @typedef {{from: number, to: number, isPart: boolean}} Step  Where the bar of a row begins and ends.
 */

/** The kind of chart that the page draws for it; a workbook has bars. */
export const CHANGE = 'waterfall';

const PARTS = ['more_usd', 'less_usd'];
const OUTSIDE = 'not_split';
const ROW_PX = 26;
const AXIS_PX = 40;

/**
 * Whether a chart is of a change: parts that add and parts that take away have series of their own.
 * @param {ChartJson} settings
 */
export function isChange({ yAxis }) {
  return Array.isArray(yAxis) && PARTS.every((name) => yAxis.includes(name));
}

/**
 * The bars: a part begins where the one before it ended, everything else at zero.
 * @param {Pick<ChartData, 'xs' | 'series'>} data
 * @returns {Step[]}
 */
export function steps({ xs, series }) {
  let end = 0;
  return xs.map((_, i) => {
    const known = series.find(({ values }) => values[i] !== null);
    const value = known?.values[i] ?? 0;
    const isPart = PARTS.includes(known?.name ?? '');
    const from = isPart ? end : 0;
    end = from + value;
    return { from, to: end, isPart };
  });
}

/**
 * A number of dollars; that of a part has its sign.
 * @param {number} value
 * @param {boolean} isPart
 * @param {ChartContext['numberFormat']} format
 */
function dollars(value, isPart, format) {
  return `${isPart && value > 0 ? '+' : ''}${numberText(value, format)}`;
}

/**
 * Each bar in words.
 * @param {Pick<ChartData, 'xs' | 'series'>} data
 * @param {ChartContext['numberFormat']} format
 */
export function barTexts(data, format) {
  return steps(data).map(({ from, to, isPart }, i) => `${data.xs[i]} ${dollars(to - from, isPart, format)}`);
}

/**
 * What stands below the bars: what is in none of them.
 * @param {Table} table
 */
export function outside({ columns, rows }) {
  const place = columns.findIndex(({ name }) => name === OUTSIDE);
  const count = Number(plainText(rows[0]?.[place]));
  return count ? FILLED.notSplit(count) : '';
}

/**
 * How high it is to be, in pixels.
 * @param {Pick<ChartData, 'xs'>} data
 */
export const heightOf = ({ xs }) => AXIS_PX + ROW_PX * xs.length;

/**
 * The options of the chart library. Bars stand on one that is not seen; it may lie below zero.
 * @param {ChartContext} context
 * @param {ChartData} data
 * @param {(series: {name: string}) => boolean} isOn
 */
export function changeOptions(context, data, isOn) {
  const { theme, numberFormat } = context;
  const all = steps(data);
  const common = { type: 'bar', stack: 'all', stackStrategy: 'all', barMaxWidth: 18 };
  const unseen = { itemStyle: { color: 'transparent' }, silent: true, tooltip: { show: false } };
  const base = { ...common, ...unseen, data: all.map(({ from, to }) => Math.min(from, to)) };
  const shown = data.series.filter(isOn).map(({ name, values }) => ({
    ...common,
    name: context.title(name),
    itemStyle: { color: context.color(name) },
    data: values.map((value) => ({ value: Math.abs(value ?? 0), label: { show: value !== null } })),
    label: {
      position: 'right',
      color: theme.strong,
      ...theme.font,
      formatter: (/** @type {{dataIndex: number}} */ { dataIndex: i }) =>
        dollars(all[i].to - all[i].from, all[i].isPart, numberFormat),
    },
  }));
  const most = all.reduce((highest, { from, to }) => Math.max(highest, from, to), 0);
  return {
    animation: false,
    textStyle: theme.font,
    grid: { left: 8, right: 72, top: 4, bottom: 4, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
    tooltip: tooltip({
      trigger: 'axis',
      axisPointer: { type: 'shadow', animation: false },
      formatter: axisNote(context, data),
    }),
    xAxis: { ...valueAxis(context, most), splitNumber: context.width < 500 ? 2 : 5 },
    yAxis: { ...categoryAxis(context, data), inverse: true, axisTick: { show: false } },
    series: [base, ...shown],
  };
}
