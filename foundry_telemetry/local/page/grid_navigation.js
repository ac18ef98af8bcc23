/* Walking through a table with the keyboard: one cell is in the order of Tab, from there the arrows go on. */

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

const within = (value, most) => Math.min(Math.max(0, value), Math.max(0, most));

export class Walker {
  #row = 0;
  #column = 0;

  /** Row 0 is the head, whose cells have buttons; the body's rows follow. */
  constructor(table, head, body) {
    Object.assign(this, { table, head, body });
  }

  /** Puts the cell of now, and no other, into the order of Tab. */
  enter() {
    this.#row = within(this.#row, this.body.children.length);
    this.#column = within(this.#column, this.head.children.length - 1);
    for (const cell of this.table.querySelectorAll('[tabindex="0"]')) cell.tabIndex = -1;
    const cell = this.#cell();
    if (cell) cell.tabIndex = 0;
    return cell;
  }

  #cell() {
    if (this.#row === 0) return this.head.children[this.#column]?.querySelector('button');
    return this.body.children[this.#row - 1]?.children[this.#column];
  }

  /** Makes the cell that was clicked that of now. */
  stand(td) {
    this.#row = [...this.body.children].indexOf(td.parentElement) + 1;
    this.#column = td.cellIndex;
    this.enter();
  }

  /** Moves on by a key; says whether it was one that moves. */
  move(event) {
    if (!(event.key in MOVES) || event.ctrlKey || event.altKey) return false;
    event.preventDefault();
    const [down, right] = MOVES[event.key];
    this.#row += down;
    this.#column += right;
    this.enter()?.focus();
    return true;
  }
}
