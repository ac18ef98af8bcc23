/* The queries that were run, newest first: in this browser alone, bounded, and gone when the reader says so. */
// @ts-check

const KEY = 'foundry-console-history';
const MOST_QUERIES = 50;
const MOST_CHARACTERS = 200_000;

/** @typedef {{kql: string, time: string, at: number}} PastQuery */

/**
 * @param {unknown} value
 * @returns {value is PastQuery}
 */
function isPastQuery(value) {
  if (typeof value !== 'object' || value === null) return false;
  const { kql, time, at } = /** @type {Partial<PastQuery>} */ (value);
  return typeof kql === 'string' && typeof time === 'string' && typeof at === 'number';
}

/** All that are kept. */
export function pastQueries() {
  try {
    /** @type {unknown} */
    const kept = JSON.parse(localStorage.getItem(KEY) ?? '[]');
    return Array.isArray(kept) ? kept.filter(isPastQuery) : [];
  } catch {
    return [];
  }
}

/**
 * Keeps a query, once: an earlier run of the same text makes room.
 * @param {PastQuery} query
 */
export function keepQuery(query) {
  let characters = 0;
  const kept = [query, ...pastQueries().filter(({ kql }) => kql !== query.kql)]
    .slice(0, MOST_QUERIES)
    .filter(({ kql }) => (characters += kql.length) <= MOST_CHARACTERS);
  try {
    localStorage.setItem(KEY, JSON.stringify(kept));
  } catch {
    /* the browser keeps nothing for this page */
  }
}

/** Removes all of them. */
export function clearQueries() {
  localStorage.removeItem(KEY);
}
