import assert from 'node:assert/strict';
import test from 'node:test';

import { isHidden, ruleFor, threshold } from '../../../foundry_telemetry/local/page/format_rules.js';
import { columnWidth } from '../../../foundry_telemetry/local/page/grid_head.js';
import * as grid from '../../../foundry_telemetry/local/page/grid_rows.js';
import { TEXT } from '../../../foundry_telemetry/local/page/parameters.js';
import { RowSelection } from '../../../foundry_telemetry/local/page/row_selection.js';
import { Scope } from '../../../foundry_telemetry/local/page/scope.js';
import { record, records } from '../../../foundry_telemetry/local/page/table.js';
import { sortedRows } from '../../../foundry_telemetry/local/page/tiles.js';

const COLUMNS = [
  { name: 'name', type: 'string' },
  { name: 'count', type: 'long' },
];
const TABLE = {
  columns: COLUMNS,
  rows: [
    ['b', 10],
    ['a', 9],
    ['', null],
  ],
};
const shown = grid.gridColumns(COLUMNS, undefined);
const values = (wanted) =>
  grid
    .arrange(TABLE, shown, { words: '', sort: null, limit: 9, ...wanted })
    .rows.map(({ values: [name] }) => name);

test('a row is an object by the names of the columns', () => {
  assert.deepEqual(record(COLUMNS, ['a', 1]), { name: 'a', count: 1 });
  assert.deepEqual(records(TABLE)[2], { name: '', count: null });
});

test('numbers sort by value, empty ones last, and an unknown column sorts nothing', () => {
  assert.deepEqual(values({ sort: { name: 'count', down: false } }), ['a', 'b', '']);
  assert.deepEqual(values({ sort: { name: 'name', down: false } }), ['a', 'b', '']);
  assert.deepEqual(values({ sort: { name: 'gone', down: false } }), ['b', 'a', '']);
});

test('a filter searches the columns that are shown, and the limit cuts what it found', () => {
  assert.deepEqual(values({ words: '10' }), ['b']);
  const hidden = grid.gridColumns(COLUMNS, [{ columnMatch: 'count', formatter: 5 }]);
  assert.equal(grid.arrange(TABLE, hidden, { words: '10', sort: null, limit: 9 }).found, 0);
  const cut = grid.arrange(TABLE, shown, { words: '', sort: null, limit: 1 });
  assert.deepEqual([cut.rows.length, cut.found], [1, 3]);
});

test('clicks on a head sort, turn round, and end the order', () => {
  const first = grid.nextSort(null, COLUMNS[1]);
  const second = grid.nextSort(first, COLUMNS[1]);
  assert.deepEqual([first.down, second.down, grid.nextSort(second, COLUMNS[1])], [true, false, null]);
  assert.deepEqual(grid.nextSort(first, COLUMNS[0]), { name: 'name', down: false });
});

test('the workbook names the first order by a column or by a generated key', () => {
  assert.deepEqual(grid.initialSort([{ itemKey: 'a', sortOrder: 2 }]), { name: 'a', down: true });
  assert.deepEqual(grid.initialSort([{ itemKey: '$gen_bar_a_b_3', sortOrder: 1 }]), {
    name: 'a_b',
    down: false,
  });
  assert.equal(grid.initialSort(undefined), null);
});

test('numbers are aligned to the right, unless a formatter draws something else', () => {
  const aligned = (formatter, more = {}) =>
    grid.gridColumns(COLUMNS, [{ columnMatch: 'count', formatter, ...more }]).map(grid.isRightAligned);
  assert.deepEqual(aligned(0), [false, true]);
  assert.deepEqual(aligned(18), [false, false]);
  assert.deepEqual(aligned(18, { numberFormat: { unit: 1 } }), [false, true]);
});

test('the scale of a column is that of its numbers, without the empty ones', () => {
  const ruled = grid.gridColumns(COLUMNS, [{ columnMatch: 'count', formatter: 3 }]);
  assert.deepEqual(grid.ranges(TABLE, ruled), { count: { min: 9, max: 10 } });
});

