/* The controls of parameters: a field for text, buttons for few options, and what all of them share. The
   list of a drop-down and the choice of a time have files of their own. */

import { button, debounce, h, id } from './dom.js';
import { OPTIONS, TEXT, TIME } from './parameters.js';
import { SelectControl } from './select.js';
import { TimeControl } from './time_picker.js';

const TYPING_MS = 400;
/** A field that begins with so few characters, such as a number, is a small one. */
const SHORT = 8;

/**
 * A control shows a parameter and sets it: `parameter` is its declaration, `json` what the workbook says,
 * `host` sets values.
 */
export function controlFor(parameter, json, host) {
  if (parameter.type === TIME) return new TimeControl(parameter, json, host);
  if (parameter.type === TEXT) return new TextControl(parameter, json, host);
  return parameter.type === OPTIONS
    ? new OptionsControl(parameter, json, host)
    : new SelectControl(parameter, json, host);
}

class TextControl {
  constructor(parameter, json, host) {
    Object.assign(this, { parameter, host, rules: json.typeSettings?.paramValidationRules ?? [] });
    const field = id('text');
    const problem = id('problem');
    const preset = String(json.value ?? '');
    const isShort = preset !== '' && preset.length <= SHORT;
    const set = () => this.#set();
    const soon = debounce(TYPING_MS, set);
    this.input = h('input', {
      type: 'search',
      id: field,
      spellcheck: 'false',
      autocomplete: 'off',
      'aria-describedby': problem,
      placeholder: json.description ?? '',
      title: json.description,
      input: soon,
      change: set,
      keydown: (event) => {
        if (event.key === 'Enter') set();
      },
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

  show() {
    const value = String(this.parameter.value ?? '');
    if (this.input.value.trim() !== value) this.input.value = value;
  }

  #set() {
    const value = this.input.value.trim();
    const broken =
      value && this.rules.find((rule) => new RegExp(rule.regExp).test(value) === (rule.match === false));
    this.problem.textContent = broken ? broken.message || `This is no valid value: ${value}` : '';
    this.input.setAttribute('aria-invalid', String(Boolean(broken)));
    if (!broken) this.host.set(value);
  }
}

class OptionsControl {
  constructor(parameter, json, host) {
    Object.assign(this, { parameter, host });
    this.buttons = h('div', { class: 'segments', role: 'radiogroup', 'aria-label': parameter.title });
    this.element = h(
      'div',
      { class: 'control' },
      h('span', { class: 'control-label', 'aria-hidden': 'true' }, parameter.title),
      this.buttons,
    );
    this.buttons.addEventListener('keydown', (event) => this.#key(event));
    this.show();
  }

  /** Makes the buttons anew only when the options are others: the focus stays where it is. */
  show() {
    const options = this.parameter.options ?? [];
    const key = JSON.stringify(options);
    if (key !== this.key)
      this.buttons.replaceChildren(
        ...options.map(({ value, label }) => button(label, () => this.host.set(value), { role: 'radio' })),
      );
    this.key = key;
    const at = options.findIndex(({ value }) => value === this.parameter.value);
    [...this.buttons.children].forEach((each, i) => {
      each.setAttribute('aria-checked', String(i === at));
      each.tabIndex = i === Math.max(0, at) ? 0 : -1;
    });
  }

  #key(event) {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const all = [...this.buttons.children];
    const next = (all.indexOf(event.target) + step + all.length) % all.length;
    all[next].click();
    this.buttons.children[next].focus();
  }
}
