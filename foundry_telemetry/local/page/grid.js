/* Tables: sorting, a filter, formatters, a row that can be selected, a cell that can be copied. New data
   changes only the rows that differ, so that place, focus and what the reader has marked stay. */
// @ts-check

import { copy, offerCopy } from './clipboard.js';
import { closest, h } from './dom.js';
import { isTime, plainText } from './format.js';
import { Cell } from './formatters.js';
import { filterField, headCell, showSort } from './grid_head.js';
import { GridNavigation } from './grid_navigation.js';
import { arrange, gridColumns, initialSort, isRightAligned, nextSort, note, ranges } from './grid_rows.js';
import { record } from './table.js';
import { TEXTS } from './texts.js';

/**
 * @import { GridColumn, Range } from './grid_rows.js'
 * @import { Row, Table, Value } from './table.js'
 * @import { ViewContent, ViewServices } from './views.js'
 * @import { GridJson } from './workbook.js'
 *
 * @typedef {{tr: HTMLTableRowElement, row: Row}} DrawnRow
 * @typedef {Map<string, DrawnRow>} DrawnRows  By the values of the row.
 * @typedef {Pick<ViewServices, 'clock' | 'fill' | 'openDetails' | 'selection'>} GridServices
 */

const ROW_LIMIT = 250;

export class Grid {
  /** @type {Table | null} */
  #table = null;
  /** @type {GridColumn[]} */
  #columns = [];
  /** @type {HTMLTableCellElement[]} */
  #headCells = [];
  /** @type {DrawnRows} */
  #drawn = new Map();
  /** @type {Record<string, Range | undefined>} */
  #ranges = {};
  #words = '';
  #scales = '';
  /** @type {Element | null} */
  #clicked = null;
  #head = h('tr');
  #body = h('tbody');
  #note = h('p', { class: 'grid-note', hidden: true });

