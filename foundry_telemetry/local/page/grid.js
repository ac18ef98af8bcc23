/* Tables: sorting, a filter, formatters, a row that can be chosen, a cell that can be copied. New data changes only the
   rows that differ, so that place, focus and what the reader has marked stay. */

import { button, debounce, h, id, style } from './dom.js';
import { isNumeric, isTime, plainText } from './format.js';
import { Cell, isHidden, ruleFor } from './formatters.js';
import { icon } from './icons.js';
import { copy } from './clipboard.js';

const ROW_LIMIT = 250;
const MOVES = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1], Home: [0, -Infinity], End: [0, Infinity], PageUp: [-10, 0], PageDown: [10, 0] };

/** The width of a column from the workbook: a number alone counts characters, `fr` shares what is left. */
function width(setting) {
  const match = /^(\d+(?:\.\d+)?)(px|%|fr|ch)?$/.exec(setting ?? '');
  return match && match[2] !== 'fr' ? `${match[1]}${match[2] ?? 'ch'}` : null;
}

function compare(a, b, numeric) {
  if (a === b) return 0;
  if (a === null || a === '') return 1;
  if (b === null || b === '') return -1;
  return numeric ? Number(a) - Number(b) : String(a).localeCompare(String(b), 'en');
}

export class Grid {
  #sort = null;
  #words = '';
  #table = null;
  #drawn = new Map();
  #scales = '';
  #clicked = null;
  #focus = { row: 0, column: 0 };

