/* Keyboard navigation in a table: one cell is in the order of Tab, from there the arrows move on. */
// @ts-check

/** @type {Partial<Record<string, [down: number, right: number]>>} */
const MOVES = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
  Home: [0, -Infinity],
  End: [0, Infinity],
  PageUp: [-10, 0],
  PageDown: [10, 0],
};

/**
 * @param {number} value
 * @param {number} most
 */
const within = (value, most) => Math.min(Math.max(0, value), Math.max(0, most));

export class GridNavigation {
  #row = 0;
  #column = 0;

  /**
   * Row 0 is the head, whose cells have buttons; the body's rows follow.
   * @param {HTMLTableElement} table
   * @param {HTMLTableRowElement} head
   * @param {HTMLTableSectionElement} body
   */
  constructor(table, head, body) {
    this.table = table;
    this.head = head;
    this.body = body;
  }

  /** Puts the current cell, and no other, into the order of Tab. */
  enter() {
    this.#row = within(this.#row, this.body.children.length);
    this.#column = within(this.#column, this.head.children.length - 1);
    /** @type {NodeListOf<HTMLElement>} */
    const current = this.table.querySelectorAll('[tabindex="0"]');
    for (const cell of current) cell.tabIndex = -1;
    const cell = this.#cell();
    if (cell) cell.tabIndex = 0;
    return cell;
  }

  #cell() {
    if (this.#row === 0) return this.head.cells[this.#column]?.querySelector('button');
    return this.body.rows[this.#row - 1]?.cells[this.#column];
  }

  /**
   * Makes a cell the current one.
   * @param {HTMLTableCellElement} td
   */
  moveTo(td) {
    this.#row = [...this.body.rows].findIndex((row) => row === td.parentElement) + 1;
    this.#column = td.cellIndex;
    this.enter();
  }

  /**
   * Moves on by a key; returns whether it was one that moves.
   * @param {KeyboardEvent} event
   */
  move(event) {
    const by = MOVES[event.key];
    if (!by || event.ctrlKey || event.altKey) return false;
    event.preventDefault();
    const [down, right] = by;
    this.#row += down;
    this.#column += right;
    this.enter()?.focus();
    return true;
  }
}
