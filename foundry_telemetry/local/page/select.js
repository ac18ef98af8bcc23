/* A drop-down: a list that can be searched, for one value or several, with "All". */
// @ts-check

import { h, id } from './dom.js';
import { chosen, isAll, labelText } from './parameters.js';
import { Popup } from './popup.js';
import { popupButton } from './popup_button.js';
import { FILLED, TEXTS } from './texts.js';

/**
 * @import { ControlServices } from './controls.js'
 * @import { Declaration, Option } from './parameters.js'
 * @import { ParameterJson } from './workbook.js'
 */

const ALL = { value: 'value::all', label: 'All', group: '' };
const MOST = 1000;
const MOST_NAMED = 2;
/** @type {Partial<Record<string, number>>} */
const STEPS = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity };

export class SelectControl {
  #words = '';
  /** The place of the active choice. */
  #at = 0;
  /** @type {Option[]} */
  #choices = [];
  #input = h('input');
  #list = h('ul');
  #empty = h('p', { class: 'popup-note' });

  /**
   * @param {Declaration} parameter
   * @param {ParameterJson} json
   * @param {Pick<ControlServices, 'set'>} services
   */
  constructor(parameter, json, services) {
    this.parameter = parameter;
    this.services = services;
    this.hasAll = (json.typeSettings?.additionalResourceOptions ?? []).includes(ALL.value);
    this.hint = json.description;
    const { element, value } = popupButton(parameter.title);
    this.value = value;
    this.popup = new Popup(element, () => this.#panel(), parameter.title);
    this.element = this.popup.element;
    this.show();
  }

  show() {
    const names = isAll(this.parameter) ? ['All'] : labelText(this.parameter).split(', ').filter(Boolean);
    const more = names.length - MOST_NAMED;
    this.value.textContent = names.length
      ? names.slice(0, MOST_NAMED).join(', ') + (more > 0 ? ` +${more}` : '')
      : 'Any';
    this.value.classList.toggle('unset', !names.length);
    if (this.popup.isOpen) this.#fill();
  }

  #panel() {
    this.#words = '';
    this.#at = 0;
    const list = id('list');
    this.#input = this.#search(list);
    this.#list = h('ul', {
      id: list,
      role: 'listbox',
      'aria-label': this.parameter.title,
      'aria-multiselectable': String(this.parameter.multi),
      tabIndex: -1,
    });
    this.#fill();
    return [
      this.hint ? h('p', { class: 'popup-note' }, this.hint) : null,
      this.#input,
      this.#list,
      this.#empty,
    ];
  }

  /** @param {string} list  The id of the list that it searches. */
  #search(list) {
    return h('input', {
      type: 'search',
      placeholder: TEXTS.search,
      role: 'combobox',
      'aria-expanded': 'true',
      'aria-controls': list,
      'aria-autocomplete': 'list',
      'aria-label': FILLED.search(this.parameter.title),
      'data-focus': true,
      autocomplete: 'off',
      spellcheck: 'false',
      on: {
        input: () => {
          this.#words = this.#input.value.trim().toLowerCase();
          this.#at = 0;
          this.#fill();
        },
        keydown: (event) => this.#key(event),
      },
    });
  }

  /**
   * The choices that fit the search; chosen values that the data no longer has stay, so that they can be
   * taken off.
   */
  #fitting() {
    const known = this.parameter.options ?? [];
    const gone = isAll(this.parameter)
      ? []
      : chosen(this.parameter).filter((value) => value && !known.some((each) => each.value === value));
    const all = [
      ...(this.hasAll ? [ALL] : []),
      ...known,
      ...gone.map((value) => ({ value, label: value, group: '' })),
    ];
    return all
      .filter(({ label, value }) => `${label} ${value}`.toLowerCase().includes(this.#words))
      .slice(0, MOST);
  }

  #fill() {
    this.#choices = this.#fitting();
    const count = this.#choices.length;
    this.#at = Math.min(this.#at, Math.max(0, count - 1));
    const rows = this.#choices.flatMap((choice, i) => {
      const isFirst = choice.group && choice.group !== this.#choices[i - 1]?.group;
      const head = h('li', { role: 'presentation', class: 'option-group' }, choice.group);
      return [...(isFirst ? [head] : []), this.#option(choice, i)];
    });
    this.#list.replaceChildren(...rows);
    const why = this.parameter.options?.length ? TEXTS.noMatch : TEXTS.noValues;
    this.#empty.textContent = count ? '' : why;
    this.#empty.hidden = count > 0;
    this.#list.hidden = !count;
    this.#activate();
  }

  /**
   * @param {Option} choice
   * @param {number} i
   */
  #option(choice, i) {
    return h(
      'li',
      {
        role: 'option',
        id: id('option'),
        class: this.parameter.multi ? 'option many' : 'option',
        'data-value': choice.value,
        'aria-selected': String(this.#isChosen(choice.value)),
        on: {
          click: () => this.#pick(choice.value),
          pointermove: () => {
            if (this.#at === i) return;
            this.#at = i;
            this.#activate();
          },
        },
      },
      choice.label || '(empty)',
    );
  }

  /** @param {string} value */
  #isChosen(value) {
    return value === ALL.value
      ? isAll(this.parameter)
      : !isAll(this.parameter) && chosen(this.parameter).includes(value);
  }

  #activate() {
    const options = [...this.#list.querySelectorAll('[role=option]')];
    options.forEach((option, i) => option.classList.toggle('active', i === this.#at));
    const active = /** @type {Element | undefined} */ (options[this.#at]);
    if (active) this.#input.setAttribute('aria-activedescendant', active.id);
    else this.#input.removeAttribute('aria-activedescendant');
    return active;
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const step = event.key.startsWith('Arrow') || event.ctrlKey ? STEPS[event.key] : undefined;
    if (step !== undefined) {
      event.preventDefault();
      this.#at = Math.min(this.#choices.length - 1, Math.max(0, this.#at + step));
      this.#activate()?.scrollIntoView({ block: 'nearest' });
    } else if (event.key === 'Enter') {
      event.preventDefault();
      const active = /** @type {Option | undefined} */ (this.#choices[this.#at]);
      if (active) this.#pick(active.value);
    }
  }

  /** @param {string} value */
  #pick(value) {
    if (!this.parameter.multi) {
      this.services.set(this.#isChosen(value) && !this.parameter.required && !this.hasAll ? '' : value);
      this.popup.close();
      return;
    }
    const values = isAll(this.parameter) ? [] : chosen(this.parameter);
    const next = values.includes(value) ? values.filter((each) => each !== value) : [...values, value];
    this.services.set(value === ALL.value || (!next.length && this.hasAll) ? [ALL.value] : next);
    this.#fill();
  }
}
