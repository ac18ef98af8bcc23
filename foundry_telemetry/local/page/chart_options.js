/* The chart library's options, from a chart's data and the workbook's settings. */

import { h, style } from './dom.js';
import { axisText, numberText } from './format.js';
import { dateText, bounds, isSet } from './time.js';

/** A canvas inherits no font. */
const FONT = {
  fontFamily: getComputedStyle(document.documentElement).getPropertyValue('--sans'),
  fontSize: 11,
};
const LARGE = { ...FONT, fontSize: 20, fontWeight: 600 };
const TIMES = {
  year: '{yyyy}',
  month: '{MMM} {yyyy}',
  day: '{MMM} {d}',
  hour: '{HH}:{mm}',
  minute: '{HH}:{mm}',
  second: '{HH}:{mm}:{ss}',
  millisecond: '{HH}:{mm}:{ss}',
};
const MOST_IN_NOTE = 14;
const FILLED = 0.8;

const isBars = (kind) => kind.includes('bar');
const isStacked = (kind) => kind === 'barchart' || kind === 'areachart';

/** The note beside the pointer, as elements. */
function note(title, entries) {
  const rows = entries
    .slice(0, MOST_IN_NOTE)
    .map(({ name, color, text }) =>
      h(
        'div',
        { class: 'note-row' },
        style(h('span', { class: 'swatch' }), { background: color }),
        h('span', { class: 'note-name' }, name),
        h('span', { class: 'note-value' }, text),
      ),
    );
  const more = entries.length - rows.length;
  return h(
    'div',
    { class: 'note' },
    h('div', { class: 'note-title' }, title),
    ...rows,
    more > 0 ? h('div', { class: 'note-more' }, `and ${more} more`) : null,
  );
}

function tooltip(theme, more) {
  return {
    renderMode: 'html',
    appendTo: 'body',
    confine: false,
    transitionDuration: 0,
    padding: 0,
    borderWidth: 0,
    backgroundColor: 'transparent',
    extraCssText: 'box-shadow:none;z-index:30',
    className: 'chart-note',
    ...more,
  };
}

function axisLook(theme) {
  return {
    axisLine: { lineStyle: { color: theme.line } },
    axisTick: { show: false },
    axisLabel: { color: theme.text, hideOverlap: true, ...FONT },
  };
}

/** The x axis covers the time that was asked for, so that an empty stretch is seen as one. */
function timeAxis(chart, data, theme) {
  const asked = chart.host.range();
  const ends = [data.xs[0], (data.xs.at(-1) ?? 0) + (isBars(chart.kind) ? data.step : 0)];
  const span = isSet(asked) ? bounds(asked, chart.host.now()) : { start: ends[0], end: ends[1] };
  const look = axisLook(theme);
  return {
    ...look,
    axisLabel: { ...look.axisLabel, formatter: TIMES },
    type: 'time',
    min: Math.min(span.start, ends[0] ?? span.start),
    max: Math.max(span.end, ends[1] ?? span.end),
    splitLine: { show: false },
    minInterval: 1000,
    axisPointer: {
      snap: true,
      lineStyle: { color: theme.text, type: 'solid', opacity: 0.5 },
      label: { show: false },
    },
  };
}

function categoryAxis(chart, data, theme) {
  return {
    ...axisLook(theme),
    type: 'category',
    data: data.xs.map(String),
    axisLabel: { color: theme.text, ...FONT, width: 140, overflow: 'truncate', hideOverlap: true },
  };
}

function valueAxis(chart, theme) {
  const { min, max, label } = chart.settings.ySettings ?? {};
  return {
    type: 'value',
    min: min ?? undefined,
    max: max ?? undefined,
    name: label ? chart.host.fill(label) : '',
    nameTextStyle: { color: theme.text, ...FONT, align: 'left' },
    axisLabel: { color: theme.text, ...FONT, formatter: (value) => axisText(value, chart.numberFormat) },
    splitLine: { lineStyle: { color: theme.line } },
    splitNumber: max === undefined ? 4 : 5,
  };
}

function threshold(chart, theme) {
  const line = chart.settings.customThresholdLine;
  const value = line === undefined || line === null ? NaN : Number(chart.host.fill(String(line)));
  if (!Number.isFinite(value)) return undefined;
  return {
    silent: true,
    symbol: 'none',
    animation: false,
    lineStyle: { color: theme.strong, type: 'dashed', width: 1 },
    label: {
      color: theme.text,
      position: 'insideEndTop',
      formatter: numberText(value, chart.numberFormat),
      ...FONT,
    },
    data: [{ yAxis: value }],
  };
}

/** A point that no line leads to is drawn as a dot. */
function points(values, xs, filled, shift) {
  return values.map((value, i) => {
    const alone = value !== null && (values[i - 1] ?? null) === null && (values[i + 1] ?? null) === null;
    const y = value ?? (filled ? 0 : null);
    return {
      value: [typeof xs[i] === 'number' ? xs[i] + shift : xs[i], y],
      symbol: alone && !filled ? 'circle' : 'none',
    };
  });
}

