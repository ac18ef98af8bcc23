/* What of a workbook this page does not draw, by the table in supported.json. The check of the dashboards
   reads the same table, so what is shown here as missing also fails there. */
// @ts-check

/**
 * @typedef {object} Rule
 * @property {string} [object]  One object of this kind.
 * @property {string} [items]  A list of objects of this kind.
 * @property {string} [by]  An object whose kind depends on the value of this key beside it.
 * @property {Record<string, string | undefined>} [kinds]
 *
 * @typedef {Record<string, 'drawn' | 'ignored' | unknown[] | Rule | undefined>} Kind  A rule for each key.
 * @typedef {{root: string, kinds: Record<string, Kind>}} Supported
 * @typedef {{path: string, text: string, essential: boolean}} Problem  Something that is not drawn.
 * @typedef {Record<string, unknown>} Json
 */

/** Without these an item cannot be drawn at all. */
const ESSENTIAL = new Set(['type', 'version', 'queryType', 'visualization', 'groupType']);

/**
 * One value that is not drawn.
 * @param {string} path
 * @param {unknown} value
 * @returns {Problem}
 */
function problem(path, value) {
  const shown = typeof value === 'object' ? '' : ` ${JSON.stringify(value)}`;
  return { path, text: `${path}${shown}`, essential: ESSENTIAL.has(path) };
}

/**
 * @param {unknown} value
 * @returns {value is Json}
 */
const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * The path of an element of a list: by what names it, else by its place.
 * @param {string} path
 * @param {unknown} value
 * @param {number} i
 */
function elementPath(path, value, i) {
  const name = isObject(value) ? (value.columnMatch ?? value.name) : undefined;
  return `${path}[${typeof name === 'string' ? name : i}]`;
}

/** Compares values with their rules, and collects what has none. */
class Comparison {
  /** @type {Map<object, Problem[]>} */
  byItem = new Map();

  /** @param {Record<string, Kind>} kinds */
  constructor(kinds) {
    this.kinds = kinds;
  }

  /**
   * Problems of an item are kept by the item, for the place where they show.
   * @param {string} kind
   * @param {Json} value
   * @param {string} path
   * @param {Problem[]} report
   */
  object(kind, value, path, report) {
    const isItem = kind === 'item';
    const own = isItem ? [] : report;
    if (isItem) this.byItem.set(value, own);
    for (const [key, child] of Object.entries(value)) {
      const inner = isItem && key === 'content' ? '' : key;
      const place = isItem || !path ? inner : `${path}.${key}`;
      if (child !== null && child !== undefined) this.value(this.kinds[kind][key], child, place, own, value);
    }
    return own;
  }

  /**
   * @param {Kind[string]} rule
   * @param {unknown} value
   * @param {string} path
   * @param {Problem[]} report
   * @param {Json} owner
   */
  value(rule, value, path, report, owner) {
    if (rule === undefined) report.push(problem(path, value));
    else if (Array.isArray(rule)) this.listed(rule, value, path, report);
    else if (typeof rule === 'object') this.nested(rule, value, path, report, owner);
  }

  /**
   * @param {unknown[]} allowed
   * @param {unknown} value
   * @param {string} path
   * @param {Problem[]} report
   */
  listed(allowed, value, path, report) {
    const values = Array.isArray(value) ? /** @type {unknown[]} */ (value) : [value];
    for (const each of values) if (!allowed.includes(each)) report.push(problem(path, each));
  }

  /**
   * @param {Rule} rule
   * @param {unknown} value
   * @param {string} path
   * @param {Problem[]} report
   * @param {Json} owner
   */
  nested({ object, items, by, kinds = {} }, value, path, report, owner) {
    const kind = by ? kinds[String(owner[by])] : object;
    if (kind) this.child(kind, value, path, report);
    else if (items && Array.isArray(value))
      value.forEach((each, i) => this.child(items, each, elementPath(path, each, i), report));
    else if (items) report.push(problem(path, value));
  }

  /**
   * @param {string} kind
   * @param {unknown} value
   * @param {string} path
   * @param {Problem[]} report
   */
  child(kind, value, path, report) {
    if (isObject(value)) this.object(kind, value, path, report);
    else report.push(problem(path, value));
  }
}

/**
 * Compares a workbook with the table.
 * Gives the problems of the workbook itself and, by item, those of each item; a problem that is essential
 * means that the item cannot be drawn at all.
 * @param {object} workbook
 * @param {Supported} supported
 */
export function unsupported(workbook, { root, kinds }) {
  const comparison = new Comparison(kinds);
  const top = comparison.object(root, { ...workbook }, '', []);
  /** @param {object} item */
  const of = (item) => comparison.byItem.get(item) ?? [];
  return { top, of };
}
