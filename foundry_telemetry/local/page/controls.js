/* The controls of parameters: a field for text, buttons for few options, and what all of them share. The
   list of a drop-down and the choice of a time have files of their own. */
// @ts-check

import { button, debounce, h, id } from './dom.js';
import { plainText } from './format.js';
import { OPTIONS, TEXT, TIME } from './parameters.js';
import { SelectControl } from './select.js';
import { FILLED } from './texts.js';
import { TimeControl } from './time_picker.js';
import { brokenRule } from './validity.js';

/**
 * @import { Listeners } from './dom.js'
 * @import { Clock, Declaration, ParameterValue } from './parameters.js'
 * @import { ParameterJson } from './workbook.js'
 *
 * @typedef {object} ControlServices
 * @property {Clock} clock
 * @property {(value: ParameterValue) => void} set  Sets the parameter.
 *
 * @typedef {object} Control  Shows a parameter and sets it.
 * @property {HTMLElement} element
 * @property {() => void} show  Shows the parameter as it is now.
 */

const TYPING_MS = 400;
/** A field that begins with so few characters, such as a number, is a small one. */
const SHORT = 8;
/** @type {Partial<Record<string, number>>} */
const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

/**
 * The control of a parameter.
 * @param {Declaration} parameter
 * @param {ParameterJson} json
 * @param {ControlServices} services
 * @returns {Control}
 */
export function controlFor(parameter, json, services) {
  if (parameter.type === TIME) return new TimeControl(parameter, json, services);
  if (parameter.type === TEXT) return new TextControl(parameter, json, services);
  if (parameter.type === OPTIONS) return new OptionsControl(parameter, services);
  return new SelectControl(parameter, json, services);
}

class TextControl {
  /** The value that the field was last given. */
  #shown = '';

  /**
   * @param {Declaration} parameter
   * @param {ParameterJson} json
   * @param {Pick<ControlServices, 'set'>} services
   */
  constructor(parameter, json, services) {
    this.parameter = parameter;
    this.services = services;
    const field = id('text');
    const problem = id('problem');
    const preset = plainText(json.value);
    const isShort = preset !== '' && preset.length <= SHORT;
    this.input = h('input', {
      type: 'search',
      id: field,
      spellcheck: 'false',
      autocomplete: 'off',
      'aria-describedby': problem,
      placeholder: json.description ?? '',
      title: json.description,
      on: this.#listeners(),
    });
    this.problem = h('span', { class: 'problem', id: problem, role: 'alert' });
    this.element = h(
      'div',
      { class: isShort ? 'control text-control short' : 'control text-control' },
      h('label', { for: field }, parameter.title),
      this.input,
      this.problem,
    );
    this.show();
  }

  /** @returns {Listeners} */
  #listeners() {
    const change = () => this.#set();
    return {
      input: debounce(TYPING_MS, change),
      change,
      keydown: ({ key }) => {
        if (key === 'Enter') change();
      },
    };
  }

  /** Leaves what is being typed alone until the parameter has another value. */
  show() {
    const value = plainText(this.parameter.value);
    if (value === this.#shown) return;
    this.#shown = value;
    if (this.input.value.trim() !== value) this.input.value = value;
    this.#judge(value);
  }

  #set() {
    const value = this.input.value.trim();
    if (this.#judge(value)) this.services.set(value);
  }

  /**
   * Says what is wrong with a text, or that nothing is.
   * @param {string} value
   */
  #judge(value) {
    const broken = brokenRule(this.parameter, value);
    this.problem.textContent = broken ? broken.message || FILLED.invalid(value) : '';
    this.input.setAttribute('aria-invalid', String(Boolean(broken)));
    return !broken;
  }
}

class OptionsControl {
  /** Of the options that the buttons are for. */
  #key = '';

  /**
   * @param {Declaration} parameter
   * @param {Pick<ControlServices, 'set'>} services
   */
  constructor(parameter, services) {
    this.parameter = parameter;
    this.services = services;
    this.buttons = h('div', { class: 'segments', role: 'radiogroup', 'aria-label': parameter.title });
    this.element = h(
      'div',
      { class: 'control' },
      h('span', { class: 'control-label', 'aria-hidden': 'true' }, parameter.title),
      this.buttons,
    );
    this.buttons.addEventListener('keydown', (event) => this.#move(event));
    this.show();
  }

  /** Makes the buttons anew only when the options are others: the focus stays where it is. */
  show() {
    const options = this.parameter.options ?? [];
    const key = JSON.stringify(options);
    if (key !== this.#key)
      this.buttons.replaceChildren(
        ...options.map(({ value, label }) =>
          button(label, () => this.services.set(value), { role: 'radio' }),
        ),
      );
    this.#key = key;
    const at = options.findIndex(({ value }) => value === this.parameter.value);
    this.#all().forEach((each, i) => {
      each.setAttribute('aria-checked', String(i === at));
      each.tabIndex = i === Math.max(0, at) ? 0 : -1;
    });
  }

  #all() {
    return [...this.buttons.querySelectorAll('button')];
  }

  /** @param {KeyboardEvent} event */
  #move(event) {
    const step = STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    const all = this.#all();
    const next = (all.findIndex((each) => each === event.target) + step + all.length) % all.length;
    all[next].click();
    this.#all()[next].focus();
  }
}
