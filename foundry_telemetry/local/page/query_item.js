/* A query item: runs its query when that or the data changed, and shows the answer, why there is none, or
   what went wrong. */
// @ts-check

import { BrushedTime } from './brushed_time.js';
import { download } from './csv.js';
import { showDetails } from './dialog.js';
import { button } from './dom.js';
import { emptyMessage, reason } from './empty_reason.js';
import { showKql } from './kql_text.js';
import { ItemLayout, strip, tool } from './layout.js';
import { failure, unfilled, waiting } from './messages.js';
import { timeOf } from './parameters.js';
import { QueryRunner } from './query_runner.js';
import { RowSelection } from './row_selection.js';
import { records } from './table.js';
import { TEXTS } from './texts.js';
import { label, toUrl } from './time.js';
import { makeTable, makeView } from './views.js';

/**
 * @import { Answer, QueryError } from './api.js'
 * @import { Cell } from './formatters.js'
 * @import { PageServices } from './page.js'
 * @import { Parameter, Place, QueryRequest } from './scope.js'
 * @import { Value } from './table.js'
 * @import { View, ViewServices } from './views.js'
 * @import { QueryItemJson } from './workbook.js'
 *
 * @typedef {Pick<PageServices, 'scope' | 'queue' | 'data' | 'status' | 'announce' | 'problems'>} QueryServices
 * @typedef {'new' | 'shown' | 'empty' | 'waiting' | 'failed'} State
 */

const BUSY_MS = 1000;
const SUCCESS = 3;

/**
 * The time that a query covers: sent beside it, or named in it.
 * @param {QueryRequest} request
 */
function coveredRange({ range, used }) {
  return range ?? used.map(timeOf).find((each) => each !== null) ?? null;
}

export class QueryItem {
  /** @type {State} */
  #state = 'new';
  /** @type {QueryRequest | null} */
  #latestRequest = null;
  /** @type {Answer | null} */
  #latestAnswer = null;
  /** The answer that is shown. @type {Answer | null} */
  #answer = null;
  /** @type {View | null} */
  #view = null;
  /** The same answer as a table, once the reader has wanted it. @type {View | null} */
  #table = null;
  #isSwapped = false;
  /** @type {BrushedTime | null} */
  #brushed = null;
  /** @type {RowSelection | null} */
  #selection = null;
  /** @type {HTMLElement | null} */
  #warning = null;
  #emptyKey = '';
  #reset = tool('reset', TEXTS.resetTime, () => this.#unbrush(), { hidden: true });
  #swap = tool('table', TEXTS.asTable, () => this.#swapView(), { 'aria-pressed': 'false' });

