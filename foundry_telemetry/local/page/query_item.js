/* A query step: asks when its query or the data changed, and shows the answer, why there is none, or what
   went wrong. */

import { Chart } from './charts.js';
import { Choice } from './row_selection.js';
import { showDetails } from './dialog.js';
import { button, h } from './dom.js';
import { reason } from './empty_reason.js';
import { Frame, strip, tool } from './layout.js';
import { Grid } from './grid.js';
import { icon } from './icons.js';
import { showKql } from './kql_text.js';
import { failure, unfilled, waiting } from './messages.js';
import { TIME } from './parameters.js';
import { Runner } from './query_runner.js';
import { records } from './table.js';
import { Tiles } from './tiles.js';
import { between, isSet, label } from './time.js';

const BUSY_MS = 1000;
const SUCCESS = 3;

export class QueryStep {
  constructor(item, place, page) {
    Object.assign(this, {
      item,
      place,
      page,
      settings: item.content,
      kind: item.content.visualization ?? 'table',
      state: 'new',
    });
    const problems = page.problems(item);
    this.isDrawn = !problems.some(({ essential }) => essential);
    this.frame = new Frame({
      item,
      kind: this.kind,
      size: this.settings.size,
      actions: this.#tools(),
      problems,
    });
    this.element = this.frame.element;
    this.runner = new Runner(page, place.order, {
      started: (isChange) => {
        if (isChange || !['shown', 'empty'].includes(this.state)) this.frame.loading();
      },
      answered: (answer, isChange) => this.#answered(answer, isChange),
      failed: (error) => this.#failed(error),
    });
    if (!this.isDrawn) this.frame.say('unknown', 'Its query can still be read.');
  }

  /** Declares what the step hands on: by the choice of a row, or by a time brush. */
  declare() {
    const after = { ...this.place, order: this.place.order + 0.5 };
    this.choice = new Choice(this.settings, after, this.page.scope);
    const brushed = this.settings.timeBrushParameterName;
    this.brushed =
      brushed &&
      this.page.scope.declare({ name: brushed, type: TIME, title: brushed, value: undefined }, after);
  }

  update(isVisible) {
    const isShown = isVisible && this.page.scope.holds(this.item, this.place);
    this.element.hidden = !isShown;
    if (!isShown) {
      this.runner.stop();
      return;
    }
    this.frame.setTitle(this.page.fill(this.settings.title ?? '', this.place));
    if (!this.isDrawn) return;
    this.request = this.#request();
    this.#showBrush();
    const missing = [...this.request.missing.values()];
    if (missing.length) {
      this.runner.stop();
      this.#wait(missing);
    } else this.runner.want(this.request);
    this.view?.mark();
  }

  redraw() {
    this.view?.redraw();
    this.asTable?.redraw();
  }

