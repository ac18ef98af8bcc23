/* Time: ranges as a workbook writes them, {durationMs} back from now or from {endTime}, and times as text. */
// @ts-check

import { FILLED, TEXTS } from './texts.js';

/**
 * @typedef {{durationMs: number, endTime?: string | null}} TimeRange
 * @typedef {[size: number, letter: string, word: string]} Unit  Its length in milliseconds and its names.
 * @typedef {{day: string, clock: string, fraction: string}} Parts
 * @typedef {keyof typeof PATTERNS} DatePattern
 */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** @type {Unit} */
const MILLISECOND = [1, 'ms', 'millisecond'];
/** @type {Unit[]} */
const UNITS = [
  [DAY, 'd', 'day'],
  [HOUR, 'h', 'hour'],
  [MINUTE, 'm', 'minute'],
  [SECOND, 's', 'second'],
  MILLISECOND,
];
/** @type {[size: number, letter: string]} */
const ISO_SECOND = [SECOND, 'S'];
/** @type {[size: number, letter: string][]} */
const ISO_UNITS = [[HOUR, 'H'], [MINUTE, 'M'], ISO_SECOND];
const SIZES = new Map(UNITS.map(([size, letter]) => [letter, size]));
const LONGEST_GRAIN = 30 * DAY;
const GRAINS = [1, 5, 10, 15, 30]
  .map((n) => n * SECOND)
  .concat(
    [1, 2, 5, 10, 15, 30].map((n) => n * MINUTE),
    [1, 2, 3, 6, 12].map((n) => n * HOUR),
    [1, 2, 7].map((n) => n * DAY),
    LONGEST_GRAIN,
  );

/** How many bins a chart has at most: a day in steps of half an hour is 48. */
const BINS = 60;

/** The ranges offered where a workbook names none, in milliseconds. */
export const PRESETS = [
  5 * MINUTE,
  15 * MINUTE,
  30 * MINUTE,
  HOUR,
  4 * HOUR,
  12 * HOUR,
  DAY,
  2 * DAY,
  3 * DAY,
  7 * DAY,
  14 * DAY,
  30 * DAY,
];

/**
 * 86400000 as KQL writes it: 1d.
 * @param {number} ms
 */
function durationText(ms) {
  const [size, letter] = UNITS.find(([unit]) => ms % unit === 0) ?? MILLISECOND;
  return `${Math.round(ms / size)}${letter}`;
}

/**
 * Reads what `durationText` writes; null for anything else.
 * @param {string} text
 */
function durationOf(text) {
  const match = /^(\d{1,12})(ms|d|h|m|s)$/.exec(text);
  return match ? Number(match[1]) * (SIZES.get(match[2]) ?? 0) : null;
}

/**
 * 86400000 in words: 24 hours. Up to two days stay hours, as in the portal.
 * @param {number} ms
 */
function durationWords(ms) {
  const [size, , word] =
    UNITS.find(([unit]) => ms % unit === 0 && !(unit === DAY && ms <= 2 * DAY)) ?? MILLISECOND;
  const count = ms / size;
  return count === 1 ? word : `${count} ${word}s`;
}

/**
 * Whether a value is a range of some length: a workbook writes 0 for "as in the query".
 * @param {unknown} range
 * @returns {range is TimeRange}
 */
export function isSet(range) {
  if (typeof range !== 'object' || range === null || !('durationMs' in range)) return false;
  return Number(range.durationMs) > 0;
}

/**
 * Start and end of a range in milliseconds; `now` ends one that is relative.
 * @param {TimeRange} range
 * @param {number} now
 */
export function bounds(range, now) {
  const end = range.endTime ? Date.parse(range.endTime) : now;
  return { start: end - range.durationMs, end };
}

/**
 * The range between two instants in milliseconds.
 * @param {number} start
 * @param {number} end
 * @returns {TimeRange}
 */
export function between(start, end) {
  return { durationMs: end - start, endTime: new Date(end).toISOString() };
}

/**
 * The step that divides a range into bins that a chart can show.
 * @param {TimeRange} range
 */
export function grain(range) {
  return durationText(GRAINS.find((step) => range.durationMs / step <= BINS) ?? LONGEST_GRAIN);
}

/** @param {number} ms */
const iso = (ms) => new Date(ms).toISOString();

/**
 * What stands after `where TimeGenerated`.
 * @param {TimeRange} range
 * @param {number} now
 */
