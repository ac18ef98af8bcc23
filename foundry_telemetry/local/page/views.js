/* The views of an answer: table, tiles or chart. A view is a function of its settings, an answer, and a few
   services. */
// @ts-check

import { CHANGE, isChange } from './change_chart.js';
import { Chart } from './charts.js';
import { Grid } from './grid.js';
import { HeatGrid, isHeatMap } from './heat_grid.js';
import { Tiles } from './tiles.js';
import { isTrace } from './trace_rows.js';
import { Waterfall } from './waterfall.js';

/**
 * @import { Cell } from './formatters.js'
 * @import { Clock } from './parameters.js'
 * @import { RowSelection } from './row_selection.js'
 * @import { Table, Value } from './table.js'
 * @import { TimeRange } from './time.js'
 * @import { QueryJson } from './workbook.js'
 *
 * @typedef {object} ViewContent  What a view draws.
 * @property {Table} table
 * @property {TimeRange | null} range  What the query covers.
 *
 * @typedef {object} ViewServices  What a view may use beside it; each view names those that it needs.
 * @property {Clock} clock
 * @property {(text: string) => string} fill  Puts in the values of parameters.
 * @property {(target: string, value: Value, cell: Cell) => void} openDetails
 * @property {RowSelection | null} selection  Where rows can be selected.
 * @property {((start: number, end: number) => void) | null} brush  Where a time can be chosen by dragging.
 *
 * @typedef {object} View
 * @property {HTMLElement} element
 * @property {boolean} isBusy  Whether the reader is doing something here that an update would break.
 * @property {(content: ViewContent) => void} draw
 * @property {() => void} redraw  Draws the same again: on another clock, or in another theme.
 * @property {() => void} markSelection
 * @property {() => Table} [exported]  The rows as the reader has arranged them; without it, as they came.
 */

/**
 * Makes the view of a query item.
 * @param {QueryJson} settings
 * @param {string} name
 * @param {ViewServices} services
 * @returns {View}
 */
export function makeView({ visualization: kind = 'table', ...settings }, name, services) {
  const { gridSettings, tileSettings = {}, chartSettings = {}, sortBy } = settings;
  if (kind === 'table') {
    const settings = gridSettings ?? {};
    const View = isTrace(settings) ? Waterfall : isHeatMap(settings) ? HeatGrid : Grid;
    return new View({ sortBy, ...gridSettings }, name, services);
  }
  if (kind === 'tiles') return new Tiles(tileSettings, name, services);
  return new Chart(isChange(chartSettings) ? CHANGE : kind, chartSettings, name, services);
}

/**
 * The same answer as a plain table.
 * @param {string} name
 * @param {ViewServices} services
 * @returns {View}
 */
export function makeTable(name, services) {
  return new Grid({}, name, { ...services, selection: null });
}