  /**
   * `settings` are the workbook's gridSettings; `host` gives name, utc, fill, open and, where rows can be chosen,
   * choose(row | null) and isChosen(row).
   */
  constructor(settings, host) {
    this.settings = settings ?? {};
    this.host = host;
    this.head = h('tr');
    this.body = h('tbody');
    this.note = h('p', { class: 'grid-note', hidden: true });
    this.grid = h('table', { role: 'grid', 'aria-label': host.name, keydown: (e) => this.#key(e), click: (e) => this.#click(e) },
      h('thead', {}, this.head), this.body);
    this.copier = this.#copier();
    this.body.addEventListener('pointerover', (event) => this.#offerCopy(event));
    this.scroll = h('div', { class: 'grid-scroll' }, this.grid);
    this.element = h('div', { class: 'grid' }, this.settings.filter ? this.#search() : null, this.scroll, this.note);
    const first = this.settings.sortBy?.[0];
    if (first) this.#sort = { name: first.itemKey.replace(/^\$gen_\w+?_(.+)_\d+$/, '$1'), down: first.sortOrder === 2 };
  }

  /** Whether the reader is marking text here: then an update waits. */
  get isBusy() {
    const marked = document.getSelection();
    return Boolean(marked && !marked.isCollapsed && this.body.contains(marked.anchorNode));
  }

  draw(table) {
    const sameColumns = this.#table && JSON.stringify(table.columns) === JSON.stringify(this.#table.columns);
    this.#table = table;
    this.columns = table.columns.map((column, at) => ({ ...column, at, rule: ruleFor(this.settings.formatters, column.name) }))
      .filter(({ rule }) => !isHidden(rule));
    if (!sameColumns) this.#drawHead();
    this.#drawBody();
  }

  /** Draws all cells anew: after a change of time zone. */
  redraw() {
    this.#scales = '';
    if (this.#table) this.#drawBody();
  }

  /** Marks the row that is chosen: of several that hand on the same, the one that was clicked, else the first. */
  mark() {
    const all = [...this.#drawn.values()];
    const fitting = this.host.choose ? all.filter(({ row }) => this.host.isChosen(row)) : [];
    const chosen = fitting.find(({ tr }) => tr === this.#clicked) ?? fitting[0];
    for (const entry of all) entry.tr.setAttribute('aria-selected', String(entry === chosen));
  }

  #search() {
    const field = id('filter');
    const typed = debounce(150, () => { this.#words = input.value.trim().toLowerCase(); this.#drawBody(); });
    const input = h('input', { type: 'search', id: field, placeholder: 'Filter rows', 'aria-label': `Filter rows of ${this.host.name}`, input: typed });
    return h('div', { class: 'grid-filter' }, icon('search'), input);
  }

  #drawHead() {
    this.cells = this.columns.map((column) => this.#headCell(column));
    this.head.replaceChildren(...this.cells);
    this.#drawn.clear();
    this.body.replaceChildren();
    this.#showSort();
  }

  #headCell(column) {
    const named = this.settings.labelSettings?.find((each) => each.columnId === column.name)?.label;
    const label = named ? this.host.fill(named) : column.name;
    const sort = button(label, () => this.#sortBy(column.name), { class: 'sort', tabIndex: -1 }, h('span', {}, label), icon('down'));
    const th = h('th', { scope: 'col', class: this.#isRight(column) ? 'num' : null, 'data-column': column.name }, sort);
    const wide = width(column.rule?.formatOptions?.customColumnWidthSetting);
    return wide ? style(th, { width: wide, 'min-width': wide }) : th;
  }

  #isRight(column) {
    const kind = column.rule?.formatter;
    return kind === 2 || (isNumeric(column) && ![7, 18, 22, 3].includes(kind));
  }

  #sortBy(name) {
    const now = this.#sort?.name === name ? this.#sort : null;
    if (!now) this.#sort = { name, down: isNumeric(this.#column(name)) || isTime(this.#column(name)) };
    else this.#sort = now.turned ? null : { name, down: !now.down, turned: true };
    this.#showSort();
    this.#drawBody();
  }

  #column(name) {
    return this.#table.columns.find((column) => column.name === name) ?? { type: 'string' };
  }

  #showSort() {
    this.columns.forEach((column, i) => {
      const way = this.#sort?.name === column.name ? (this.#sort.down ? 'descending' : 'ascending') : 'none';
      this.cells[i].setAttribute('aria-sort', way);
    });
  }

  /** The rows to show: filtered, sorted, cut. */
  #rows() {
    let rows = this.#table.rows.map((values) => ({ values, key: JSON.stringify(values) }));
    if (this.#words) rows = rows.filter(({ values }) => this.columns.some(({ at }) => plainText(values[at]).toLowerCase().includes(this.#words)));
    const at = this.#sort ? this.#table.columns.findIndex((column) => column.name === this.#sort.name) : -1;
    if (at >= 0) {
      const numeric = isNumeric(this.#table.columns[at]);
      const way = this.#sort.down ? -1 : 1;
      rows = rows.toSorted((a, b) => way * compare(a.values[at], b.values[at], numeric));
    }
    this.#showNote(rows.length);
    return rows.slice(0, this.#limit);
  }

  get #limit() {
    return this.settings.rowLimit || ROW_LIMIT;
  }

  #showNote(found) {
    const limit = this.#limit;
    const all = this.#table.rows.length;
    const cut = found > limit ? `Only the first ${limit.toLocaleString('en-US')} of ${found.toLocaleString('en-US')} rows are shown.` : '';
    const filtered = this.#words ? `${found.toLocaleString('en-US')} of ${all.toLocaleString('en-US')} rows fit the filter.` : '';
    this.note.textContent = [filtered, cut].filter(Boolean).join(' ');
    this.note.hidden = !this.note.textContent;
  }

  /** Lowest and highest number of each column: bars and heat maps depend on them. */
  #ranges() {
    return Object.fromEntries(this.columns.filter((column) => column.rule && isNumeric(column)).map(({ name, at }) => {
      const values = this.#table.rows.map((row) => row[at]).filter((value) => value !== null).map(Number);
      return [name, { min: values.reduce((a, b) => Math.min(a, b), Infinity), max: values.reduce((a, b) => Math.max(a, b), -Infinity) }];
    }));
  }

  #drawBody() {
    const ranges = this.#ranges();
    const scales = JSON.stringify([ranges, this.host.utc()]);
    if (scales !== this.#scales) this.#drawn.clear();
    this.#scales = scales;
    this.range = (name) => ranges[name] ?? { min: 0, max: 0 };
    const kept = this.#drawn;
    this.#drawn = new Map();
    const rows = this.#rows().map(({ values, key }) => this.#row(values, key, kept));
    this.#place(rows);
    this.mark();
    this.#enter();
  }

  /** The row's element: the one already there when nothing in it changed. */
  #row(values, key, kept) {
    let own = key;
    while (this.#drawn.has(own)) own += '+';
    const entry = kept.get(own) ?? this.#newRow(values);
    this.#drawn.set(own, entry);
    return entry.tr;
  }

  #newRow(values) {
    const row = Object.fromEntries(this.#table.columns.map((column, i) => [column.name, values[i]]));
    const tr = h('tr', { class: this.host.choose ? 'choosable' : null }, ...this.columns.map((column) => this.#cell(column, row)));
    return { tr, row };
  }

  #cell(column, row) {
    const place = { ...this.host, range: this.range };
    const cell = new Cell({ value: row[column.name], column, row, rule: column.rule, place });
    return h('td', { class: this.#isRight(column) ? 'num' : isTime(column) ? 'time' : null, tabIndex: -1, title: cell.hint() || null }, cell.content());
  }

  /** Puts the rows in order, moving only those out of place. */
  #place(rows) {
    const wanted = new Set(rows);
    for (const tr of [...this.body.children]) if (!wanted.has(tr)) tr.remove();
    rows.forEach((tr, i) => { if (this.body.children[i] !== tr) this.body.insertBefore(tr, this.body.children[i] ?? null); });
  }

  /** One cell of the table can be reached with Tab; from there the arrows go on. Row 0 is the head. */
  #enter() {
    const { row, column } = this.#within(this.#focus.row, this.#focus.column);
    this.#focus = { row, column };
    for (const cell of this.grid.querySelectorAll('[tabindex="0"]')) cell.tabIndex = -1;
    const at = this.#at(row, column);
    if (at) at.tabIndex = 0;
  }

  #within(row, column) {
    return { row: Math.min(Math.max(0, row), this.body.children.length), column: Math.min(Math.max(0, column), this.columns.length - 1) };
  }

  #at(row, column) {
    return row === 0 ? this.cells[column]?.querySelector('button') : this.body.children[row - 1]?.children[column];
  }

  #go(row, column) {
    this.#focus = this.#within(row, column);
    this.#enter();
    this.#at(this.#focus.row, this.#focus.column)?.focus();
  }

  #key(event) {
    const td = event.target.closest('td');
    if (event.key in MOVES && !event.ctrlKey && !event.altKey) {
      event.preventDefault();
      const [down, right] = MOVES[event.key];
      this.#go(this.#focus.row + down, this.#focus.column + right);
    } else if (td && event.target === td && (event.key === 'Enter' || event.key === ' ')) {
      event.preventDefault();
      const inner = td.querySelector('button, a');
      if (inner) inner.click();
      else this.#choose(td.parentElement);
    } else if (td && event.key.toLowerCase() === 'c' && (event.ctrlKey || event.metaKey) && document.getSelection()?.isCollapsed) {
      event.preventDefault();
      copy(this.#valueOf(td), 'Cell copied');
    }
  }

  #click(event) {
    const td = event.target.closest('td');
    if (!td) return;
    const row = [...this.body.children].indexOf(td.parentElement) + 1;
    this.#focus = { row, column: td.cellIndex };
    this.#enter();
    if (!event.target.closest('button, a') && document.getSelection()?.isCollapsed !== false) this.#choose(td.parentElement);
  }

  #rowOf(tr) {
    return [...this.#drawn.values()].find((entry) => entry.tr === tr)?.row;
  }

  /** The bare value of a cell, as the clipboard takes it. */
  #valueOf(td) {
    return plainText(this.#rowOf(td.parentElement)?.[this.columns[td.cellIndex].name]);
  }

  #choose(tr) {
    if (!this.host.choose) return;
    const isChosen = tr.getAttribute('aria-selected') === 'true';
    this.#clicked = isChosen ? null : tr;
    this.host.choose(isChosen ? null : this.#rowOf(tr));
    this.mark();
  }

  /** One button follows the pointer from cell to cell. */
  #offerCopy(event) {
    const td = event.target.closest('td');
    if (td && td !== this.copier.parentElement && this.#valueOf(td)) td.append(this.copier);
  }

  #copier() {
    const click = (event) => { event.stopPropagation(); copy(this.#valueOf(event.currentTarget.parentElement), 'Cell copied'); };
    return button('Copy', click, { class: 'cell-copy', tabIndex: -1, 'aria-label': 'Copy this cell' }, icon('copy'));
  }
}
