/* The start: fetches the workbook and what the server says of itself, and sets the page going. */

import { followAddress } from './url_state.js';
import { load } from './api.js';
import { recolor } from './charts.js';
import { debounce, h } from './dom.js';
import { connection } from './empty_reason.js';
import { clockSwitch, liveButton, storeButton, themeSwitch } from './header.js';
import { Live } from './live.js';
import { Page } from './page.js';

const STATUS_MS = 700;
const CLOCK_MS = 5_000;
const LEAST_MOVE_MS = 30_000;
const MOVES = 60;

const root = document.querySelector('main');
const said = document.querySelector('#announcer');
const state = { status: null, utc: () => localStorage.getItem('foundry-clock') !== 'local' };

/** Says something to screen readers. */
function announce(words) {
  said.textContent = words;
}

/** The workbook's name: its first heading. */
function titleOf(workbook) {
  const texts = (workbook.items ?? [])
    .filter((item) => item.type === 1)
    .map((item) => item.content?.json ?? '');
  return texts.map((text) => /^#\s+(.+)$/m.exec(text)?.[1]).find(Boolean) ?? 'Foundry workbook';
}

/** A text that is the title and nothing else stands in the bar already. */
function hideTitle(page, title) {
  const step = page.steps.find(({ item }) => item.type === 1 && item.content?.json?.trim() === `# ${title}`);
  step?.element.classList.add('visually-hidden');
}

/** The first thing to do, while nothing has arrived. */
function welcome() {
  const element = h('section', { class: 'welcome', hidden: true, 'aria-label': 'First steps' });
  const show = () => {
    const { status } = state;
    const isEmpty = Boolean(status) && Object.values(status.tables).every(({ rows }) => rows === 0);
    if (isEmpty && element.hidden) {
      element.replaceChildren(
        h('h2', {}, 'Waiting for the first record'),
        h(
          'p',
          {},
          'Set this in the environment of a service that calls ',
          h('code', {}, 'foundry_telemetry.configure()'),
          ' or uses the Azure Monitor distro, and start it. The page fills by itself.',
        ),
        connection(status),
        h('p', { class: 'quiet' }, 'No service at hand? Run ', h('code', {}, 'foundry-telemetry demo'), '.'),
      );
    }
    element.hidden = !isEmpty;
  };
  return { element, show };
}

function failure(error) {
  const again = h('button', { type: 'button', class: 'action', click: () => location.reload() }, 'Try again');
  root.replaceChildren(
    h(
      'div',
      { class: 'message is-error', role: 'alert' },
      h('p', {}, h('strong', {}, 'The page could not start.')),
      h('p', {}, error.message),
      again,
    ),
  );
}

/** Puts the header's parts in place and gives what keeps them true. */
function furnish(page, live, firstSteps) {
  const lamp = liveButton(live);
  const store = storeButton(state);
  const showStatus = () => {
    store.show();
    firstSteps.show();
  };
  const readStatus = async () => {
    try {
      state.status = await load('/status.json');
      showStatus();
    } catch {
      /* the live lamp tells that the server is gone */
    }
  };
  live.show = () => {
    lamp.show();
    document.body.dataset.connection = live.state;
  };
  const soon = debounce(STATUS_MS, readStatus);
  live.news = () => {
    lamp.beat();
    soon();
  };
  document.querySelector('#controls').append(
    lamp.element,
    store.element,
    clockSwitch((clock) => page.setUtc(clock === 'utc')),
    themeSwitch(recolor),
  );
  showStatus();
  setInterval(store.show, CLOCK_MS);
}

/**
 * The end of "the last hour" moves on: after a sixtieth of it the steps ask again, though nothing arrived.
 */
function move(page, live) {
  if (Date.now() - page.scope.clock.now > Math.max(LEAST_MOVE_MS, page.scope.shortest() / MOVES))
    live.touch();
}

/** Calls `then` when what was begun in this turn is on the screen. */
async function settled(page, then) {
  await new Promise((resolve) => {
    setTimeout(resolve, 0);
  });
  await page.queue.idle();
  then();
}

function start(workbook, supported) {
  const page = new Page(workbook, supported, { status: () => state.status, announce });
  page.scope.clock.utc = state.utc();
  const firstSteps = welcome();
  const live = new Live(page, { show: () => {}, news: () => {} });
  furnish(page, live, firstSteps);
  hideTitle(page, titleOf(workbook));
  document.title = `${titleOf(workbook)} · foundry-telemetry`;
  document.querySelector('#title').textContent = titleOf(workbook);
  root.replaceChildren(firstSteps.element);
  document.querySelector('.skip').addEventListener('click', (event) => {
    event.preventDefault();
    root.focus();
  });
  page.mount(root);
  followAddress(page.scope);
  page.update();
  live.connect();
  setInterval(() => move(page, live), CLOCK_MS);
  page.scope.listen(({ by }) => {
    if (by === 'reader') settled(page, () => announce('Updated'));
  });
  settled(page, () => {
    document.documentElement.dataset.ready = '';
  });
}

try {
  const [workbook, supported, status] = await Promise.all(
    ['/workbook.json', '/supported.json', '/status.json'].map(load),
  );
  state.status = status;
  start(workbook, supported);
} catch (error) {
  failure(error);
}
