/* The console: a query of one's own over the store, its result, and the queries before it. */
// @ts-check

import { load, query } from '../api.js';
import { recolor } from '../charts.js';
import { copy } from '../clipboard.js';
import { button, h, replaceChildren, required } from '../dom.js';
import { clockSwitch, themeSwitch } from '../header.js';
import { icon } from '../icons.js';
import { TEXTS } from '../texts.js';
import { fromUrl, timespan } from '../time.js';
import { queryUrl, readUrl } from './query_url.js';
import { Editor } from './editor.js';
import { historyButton } from './history_button.js';
import { LanguageService } from './language.js';
import { keepQuery } from './past_queries.js';
import { Results } from './results.js';
import { CONSOLE, FILLED_CONSOLE } from './texts.js';
import { TimeChoice } from './time_choice.js';
import { asWritten, withView } from './typed_view.js';

/**
 * @import { QueryError } from '../api.js'
 * @import { Shared } from './query_url.js'
 * @import { PlacedMark } from './editor.js'
 * @import { Facts } from './language.js'
 * @import { TypedView } from './typed_view.js'
 */

const SAMPLE = {
  kql: 'foundry_attempts\n| summarize attempts = count() by bin(TimeGenerated, 30m), deployment\n| render timechart',
  time: '1d',
};
const MOST_PROBLEMS = 20;