  #request() {
    return this.page.scope.request(this.settings, this.place);
  }

  /** The time that the step shows: bound to it, or named in its query. */
  #range() {
    return (
      this.request.range ??
      this.request.used.find(({ type, value }) => type === TIME && isSet(value))?.value ??
      null
    );
  }

  get name() {
    return this.frame.title.textContent || this.item.name || 'this step';
  }

  #tools() {
    this.reset = tool('reset', 'Back to the time before', () => this.#unbrush(), { hidden: true });
    this.swap = tool('table', 'Show as table', () => this.#swap(), { 'aria-pressed': 'false' });
    const kql = button(
      'KQL',
      () => this.#kql(),
      { class: 'tool kql-tool', title: 'Show the query of this step' },
      'KQL',
    );
    return [this.reset, ...(this.#isChart && this.isDrawn ? [this.swap] : []), kql];
  }

  get #isChart() {
    return !['table', 'tiles'].includes(this.kind);
  }

  #kql(line = null) {
    const { text, range } = this.request ?? this.#request();
    showKql({ title: this.name, kql: text, range: range && label(range, this.page.scope.clock.utc), line });
  }

  /* Answers */

  #answered(answer, isChange) {
    this.latest = answer;
    if (this.view?.isBusy && !isChange) {
      setTimeout(() => this.#later(answer), BUSY_MS);
      return;
    }
    this.frame.settled();
    const before = this.state;
    const isSame = answer.text === this.text && ['shown', 'empty'].includes(before);
    this.text = answer.text;
    this.table = answer.table;
    this.#note([...unfilled(this.request, this.page.scope), ...(answer.cut ? [answer.cut] : [])]);
    if (!answer.table.rows.length) this.#empty();
    else if (!isSame || isChange) this.#show();
    else if (this.#isChart) this.view.draw(this.table);
    if (isChange && before !== 'new') this.choice.keepWithin(records(this.table));
  }

  /** Tries again with an answer that waited for the reader, unless a newer one has come. */
  #later(answer) {
    if (answer === this.latest) this.#answered(answer, false);
  }

  #show() {
    this.state = 'shown';
    this.view ??= this.#makeView();
    this.frame.content(this.isSwapped ? this.#tableView().element : this.view.element);
    this.view.draw(this.table);
    this.asTable?.draw(this.table);
  }

  /** Says above the content what was not filled in, and that an answer is not whole. */
  #note(words) {
    const said = words.join('; ');
    if (said === (this.said ?? '')) return;
    this.said = said;
    this.noted?.remove();
    this.noted = said ? strip(said) : null;
    if (said) this.frame.body.before(this.noted);
  }

  #makeView() {
    const { gridSettings, tileSettings, chartSettings, sortBy } = this.settings;
    if (this.kind === 'table') return new Grid({ sortBy, ...gridSettings }, this.#host());
    return this.kind === 'tiles'
      ? new Tiles(tileSettings, this.#host())
      : new Chart(this.kind, chartSettings, this.#host());
  }

  #host() {
    const { scope } = this.page;
    const choosing = this.choice.isOffered
      ? { choose: (row) => this.choice.set(row), isChosen: (row) => this.choice.has(row) }
      : {};
    return {
      name: this.name,
      utc: () => scope.clock.utc,
      now: () => scope.clock.now,
      range: () => this.#range(),
      fill: (text) => this.page.fill(text, this.place),
      open: (target, value, cell) => this.#open(target, value, cell),
      brushed: this.brushed ? (start, end) => this.#brush(start, end) : null,
      ...choosing,
    };
  }

  #open(target, value, cell) {
    if (target === 'CellDetails') showDetails(cell.column.name, { [cell.column.name]: value });
    else showDetails(this.name, cell.row);
  }

  #swap() {
    this.isSwapped = !this.isSwapped;
    this.swap.setAttribute('aria-pressed', String(this.isSwapped));
    if (this.state === 'shown') this.#show();
  }

  #tableView() {
    this.asTable ??= new Grid({}, { ...this.#host(), choose: undefined });
    return this.asTable;
  }

  #empty() {
    this.state = 'empty';
    const status = this.page.status();
    const { text: kql, used } = this.request;
    const set = (parameter, value) => this.page.scope.set(parameter, value);
    const why = reason({ kql, used, range: this.request.range, status, scope: this.page.scope, set });
    const own = this.page.fill(this.settings.noDataMessage ?? '', this.place);
    const isGood = this.settings.noDataMessageStyle === SUCCESS && why.isPlain;
    const words = own && !why.isFirst ? h('p', { class: 'own' }, isGood ? icon('success') : null, own) : null;
    const all = why.isPlain && own ? [words] : [...why.elements, words].filter(Boolean);
    const key = all.map((element) => element.textContent).join('\n');
    if (key === this.emptyKey && !this.frame.message.hidden) return;
    this.emptyKey = key;
    this.frame.say('empty', ...all);
  }

  #wait(missing) {
    this.state = 'waiting';
    this.frame.settled();
    this.frame.say('waiting', waiting(missing));
  }

  #failed(error) {
    this.frame.settled();
    if (error.lost && this.state === 'shown') return;
    this.state = 'failed';
    this.page.announce(`${this.name}: ${error.message}`);
    const again = () => this.runner.again(this.request);
    this.frame.say('error', failure(error, this.request.text, { again, show: () => this.#kql(error.line) }));
  }

  /* Time brush */

  #brush(start, end) {
    this.brushed.before ??= this.brushed.value;
    this.page.scope.set(this.brushed, between(start, end));
  }

  #unbrush() {
    const { before, initial } = this.brushed;
    this.page.scope.set(this.brushed, before ?? initial);
    this.frame.tools.lastElementChild.focus();
  }

  #showBrush() {
    const isBrushed = Boolean(this.brushed?.value?.endTime);
    this.reset.hidden = !isBrushed;
    if (this.brushed && !isBrushed) this.brushed.before = undefined;
  }
}
