/* The button of a control that opens a panel. */

import { button, h } from './dom.js';
import { icon } from './icons.js';

/** The button that shows a parameter's name and value and opens its panel. */
export function opener(parameter) {
  const value = h('span', { class: 'control-value' });
  const element = button(
    parameter.title,
    () => {},
    { class: 'control opener' },
    h('span', { class: 'control-label' }, parameter.title),
    value,
    icon('chevron'),
  );
  return { element, value };
}
