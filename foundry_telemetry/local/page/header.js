/* The bar at the top: what is shown, whether it is live, what the store has, the clock and the theme. */
// @ts-check

import { copy } from './clipboard.js';
import { button, h, replaceChildren } from './dom.js';
import { connection } from './empty_reason.js';
import { icon } from './icons.js';
import { Popup } from './popup.js';
import { FILLED, TEXTS } from './texts.js';
import { ago, dateText } from './time.js';

/**
 * @import { Status } from './api.js'
 * @import { Child } from './dom.js'
 * @import { Live } from './live.js'
 * @import { Clock } from './parameters.js'
 *
 * @typedef {{status: () => Status | null, clock: Clock}} StoreServices
 * @typedef {{content: Child[], words: string}} Face  What a button shows.
 */

/** @param {number} n */
const number = (n) => n.toLocaleString('en-US');

/**
 * The switch between live and paused, which also shows when the server is gone.
 * @param {Live} live
 */
export function liveButton(live) {
  const words = h('span', {});
  const element = button('', () => live.toggle(), { class: 'live' }, h('span', { class: 'dot' }), words);
  const show = () => {
    const isPaused = live.state === 'open' && !live.isOn;
    words.textContent = isPaused ? TEXTS.paused : TEXTS.states[live.state];
    element.dataset.state = isPaused ? 'paused' : live.state;
    element.setAttribute('aria-pressed', String(live.isOn));
    element.title = live.isOn ? TEXTS.pause : TEXTS.resume;
  };
  const beat = () => {
    element.classList.remove('beat');
    requestAnimationFrame(() => element.classList.add('beat'));
  };
  show();
  return { element, show, beat };
}

/**
 * What the store has, in a few words; its panel has the rest.
 * @param {StoreServices} services
 */
export function storeButton(services) {
  const words = h('span', { class: 'store-words' });
  const opener = button(
    TEXTS.store,
    () => {},
    { class: 'store', title: TEXTS.storedData },
    icon('database'),
    words,
  );
  const popup = new Popup(opener, () => panel(services), TEXTS.storedData);
  const show = () => {
    const status = services.status();
    if (!status) return;
    const { rows, last } = status.attempts;
    const age = last && FILLED.last(ago(Date.parse(last), Date.now()));
    words.replaceChildren(
      h('b', {}, number(rows)),
      FILLED.attempts(rows),
      age ? h('span', { class: 'store-last' }, age) : '',
    );
  };
  return { element: popup.element, show };
}

/** A button that copies the address, which has all that the reader chose. */
export function linkButton() {
  const props = { class: 'icon-only', 'aria-label': TEXTS.copyLink, title: TEXTS.copyLink };
  return button('', () => void copy(location.href, TEXTS.linkCopied), props, icon('link'));
}

/** The way to the console. */
export function consoleLink() {
  const props = { class: 'icon-only', href: '/console', 'aria-label': TEXTS.console, title: TEXTS.console };
  return h('a', props, icon('code'));
}

/**
 * The tables that have rows.
 * @param {Status} status
 * @param {boolean} utc
 */
function tableOfTables(status, utc) {
  const tables = Object.entries(status.tables).filter(([, { rows }]) => rows > 0);
  const rows = tables.map(([name, { rows: count, last }]) =>
    h(
      'tr',
      {},
      h('th', { scope: 'row' }, name),
      h('td', { class: 'num' }, number(count)),
      h('td', { class: 'time' }, last ? dateText(Date.parse(last), utc, 'longDateTimePattern') : '–'),
    ),
  );
  const head = TEXTS.storeHeads.map((name, i) =>
    h('th', { scope: 'col', class: i === 1 ? 'num' : null }, name),
  );
  return h('table', {}, h('thead', {}, h('tr', {}, ...head)), h('tbody', {}, ...rows));
}

/** @param {StoreServices} services */
function panel({ status: read, clock }) {
  const status = read();
  if (!status) return h('p', { class: 'popup-note' }, TEXTS.noResponse);
  const where = status.database === ':memory:' ? TEXTS.inMemory : status.database;
  return h(
    'div',
    { class: 'store-panel' },
    h('p', { class: 'popup-note' }, TEXTS.connection),
    connection(status),
    tableOfTables(status, clock.utc),
    h(
      'dl',
      { class: 'facts' },
      h('dt', {}, TEXTS.database),
      h('dd', {}, where),
      h('dt', {}, TEXTS.retention),
      h('dd', {}, FILLED.days(status.retention_days)),
      h('dt', {}, TEXTS.received),
      h('dd', {}, FILLED.items(number(status.ingested), number(status.refused))),
      status.cut ? [h('dt', {}, TEXTS.cutValues), h('dd', {}, FILLED.cutValues(status.cut))] : null,
      status.version ? [h('dt', {}, TEXTS.version), h('dd', {}, status.version)] : null,
    ),
  );
}

/**
 * A button between states that the browser remembers.
 * @param {string} key
 * @param {string[]} values
 * @param {(value: string) => void} act
 * @param {(value: string) => Face} face
 */
function remembered(key, values, act, face) {
  const read = () => localStorage.getItem(key) ?? values[0];
  const element = button(
    '',
    () => {
      const next = values[(values.indexOf(read()) + 1) % values.length];
      localStorage.setItem(key, next);
      act(next);
      show();
    },
    { class: 'switch' },
  );
  const show = () => {
    const { content, words } = face(read());
    replaceChildren(element, ...content);
    element.setAttribute('aria-label', words);
    element.title = words;
  };
  show();
  return element;
}

/**
 * UTC, as the service stores it, or this machine's clock.
 * @param {(clock: string) => void} act
 */
export function clockSwitch(act) {
  /** @type {(now: string) => Face} */
  const face = (now) => ({
    content: [icon('clock'), now === 'utc' ? TEXTS.utc : TEXTS.local],
    words: now === 'utc' ? TEXTS.toLocal : TEXTS.toUtc,
  });
  return remembered('foundry-clock', ['utc', 'local'], act, face);
}

/**
 * Light, dark, or as the system has it.
 * @param {() => void} act
 */
export function themeSwitch(act) {
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const isDark = () => {
    const { theme } = document.documentElement.dataset;
    return theme === 'light' || theme === 'dark' ? theme === 'dark' : dark.matches;
  };
  const show = () => {
    const words = isDark() ? TEXTS.toLight : TEXTS.toDark;
    element.replaceChildren(icon(isDark() ? 'sun' : 'moon'));
    element.setAttribute('aria-label', words);
    element.title = words;
  };
  const element = button(
    '',
    () => {
      const next = isDark() ? 'light' : 'dark';
      const isSystem = (next === 'dark') === dark.matches;
      if (isSystem) localStorage.removeItem('foundry-theme');
      else localStorage.setItem('foundry-theme', next);
      if (isSystem) delete document.documentElement.dataset.theme;
      else document.documentElement.dataset.theme = next;
      show();
      act();
    },
    { class: 'switch icon-only' },
  );
  dark.addEventListener('change', () => {
    show();
    act();
  });
  show();
  return element;
}
