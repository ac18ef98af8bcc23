/* Tiles: one row of an answer is one tile. */

import { h } from './dom.js';
import { isNumeric, plainText } from './format.js';
import { Cell } from './formatters.js';
import { records } from './table.js';

const MOST = 100;
const SCALED = new Set([3, 4, 8]);
const PARTS = [
  ['titleContent', 'tile-title'],
  ['subtitleContent', 'tile-subtitle'],
  ['leftContent', 'tile-left'],
  ['rightContent', 'tile-right'],
  ['secondaryContent', 'tile-secondary'],
];

export class Tiles {
  #table = null;
  #texts = [];

  constructor(settings, host) {
    this.settings = settings ?? {};
    this.host = host;
    const look = [
      this.settings.showBorder === false ? 'plain' : 'bordered',
      this.settings.size === 'full' ? 'full' : 'sized',
    ];
    this.list = h('ul', { class: `tiles ${look.join(' ')}`, 'aria-label': host.name });
    this.note = h('p', { class: 'grid-note', hidden: true }, `Only the first ${MOST} tiles are shown.`);
    this.element = h('div', { class: 'tiles-frame' }, this.list, this.note);
  }

  get isBusy() {
    return false;
  }

  /** Makes only those tiles anew whose row is another. */
  draw(table) {
    this.#table = table;
    const rows = records({ columns: table.columns, rows: this.#sorted().slice(0, MOST) });
    const scales = JSON.stringify([table.columns, this.host.utc(), this.#needsScales() && table.rows]);
    const texts = rows.map((row) => scales + JSON.stringify(row));
    const tiles = rows.map((row, i) =>
      texts[i] === this.#texts[i] ? this.list.children[i] : this.#tile(row),
    );
    this.#texts = texts;
    this.rows = rows;
    if (
      tiles.some((tile, i) => tile !== this.list.children[i]) ||
      tiles.length !== this.list.children.length
    ) {
      this.list.replaceChildren(...tiles);
    }
    this.note.hidden = table.rows.length <= MOST;
    this.mark();
  }

  /** Whether a part is drawn by comparison with the other tiles. */
  #needsScales() {
    return PARTS.some(([part]) => SCALED.has(this.settings[part]?.formatter));
  }

  redraw() {
    if (this.#table) this.draw(this.#table);
  }

  mark() {
    if (!this.host.choose) return;
    this.rows.forEach((row, i) =>
      this.list.children[i].firstChild.setAttribute('aria-pressed', String(this.host.isChosen(row))),
    );
  }

  #sorted() {
    const { sortCriteriaField: name, sortOrderField: order } = this.settings;
    const at = this.#table.columns.findIndex((column) => column.name === name);
    if (!order || at < 0) return this.#table.rows;
    const numeric = isNumeric(this.#table.columns[at]);
    const by = numeric
      ? (a, b) => a[at] - b[at]
      : (a, b) => plainText(a[at]).localeCompare(plainText(b[at]), 'en');
    return this.#table.rows.toSorted((a, b) => (order === 2 ? -by(a, b) : by(a, b)));
  }

  #range(name) {
    const at = this.#table.columns.findIndex((column) => column.name === name);
    const values = this.#table.rows.map((row) => Number(row[at] ?? 0));
    return { min: Math.min(...values), max: Math.max(...values) };
  }

  #tile(row) {
    const parts = PARTS.map(([part, look]) => this.#part(part, look, row)).filter(Boolean);
    if (!this.host.choose) return h('li', { class: 'tile' }, ...parts);
    const choose = () => this.host.choose(this.host.isChosen(row) ? null : row);
    return h(
      'li',
      { class: 'tile choosable' },
      h('button', { type: 'button', class: 'tile-button', click: choose }, ...parts),
    );
  }

  #part(part, look, row) {
    const rule = this.settings[part];
    const column = rule && this.#table.columns.find((each) => each.name === rule.columnMatch);
    if (!column) return null;
    const place = { ...this.host, range: (name) => this.#range(name) };
    const cell = new Cell({ value: row[column.name], column, row, rule, place });
    return h(
      'div',
      {
        class: look,
        'data-column': column.name,
        'data-value': plainText(cell.value),
        title: cell.hint() || null,
      },
      cell.content(),
    );
  }
}
