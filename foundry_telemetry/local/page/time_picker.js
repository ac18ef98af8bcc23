/* The choice of a time: the workbook's ranges, and any two instants. */
// @ts-check

import { button, h, id } from './dom.js';
import { Popup } from './popup.js';
import { popupButton } from './popup_button.js';
import { timeOf } from './parameters.js';
import { FILLED, TEXTS } from './texts.js';
import { PRESETS, between, bounds, fromInput, label, toInput } from './time.js';

/**
 * @import { ControlServices } from './controls.js'
 * @import { Declaration } from './parameters.js'
 * @import { TimeRange } from './time.js'
 * @import { ParameterJson } from './workbook.js'
 * @typedef {(range: TimeRange) => void} Choose
 */

export class TimeControl {
  /**
   * @param {Declaration} parameter
   * @param {ParameterJson} json
   * @param {ControlServices} services
   */
  constructor(parameter, json, services) {
    this.parameter = parameter;
    this.services = services;
    this.hint = json.description;
    const named = (json.typeSettings?.selectableValues ?? [])
      .map(({ durationMs }) => durationMs)
      .filter(Boolean);
    this.presets = named.length ? named : PRESETS;
    this.allowsCustom = json.typeSettings?.allowCustom ?? !named.length;
    const { element, value } = popupButton(parameter.title);
    this.value = value;
    this.element = new Popup(element, (close) => this.#panel(close), parameter.title).element;
    this.show();
  }

  show() {
    const range = timeOf(this.parameter);
    this.value.textContent = range ? label(range, this.services.clock.utc) : TEXTS.anyTime;
    this.value.classList.toggle('unset', !range);
  }

  /** @param {() => void} close */
  #panel(close) {
    /** @type {Choose} */
    const choose = (range) => {
      close();
      this.services.set(range);
    };
    const presets = this.presets.map((durationMs) => this.#preset(durationMs, choose));
    return [
      this.hint ? h('p', { class: 'popup-note' }, this.hint) : null,
      h('div', { class: 'presets', role: 'group', 'aria-label': TEXTS.ranges }, ...presets),
      this.allowsCustom ? this.#custom(choose) : null,
    ];
  }

  /**
   * @param {number} durationMs
   * @param {Choose} choose
   */
  #preset(durationMs, choose) {
    const range = timeOf(this.parameter);
    const isNow = !range?.endTime && range?.durationMs === durationMs;
    return button(label({ durationMs }), () => choose({ durationMs }), {
      class: 'preset',
      'aria-pressed': String(isNow),
      'data-focus': isNow,
    });
  }

  /** @param {Choose} choose */
  #custom(choose) {
    const { utc, now } = this.services.clock;
    const { start, end } = bounds(timeOf(this.parameter) ?? { durationMs: 3_600_000 }, now);
    const [from, to] = [this.#field(TEXTS.from, start, utc), this.#field(TEXTS.to, end, utc)];
    const problem = h('p', { class: 'problem', role: 'alert' });
    /** @param {SubmitEvent} event */
    const submit = (event) => {
      event.preventDefault();
      const [a, b] = [from, to].map(({ input }) => fromInput(input.value, utc));
      if (b > a) choose(between(a, b));
      else problem.textContent = TEXTS.endBeforeStart;
    };
    return h(
      'form',
      { class: 'custom', on: { submit } },
      h('p', { class: 'custom-title' }, FILLED.between(utc)),
      from.element,
      to.element,
      problem,
      h('button', { type: 'submit', class: 'primary' }, TEXTS.apply),
    );
  }

  /**
   * @param {string} words
   * @param {number} ms
   * @param {boolean} utc
   */
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