  /**
   * @param {QueryItemJson} json
   * @param {Place} place
   * @param {QueryServices} services
   */
  constructor(json, place, services) {
    this.json = json;
    this.place = place;
    this.services = services;
    const { visualization: kind = 'table', size } = json.content;
    const problems = services.problems(json);
    this.isDrawn = !problems.some(({ essential }) => essential);
    this.isChart = !['table', 'tiles'].includes(kind);
    this.layout = new ItemLayout(json, { kind, size, actions: this.#actions(), problems });
    this.element = this.layout.element;
    this.runner = new QueryRunner(services, place.order, {
      started: (isChange) => {
        if (isChange || !['shown', 'empty'].includes(this.#state)) this.layout.loading();
      },
      answered: (answer, isChange) => this.#answered(answer, isChange),
      failed: (error) => this.#failed(error),
    });
    if (!this.isDrawn) this.layout.showMessage('unknown', TEXTS.queryAvailable);
  }

  /** Declares the parameters that the item sets: by the selection of a row, or by a time brush. */
  declare() {
    const { content } = this.json;
    const after = { ...this.place, order: this.place.order + 0.5 };
    const { scope } = this.services;
    this.#selection = new RowSelection(content, after, scope);
    if (content.timeBrushParameterName)
      this.#brushed = new BrushedTime(content.timeBrushParameterName, after, scope);
  }

  /** @param {boolean} isVisible */
  update(isVisible) {
    const { scope } = this.services;
    const isShown = isVisible && scope.isVisible(this.json, this.place);
    this.element.hidden = !isShown;
    if (!isShown) {
      this.runner.stop();
      return;
    }
    this.layout.setTitle(this.#fill(this.json.content.title ?? ''));
    if (!this.isDrawn) return;
    const request = scope.request(this.json.content, this.place);
    this.#latestRequest = request;
    this.#reset.hidden = !this.#brushed?.update();
    const missing = [...request.missing.values()];
    if (missing.length) {
      this.runner.stop();
      this.#wait(missing);
    } else this.runner.want(request);
    this.#view?.markSelection();
  }

  redraw() {
    this.#view?.redraw();
    this.#table?.redraw();
  }

  /** The request as it was last wanted. */
  get #request() {
    return this.#latestRequest ?? this.services.scope.request(this.json.content, this.place);
  }

  get #name() {
    return this.layout.title.textContent || this.json.name || TEXTS.step;
  }

  /** @param {string} text */
  #fill(text) {
    return this.services.scope.fill(text, this.place).text;
  }

  #actions() {
    const title = TEXTS.showStepQuery;
    const kql = button('KQL', () => this.#showKql(), { class: 'tool kql-tool', title });
    const isExported = this.json.content.showExportToExcel && this.isDrawn;
    const csv = tool('download', TEXTS.downloadCsv, () => this.#download());
    return [
      this.#reset,
      ...(this.isChart && this.isDrawn ? [this.#swap] : []),
      ...(isExported ? [csv] : []),
      kql,
    ];
  }

  #download() {
    const view = this.#isSwapped ? this.#table : this.#view;
    const table = view?.exported?.() ?? this.#answer?.table;
    if (table && this.#state === 'shown') download(this.#name, table);
    else this.services.announce(TEXTS.noRows);
  }

  /** @param {number | null} [line]  That an error names. */
  #showKql(line = null) {
    const { text: kql, range } = this.#request;
    const words = range && label(range, this.services.scope.clock.utc);
    showKql({ title: this.#name, kql, range: words, time: range ? toUrl(range) : '', line });
  }

  /**
   * Shows an answer; one that comes while the reader is busy in the view waits, unless the reader wants it.
   * @param {Answer} answer
   * @param {boolean} isChange
   */
  #answered(answer, isChange) {
    this.#latestAnswer = answer;
    if (this.#view?.isBusy && !isChange) {
      setTimeout(() => {
        if (answer === this.#latestAnswer) this.#answered(answer, false);
      }, BUSY_MS);
      return;
    }
    this.layout.settled();
    const before = this.#state;
    const isSame = answer.text === this.#answer?.text && ['shown', 'empty'].includes(before);
    this.#answer = answer;
    this.#warn([...unfilled(this.#request, this.services.scope), ...(answer.cut ? [answer.cut] : [])]);
    if (!answer.table.rows.length) this.#showEmpty();
    else if (!isSame || isChange) this.#show(answer);
    else if (this.isChart) this.#view?.draw(this.#content(answer));
    if (isChange && before !== 'new') this.#selection?.keepWithin(records(answer.table));
  }

  /** @param {Answer} answer */
  #content({ table }) {
    return { table, range: coveredRange(this.#request) };
  }

  /** @param {Answer} answer */
  #show(answer) {
    this.#state = 'shown';
    const view = (this.#view ??= makeView(this.json.content, this.#name, this.#viewServices()));
    if (this.#isSwapped) this.#table ??= makeTable(this.#name, this.#viewServices());
    this.layout.showContent(this.#isSwapped && this.#table ? this.#table.element : view.element);
    view.draw(this.#content(answer));
    this.#table?.draw(this.#content(answer));
  }

  /**
   * Warns above the content of what was not filled in, and of an answer that is not whole.
   * @param {string[]} words
   */
  #warn(words) {
    const text = words.join('; ');
    if (text === (this.#warning?.dataset.words ?? '')) return;
    this.#warning?.remove();
    this.#warning = text ? strip(text) : null;
    if (!this.#warning) return;
    this.#warning.dataset.words = text;
    this.layout.body.before(this.#warning);
  }

  /** @returns {ViewServices} */
  #viewServices() {
    const brushed = this.#brushed;
    return {
      clock: this.services.scope.clock,
      fill: (text) => this.#fill(text),
      openDetails: (target, value, cell) => this.#openDetails(target, value, cell),
      selection: this.#selection?.isOffered ? this.#selection : null,
      brush: brushed && ((start, end) => brushed.choose(start, end)),
    };
  }

  /**
   * @param {string} target
   * @param {Value} value
   * @param {Cell} cell
   */
  #openDetails(target, value, { column, row }) {
    const labels = this.json.content.gridSettings?.labelSettings;
    const title = labels?.find(({ columnId }) => columnId === column.name)?.label ?? column.name;
    if (target === 'CellDetails') showDetails(this.#fill(title), { [this.#fill(title)]: value });
    else showDetails(this.#name, row);
  }

  #swapView() {
    this.#isSwapped = !this.#isSwapped;
    this.#swap.setAttribute('aria-pressed', String(this.#isSwapped));
    if (this.#state === 'shown' && this.#answer) this.#show(this.#answer);
  }

  #showEmpty() {
    this.#state = 'empty';
    const { scope, status } = this.services;
    const { noDataMessage = '', noDataMessageStyle } = this.json.content;
    const why = reason(this.#request, {
      clock: scope.clock,
      status: status(),
      set: (parameter, value) => scope.set(parameter, value),
    });
    const own = { words: this.#fill(noDataMessage), isGood: noDataMessageStyle === SUCCESS };
    const elements = emptyMessage(why, own);
    const key = elements.map((element) => element.textContent).join('\n');
    if (key === this.#emptyKey && !this.layout.message.hidden) return;
    this.#emptyKey = key;
    this.layout.showMessage('empty', ...elements);
  }

  /** @param {Parameter[]} missing */
  #wait(missing) {
    this.#state = 'waiting';
    this.layout.settled();
    this.layout.showMessage('waiting', waiting(missing));
  }

  /** @param {QueryError} error */
  #failed(error) {
    this.layout.settled();
    if (error.lost && this.#state === 'shown') return;
    this.#state = 'failed';
    this.services.announce(`${this.#name}: ${error.message}`);
    const again = () => void this.runner.again(this.#request);
    const show = () => this.#showKql(error.line);
    this.layout.showMessage('error', ...failure(error, this.#request.text, { again, show }));
  }

  #unbrush() {
    this.#brushed?.undo();
    const last = this.layout.tools.lastElementChild;
    if (last instanceof HTMLElement) last.focus();
  }
}
