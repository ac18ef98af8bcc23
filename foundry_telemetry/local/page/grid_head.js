/* The head of a table: a field that filters its rows, and a button for each column that sorts by it. */
// @ts-check

import { button, debounce, h, id, style } from './dom.js';
import { isRightAligned } from './grid_rows.js';
import { icon } from './icons.js';
import { FILLED, TEXTS } from './texts.js';

/**
 * @import { GridColumn, Sort } from './grid_rows.js'
 * @typedef {{title: (column: GridColumn) => string, sortBy: (column: GridColumn) => void}} HeadActions
 */

const TYPING_MS = 150;

/**
 * A field that filters the rows of a table.
 * @param {string} name  Of the item.
 * @param {(words: string) => void} filter  Takes the words in lower case.
 */
export function filterField(name, filter) {
  const typed = debounce(TYPING_MS, () => filter(input.value.trim().toLowerCase()));
  const input = h('input', {
    type: 'search',
    id: id('filter'),
    placeholder: TEXTS.filterRows,
    'aria-label': FILLED.filterOf(name),
    on: { input: typed },
  });
  return h('div', { class: 'grid-filter' }, icon('search'), input);
}

/**
 * The width of a column from the workbook: a number alone counts characters, `fr` shares the rest.
 * @param {string | undefined} setting
 */
export function columnWidth(setting = '') {
  const match = /^(\d+(?:\.\d+)?)(px|%|fr|ch)?$/.exec(setting);
  return match && match[2] !== 'fr' ? `${match[1]}${match[2] ?? 'ch'}` : null;
}

/**
 * @param {GridColumn} column
 * @param {HeadActions} actions
 */
export function headCell(column, { title, sortBy }) {
  const words = title(column);
  const sort = button(
    words,
    () => sortBy(column),
    { class: 'sort', tabIndex: -1 },
    h('span', {}, words),
    icon('down'),
  );
  const th = h(
    'th',
    { scope: 'col', class: isRightAligned(column) ? 'num' : null, 'data-column': column.name },
    sort,
  );
  const width = columnWidth(column.rule?.formatOptions?.customColumnWidthSetting);
  return width ? style(th, { width, 'min-width': width }) : th;
}

/**
 * Shows by which column a table is sorted.
 * @param {HTMLTableCellElement[]} cells
 * @param {GridColumn[]} columns
 * @param {Sort | null} sort
 */
export function showSort(cells, columns, sort) {
  columns.forEach((column, i) => {
    const isSorted = sort?.name === column.name;
    cells[i].setAttribute('aria-sort', isSorted ? (sort.down ? 'descending' : 'ascending') : 'none');
  });
}
