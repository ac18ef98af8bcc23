/* Why a query item is empty, and what to do about it: nothing has arrived, nothing in the time chosen, a
   filter, or truly none. */
// @ts-check

import { button, h } from './dom.js';
import { copy } from './clipboard.js';
import { plainText } from './format.js';
import { icon } from './icons.js';
import { DROPDOWN, OPTIONS, TEXT, chosen, isAll, isUnset, labelText, timeOf } from './parameters.js';
import { FILLED, TEXTS } from './texts.js';
import { ago, between, bounds, dateText, label } from './time.js';

/**
 * @import { Status, TableStatus } from './api.js'
 * @import { Children } from './dom.js'
 * @import { Clock, ParameterValue } from './parameters.js'
 * @import { Parameter, QueryRequest } from './scope.js'
 * @import { TimeRange } from './time.js'
 *
 * @typedef {(parameter: Parameter, value: ParameterValue) => void} SetParameter
 *
 * @typedef {object} EmptyServices
 * @property {Clock} clock
 * @property {Status | null} status
 * @property {SetParameter} set
 *
 * @typedef {object} Reason
 * @property {HTMLElement[]} elements
 * @property {boolean} [isFirst]  Whether it matters more than the workbook's own message.
 * @property {boolean} [isPlain]  Whether it adds nothing to the workbook's own message.
 */

const VARIABLE = 'APPLICATIONINSIGHTS_CONNECTION_STRING';
const WIDER = [
  3_600_000,
  14_400_000,
  43_200_000,
  86_400_000,
  3 * 86_400_000,
  7 * 86_400_000,
  30 * 86_400_000,
];

/**
 * The shell line that makes a service export to this store.
 * @param {string} connection
 */
function exportLine(connection) {
  return `export ${VARIABLE}="${connection}"`;
}

/**
 * The connection string with a button that copies it.
 * @param {Pick<Status, 'connection_string'>} status
 */
export function connection(status) {
  if (status.connection_string === null) return h('p', { class: 'quiet' }, TEXTS.connectionPrinted);
  const line = exportLine(status.connection_string);
  return h(
    'div',
    { class: 'connection' },
    h('code', {}, line),
    button(
      TEXTS.copy,
      () => void copy(line, TEXTS.connectionCopied),
      { class: 'tool', 'aria-label': TEXTS.copyConnection },
      icon('copy'),
    ),
  );
}

/**
 * Rows and the last time of the tables that a query reads.
 * @param {string} kql
 * @param {Pick<Status, 'attempts' | 'tables'>} status
 * @returns {Pick<TableStatus, 'rows' | 'last'>}
 */
export function stored(kql, status) {
  if (/\bfoundry_attempts\b/.test(kql)) return status.attempts;
  const named = Object.entries(status.tables)
    .filter(([name]) => new RegExp(`\\b${name}\\b`).test(kql))
    .map(([, table]) => table);
  const times = named.map((table) => table.last).filter((last) => last !== null);
  const last = times.sort().at(-1) ?? null;
  return { rows: named.reduce((sum, table) => sum + table.rows, 0), last };
}

/**
 * The parameters that leave rows out, by the reader's choice.
 * @param {Parameter[]} used
 */
function filters(used) {
  return used.filter(
    (parameter) =>
      [TEXT, DROPDOWN, OPTIONS].includes(parameter.type) &&
      parameter.isControl &&
      !isAll(parameter) &&
      !isUnset(parameter) &&
      chosen(parameter).join(',') !== [parameter.initial ?? ''].flat().map(plainText).join(','),
  );
}

/**
 * "in the last 24 hours", or "from … to …".
 * @param {TimeRange} range
 * @param {boolean} utc
 */
function within(range, utc) {
  const words = label(range, utc);
  return range.endTime ? FILLED.fromRange(words) : words.replace(/^Last/, TEXTS.inTheLast);
}

/** @param {...Children} words */
const paragraph = (...words) => h('p', {}, ...words);

/**
 * The reason and what to do about it.
 * @param {Pick<QueryRequest, 'text' | 'used' | 'range'>} request
 * @param {EmptyServices} services
 * @returns {Reason}
 */
export function reason({ text, used, range }, { clock, status, set }) {
  if (!status) return plain(TEXTS.noRows);
  const { rows, last } = stored(text, status);
  if (!rows) return { elements: nothing(status), isFirst: true };
  const timed = used.find((parameter) => timeOf(parameter) !== null);
  const covered = (timed && timeOf(timed)) ?? range;
  if (covered && last && Date.parse(last) < bounds(covered, clock.now).start)
    return { elements: earlier({ last: Date.parse(last), covered, timed }, clock, set), isFirst: true };
  const chosenFilters = filters(used);
  if (chosenFilters.length) return { elements: excluded(chosenFilters, clock, set) };
  return plain(
    covered ? FILLED.noRows(within(covered, clock.utc)) : TEXTS.noRows,
  );
}

/**
 * The message of an empty item: the reason, and the workbook's own message where that adds something.
 * @param {Reason} why
 * @param {{words: string, isGood: boolean}} own
 */
export function emptyMessage({ elements, isFirst = false, isPlain = false }, { words, isGood }) {
  if (!words || isFirst) return elements;
  const message = h('p', { class: 'own' }, isGood && isPlain ? icon('success') : null, words);
  return isPlain ? [message] : [...elements, message];
}

/**
 * @param {string} words
 * @returns {Reason}
 */
function plain(words) {
  return { elements: [paragraph(words)], isPlain: true };
}

/** @param {Status} status */
function nothing(status) {
  const title = paragraph(h('strong', {}, TEXTS.nothing));
  if (status.connection_string === null) return [title];
  const line = exportLine(status.connection_string);
  return [
    title,
    button(
      '',
      () => void copy(line, TEXTS.connectionCopied),
      { class: 'action', title: line },
      icon('copy'),
      TEXTS.copyConnection,
    ),
  ];
}

/**
 * @param {{last: number, covered: TimeRange, timed: Parameter | undefined}} found
 * @param {Clock} clock
 * @param {SetParameter} set
 */
function earlier({ last, covered, timed }, { now, utc }, set) {
  const when = `${dateText(last, utc, 'longDateTimePattern')}${utc ? ' UTC' : ''}`;
  const words = paragraph(
    h('strong', {}, FILLED.noData(within(covered, utc))),
    FILLED.lastRecord(when, ago(last, now)),
  );
  if (!timed) return [words];
  const durationMs = WIDER.find((each) => now - last < each * 0.9);
  const wider = durationMs ? { durationMs } : between(last - 86_400_000, last + 1000);
  return [
    words,
    button(
      '',
      () => set(timed, wider),
      { class: 'action' },
      FILLED.show(durationMs ? label(wider, utc).replace(/^Last/, TEXTS.theLast) : TEXTS.dayBefore),
    ),
  ];
}

/**
 * @param {Parameter[]} parameters
 * @param {Clock} clock
 * @param {SetParameter} set
 */
function excluded(parameters, { utc }, set) {
  const named = parameters.map((parameter) => `${parameter.title}: ${labelText(parameter, utc)}`).join('; ');
  const clear = () => parameters.forEach((parameter) => set(parameter, parameter.initial));
  return [
    paragraph(h('strong', {}, TEXTS.noFit), ` ${named}`),
    button('', clear, { class: 'action' }, TEXTS.clearFilter),
  ];
}
