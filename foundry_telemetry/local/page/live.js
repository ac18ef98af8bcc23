/* Live updates: the server's event of new data refreshes the page, never again before the refresh before
   has ended; and whether the server is there. */
// @ts-check

/** @typedef {'connecting' | 'open' | 'resting' | 'lost'} Connection */

const LEAST_MS = 300;
const REST = 2;
const LONG_MS = 3000;
const RETRY_MS = 2000;

export class Live {
  #isDirty = false;
  #isBusy = false;
  /** @type {EventSource | null} */
  #source = null;

  isOn = true;
  /** @type {Connection} */
  state = 'connecting';

  /** Called when the state or the switch is another. */
  changed = () => {};
  /** Called when data has arrived. */
  arrived = () => {};

  /** @param {() => Promise<void>} refresh  Resolves when all that it began is done. */
  constructor(refresh) {
    this.refresh = refresh;
    document.addEventListener('visibilitychange', () => (document.hidden ? this.#rest() : this.connect()));
  }

  connect() {
    this.#source?.close();
    const source = new EventSource('/events');
    this.#source = source;
    source.addEventListener('open', () => this.#opened());
    source.addEventListener('change', () => this.#arrived());
    source.addEventListener('error', () => this.#lost(source));
  }

  /**
   * Out of sight the page listens to nothing: a browser has few connections to one server for all its
   * tabs.
   */
  #rest() {
    this.#source?.close();
    this.#set('resting');
  }

  /** Switches between live and paused; what came meanwhile is shown at once. */
  toggle() {
    this.isOn = !this.isOn;
    this.changed();
    void this.#soon();
  }

  /**
   * Sets the state; returns the one before.
   * @param {Connection} state
   */
  #set(state) {
    const before = this.state;
    this.state = state;
    if (state !== before) this.changed();
    return before;
  }

  #opened() {
    const before = this.#set('open');
    if (before !== 'connecting') this.#arrived();
  }

  /** @param {EventSource} source */
  #lost(source) {
    this.#set('lost');
    if (source.readyState === EventSource.CLOSED) setTimeout(() => this.connect(), RETRY_MS);
  }

  #arrived() {
    this.#isDirty = true;
    this.arrived();
    void this.#soon();
  }

  /** Refreshes unless a refresh runs, the page is out of sight, or the reader paused it. */
  async #soon() {
    if (!this.#isDirty || this.#isBusy || !this.isOn || document.hidden) return;
    this.#isBusy = true;
    this.#isDirty = false;
    const begun = performance.now();
    await this.refresh();
    const rest = Math.min(LONG_MS, Math.max(LEAST_MS, (performance.now() - begun) * REST));
    setTimeout(() => {
      this.#isBusy = false;
      void this.#soon();
    }, rest);
  }

  /** The end of a relative time moves on by itself: refreshes as if data had arrived. */
  touch() {
    this.#isDirty = true;
    void this.#soon();
  }
}
