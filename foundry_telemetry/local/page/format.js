/* Values as text: numbers with the units of a workbook, times, everything else. Pure functions. */
// @ts-check

import { dateText } from './time.js';

/**
 * @import { Column, Value } from './table.js'
 * @import { DateFormatJson, NumberFormatJson, NumberOptionsJson } from './workbook.js'
 * @typedef {[from: number, sign: string]} Scale
 */

const LOCALE = 'en-US';

/** Scales of a unit: from which size on, divided by what, shown with which sign. */
/** @type {Record<number, Scale[]>} */
const SCALES = {
  2: [
    [1024 ** 4, 'TiB'],
    [1024 ** 3, 'GiB'],
    [1024 ** 2, 'MiB'],
    [1024, 'KiB'],
    [1, 'B'],
  ],
  17: [
    [1e12, 'T'],
    [1e9, 'B'],
    [1e6, 'M'],
    [1e3, 'K'],
    [1, ''],
  ],
  23: [
    [86_400_000, 'd'],
    [3_600_000, 'h'],
    [60_000, 'min'],
    [1000, 's'],
    [1, 'ms'],
  ],
  24: [
    [86_400, 'd'],
    [3600, 'h'],
    [60, 'min'],
    [1, 's'],
    [0.001, 'ms'],
  ],
};
const PERCENT = 1;
const COUNT = 17;
const SECONDS = 24;

const NUMERIC = new Set(['int', 'long', 'real', 'decimal']);

/**
 * Whether a column has numbers.
 * @param {Pick<Column, 'type'>} column
 */
export function isNumeric(column) {
  return NUMERIC.has(column.type);
}

/**
 * Whether a column has instants.
 * @param {Pick<Column, 'type'>} column
 */
export function isTime(column) {
  return column.type === 'datetime';
}

/**
 * Digits where the workbook names none: whole numbers as they are, others to three figures that count.
 * @param {number} value
 * @param {boolean} scaled
 * @returns {Intl.NumberFormatOptions}
 */
function digits(value, scaled) {
  if (Number.isInteger(value) && !scaled) return { maximumFractionDigits: 0 };
  if (Math.abs(value) >= 100) return { maximumFractionDigits: scaled ? 0 : 1 };
  return { maximumSignificantDigits: 3 };
}

const DIGITS = /** @type {const} */ ([
  'minimumIntegerDigits',
  'minimumFractionDigits',
  'maximumFractionDigits',
  'minimumSignificantDigits',
  'maximumSignificantDigits',
]);

/**
 * The options of Intl.NumberFormat from those of a workbook, which have the same names.
 * @param {number} value
 * @param {NumberOptionsJson} options
 * @param {boolean} scaled
 * @returns {Intl.NumberFormatOptions}
 */
function intl(value, options, scaled) {
  const chosen = Object.fromEntries(
    DIGITS.filter((key) => options[key] !== undefined && options[key] !== null).map((key) => [
      key,
      options[key],
    ]),
  );
  const named = Object.keys(chosen).some(
    (key) => key.startsWith('max') || key.startsWith('minimumSig') || key.startsWith('minimumFr'),
  );
  /** @type {Intl.NumberFormatOptions} */
  const money =
    options.style === 'currency' ? { style: 'currency', currency: options.currency || 'USD' } : {};
  /** @type {Intl.NumberFormatOptions} */
  const share = options.style === 'percent' ? { style: 'percent' } : {};
  return {
    useGrouping: options.useGrouping !== false,
    signDisplay: 'negative', // what is rounded to zero has no sign
    ...money,
    ...share,
    ...(named || money.style ? {} : digits(value, scaled)),
    ...chosen,
  };
}

/** @type {Map<string, Intl.NumberFormat>} */
const makers = new Map();

/** @param {Intl.NumberFormatOptions} options */
function maker(options) {
  const key = JSON.stringify(options);
  const made = makers.get(key) ?? new Intl.NumberFormat(LOCALE, options);
  makers.set(key, made);
  return made;
}

