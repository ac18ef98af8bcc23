/* Links out of the page: only to the web, never with a way back to this page. */
// @ts-check

import { h } from './dom.js';

/**
 * A link to an address of the web; of any other address only what would be shown.
 * @template {string | Node} C
 * @param {string} address
 * @param {C} shown
 */
export function externalLink(address, shown) {
  if (!/^https?:\/\//i.test(address)) return shown;
  return h('a', { href: address, target: '_blank', rel: 'noopener noreferrer' }, shown || address);
}
