/* Tables: sorting, a filter, formatters, a row that can be chosen, a cell that can be copied. New data
   changes only the rows that differ, so that place, focus and what the reader has marked stay. */

import { button, debounce, h, id, style } from './dom.js';
import { isNumeric, isTime, plainText } from './format.js';
import { Cell, isHidden, ruleFor } from './formatters.js';
import { arrange, note, ranges } from './grid_rows.js';
import { icon } from './icons.js';
import { copy, offerCopy } from './clipboard.js';
import { record } from './table.js';
import { Walker } from './grid_navigation.js';

const ROW_LIMIT = 250;
/** The width of a column from the workbook: a number alone counts characters, `fr` shares what is left. */
function width(setting) {
  const match = /^(\d+(?:\.\d+)?)(px|%|fr|ch)?$/.exec(setting ?? '');
  return match && match[2] !== 'fr' ? `${match[1]}${match[2] ?? 'ch'}` : null;
}

export class Grid {
  #sort = null;
  #words = '';
  #table = null;
  #drawn = new Map();
  #scales = '';
  #clicked = null;

  /**
   * `settings` are the workbook's gridSettings; `host` gives name, utc, fill, open and, where rows can be
   * chosen, choose(row | null) and isChosen(row).
   */
  constructor(settings, host) {
    this.settings = settings ?? {};
    this.host = host;
    this.head = h('tr');
    this.body = h('tbody');
    this.note = h('p', { class: 'grid-note', hidden: true });
    this.grid = h(
      'table',
      { role: 'grid', 'aria-label': host.name, keydown: (e) => this.#key(e), click: (e) => this.#click(e) },
      h('thead', {}, this.head),
      this.body,
    );
    this.walker = new Walker(this.grid, this.head, this.body);
    offerCopy(this.body, (td) => this.#valueOf(td));
    this.scroll = h('div', { class: 'grid-scroll' }, this.grid);
    this.element = h(
      'div',
      { class: 'grid' },
      this.settings.filter ? this.#search() : null,
      this.scroll,
      this.note,
    );
    const first = this.settings.sortBy?.[0];
    if (first)
      this.#sort = {
        name: first.itemKey.replace(/^\$gen_\w+?_(.+)_\d+$/, '$1'),
        down: first.sortOrder === 2,
      };
  }

  /** Whether the reader is marking text here: then an update waits. */
  get isBusy() {
    const marked = document.getSelection();
    return Boolean(marked && !marked.isCollapsed && this.body.contains(marked.anchorNode));
  }

  draw(table) {
    const sameColumns = this.#table && JSON.stringify(table.columns) === JSON.stringify(this.#table.columns);
    this.#table = table;
    this.columns = table.columns
      .map((column, at) => ({ ...column, at, rule: ruleFor(this.settings.formatters, column.name) }))
      .filter(({ rule }) => !isHidden(rule));
    if (!sameColumns) this.#drawHead();
    this.#drawBody();
  }

  /** Draws all cells anew: after a change of time zone. */
  redraw() {
    this.#scales = '';
    if (this.#table) this.#drawBody();
  }

  /**
   * Marks the row that is chosen: of several that hand on the same, the one that was clicked, else the
   * first.
   */
  mark() {
    const all = [...this.#drawn.values()];
    const fitting = this.host.choose ? all.filter(({ row }) => this.host.isChosen(row)) : [];
    const chosen = fitting.find(({ tr }) => tr === this.#clicked) ?? fitting[0];
    for (const entry of all) entry.tr.setAttribute('aria-selected', String(entry === chosen));
  }

  #search() {
    const field = id('filter');
    const typed = debounce(150, () => {
      this.#words = input.value.trim().toLowerCase();
      this.#drawBody();
    });
    const input = h('input', {
      type: 'search',
      id: field,
      placeholder: 'Filter rows',
      'aria-label': `Filter rows of ${this.host.name}`,
      input: typed,
    });
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
    const sort = button(
      label,
      () => this.#sortBy(column.name),
      { class: 'sort', tabIndex: -1 },
      h('span', {}, label),
      icon('down'),
    );
    const th = h(
      'th',
      { scope: 'col', class: this.#isRight(column) ? 'num' : null, 'data-column': column.name },
      sort,
    );
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

  /** The rows to show; the note tells what is left out. */
  #rows() {
    const limit = this.settings.rowLimit || ROW_LIMIT;
    const told = { words: this.#words, limit };
    const { rows, found } = arrange(this.#table, this.columns, { ...told, sort: this.#sort });
    this.note.textContent = note({ ...told, found, all: this.#table.rows.length });
    this.note.hidden = !this.note.textContent;
    return rows;
  }

  #drawBody() {
    const found = ranges(this.#table, this.columns);
    const scales = JSON.stringify([found, this.host.utc()]);
    const isOther = scales !== this.#scales;
    this.#scales = scales;
    this.range = (name) => found[name] ?? { min: 0, max: 0 };
    const kept = this.#drawn;
    this.#drawn = new Map();
    const rows = this.#rows().map(({ values, key }) => this.#row(values, key, kept, isOther));
    this.#place(rows);
    this.mark();
    this.walker.enter();
  }

  /** The row's element: the one already there when nothing in it changed. */
  #row(values, key, kept, isOther) {
    let own = key;
    while (this.#drawn.has(own)) own += '+';
    const entry = kept.get(own) ?? this.#newRow(values);
    if (isOther && kept.has(own))
      this.columns.forEach((column, i) =>
        entry.tr.children[i].replaceChildren(this.#value(column, entry.row).content()),
      );
    this.#drawn.set(own, entry);
    return entry.tr;
  }

  #newRow(values) {
    const row = record(this.#table.columns, values);
    const tr = h(
      'tr',
      { class: this.host.choose ? 'choosable' : null },
      ...this.columns.map((column) => this.#cell(column, row)),
    );
    return { tr, row };
  }

  #value(column, row) {
    return new Cell({
      value: row[column.name],
      column,
      row,
      rule: column.rule,
      place: { ...this.host, range: this.range },
    });
  }

  #cell(column, row) {
    const cell = this.#value(column, row);
    return h(
      'td',
      {
        class: this.#isRight(column) ? 'num' : isTime(column) ? 'time' : null,
        tabIndex: -1,
        title: cell.hint() || null,
      },
      cell.content(),
    );
  }

  /** Puts the rows in order, moving only those out of place. */
  #place(rows) {
    const wanted = new Set(rows);
    for (const tr of [...this.body.children]) if (!wanted.has(tr)) tr.remove();
    rows.forEach((tr, i) => {
      if (this.body.children[i] !== tr) this.body.insertBefore(tr, this.body.children[i] ?? null);
    });
  }

  #key(event) {
    if (this.walker.move(event)) return;
    const td = event.target.closest('td');
    if (!td) return;
    if (event.target === td && ['Enter', ' '].includes(event.key)) this.#press(event, td);
    const isCopy = event.key.toLowerCase() === 'c' && (event.ctrlKey || event.metaKey);
    if (isCopy && document.getSelection()?.isCollapsed) copy(this.#valueOf(td), 'Cell copied');
  }

  /** Follows the link in a cell, or chooses its row. */
  #press(event, td) {
    event.preventDefault();
    const inner = td.querySelector('.link, a');
    if (inner) inner.click();
    else this.#choose(td.parentElement);
  }

  #click(event) {
    const td = event.target.closest('td');
    if (!td) return;
    this.walker.stand(td);
    const isMarking = document.getSelection()?.isCollapsed === false;
    if (!event.target.closest('button, a') && !isMarking) this.#choose(td.parentElement);
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
}
