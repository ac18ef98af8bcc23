/* A table with cells on coloured grounds, and below it the legend: which number has which ground. */
// @ts-check

import { heat } from './colors.js';
import { h, style } from './dom.js';
import { numberText } from './format.js';
import { ruleFor } from './format_rules.js';
import { Grid } from './grid.js';
import { FILLED } from './texts.js';

/**
 * @import { GridServices } from './grid.js'
 * @import { Table } from './table.js'
 * @import { ViewContent } from './views.js'
 * @import { FormatterJson, GridJson } from './workbook.js'
 */

const HEAT = 8;
const STOPS = [0, 0.25, 0.5, 0.75, 1];

/**
 * Whether a table has such cells.
 * @param {GridJson} settings
 */
export function isHeatMap({ formatters = [] }) {
  return formatters.some(({ formatter }) => formatter === HEAT);
}

/**
 * The ends of the scale: those of the workbook, else of the numbers.
 * @param {Table} table
 * @param {GridJson} settings
 */
export function scaleOf({ columns, rows }, { formatters = [] }) {
  const places = columns.flatMap(({ name }, i) => (ruleFor(formatters, name)?.formatter === HEAT ? [i] : []));
  const rule = formatters.find(({ formatter }) => formatter === HEAT);
  const values = rows.flatMap((row) => places.map((i) => row[i])).filter((value) => value !== null);
  const most = values.map(Number).reduce((a, b) => Math.max(a, b), 0);
  return { rule, low: rule?.formatOptions?.min ?? 0, high: rule?.formatOptions?.max ?? most };
}

export class HeatGrid extends Grid {
  #legend = h('p', { class: 'heat-legend' });

  /**
   * @param {GridJson} settings
   * @param {string} name  Of the item.
   * @param {GridServices} services
   */
  constructor(settings, name, services) {
    super(settings, name, services);
    this.element.append(this.#legend);
  }

  /**
   * @override
   * @param {Pick<ViewContent, 'table'>} content
   */
  draw({ table }) {
    super.draw({ table });
    this.#show(scaleOf(table, this.settings));
  }

  /** @param {{rule: FormatterJson | undefined, low: number, high: number}} scale */
  #show({ rule, low, high }) {
    const palette = rule?.formatOptions?.palette ?? 'blue';
    const stops = STOPS.map((share) => heat(palette, share)).join(', ');
    const ends = [low, high].map((value) => numberText(value, rule?.numberFormat));
    const scale = h('span', { class: 'heat-scale', role: 'img', 'aria-label': FILLED.scale(ends[0], ends[1]) });
    style(scale, { background: `linear-gradient(90deg, ${stops})` });
    this.#legend.replaceChildren(ends[0], scale, FILLED.maximum(ends[1]));
  }
}
