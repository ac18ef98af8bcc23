/* Every text that the console itself writes, besides those that it shares with the page. */
// @ts-check

export const CONSOLE = {
  title: 'KQL console',
  editor: 'KQL query',
  placeholder: 'A KQL query, such as foundry_attempts | take 10',
  run: 'Run',
  runHint: 'Run (Ctrl+Enter or Cmd+Enter)',
  cancel: 'Cancel',
  time: 'Time range',
  inQuery: 'As in the query',
  history: 'History',
  past: 'Queries of this browser',
  noHistory: 'No queries yet.',
  clear: 'Clear history',
  problems: 'Problems in the query',
  results: 'Results',
  chart: 'Chart',
  table: 'Table',
  running: 'Running …',
  cancelled: 'Cancelled',
  failed: 'The query failed',
  nothing: 'Results appear here.',
  download: 'Download as CSV',
  copyLink: 'Copy a link to this query',
  result: 'Query result',
  noService: 'Completion and errors while typing need Microsoft’s language service. To get it, run ',
  thenReload: ' and reload this page.',
  failedService: 'The language service could not be started; the query can be run without it.',
};

export const FILLED_CONSOLE = {
  /** @type {(rows: number, ms: number) => string} */
  done: (rows, ms) =>
    `${rows.toLocaleString('en-US')} ${rows === 1 ? 'row' : 'rows'} in ${(ms / 1000).toFixed(2)} s`,
  /** @type {(line: number, column: number) => string} */
  place: (line, column) => `Line ${line}, column ${column}`,
  /** @type {(more: number) => string} */
  moreProblems: (more) => `and ${more} more`,
};