function line(chart, { name, values }, data) {
  const color = chart.color(name);
  const area = chart.kind === 'areachart';
  return {
    type: 'line',
    name: chart.title(name),
    data: points(values, data.xs, area, 0),
    itemStyle: { color },
    lineStyle: { color, width: area ? 1 : 1.75 },
    showSymbol: true,
    symbolSize: 5,
    showAllSymbol: true,
    connectNulls: false,
    areaStyle: area ? { color, opacity: 0.35 } : undefined,
    stack: area ? 'all' : undefined,
    emphasis: { focus: 'series', lineStyle: { width: area ? 1 : 2.5 } },
    blur: { lineStyle: { opacity: 0.25 } },
  };
}

/**
 * How wide a bar of a time axis is, in pixels: its share of the step, as the library guesses badly for
 * sparse data.
 */
function barWidth(chart, data, width, axis) {
  if (!data.isTime || !data.step) return undefined;
  const beside = isStacked(chart.kind) ? 1 : Math.max(1, data.series.length);
  return Math.max(1, Math.floor(((width - 64) * data.step * FILLED) / (axis.max - axis.min) / beside));
}

function bars(chart, { name, values }, data, wide) {
  const color = chart.color(name);
  return {
    type: 'bar',
    name: chart.title(name),
    data: points(values, data.xs, false, data.isTime ? data.step / 2 : 0),
    itemStyle: { color },
    barWidth: wide,
    barMaxWidth: 64,
    barGap: '10%',
    stack: isStacked(chart.kind) ? 'all' : undefined,
    emphasis: { focus: 'series' },
  };
}

function seriesOf(chart, data, axis, width, theme) {
  const wide = barWidth(chart, data, width, axis);
  const make = isBars(chart.kind)
    ? (each) => bars(chart, each, data, wide)
    : (each) => line(chart, each, data);
  const all = data.series.map(make);
  if (chart.kind === 'categoricalbar' && all.length === 1 && !data.isTime) paintEach(chart, all[0], data);
  const mark = threshold(chart, theme);
  if (mark && all.length) all[0].markLine = mark;
  return all;
}

/** One measure by category: each category has its own colour. */
function paintEach(chart, series, data) {
  series.data.forEach((point, i) => {
    point.itemStyle = { color: chart.color(String(data.xs[i])) };
  });
}

/** From when to when a bin is. */
function binText(start, step, utc) {
  const pattern = step % 60_000 === 0 && start % 60_000 === 0 ? 'shortTimePattern' : 'longTimePattern';
  const end = step ? ` – ${dateText(start + step, utc, pattern)}` : '';
  const begin = `${dateText(start, utc, 'shortDatePattern')} ${dateText(start, utc, pattern)}`;
  return `${begin}${end} ${utc ? 'UTC' : 'local'}`;
}

function noteOf(chart, data) {
  return (params) => {
    const at = params[0].dataIndex;
    const x = data.xs[at];
    const title = data.isTime ? binText(x, data.step, chart.host.utc()) : String(x);
    const entries = data.series
      .map(({ name, values }) => ({ name: chart.title(name), color: chart.color(name), value: values[at] }))
      .filter(({ value }) => value !== null && value !== undefined)
      .sort((a, b) => b.value - a.value)
      .map((entry) => ({ ...entry, text: numberText(entry.value, chart.numberFormat) }));
    return note(title, entries.length ? entries : [{ name: 'no values', color: 'transparent', text: '' }]);
  };
}

/** The options of all charts with axes. */
export function options(chart, data, theme, width) {
  const xAxis = data.isTime ? timeAxis(chart, data, theme) : categoryAxis(chart, data, theme);
  const pointer = { type: isBars(chart.kind) && !data.isTime ? 'shadow' : 'line', animation: false };
  return {
    animation: false,
    useUTC: chart.host.utc(),
    textStyle: FONT,
    grid: {
      left: 8,
      right: 16,
      top: chart.settings.ySettings?.label ? 28 : 12,
      bottom: 4,
      outerBoundsMode: 'same',
      outerBoundsContain: 'axisLabel',
    },
    tooltip: tooltip(theme, { trigger: 'axis', axisPointer: pointer, formatter: noteOf(chart, data) }),
    xAxis,
    yAxis: valueAxis(chart, theme),
    series: seriesOf(chart, data, xAxis, width, theme),
  };
}

/** The options of a pie. */
export function pieOptions(chart, data, theme) {
  const total = data.series.reduce((sum, { value }) => sum + value, 0);
  const share = (value) => (total ? `${((value / total) * 100).toFixed(1)}%` : '');
  return {
    animation: false,
    textStyle: FONT,
    tooltip: tooltip(theme, {
      trigger: 'item',
      formatter: ({ name, color, value }) =>
        note(name, [{ name: share(value), color, text: numberText(value, chart.numberFormat) }]),
    }),
    title: {
      text: numberText(total, chart.numberFormat),
      left: 'center',
      top: 'middle',
      textStyle: { ...LARGE, color: theme.strong },
    },
    series: [
      {
        type: 'pie',
        radius: ['54%', '82%'],
        label: { show: false },
        labelLine: { show: false },
        itemStyle: { borderColor: theme.surface, borderWidth: 2 },
        emphasis: { scale: false },
        data: data.series.map(({ name, value }) => ({
          name: chart.title(name),
          value,
          itemStyle: { color: chart.color(name) },
        })),
      },
    ],
  };
}
