/* Word of new data: asks the page to refresh, never again before the round before has ended, and says
   whether the server is there. */

const LEAST_MS = 300;
const REST = 2;
const LONG_MS = 3000;
const RETRY_MS = 2000;

export class Live {
  #dirty = false;
  #busy = false;
  #source = null;

  isOn = true;
  state = 'connecting';

  /** `page` is refreshed, `show()` is told when the state is another, `news()` when data arrived. */
  constructor(page, { show, news }) {
    Object.assign(this, { page, show, news });
    document.addEventListener('visibilitychange', () => (document.hidden ? this.#rest() : this.connect()));
  }

  connect() {
    this.#source?.close();
    this.#source = new EventSource('/events');
    this.#source.addEventListener('open', () => this.#opened());
    this.#source.addEventListener('change', () => this.#changed());
    this.#source.addEventListener('error', () => this.#lost());
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
    this.show();
    this.#soon();
  }

  #set(state) {
    const before = this.state;
    this.state = state;
    if (state !== before) this.show();
    return before;
  }

  #opened() {
    const before = this.#set('open');
    if (before !== 'connecting') this.#changed();
  }

  #lost() {
    this.#set('lost');
    if (this.#source.readyState === EventSource.CLOSED) setTimeout(() => this.connect(), RETRY_MS);
  }

  #changed() {
    this.#dirty = true;
    this.news();
    this.#soon();
  }

  /** Starts a round unless one runs, the page is out of sight, or the reader paused it. */
  async #soon() {
    if (!this.#dirty || this.#busy || !this.isOn || document.hidden) return;
    this.#busy = true;
    this.#dirty = false;
    const begun = performance.now();
    this.page.refresh();
    await new Promise((resolve) => {
      setTimeout(resolve, 0);
    });
    await this.page.queue.idle();
    const rest = Math.min(LONG_MS, Math.max(LEAST_MS, (performance.now() - begun) * REST));
    setTimeout(() => {
      this.#busy = false;
      this.#soon();
    }, rest);
  }

  /** The end of a relative time moves on by itself: asks again after a while, as if data had come. */
  touch() {
    this.#dirty = true;
    this.#soon();
  }
}
