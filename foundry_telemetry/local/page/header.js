/* The bar at the top: what is shown, whether it is live, what the store holds, the clock and the theme. */

import { button, h } from './dom.js';
import { connection } from './empty_reason.js';
import { icon } from './icons.js';
import { Popup } from './popup.js';
import { ago, dateText } from './time.js';

const NAMES = { open: 'Live', connecting: 'Connecting', resting: 'Resting', lost: 'Connection lost' };
const number = (n) => n.toLocaleString('en-US');

/** The switch between live and paused, which also tells when the server is gone. */
export function liveButton(live) {
  const words = h('span', {});
  const element = button('', () => live.toggle(), { class: 'live' }, h('span', { class: 'dot' }), words);
  const show = () => {
    const isPaused = live.state === 'open' && !live.isOn;
    words.textContent = isPaused ? 'Paused' : NAMES[live.state];
    element.dataset.state = isPaused ? 'paused' : live.state;
    element.setAttribute('aria-pressed', String(live.isOn));
    element.title = live.isOn ? 'Updates as data arrives. Click to pause.' : 'Paused. Click to go on.';
  };
  const beat = () => {
    element.classList.remove('beat');
    requestAnimationFrame(() => element.classList.add('beat'));
  };
  show();
  return { element, show, beat };
}

/** What the store holds, in a few words; its panel tells the rest. */
export function storeButton(state) {
  const words = h('span', { class: 'store-words' });
  const opener = button(
    'Store',
    () => {},
    { class: 'store', title: 'What the store holds' },
    icon('database'),
    words,
  );
  const popup = new Popup(opener, () => panel(state), { label: 'The store' });
  const show = () => {
    const { status } = state;
    if (!status) return;
    const last = status.attempts.last && Date.parse(status.attempts.last);
    words.replaceChildren(
      h('b', {}, number(status.attempts.rows)),
      status.attempts.rows === 1 ? ' attempt' : ' attempts',
      last ? h('span', { class: 'store-last' }, ` · last ${ago(last, Date.now())}`) : '',
    );
  };
  return { element: popup.element, show };
}

function panel({ status, utc }) {
  if (!status) return h('p', { class: 'popup-note' }, 'The server has not answered yet.');
  const tables = Object.entries(status.tables).filter(([, { rows }]) => rows > 0);
  const rows = tables.map(([name, { rows: count, last }]) =>
    h(
      'tr',
      {},
      h('th', { scope: 'row' }, name),
      h('td', { class: 'num' }, number(count)),
      h('td', { class: 'time' }, last ? dateText(Date.parse(last), utc(), 'longDateTimePattern') : '–'),
    ),
  );
  const where = status.database === ':memory:' ? 'In memory: gone when the server stops.' : status.database;
  return h(
    'div',
    { class: 'store-panel' },
    h('p', { class: 'popup-note' }, 'Export to this store:'),
    connection(status),
    h(
      'table',
      {},
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          ...['Table', 'Rows', 'Last record'].map((name, i) =>
            h('th', { scope: 'col', class: i === 1 ? 'num' : null }, name),
          ),
        ),
      ),
      h('tbody', {}, ...rows),
    ),
    h(
      'dl',
      { class: 'facts' },
      h('dt', {}, 'Database'),
      h('dd', {}, where),
      h('dt', {}, 'Kept'),
      h('dd', {}, `${status.retention_days} days`),
      h('dt', {}, 'Received'),
      h('dd', {}, `${number(status.ingested)} items, ${number(status.refused)} refused`),
      status.version ? [h('dt', {}, 'Version'), h('dd', {}, status.version)] : null,
    ),
  );
}

/** A button between two states that the browser remembers. */
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
    element.replaceChildren(...content);
    element.setAttribute('aria-label', words);
    element.title = words;
  };
  show();
  return element;
}

/** UTC, as the service stores it, or this machine's clock. */
export function clockSwitch(act) {
  const face = (now) => ({
    content: [icon('clock'), now === 'utc' ? 'UTC' : 'Local'],
    words: now === 'utc' ? 'Times in UTC. Click for local time.' : 'Times in local time. Click for UTC.',
  });
  return remembered('foundry-clock', ['utc', 'local'], act, face);
}

/** Light, dark, or as the system says. */
export function themeSwitch(act) {
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const isDark = () => ({ light: false, dark: true })[document.documentElement.dataset.theme] ?? dark.matches;
  const show = () => {
    const words = isDark() ? 'Switch to the light theme' : 'Switch to the dark theme';
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
