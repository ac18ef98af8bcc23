/* The button of a control that opens a popup. */
// @ts-check

import { button, h } from './dom.js';
import { icon } from './icons.js';

/**
 * The button that shows a parameter's title and value; a click opens the popup.
 * @param {string} title
 */
export function popupButton(title) {
  const value = h('span', { class: 'control-value' });
  const element = button(
    title,
    () => {},
    { class: 'control opener' },
    h('span', { class: 'control-label' }, title),
    value,
    icon('chevron'),
  );
  return { element, value };
}
