/* A drop-down: a list that can be searched, for one value or several, with "All". */

import { h, id } from './dom.js';
import { opener } from './popup_button.js';
import { Popup } from './popup.js';
import { chosen, isAll, labelText } from './parameters.js';

const ALL = { value: 'value::all', label: 'All', group: '' };
const MOST = 1000;
const MOST_NAMED = 2;
const STEPS = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity };

export class SelectControl {
  constructor(parameter, json, host) {
    Object.assign(this, {
      parameter,
      host,
      hasAll: (json.typeSettings?.additionalResourceOptions ?? []).includes(ALL.value),
      hint: json.description,
    });
    const { element, value } = opener(parameter);
    this.value = value;
    this.popup = new Popup(element, () => this.#panel(), { label: parameter.title });
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
    this.words = '';
    this.at = 0;
    const list = id('list');
    this.input = h('input', {
      type: 'search',
      placeholder: 'Search',
      role: 'combobox',
      'aria-expanded': 'true',
      'aria-controls': list,
      'aria-autocomplete': 'list',
      'aria-label': `Search ${this.parameter.title}`,
      'data-focus': true,
      autocomplete: 'off',
      spellcheck: 'false',
      input: () => {
        this.words = this.input.value.trim().toLowerCase();
        this.at = 0;
        this.#fill();
      },
      keydown: (event) => this.#key(event),
    });
    this.list = h('ul', {
      id: list,
      role: 'listbox',
      'aria-label': this.parameter.title,
      'aria-multiselectable': String(this.parameter.multi),
      tabIndex: -1,
    });
    this.empty = h('p', { class: 'popup-note' });
    this.#fill();
    return [
      this.hint ? h('p', { class: 'popup-note' }, this.hint) : null,
      this.input,
      this.list,
      this.empty,
    ].filter(Boolean);
  }

  /**
   * The choices that fit the search; chosen values that the data no longer has stay, so that they can be
   * taken off.
   */
  #choices() {
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
      .filter(({ label, value }) => `${label} ${value}`.toLowerCase().includes(this.words))
      .slice(0, MOST);
  }

  #fill() {
    this.choices = this.#choices();
    this.at = Math.min(this.at, Math.max(0, this.choices.length - 1));
    const rows = [];
    this.choices.forEach((choice, i) => {
      if (choice.group && choice.group !== this.choices[i - 1]?.group)
        rows.push(h('li', { role: 'presentation', class: 'option-group' }, choice.group));
      rows.push(this.#option(choice, i));
    });
    this.list.replaceChildren(...rows);
    this.empty.textContent = this.choices.length
      ? ''
      : this.parameter.options?.length
        ? 'Nothing fits the search.'
        : 'No values in the data yet.';
    this.empty.hidden = this.choices.length > 0;
    this.list.hidden = !this.choices.length;
    this.#activate();
  }

  #option(choice, i) {
    return h(
      'li',
      {
        role: 'option',
        id: id('option'),
        class: this.parameter.multi ? 'option many' : 'option',
        'data-value': choice.value,
        'aria-selected': String(this.#isChosen(choice.value)),
        click: () => this.#pick(choice.value),
        pointermove: () => {
          if (this.at !== i) {
            this.at = i;
            this.#activate();
          }
        },
      },
      choice.label || '(empty)',
    );
  }

  #isChosen(value) {
    return value === ALL.value
      ? isAll(this.parameter)
      : !isAll(this.parameter) && chosen(this.parameter).includes(value);
  }

  #activate() {
    const options = [...this.list.querySelectorAll('[role=option]')];
    options.forEach((option, i) => option.classList.toggle('active', i === this.at));
    const active = options[this.at];
    if (active) this.input.setAttribute('aria-activedescendant', active.id);
    else this.input.removeAttribute('aria-activedescendant');
    return active;
  }

  #key(event) {
    if (event.key in STEPS && (event.key.startsWith('Arrow') || event.ctrlKey)) {
      event.preventDefault();
      this.at = Math.min(this.choices.length - 1, Math.max(0, this.at + STEPS[event.key]));
      this.#activate()?.scrollIntoView({ block: 'nearest' });
    } else if (event.key === 'Enter') {
      event.preventDefault();
      if (this.choices[this.at]) this.#pick(this.choices[this.at].value);
    }
  }

  #pick(value) {
    if (!this.parameter.multi) {
      this.host.set(this.#isChosen(value) && !this.parameter.required && !this.hasAll ? '' : value);
      this.popup.close();
      return;
    }
    const values = isAll(this.parameter) ? [] : chosen(this.parameter);
    const next = values.includes(value) ? values.filter((each) => each !== value) : [...values, value];
    this.host.set(value === ALL.value || (!next.length && this.hasAll) ? [ALL.value] : next);
    this.#fill();
  }
}