/**
 * @param {number} value
 * @param {number} unit
 */
function scale(value, unit) {
  const scales = SCALES[unit];
  if (!scales) return { size: 1, sign: unit === PERCENT ? '%' : '' };
  const smallest = unit === SECONDS ? 3 : scales.length - 1;
  const [size, sign] = scales.find(([from]) => Math.abs(value) >= from) ?? scales[smallest];
  return { size, sign };
}

/**
 * A number as {text, unit}: 1234 as milliseconds is {text: "1.23", unit: "s"}.
 * @param {Value} value
 * @param {NumberFormatJson} [format]
 */
export function numberParts(value, { unit = 0, options = {} } = {}) {
  const number = Number(value);
  if (!Number.isFinite(number)) return { text: plainText(value), unit: '' };
  const { size, sign } = scale(number, unit);
  return { text: maker(intl(number / size, options, size !== 1)).format(number / size), unit: sign };
}

/**
 * The same in one string: a count's K and a percent sign follow at once, other units after a space.
 * @param {Value} value
 * @param {NumberFormatJson} [format]
 */
export function numberText(value, format) {
  const { text, unit } = numberParts(value, format);
  return joined(text, unit, format?.unit);
}

/**
 * A number's text and its sign as one.
 * @param {string} text
 * @param {string} sign
 * @param {number} [unit]
 */
export function joined(text, sign, unit) {
  const close = unit === COUNT || unit === PERCENT;
  return sign ? `${text}${close ? '' : '\u00a0'}${sign}` : text;
}

/**
 * A short form for axes: 12K, 1.5 s. All labels of an axis have the unit of its highest value; only
 * no count at all is a bare 0.
 * @param {number} value
 * @param {NumberFormatJson} [format]
 * @param {number} [most]
 */
export function axisText(value, { unit = 0, options = {} } = {}, most = value) {
  const short = {
    ...options,
    maximumFractionDigits: undefined,
    minimumFractionDigits: undefined,
    maximumSignificantDigits: 3,
  };
  const isLarge = unit === 0 && options.style !== 'currency' && Math.abs(most) >= 10_000;
  const shown = isLarge ? COUNT : unit;
  const { size, sign } = scale(shown === COUNT && !value ? 0 : most, shown);
  return joined(maker(intl(value / size, short, size !== 1)).format(value / size), sign, shown);
}

/**
 * The value as a parameter or the clipboard takes it: no grouping, no unit.
 * @param {Value} value
 */
export function plainText(value) {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/**
 * A cell's text where no formatter changes it.
 * @param {Value} value
 * @param {Pick<Column, 'type'>} column
 * @param {{utc: boolean, numberFormat?: NumberFormatJson, dateFormat?: DateFormatJson}} formats
 */
export function valueText(value, column, { utc, numberFormat, dateFormat }) {
  if (value === null || value === undefined || value === '') return numberFormat?.emptyValCustomText ?? '';
  if (isTime(column)) return timeText(value, utc, dateFormat);
  if (isNumeric(column) || (numberFormat && Number.isFinite(Number(value))))
    return numberText(value, numberFormat);
  return plainText(value);
}

/**
 * @param {Value} value
 * @param {boolean} utc
 * @param {DateFormatJson} [dateFormat]
 */
function timeText(value, utc, dateFormat) {
  const text = plainText(value);
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) return text;
  return dateText(ms, dateFormat?.showUtcTime ?? utc, dateFormat?.formatName);
}

/**
 * The numbers of a cell that has a JSON list, as a spark line needs them.
 * @param {Value} value
 * @returns {(number | null)[]}
 */
export function series(value) {
  const list = typeof value === 'string' ? parsed(value) : value;
  return Array.isArray(list) ? list.map((each) => (each === null ? null : Number(each))) : [];
}

/**
 * @param {string} text
 * @returns {unknown}
 */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