test('the note has the numbers of rows that are not shown, else nothing', () => {
  assert.equal(grid.note({ found: 3, all: 3, limit: 9, words: '' }), '');
  assert.equal(grid.note({ found: 1, all: 3, limit: 9, words: 'x' }), '1 of 3 rows match the filter.');
  const cut = grid.note({ found: 3000, all: 3000, limit: 1000, words: '' });
  assert.equal(cut, 'Only the first 1,000 of 3,000 rows are shown.');
});

test('a width alone counts characters, a share is no width', () => {
  const widths = ['12', '12.5ch', '80px', '20%', '1fr', 'x', undefined].map(columnWidth);
  assert.deepEqual(widths, ['12ch', '12.5ch', '80px', '20%', null, null, null]);
});

test('a formatter is found by the name of its column before any pattern', () => {
  const rules = [
    { columnMatch: 'c.*', formatter: 1 },
    { columnMatch: 'count', formatter: 5 },
    { columnMatch: '(' },
  ];
  assert.equal(ruleFor(rules, 'count')?.formatter, 5);
  assert.equal(ruleFor(rules, 'cost')?.formatter, 1);
  assert.equal(ruleFor(rules, 'a cost'), undefined);
  assert.equal(ruleFor(undefined, 'count'), undefined);
  assert.deepEqual([isHidden(rules[1]), isHidden(undefined)], [true, false]);
});

test('a value meets the first threshold that is true', () => {
  const met = (value, operator, thresholdValue) => Boolean(threshold([{ operator, thresholdValue }], value));
  const cases = [
    [10, '>', '9', true],
    ['10', '==', '10.0', true],
    ['', '<', '1', false],
    [null, 'is Empty', null, true],
    ['abc', 'contains', 'b', true],
    ['abc', 'regex', 'b', false],
    ['abc', 'regex', '(', false],
    ['abc', 'unheard of', 'abc', false],
    ['x', 'Default', null, true],
  ];
  for (const [value, operator, wanted, expected] of cases)
    assert.equal(met(value, operator, wanted), expected, `${value} ${operator} ${wanted}`);
});

test('tiles sort by number or by text, in the order of the workbook', () => {
  const names = (settings) => sortedRows(TABLE, settings).map(([name]) => name);
  assert.deepEqual(names({ sortCriteriaField: 'count', sortOrderField: 2 }), ['b', 'a', '']);
  assert.deepEqual(names({ sortCriteriaField: 'name', sortOrderField: 1 }), ['', 'a', 'b']);
  assert.deepEqual(names({ sortCriteriaField: 'name', sortOrderField: 0 }), ['b', 'a', '']);
});

function selection(settings) {
  const scope = new Scope();
  return { scope, rows: new RowSelection(settings, { order: 1, groups: [] }, scope) };
}
const valueOf = (scope, name) => scope.find(name, { order: 2, groups: [] })?.value;

test('a selected row sets every parameter that it exports, none resets them', () => {
  const { scope, rows } = selection({
    exportParameterName: 'Row',
    exportedParameters: [{ parameterName: 'Count', fieldName: 'count', defaultValue: 'none' }],
  });
  rows.set({ name: 'a', count: 1 });
  assert.deepEqual([valueOf(scope, 'Row'), valueOf(scope, 'Count')], ['{"name":"a","count":1}', '1']);
  assert.equal(rows.has({ name: 'a', count: 1 }), true);
  rows.set(null);
  assert.deepEqual([valueOf(scope, 'Row'), valueOf(scope, 'Count')], [undefined, 'none']);
  assert.equal(rows.has({ name: 'a', count: 1 }), false);
});

test('a selection ends when its row is gone, and by the item rather than the reader', () => {
  const { scope, rows } = selection({ exportParameterName: 'Name', exportFieldName: 'name' });
  const origins = [];
  rows.set({ name: 'a' });
  scope.listen(({ by, parameter }) => origins.push([by, parameter.type]));
  rows.keepWithin([{ name: 'b' }, { name: 'a' }]);
  assert.deepEqual(origins, []);
  rows.keepWithin([{ name: 'b' }]);
  assert.deepEqual(origins, [['item', TEXT]]);
});

test('an item that exports nothing offers no selection', () => {
  assert.equal(selection({}).rows.isOffered, false);
});
