/* The start: fetches the workbook and the status of the store, and sets the page going. */
// @ts-check

import { load } from './api.js';
import { recolor } from './charts.js';
import { debounce, h, required } from './dom.js';
import { connection } from './empty_reason.js';
import { clockSwitch, consoleLink, linkButton, liveButton, storeButton, themeSwitch } from './header.js';
import { Live } from './live.js';
import { Page } from './page.js';
import { FILLED, TEXTS } from './texts.js';
import { syncUrl } from './url_state.js';
import { titleOf } from './workbook.js';

/**
 * @import { Status } from './api.js'
 * @import { TextItemJson, WorkbookJson } from './workbook.js'
 * @import { Supported } from './supported.js'
 */

const STATUS_MS = 700;
const CLOCK_MS = 5_000;
const LEAST_MOVE_MS = 30_000;
const MOVES = 60;

const root = required('main');
const announcer = required('#announcer');
/** @type {{status: Status | null}} */
const store = { status: null };

/**
 * Announces something to screen readers.
 * @param {string} words
 */
function announce(words) {
  announcer.textContent = words;
}

/**
 * A text that is the title and nothing else is in the bar already.
 * @param {Page} page
 * @param {string} title
 */
function hideTitle(page, title) {
  const isTitle = (/** @type {Partial<TextItemJson>} */ { type, content }) =>
    type === 1 && content?.json?.trim() === `# ${title}`;
  page.items.find(({ json }) => isTitle(json))?.element.classList.add('visually-hidden');
}

/** The first thing to do, while nothing has arrived. */
function welcome() {
  const element = h('section', { class: 'welcome', hidden: true, 'aria-label': TEXTS.getStarted });
  const show = () => {
    const { status } = store;
    const isEmpty = status !== null && Object.values(status.tables).every(({ rows }) => rows === 0);
    if (isEmpty && element.hidden) {
      element.replaceChildren(
        h('h2', {}, TEXTS.waiting),
        h(
          'p',
          {},
          TEXTS.setVariable,
          h('code', {}, 'foundry_telemetry.configure()'),
          TEXTS.orDistro,
        ),
        connection(status),
        h('p', { class: 'quiet' }, TEXTS.noService, h('code', {}, 'foundry-telemetry demo'), '.'),
      );
    }
    element.hidden = !isEmpty;
    root.classList.toggle('awaits-data', isEmpty);
  };
  return { element, show };
}

/** @param {Error} error */
function failure(error) {
  const again = h(
    'button',
    { type: 'button', class: 'action', on: { click: () => location.reload() } },
    TEXTS.retry,
  );
  root.replaceChildren(
    h(
      'div',
      { class: 'message is-error', role: 'alert' },
      h('p', {}, h('strong', {}, TEXTS.failedToStart)),
      h('p', {}, error.message),
      again,
    ),
  );
}

/**
 * Puts the header's parts in place, and keeps them up to date.
 * @param {Page} page
 * @param {Live} live
 * @param {ReturnType<typeof welcome>} firstSteps
 */
function addHeader(page, live, firstSteps) {
  const lamp = liveButton(live);
  const storeParts = storeButton({ status: () => store.status, clock: page.scope.clock });
  const showStatus = () => {
    storeParts.show();
    firstSteps.show();
  };
  const readStatus = async () => {
    try {
      store.status = /** @type {Status} */ (await load('/status.json'));
      showStatus();
    } catch {
      /* the live lamp shows that the server is gone */
    }
  };
  live.changed = () => {
    lamp.show();
    document.body.dataset.connection = live.state;
  };
  const soon = debounce(STATUS_MS, () => void readStatus());
  live.arrived = () => {
    lamp.beat();
    soon();
  };
  required('#controls').append(
    lamp.element,
    storeParts.element,
    consoleLink(),
    linkButton(),
    clockSwitch((clock) => page.setUtc(clock === 'utc')),
    themeSwitch(recolor),
  );
  showStatus();
  setInterval(storeParts.show, CLOCK_MS);
}

/**
 * The end of "the last hour" moves on: after a sixtieth of it the queries run again, though nothing arrived.
 * @param {Page} page
 * @param {Live} live
 */
function move({ scope }, live) {
  if (Date.now() - scope.clock.now > Math.max(LEAST_MOVE_MS, scope.shortest() / MOVES)) live.touch();
}

/**
 * Resolves when what was begun in this turn is on the screen.
 * @param {Page} page
 */
async function settled(page) {
  await new Promise((resolve) => {
    setTimeout(resolve, 0);
  });
  await page.queue.idle();
}

/**
 * @param {WorkbookJson} workbook
 * @param {Supported} supported
 */
function start(workbook, supported) {
  const title = titleOf(workbook);
  const page = new Page(workbook, supported, { status: () => store.status, announce });
  page.scope.clock.utc = localStorage.getItem('foundry-clock') !== 'local';
  const firstSteps = welcome();
  const live = new Live(() => {
    page.refresh();
    return settled(page);
  });
  addHeader(page, live, firstSteps);
  hideTitle(page, title);
  document.title = FILLED.documentTitle(title);
  required('#title').textContent = title;
  root.replaceChildren(firstSteps.element);
  required('.skip').addEventListener('click', (event) => {
    event.preventDefault();
    root.focus();
  });
  page.mount(root);
  syncUrl(page.scope);
  page.update();
  live.connect();
  setInterval(() => move(page, live), CLOCK_MS);
  page.scope.listen(({ by }) => {
    if (by === 'reader') void settled(page).then(() => announce(TEXTS.updated));
  });
  void settled(page).then(() => {
    document.documentElement.dataset.ready = '';
  });
}

try {
  const [workbook, supported, status] = await Promise.all(
    ['/workbook.json', '/page/supported.json', '/status.json'].map(load),
  );
  store.status = /** @type {Status} */ (status);
  start(/** @type {WorkbookJson} */ (workbook), /** @type {Supported} */ (supported));
} catch (error) {
  failure(/** @type {Error} */ (error));
}
