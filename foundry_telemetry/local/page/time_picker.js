/* The choice of a time: the workbook's ranges, and any two instants. */

import { button, h, id } from './dom.js';
import { opener } from './popup_button.js';
import { Popup } from './popup.js';
import { PRESETS, between, bounds, fromInput, isSet, label, toInput } from './time.js';

export class TimeControl {
  constructor(parameter, json, host) {
    Object.assign(this, { parameter, host, hint: json.description });
    const named = (json.typeSettings?.selectableValues ?? [])
      .map(({ durationMs }) => durationMs)
      .filter(Boolean);
    this.presets = named.length ? named : PRESETS;
    this.allowsCustom = json.typeSettings?.allowCustom ?? !named.length;
    const { element, value } = opener(parameter);
    this.value = value;
    this.popup = new Popup(element, (close) => this.#panel(close), { label: parameter.title });
    this.element = this.popup.element;
    this.show();
  }

  show() {
    const set = isSet(this.parameter.value);
    this.value.textContent = set ? label(this.parameter.value, this.host.utc()) : 'Any time';
    this.value.classList.toggle('unset', !set);
  }

  #panel(close) {
    const choose = (range) => {
      close();
      this.host.set(range);
    };
    const presets = this.presets.map((durationMs) => this.#preset(durationMs, choose));
    return [
      this.hint ? h('p', { class: 'popup-note' }, this.hint) : null,
      h('div', { class: 'presets', role: 'group', 'aria-label': 'Ranges' }, ...presets),
      this.allowsCustom ? this.#custom(choose) : null,
    ].filter(Boolean);
  }

  #preset(durationMs, choose) {
    const { value } = this.parameter;
    const isNow = isSet(value) && !value.endTime && value.durationMs === durationMs;
    return button(label({ durationMs }), () => choose({ durationMs }), {
      class: 'preset',
      'aria-pressed': String(isNow),
      'data-focus': isNow,
    });
  }

  #custom(choose) {
    const utc = this.host.utc();
    const now = this.host.now();
    const { start, end } = isSet(this.parameter.value)
      ? bounds(this.parameter.value, now)
      : { start: now - 3_600_000, end: now };
    const [from, to] = [this.#field('From', start, utc), this.#field('To', end, utc)];
    const problem = h('p', { class: 'problem', role: 'alert' });
    const apply = (event) => {
      event.preventDefault();
      const [a, b] = [from, to].map(({ input }) => fromInput(input.value, utc));
      if (b > a) choose(between(a, b));
      else problem.textContent = 'The end must be after the start.';
    };
    return h(
      'form',
      { class: 'custom', submit: apply },
      h('p', { class: 'custom-title' }, `Between two times (${utc ? 'UTC' : 'local'})`),
      from.element,
      to.element,
      problem,
      h('button', { type: 'submit', class: 'primary' }, 'Apply'),
    );
  }

  #field(words, ms, utc) {
    const field = id('time');
    const input = h('input', {
      type: 'datetime-local',
      id: field,
      step: 1,
      required: true,
      value: toInput(ms, utc),
    });
    return { input, element: h('div', { class: 'field' }, h('label', { for: field }, words), input) };
  }
}
