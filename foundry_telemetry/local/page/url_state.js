/* The state in the URL: what the reader chose is behind the #, so that a link leads to the same view and
   Back goes back. */
// @ts-check

/**
 * @import { Change, Scope } from './scope.js'
 * @typedef {{name: string, at: number}} LastChange
 */

import { TEXT } from './parameters.js';

/**
 * Changes of a text that follow each other so closely are one step back, as is what an item resets by
 * itself.
 */
const TYPED_MS = 1500;

/**
 * Names and values behind the # of a URL.
 * @param {string} hash
 * @returns {[name: string, value: string][]}
 */
export function parseHash(hash) {
  return [...new URLSearchParams(hash.replace(/^#/, ''))];
}

/**
 * Whether a change belongs to the one before it, so that Back goes past both.
 * @param {Change} change
 * @param {LastChange} last
 * @param {number} now
 */
export function isSameStep({ parameter, by }, last, now) {
  if (by === 'item') return true;
  const isTyped = parameter.type === TEXT && Boolean(parameter.isControl);
  return isTyped && last.name === parameter.name && now - last.at < TYPED_MS;
}

/**
 * Keeps the URL and the parameters equal.
 * @param {Scope} scope
 */
export function syncUrl(scope) {
  let isDue = false;
  /** @type {LastChange} */
  let last = { name: '', at: 0 };
  /** @param {Change} change */
  const write = (change) => {
    isDue = false;
    const hash = `#${new URLSearchParams(scope.entries()).toString()}`;
    if (hash === (location.hash || '#')) return;
    const isSame = isSameStep(change, last, Date.now());
    last = { name: change.parameter.name, at: Date.now() };
    history[isSame ? 'replaceState' : 'pushState'](null, '', hash === '#' ? location.pathname : hash);
  };
  const read = () => scope.restore(parseHash(location.hash));
  read();
  scope.listen((change) => {
    if (!['reader', 'item'].includes(change.by) || isDue) return;
    isDue = true;
    queueMicrotask(() => write(change));
  });
  globalThis.addEventListener('popstate', read);
}