class Console {
  /** @type {AbortController | null} */
  #running = null;
  /** @type {Editor | null} */
  #editor = null;
  /** @type {TypedView | null} */
  #view = null;
  #host = h('div', { class: 'console-editor' });
  #note = h('p', { class: 'console-note', hidden: true });
  #problems = h('ul', { class: 'console-problems', 'aria-label': CONSOLE.problems, hidden: true });
  #time = new TimeChoice();
  #run = button(
    CONSOLE.run,
    () => void this.run(),
    { class: 'primary', title: CONSOLE.runHint },
    icon('play'),
    CONSOLE.run,
  );
  #cancel = button(CONSOLE.cancel, () => this.#running?.abort(), { class: 'action', hidden: true });

  constructor() {
    this.results = new Results({ now: Date.now(), utc: localStorage.getItem('foundry-clock') !== 'local' });
    const copyKql = button(
      TEXTS.copyKql,
      () => void copy(this.#whole, TEXTS.kqlCopied),
      { class: 'action' },
      icon('copy'),
      TEXTS.copyKql,
    );
    const link = { class: 'action', 'aria-label': CONSOLE.copyLink, title: CONSOLE.copyLink };
    const copyLink = button(CONSOLE.copyLink, () => void this.#copyLink(), link, icon('link'));
    const past = historyButton((chosen) => this.#open(chosen));
    this.elements = [
      h(
        'section',
        { class: 'step console-query', 'aria-label': CONSOLE.editor },
        h(
          'div',
          { class: 'console-tools' },
          this.#run,
          this.#cancel,
          this.#time.element,
          past,
          copyKql,
          copyLink,
        ),
        this.#host,
        this.#problems,
        this.#note,
      ),
      this.results.element,
    ];
  }

  async start() {
    this.#editor = await Editor.open(this.#host, {
      run: () => void this.run(),
      changed: () => this.#list([]),
      checked: (marks) => this.#list(marks),
    });
    this.#open((await readUrl(location.hash)) ?? SAMPLE);
    globalThis.addEventListener('hashchange', () => void this.#readUrl());
    const facts = /** @type {Facts} */ (await load('/console.json'));
    this.#view = facts.view;
    await this.#help(facts);
  }

  /** Runs the query, whatever ran before. */
  async run() {
    const kql = this.#text;
    if (!kql.trim()) return;
    this.#running?.abort();
    const controller = new AbortController();
    this.#running = controller;
    this.#busy(true);
    keepQuery({ kql, time: this.#time.value, at: Date.now() });
    void queryUrl({ kql, time: this.#time.value }).then((address) => history.replaceState(null, '', address));
    const begun = performance.now();
    const words = await this.#ask(kql, controller.signal, begun);
    if (this.#running !== controller) return;
    this.#running = null;
    this.#busy(false);
    this.results.say(words);
  }

  /**
   * @param {string} kql
   * @param {AbortSignal} signal
   * @param {number} begun
   */
  async #ask(kql, signal, begun) {
    const range = fromUrl(this.#time.value);
    try {
      const request = { kql: this.#whole, timespan: range && timespan(range, Date.now()), render: true };
      const answer = await query(request, signal);
      if (signal.aborted) return CONSOLE.cancelled;
      this.results.show(answer, range);
      return FILLED_CONSOLE.done(answer.table.rows.length, performance.now() - begun);
    } catch (error) {
      if (signal.aborted) return CONSOLE.cancelled;
      const texts = { sent: withView(kql, this.#view), written: kql };
      this.#failed(asWritten(/** @type {QueryError} */ (error), texts));
      return CONSOLE.failed;
    }
  }

  /** @param {QueryError} error */
  #failed(error) {
    const { line, position, message } = error;
    const isTold = new RegExp(`\\bline ${line ?? 0}\\b`, 'i').test(message);
    this.results.fail(error, line && !isTold ? FILLED_CONSOLE.place(line, position ?? 1) : '');
    if (line) this.#editor?.mark(line, position ?? 1, message);
  }

  get #text() {
    return this.#editor?.text ?? '';
  }

  /** The query as it is sent. */
  get #whole() {
    return withView(this.#text, this.#view);
  }

  /** @param {boolean} isRunning */
  #busy(isRunning) {
    this.results.busy(isRunning);
    this.#cancel.hidden = !isRunning;
    if (isRunning) this.results.say(CONSOLE.running);
  }

  /** @param {Shared} shared */
  #open({ kql, time }) {
    if (this.#editor) this.#editor.text = kql;
    this.#time.value = time;
  }

  async #readUrl() {
    const shared = await readUrl(location.hash);
    if (shared && shared.kql !== this.#text) this.#open(shared);
  }

  async #copyLink() {
    const address = await queryUrl({ kql: this.#text, time: this.#time.value });
    await copy(location.origin + address, TEXTS.linkCopied);
  }

  /** @param {PlacedMark[]} marks */
  #list(marks) {
    const shown = marks.slice(0, MOST_PROBLEMS).map(({ line, column, message, from, severity }) => {
      const words = `${FILLED_CONSOLE.place(line, column)}: ${message}`;
      const props = { class: `problem-link is-${severity}` };
      return h('li', {}, button(words, () => this.#editor?.goTo(from), props));
    });
    const more = marks.length - shown.length;
    replaceChildren(this.#problems, ...shown, more > 0 && h('li', {}, FILLED_CONSOLE.moreProblems(more)));
    this.#problems.hidden = !shown.length;
  }

  /**
   * Starts the language service, or says how to get it.
   * @param {Facts} facts
   */
  async #help(facts) {
    const isThere = facts.language_service.length > 0;
    const service = isThere ? new LanguageService(facts) : null;
    const isReady = await (service?.ready ?? false);
    if (service && isReady) this.#editor?.use(service);
    else if (isThere) this.#note.textContent = CONSOLE.failedService;
    else replaceChildren(this.#note, CONSOLE.noService, h('code', {}, facts.command), CONSOLE.thenReload);
    this.#note.hidden = isReady;
  }
}

const page = new Console();
required('#controls').append(
  clockSwitch((clock) => {
    page.results.clock.utc = clock === 'utc';
    page.results.redraw();
  }),
  themeSwitch(recolor),
);
const root = required('main');
replaceChildren(root, ...page.elements);
try {
  await page.start();
} catch (error) {
  const { message } = /** @type {Error} */ (error);
  root.prepend(h('div', { class: 'message is-error', role: 'alert' }, h('p', {}, message)));
}
document.documentElement.dataset.ready = '';
