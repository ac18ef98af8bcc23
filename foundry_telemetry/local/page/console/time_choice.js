/* The time that is sent beside a query, which limits it as the portal's does. */
// @ts-check

import { h, id } from '../dom.js';
import { PRESETS, fromUrl, label, toUrl } from '../time.js';
import { CONSOLE } from './texts.js';

export class TimeChoice {
  constructor() {
    const field = id('time');
    const presets = PRESETS.map((durationMs) => ({ durationMs }));
    this.select = h(
      'select',
      { id: field },
      h('option', { value: '' }, CONSOLE.inQuery),
      ...presets.map((range) => h('option', { value: toUrl(range) }, label(range))),
    );
    this.element = h(
      'div',
      { class: 'control' },
      h('label', { for: field, class: 'control-label' }, CONSOLE.time),
      this.select,
    );
  }

  /** As in an address; '' for none. */
  get value() {
    return this.select.value;
  }

  set value(time) {
    const range = fromUrl(time);
    const isOffered = [...this.select.options].some(({ value }) => value === time);
    if (range && !isOffered) this.select.append(h('option', { value: time }, label(range, true)));
    this.select.value = range ? time : '';
  }
}
