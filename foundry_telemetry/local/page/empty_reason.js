/* Why a step is empty, said in words that lead on: nothing has arrived, nothing in the time chosen, a
   filter, or truly none. */

import { button, h } from './dom.js';
import { copy } from './clipboard.js';
import { icon } from './icons.js';
import { DROPDOWN, OPTIONS, TEXT, TIME, chosen, isAll, isUnset, labelText } from './parameters.js';
import { ago, between, bounds, dateText, isSet, label } from './time.js';

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

/** The shell line that makes a service export to this store. */
function exportLine(connection) {
  return `export ${VARIABLE}="${connection}"`;
}

/** The connection string with a button that copies it. */
export function connection(status) {
  const line = exportLine(status.connection_string);
  return h(
    'div',
    { class: 'connection' },
    h('code', {}, line),
    button(
      'Copy',
      () => copy(line, 'Connection string copied'),
      { class: 'tool', 'aria-label': 'Copy the connection string' },
      icon('copy'),
    ),
  );
}

/** Rows and the last time of the tables that a query reads. */
function stored(kql, status) {
  if (/\bfoundry_attempts\b/.test(kql)) return status.attempts;
  const named = Object.entries(status.tables)
    .filter(([name]) => new RegExp(`\\b${name}\\b`).test(kql))
    .map(([, table]) => table);
  const last =
    named
      .map((table) => table.last)
      .filter(Boolean)
      .sort()
      .at(-1) ?? null;
  return { rows: named.reduce((sum, table) => sum + table.rows, 0), last };
}

function filters(used) {
  return used.filter(
    (parameter) =>
      [TEXT, DROPDOWN, OPTIONS].includes(parameter.type) &&
      parameter.isControl &&
      !isAll(parameter) &&
      !isUnset(parameter) &&
      String(chosen(parameter)) !== String(parameter.initial ?? ''),
  );
}

/** "in the last 24 hours", or "from … to …". */
function within(range, utc) {
  const words = label(range, utc);
  return range.endTime ? `from ${words}` : words.replace(/^Last/, 'in the last');
}

const paragraph = (...words) => h('p', {}, ...words);

/**
 * The reason and what to do about it, as elements. `set(parameter, value)` changes a parameter.
 * It is first when it matters more than the workbook's own words, plain when it adds nothing to them.
 */
export function reason({ kql, used, range, status, scope, set }) {
  const plain = (...words) => ({ elements: [paragraph(...words)], isPlain: true });
  if (!status) return plain('The query found no rows.');
  const table = stored(kql, status);
  if (!table.rows) return { elements: nothing(status), isFirst: true };
  const { now, utc } = scope.clock;
  const timed = used.find((parameter) => parameter.type === TIME && isSet(parameter.value));
  const asked = timed?.value ?? range;
  if (asked && table.last && Date.parse(table.last) < bounds(asked, now).start)
    return { elements: earlier({ table, asked, timed, now, utc, set }), isFirst: true };
  const chosenFilters = filters(used);
  if (chosenFilters.length) return { elements: excluded(chosenFilters, set, utc) };
  return plain(asked ? `The query found no rows ${within(asked, utc)}.` : 'The query found no rows.');
}

function nothing(status) {
  const line = exportLine(status.connection_string);
  return [
    paragraph(h('strong', {}, 'Nothing has arrived yet.')),
    button(
      '',
      () => copy(line, 'Connection string copied'),
      { class: 'action', title: line },
      icon('copy'),
      'Copy the connection string',
    ),
  ];
}

function earlier({ table, asked, timed, now, utc, set }) {
  const last = Date.parse(table.last);
  const when = `${dateText(last, utc, 'longDateTimePattern')}${utc ? ' UTC' : ''}`;
  const words = paragraph(
    h('strong', {}, `Nothing ${within(asked, utc)}.`),
    ` The last record is from ${when}, ${ago(last, now)}.`,
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
      `Show ${durationMs ? label(wider, utc).replace(/^Last/, 'the last') : 'the day before it'}`,
    ),
  ];
}

function excluded(parameters, set, utc) {
  const named = parameters.map((parameter) => `${parameter.title}: ${labelText(parameter, utc)}`).join('; ');
  const clear = () => parameters.forEach((parameter) => set(parameter, parameter.initial));
  return [
    paragraph(h('strong', {}, 'No row fits the filter.'), ` ${named}`),
    button('', clear, { class: 'action' }, 'Clear the filter'),
  ];
}