export function condition(range, now) {
  if (!range.endTime) return `> ago(${durationText(range.durationMs)})`;
  const { start, end } = bounds(range, now);
  return `between (datetime(${iso(start)}) .. datetime(${iso(end)}))`;
}

/**
 * A range as the query interface takes it: a duration back from now, or start and end.
 * @param {TimeRange} range
 * @param {number} now
 */
export function timespan(range, now) {
  if (!range.endTime) return isoDuration(range.durationMs);
  const { start, end } = bounds(range, now);
  return `${iso(start)}/${iso(end)}`;
}

/**
 * ISO 8601: PT24H, PT5M, PT90S.
 * @param {number} ms
 */
export function isoDuration(ms) {
  const [size, letter] = ISO_UNITS.find(([unit]) => ms % unit === 0) ?? ISO_SECOND;
  return `PT${ms / size}${letter}`;
}

/**
 * The parts of an instant, in UTC or on the clock of this machine.
 * @param {number} ms
 * @param {boolean} utc
 * @returns {Parts}
 */
function parts(ms, utc) {
  const date = new Date(utc ? ms : ms - new Date(ms).getTimezoneOffset() * MINUTE);
  const text = date.toISOString();
  return { day: text.slice(0, 10), clock: text.slice(11, 19), fraction: text.slice(20, 23) };
}

const PATTERNS = {
  shortDatePattern: (/** @type {Parts} */ p) => p.day,
  longDatePattern: (/** @type {Parts} */ p) => p.day,
  shortTimePattern: (/** @type {Parts} */ p) => p.clock.slice(0, 5),
  longTimePattern: (/** @type {Parts} */ p) => p.clock,
  shortDateTimePattern: (/** @type {Parts} */ p) => `${p.day} ${p.clock.slice(0, 5)}`,
  longDateTimePattern: (/** @type {Parts} */ p) => `${p.day} ${p.clock}`,
  fullDateTimePattern: (/** @type {Parts} */ p) => `${p.day} ${p.clock}.${p.fraction}`,
};

/**
 * An instant as text; year first, so that columns of times line up and sort.
 * @param {number} ms
 * @param {boolean} utc
 * @param {DatePattern} [pattern]
 */
export function dateText(ms, utc, pattern = 'fullDateTimePattern') {
  return PATTERNS[pattern](parts(ms, utc));
}

/**
 * A range in words.
 * @param {unknown} range
 * @param {boolean} [utc]
 */
export function label(range, utc = false) {
  if (!isSet(range)) return '';
  if (!range.endTime) return FILLED.lastTime(durationWords(range.durationMs));
  const { start, end } = bounds(range, 0);
  const [from, to] = [parts(start, utc), parts(end, utc)];
  const until = from.day === to.day ? to.clock : `${to.day} ${to.clock}`;
  return `${from.day} ${from.clock} to ${until} ${utc ? 'UTC' : 'local'}`;
}

/**
 * How long ago, in words that need no more precision than a glance.
 * @param {number} ms
 * @param {number} now
 */
export function ago(ms, now) {
  const past = Math.max(0, now - ms);
  if (past < 2 * SECOND) return TEXTS.justNow;
  const [size, letter] = UNITS.find(([unit]) => past >= unit) ?? MILLISECOND;
  return FILLED.ago(Math.floor(past / size), letter);
}

/**
 * A range in a URL: 1h, or start and end.
 * @param {TimeRange} range
 */
export function toUrl(range) {
  if (!range.endTime) return durationText(range.durationMs);
  const { start, end } = bounds(range, 0);
  return `${iso(start)}/${iso(end)}`;
}

/**
 * Reads what `toUrl` writes; null for anything else.
 * @param {string} text
 * @returns {TimeRange | null}
 */
export function fromUrl(text) {
  const [start, end] = text.split('/').map((part) => Date.parse(part));
  if (end > start) return between(start, end);
  const durationMs = durationOf(text);
  return durationMs ? { durationMs } : null;
}

/**
 * The value of an input of type datetime-local.
 * @param {number} ms
 * @param {boolean} utc
 */
export function toInput(ms, utc) {
  const { day, clock } = parts(ms, utc);
  return `${day}T${clock}`;
}

/**
 * The instant of such a value in milliseconds; NaN when it is none.
 * @param {string} text
 * @param {boolean} utc
 */
export function fromInput(text, utc) {
  return Date.parse(utc ? `${text}Z` : text);
}
