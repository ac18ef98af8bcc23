import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';

import { QueryError, refusal } from '../../../foundry_telemetry/local/page/api.js';
import { stored } from '../../../foundry_telemetry/local/page/empty_reason.js';
import { meaning } from '../../../foundry_telemetry/local/page/icons.js';
import { filling } from '../../../foundry_telemetry/local/page/layout.js';
import { nextTab } from '../../../foundry_telemetry/local/page/links_item.js';
import { QueryQueue } from '../../../foundry_telemetry/local/page/query_queue.js';
import { unsupported } from '../../../foundry_telemetry/local/page/supported.js';
import { titleOf } from '../../../foundry_telemetry/local/page/workbook.js';

const KINDS = {
  workbook: { version: ['1'], items: { items: 'item' } },
  item: { type: [1], name: 'drawn', content: { by: 'type', kinds: { 1: 'text' } } },
  text: { json: 'drawn', style: ['info'], old: 'ignored', inner: { object: 'text' } },
};
const compare = (workbook) => unsupported(workbook, { root: 'workbook', kinds: KINDS });
const texts = (problems) => problems.map(({ text, essential }) => (essential ? `${text}!` : text));

test('what the table does not name is a problem of the item that has it', () => {
  const item = { type: 1, name: 'a', content: { json: 'x', style: 'loud', more: 1, old: 2, inner: 3 } };
  const found = compare({ version: '1', items: [item] });
  assert.deepEqual(texts(found.top), []);
  assert.deepEqual(texts(found.of(item)), ['style "loud"', 'more 1', 'inner 3']);
  assert.deepEqual(found.of({}), []);
});

test('an item of an unknown type, and a workbook of another version, cannot be drawn', () => {
  const item = { type: 9, content: {} };
  const found = compare({ version: '2', items: [item], theme: {} });
  assert.deepEqual(texts(found.top), ['version "2"!', 'theme']);
  assert.deepEqual(texts(found.of(item)), ['type 9!']);
});

test('absent values and nulls are no problem, a list that is none is one', () => {
  assert.deepEqual(texts(compare({ version: null }).top), []);
  assert.deepEqual(texts(compare({ items: 'none' }).top), ['items "none"']);
});

test('the workbook that the tests draw has a title and its problems are known', () => {
  const read = (path) => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));
  assert.equal(titleOf(read('../../data/workbooks/page.workbook.json')), 'Page test');
  assert.equal(titleOf({}), 'Foundry workbook');
});

test('an error has the message and the place of its innermost part that has them', () => {
  const inner = { message: 'inner', line: 3, pos: 5 };
  const error = refusal({ error: { code: 'Bad', message: 'outer', innererror: { innererror: inner } } }, 400);
  assert.deepEqual([error.message, error.code, error.line, error.position], ['inner', 'Bad', 3, 5]);
  assert.ok(error instanceof QueryError && !error.lost);
  assert.equal(refusal(null, 502).message, 'The query returned status 502');
});

/** A queue, tasks that end when the test ends them, and the orders of those that have begun. */
function busyQueue(orders) {
  const queue = new QueryQueue();
  const begun = [];
  const ends = new Map();
  const results = orders.map((order) =>
    queue.run(order, () => {
      begun.push(order);
      return new Promise((resolve, reject) => ends.set(order, { resolve, reject }));
    }),
  );
  return { queue, begun, ends, results };
}
const turn = () => new Promise((resolve) => setImmediate(resolve));

test('four queries run at once, and the first in the page is the next', async () => {
  const { queue, begun, ends, results } = busyQueue([6, 5, 4, 3, 2, 1]);
  await turn();
  assert.deepEqual(begun, [1, 2, 3, 4]);
  ends.get(2).resolve('two');
  assert.equal(await results[4], 'two');
  await turn();
  assert.deepEqual(begun, [1, 2, 3, 4, 5]);
  let isIdle = false;
  const idle = queue.idle().then(() => {
    isIdle = true;
  });
  await turn();
  assert.equal(isIdle, false);
  for (const order of [1, 3, 4, 5]) ends.get(order).resolve(order);
  await turn();
  ends.get(6).resolve(6);
  await idle;
});

test('a query that fails makes room for the next, and its error reaches who wanted it', async () => {
  const { begun, ends, results } = busyQueue([1, 2, 3, 4, 5]);
  await turn();
  const failed = assert.rejects(results[0], /refused/);
  ends.get(1).reject(new Error('refused'));
  await failed;
  await turn();
  assert.deepEqual(begun, [1, 2, 3, 4, 5]);
});

test('an empty queue is idle', async () => {
  assert.equal(await new QueryQueue().idle(), undefined);
});

test('the rows that a query reads are those of the tables that it names', () => {
  const status = {
    attempts: { rows: 7, last: 'x' },
    tables: { AppEvents: { rows: 1, last: '2026-01-01' }, AppTraces: { rows: 2, last: '2026-01-02' } },
  };
  assert.deepEqual(stored('foundry_attempts | count', status), { rows: 7, last: 'x' });
  assert.deepEqual(stored('union AppEvents, AppTraces', status), { rows: 3, last: '2026-01-02' });
  assert.deepEqual(stored('AppEventsOld', status), { rows: 0, last: null });
});

test('the arrows go from tab to tab and round, Home and End to the ends, other keys nowhere', () => {
  const moves = [
    ['ArrowRight', 2],
    ['ArrowLeft', 0],
    ['Home', 2],
    ['End', 0],
    ['x', 1],
    ['End', -1],
  ];
  assert.deepEqual(
    moves.map(([key, at]) => nextTab(key, at, 3)),
    [0, 2, 0, 2, -1, -1],
  );
});

test('whole percents that leave a rest fill the row', () => {
  assert.deepEqual([33, 66, 50, 40].map(filling), [100 / 3, 200 / 3, 50, 40]);
});

test('a representation has an icon and a colour, a colour alone a dot, none nothing', () => {
  assert.deepEqual(meaning('failed'), { shape: 'error', color: 'red' });
  assert.deepEqual(meaning('green'), { shape: 'dot', color: 'green' });
  assert.deepEqual([meaning('Blank').shape, meaning('').shape, meaning(null).shape], [null, null, null]);
});
