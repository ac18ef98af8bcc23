/* The pure parts of the console: its addresses, the typed view in front of a query, the queries it keeps. */
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

const kept = new Map();
globalThis.localStorage = {
  getItem: (key) => kept.get(key) ?? null,
  setItem: (key, value) => kept.set(key, value),
  removeItem: (key) => kept.delete(key),
};

const page = new URL('../../../foundry_telemetry/local/page/', import.meta.url);
const { queryUrl, readUrl } = await import(new URL('console/query_url.js', page));
const { clearQueries, keepQuery, pastQueries } = await import(new URL('console/past_queries.js', page));
const { asWritten, withView } = await import(new URL('console/typed_view.js', page));
const { QueryError } = await import(new URL('api.js', page));

const VIEW = { name: 'foundry_attempts', text: 'let foundry_attempts = AppEvents;' };

beforeEach(() => kept.clear());

test('an address brings back the query and its time, whatever is in them', async () => {
  for (const kql of ['AppEvents', 'print "#&=+%💥"\n| take 1', 'x'.repeat(50_000)]) {
    const address = await queryUrl({ kql, time: '1d' });
    assert.match(address, /^\/console#query=[\w-]+&time=1d$/);
    assert.deepEqual(await readUrl(address.slice('/console'.length)), { kql, time: '1d' });
  }
});

test('an address that nobody made has no query, and a bomb is not unpacked', async () => {
  for (const hash of ['', '#', '#query=', '#query=!!', '#query=AAAA', '#query=%00'])
    assert.equal(await readUrl(hash), null, hash);
  const bomb = await queryUrl({ kql: ' '.repeat(2_000_000), time: '' });
  assert.ok(bomb.length < 10_000);
  assert.equal(await readUrl(bomb.slice('/console'.length)), null);
});

test('the typed view stands before a query that names it and does not define it', () => {
  assert.equal(withView('foundry_attempts | take 1', VIEW), `${VIEW.text}\nfoundry_attempts | take 1`);
  const others = ['AppEvents', 'my_foundry_attempts_', 'let foundry_attempts = AppEvents; foundry_attempts'];
  for (const kql of others) assert.equal(withView(kql, VIEW), kql);
  assert.equal(withView('foundry_attempts', null), 'foundry_attempts');
});

test('an error names the line that was written', () => {
  const written = 'foundry_attempts\n| x';
  const error = new QueryError('wrong on line 3, position 3', { line: 3, position: 3 });
  const shown = asWritten(error, { sent: withView(written, VIEW), written });
  assert.deepEqual([shown.message, shown.line, shown.position], ['wrong on line 2, position 3', 2, 3]);
  assert.equal(asWritten(error, { sent: written, written }), error);
});

test('queries are kept newest first, once each, and no more than the browser should have', () => {
  for (let i = 0; i < 60; i += 1) keepQuery({ kql: `q${i % 55}`, time: '', at: i });
  assert.equal(pastQueries().length, 50);
  assert.deepEqual(
    pastQueries()
      .slice(0, 2)
      .map(({ kql }) => kql),
    ['q4', 'q3'],
  );
  for (let i = 0; i < 3; i += 1) keepQuery({ kql: String(i).repeat(90_000), time: '', at: i });
  assert.ok(kept.get('foundry-console-history').length < 210_000);
  clearQueries();
  assert.deepEqual(pastQueries(), []);
});

test('what somebody else has put there is no query', () => {
  for (const text of ['{', '{}', '[1, {"kql": 1}, null]']) {
    kept.set('foundry-console-history', text);
    assert.deepEqual(pastQueries(), []);
  }
});
