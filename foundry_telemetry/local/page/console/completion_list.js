/* The list of completions by the keyboard. Cursor keys move in it while the focus stays in the text, but what scrolls
   must be in the order of Tab, or some browsers leave it out; Tab itself takes the entry, so the focus never goes there. */
// @ts-check

/** @import { Binding, CodeMirror } from './code_mirror.js' */

/**
 * Tab takes the entry that is marked while the list is open; Escape closes it, and Tab goes on.
 * @param {CodeMirror} library
 * @returns {Binding[]}
 */
export function tabTakes({ completionKeymap }) {
  const { run } = /** @type {Binding} */ (completionKeymap.find(({ key }) => key === 'Enter'));
  return [{ key: 'Tab', run }];
}

/**
 * Puts each list that opens in the order of Tab.
 * @param {ShadowRoot} root
 */
export function reachable(root) {
  const all = () => /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll('ul[role=listbox]'));
  const reach = () => all().forEach((list) => (list.tabIndex = 0));
  new MutationObserver(reach).observe(root, { childList: true, subtree: true });
}