  /**
   * @param {GridJson} settings
   * @param {string} name  Of the item.
   * @param {GridServices} services
   */
  constructor(settings, name, services) {
    this.settings = settings;
    this.services = services;
    this.sort = initialSort(settings.sortBy);
    const grid = h(
      'table',
      {
        role: 'grid',
        'aria-label': name,
        on: { keydown: (event) => this.#key(event), click: (event) => this.#click(event) },
      },
      h('thead', {}, this.#head),
      this.#body,
    );
    this.navigation = new GridNavigation(grid, this.#head, this.#body);
    offerCopy(this.#body, (td) => this.#valueOf(td));
    this.element = h(
      'div',
      { class: 'grid' },
      settings.filter ? filterField(name, (words) => this.#filter(words)) : null,
      h('div', { class: 'grid-scroll' }, grid),
      this.#note,
    );
  }

  /** Whether the reader is marking text here: then an update waits. */
  get isBusy() {
    const marked = document.getSelection();
    return Boolean(marked && !marked.isCollapsed && this.#body.contains(marked.anchorNode));
  }

  /**
   * The rows as the reader has filtered and sorted them, all of them, with every column of the answer.
   * @returns {Table}
   */
  exported() {
    const { columns, rows } = this.#table ?? { columns: [], rows: [] };
    const wanted = { words: this.#words, sort: this.sort, limit: Infinity };
    return { columns, rows: arrange({ columns, rows }, this.#columns, wanted).rows.map(({ values }) => values) };
  }

  /** @param {Pick<ViewContent, 'table'>} content */
  draw({ table }) {
    const sameColumns = this.#table && JSON.stringify(table.columns) === JSON.stringify(this.#table.columns);
    this.#table = table;
    this.#columns = gridColumns(table.columns, this.settings.formatters);
    if (sameColumns) this.#retitle();
    else this.#drawHead();
    this.#drawBody();
  }

  /** Draws all cells anew: after a change of time zone. */
  redraw() {
    this.#scales = '';
    this.#drawBody();
  }

  /**
   * Marks the row that is selected: of several that export the same, the one that was clicked, else the
   * first.
   */
  markSelection() {
    this.#retitle();
    const { selection } = this.services;
    const all = [...this.#drawn.values()];
    const fitting = selection ? all.filter(({ row }) => selection.has(row)) : [];
    const selected = fitting.find(({ tr }) => tr === this.#clicked) ?? fitting[0];
    for (const entry of all) entry.tr.setAttribute('aria-selected', String(entry === selected));
  }

  /** @param {string} words */
  #filter(words) {
    this.#words = words;
    this.#drawBody();
  }

  #drawHead() {
    const actions = {
      title: (/** @type {GridColumn} */ { name }) => this.#title(name),
      sortBy: (/** @type {GridColumn} */ column) => this.#sortBy(column),
    };
    this.#headCells = this.#columns.map((column) => headCell(column, actions));
    this.#head.replaceChildren(...this.#headCells);
    this.#drawn.clear();
    this.#body.replaceChildren();
    showSort(this.#headCells, this.#columns, this.sort);
  }

  /** @param {string} name */
  #title(name) {
    const label = this.settings.labelSettings?.find((each) => each.columnId === name)?.label;
    return label ? this.services.fill(label) : name;
  }

  /** Names the columns anew: a heading may have the text of a parameter. */
  #retitle() {
    this.#headCells.forEach((cell, i) => {
      const words = cell.querySelector('.sort span');
      if (words) words.textContent = this.#title(this.#columns[i].name);
    });
  }

  /** @param {GridColumn} column */
  #sortBy(column) {
    this.sort = nextSort(this.sort, column);
    showSort(this.#headCells, this.#columns, this.sort);
    this.#drawBody();
  }

  /**
   * The rows to show; the note has the numbers of those left out.
   * @param {Table} table
   */
  #rows(table) {
    const counts = { words: this.#words, limit: this.settings.rowLimit || ROW_LIMIT };
    const { rows, found } = arrange(table, this.#columns, { ...counts, sort: this.sort });
    this.#note.textContent = note({ ...counts, found, all: table.rows.length });
    this.#note.hidden = !this.#note.textContent;
    return rows;
  }

  #drawBody() {
    const table = this.#table;
    if (!table) return;
    this.#ranges = ranges(table, this.#columns);
    const scales = JSON.stringify([this.#ranges, this.services.clock.utc]);
    const isRescaled = scales !== this.#scales;
    this.#scales = scales;
    const before = this.#drawn;
    this.#drawn = new Map();
    const rows = this.#rows(table).map(({ values, key }) => {
      const row = record(table.columns, values);
      return this.#row(row, key, { before, isRescaled });
    });
    this.#place(rows);
    this.markSelection();
    this.navigation.enter();
  }

  /**
   * The row's element: the one already there when nothing in it changed.
   * @param {Row} row
   * @param {string} key
   * @param {{before: DrawnRows, isRescaled: boolean}} drawing
   */
  #row(row, key, { before, isRescaled }) {
    let own = key;
    while (this.#drawn.has(own)) own += '+';
    const known = before.get(own);
    const entry = known ?? { tr: this.#newRow(row), row };
    if (known && isRescaled)
      this.#columns.forEach((column, i) =>
        known.tr.cells[i].replaceChildren(this.#cell(column, known.row).content()),
      );
    this.#drawn.set(own, entry);
    return entry.tr;
  }

  /** @param {Row} row */
  #newRow(row) {
    const cells = this.#columns.map((column) => {
      const cell = this.#cell(column, row);
      const kind = isRightAligned(column) ? 'num' : isTime(column) ? 'time' : null;
      return h('td', { class: kind, tabIndex: -1, title: cell.hint() || null }, cell.content());
    });
    return h('tr', { class: this.services.selection ? 'choosable' : null }, ...cells);
  }

  /**
   * @param {GridColumn} column
   * @param {Row} row
   */
  #cell(column, row) {
    const value = row[column.name];
    const extent = () => this.#ranges[column.name] ?? { min: 0, max: 0 };
    return new Cell({ value, column, row, rule: column.rule, extent }, this.services);
  }

  /**
   * Puts the rows in order, moving only those out of place.
   * @param {HTMLTableRowElement[]} rows
   */
  #place(rows) {
    const wanted = new Set(rows);
    for (const tr of [...this.#body.rows]) if (!wanted.has(tr)) tr.remove();
    rows.forEach((tr, i) => {
      if (this.#body.children[i] !== tr) this.#body.insertBefore(tr, this.#body.children[i] ?? null);
    });
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (this.navigation.move(event)) return;
    const td = closest(event, 'td');
    if (!td) return;
    if (event.target === td && ['Enter', ' '].includes(event.key)) this.#press(event, td);
    const isCopy = event.key.toLowerCase() === 'c' && (event.ctrlKey || event.metaKey);
    if (isCopy && document.getSelection()?.isCollapsed) void copy(this.#valueOf(td), TEXTS.cellCopied);
  }

  /**
   * Follows the link in a cell, or selects its row.
   * @param {KeyboardEvent} event
   * @param {HTMLTableCellElement} td
   */
  #press(event, td) {
    event.preventDefault();
    const inner = td.querySelector('.link, a');
    if (inner instanceof HTMLElement) inner.click();
    else this.#select(td.parentElement);
  }

  /** @param {MouseEvent} event */
  #click(event) {
    const td = closest(event, 'td');
    if (!td) return;
    this.navigation.moveTo(td);
    const isMarking = document.getSelection()?.isCollapsed === false;
    const isOnLink = closest(event, 'button') ?? closest(event, 'a');
    if (!isOnLink && !isMarking) this.#select(td.parentElement);
  }

  /** @param {Element | null} tr */
  #rowOf(tr) {
    return [...this.#drawn.values()].find((entry) => entry.tr === tr)?.row;
  }

  /**
   * The bare value of a cell, as the clipboard takes it.
   * @param {HTMLTableCellElement} td
   */
  #valueOf(td) {
    /** @type {Value} */
    const value = this.#rowOf(td.parentElement)?.[this.#columns[td.cellIndex].name];
    return plainText(value);
  }

  /** @param {Element | null} tr */
  #select(tr) {
    const row = this.#rowOf(tr);
    if (!this.services.selection || !row) return;
    const isSelected = tr?.getAttribute('aria-selected') === 'true';
    this.#clicked = isSelected ? null : tr;
    this.services.selection.set(isSelected ? null : row);
    this.markSelection();
  }
}
