/* The queries that were run: a list to choose from, and a button that removes them. */
// @ts-check

import { button, h } from '../dom.js';
import { icon } from '../icons.js';
import { Popup } from '../popup.js';
import { ago } from '../time.js';
import { clearQueries, pastQueries } from './past_queries.js';
import { CONSOLE } from './texts.js';

/** @import { Shared } from './query_url.js' */

const MOST_CHARACTERS = 140;

/**
 * The end of a query, which says more than its start: shipped queries begin with the typed view.
 * @param {string} kql
 */
function summary(kql) {
  const words = kql.trim().replace(/\s+/g, ' ');
  return words.length > MOST_CHARACTERS ? `… ${words.slice(-MOST_CHARACTERS)}` : words;
}

/**
 * @param {(chosen: Shared) => void} choose
 */
export function historyButton(choose) {
  const opener = button(CONSOLE.history, () => {}, { class: 'action' }, icon('clock'), CONSOLE.history);
  /** @param {() => void} close */
  const content = (close) => {
    const all = pastQueries();
    if (!all.length) return h('p', { class: 'popup-note' }, CONSOLE.noHistory);
    const entries = all.map(({ kql, time, at }) => {
      const pick = () => {
        close();
        choose({ kql, time });
      };
      const words = [h('code', {}, summary(kql)), h('span', { class: 'quiet' }, ago(at, Date.now()))];
      return h('li', {}, button(kql, pick, { class: 'past-query' }, ...words));
    });
    const clear = () => {
      clearQueries();
      close();
    };
    return [
      h('ul', { class: 'past-queries', 'aria-label': CONSOLE.past }, ...entries),
      button(CONSOLE.clear, clear, { class: 'action' }),
    ];
  };
  return new Popup(opener, content, CONSOLE.history).element;
}
