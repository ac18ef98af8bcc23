/* Tiles: one row of an answer is one tile. */
// @ts-check

import { h } from './dom.js';
import { isNumeric, plainText } from './format.js';
import { Cell } from './formatters.js';
import { records } from './table.js';
import { FILLED } from './texts.js';

/**
 * @import { Row, Table, Value } from './table.js'
 * @import { ViewContent, ViewServices } from './views.js'
 * @import { TilePart, TilesJson } from './workbook.js'
 *
 * @typedef {Pick<ViewServices, 'clock' | 'fill' | 'openDetails' | 'selection'>} TilesServices
 */

const MOST = 100;
const SCALED = new Set([3, 4, 8]);
const DESCENDING = 2;
/** @type {[part: TilePart, className: string][]} */
const PARTS = [
  ['titleContent', 'tile-title'],
  ['subtitleContent', 'tile-subtitle'],
  ['leftContent', 'tile-left'],
  ['rightContent', 'tile-right'],
  ['secondaryContent', 'tile-secondary'],
];

/**
 * The rows of a table in the order that the workbook wants.
 * @param {Table} table
 * @param {TilesJson} settings
 */
export function sortedRows({ columns, rows }, { sortCriteriaField: name, sortOrderField: order }) {
  const at = columns.findIndex((column) => column.name === name);
  if (!order || at < 0) return rows;
  /** @type {(a: Value[], b: Value[]) => number} */
  const by = isNumeric(columns[at])
    ? (a, b) => Number(a[at]) - Number(b[at])
    : (a, b) => plainText(a[at]).localeCompare(plainText(b[at]), 'en');
  return rows.toSorted((a, b) => (order === DESCENDING ? -by(a, b) : by(a, b)));
}

export class Tiles {
  /** @type {Table} */
  #table = { columns: [], rows: [] };
  /** @type {Row[]} */
  #rows = [];
  /** What each tile was made of. @type {string[]} */
  #keys = [];
  #note = h('p', { class: 'grid-note', hidden: true }, FILLED.firstTiles(MOST));

  /** An update breaks nothing that the reader does here. */
  isBusy = false;

  /**
   * @param {TilesJson} settings
   * @param {string} name  Of the item.
   * @param {TilesServices} services
   */
  constructor(settings, name, services) {
    this.settings = settings;
    this.services = services;
    const border = settings.showBorder === false ? 'plain' : 'bordered';
    const size = settings.size === 'full' ? 'full' : 'sized';
    this.list = h('ul', { class: `tiles ${border} ${size}`, 'aria-label': name });
    this.element = h('div', { class: 'tiles-frame' }, this.list, this.#note);
    new ResizeObserver(() => this.#makeRoom()).observe(this.list);
  }

  /** The step's buttons stand over the tile at the top right, whichever that is at this width. */
  #makeRoom() {
    const tiles = /** @type {HTMLElement[]} */ ([...this.list.children]);
    const corner = tiles.findLast((tile) => tile.offsetTop === tiles[0].offsetTop);
    for (const tile of tiles) tile.classList.toggle('corner', tile === corner);
  }

  /**
   * Makes only those tiles anew whose row is another.
   * @param {Pick<ViewContent, 'table'>} content
   */
  draw({ table }) {
    this.#table = table;
    const rows = records({
      columns: table.columns,
      rows: sortedRows(table, this.settings).slice(0, MOST),
    });
    const { utc } = this.services.clock;
    const scales = JSON.stringify([table.columns, utc, this.#needsScales() && table.rows]);
    const keys = rows.map((row) => scales + JSON.stringify(row));
    const before = [...this.list.children];
    const tiles = rows.map((row, i) => (keys[i] === this.#keys[i] ? before[i] : this.#tile(row)));
    this.#keys = keys;
    this.#rows = rows;
    if (tiles.length !== before.length || tiles.some((tile, i) => tile !== before[i]))
      this.list.replaceChildren(...tiles);
    this.#makeRoom();
    this.#note.hidden = table.rows.length <= MOST;
    this.markSelection();
  }

  /** Whether a part is drawn by comparison with the other tiles. */
  #needsScales() {
    return PARTS.some(([part]) => SCALED.has(this.settings[part]?.formatter ?? 0));
  }

  redraw() {
    this.draw({ table: this.#table });
  }

  markSelection() {
    const { selection } = this.services;
    if (!selection) return;
    this.#rows.forEach((row, i) =>
      this.list.children[i].firstElementChild?.setAttribute('aria-pressed', String(selection.has(row))),
    );
  }

  /** @param {string} name */
  #extent(name) {
    const at = this.#table.columns.findIndex((column) => column.name === name);
    const values = this.#table.rows.map((row) => Number(row[at] ?? 0));
    return { min: Math.min(...values), max: Math.max(...values) };
  }

  /** @param {Row} row */
  #tile(row) {
    const { selection } = this.services;
    const parts = PARTS.map(([part, className]) => this.#part(part, className, row));
    if (!selection) return h('li', { class: 'tile' }, ...parts);
    const click = () => selection.set(selection.has(row) ? null : row);
    return h(
      'li',
      { class: 'tile choosable' },
      h('button', { type: 'button', class: 'tile-button', on: { click } }, ...parts),
    );
  }

  /**
   * @param {TilePart} part
   * @param {string} className
   * @param {Row} row
   */
  #part(part, className, row) {
    const rule = this.settings[part];
    const column = this.#table.columns.find((each) => each.name === rule?.columnMatch);
    if (!column) return null;
    const data = { value: row[column.name], column, row, rule, extent: () => this.#extent(column.name) };
    const cell = new Cell(data, this.services);
    const { name } = column;
    return h(
      'div',
      {
        class: className,
        'data-column': name,
        'data-value': plainText(cell.value),
        title: cell.hint() || null,
      },
      cell.content(),
    );
  }
}
