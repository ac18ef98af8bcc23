import assert from 'node:assert/strict';
import test from 'node:test';

import { csv, fileName } from '../../../foundry_telemetry/local/page/csv.js';

const TEXT = [{ name: 'text', type: 'string' }];
const lineOf = (value) => csv({ columns: TEXT, rows: [[value]] }).replace('\uFEFF', '').slice('text\r\n'.length, -2);

test('values are raw: numbers ungrouped, nothing for null, objects as JSON', () => {
  const values = [1234567.25, null, -3, true, { a: [1, 2] }, '2026-11-22T12:07:00Z'];
  assert.equal(
    csv({ columns: values.map((_, i) => ({ name: `c${i}`, type: 'dynamic' })), rows: [values] }),
    'c0,c1,c2,c3,c4,c5\r\n1234567.25,,-3,true,"{""a"":[1,2]}",2026-11-22T12:07:00Z\r\n',
  );
});

test('quotes stand where a reader of CSV needs them', () => {
  assert.equal(lineOf('plain words'), 'plain words');
  for (const sign of [',', ';', '\n', '\r', '\t']) assert.equal(lineOf(`a${sign}b`), `"a${sign}b"`);
  assert.equal(lineOf('say "no"'), '"say ""no"""');
  assert.equal(lineOf(' padded '), '" padded "');
});

test('a text that a spreadsheet would run is a text', () => {
  for (const text of ['=1+1', '+1', '-1', '@SUM(A1)', '\uFF1D1', '\t=1', '\r=1', '  =1'])
    assert.match(lineOf(text), /^"?'/, JSON.stringify(text));
  assert.equal(lineOf('=HYPERLINK("http://x","y")'), `"'=HYPERLINK(""http://x"",""y"")"`);
  assert.equal(lineOf('a=1'), 'a=1');
  assert.match(csv({ columns: [{ name: '=1', type: 'string' }], rows: [] }), /^'=1/);
});

test('the mark of UTF-8 stands where a spreadsheet needs it', () => {
  assert.equal(csv({ columns: TEXT, rows: [['Zürich']] }), '\uFEFFtext\r\nZürich\r\n');
  assert.equal(csv({ columns: TEXT, rows: [['plain']] })[0], 't');
});

test('a file is called as its step, and by the minute', () => {
  const at = new Date('2026-11-22T12:07:33Z');
  assert.equal(fileName('Failed attempts, newest first.', at), 'failed-attempts-newest-first-2026-11-22T1207Z.csv');
  assert.equal(fileName('…', at), 'table-2026-11-22T1207Z.csv');
});
