/* Every text that the page itself writes: all others are the workbook's. */
// @ts-check

/** Names and messages, by the part of the page. */
export const TEXTS = {
  title: 'Foundry workbook',
  retry: 'Try again',
  copy: 'Copy',
  copied: 'Copied',
  copyLink: 'Copy a link to this view',
  linkCopied: 'Link copied',
  console: 'Open the KQL console',
  notCopied: 'The browser did not allow copying',
  close: 'Close',
  updated: 'Updated',
  failedToStart: 'The page could not start.',

  // The response of the server.
  timeout: 'No response within 2 minutes',
  unreachable: 'The server does not respond',
  noTable: 'The response has no table',
  noResponse: 'No response from the server yet.',

  // The header.
  states: { open: 'Live', connecting: 'Connecting', resting: 'Idle', lost: 'Connection lost' },
  paused: 'Paused',
  pause: 'Updates as data arrives. Click to pause.',
  resume: 'Paused. Click to resume.',
  store: 'Store',
  storedData: 'Stored data',
  storeHeads: ['Table', 'Rows', 'Last record'],
  connection: 'Connection string for this store:',
  connectionPrinted: 'The connection string is printed where the server was started.',
  copyConnection: 'Copy the connection string',
  connectionCopied: 'Connection string copied',
  database: 'Database',
  inMemory: 'In memory: lost when the server stops.',
  retention: 'Retention',
  received: 'Received',
  cutValues: 'Cut',
  version: 'Version',
  utc: 'UTC',
  local: 'Local',
  toLocal: 'Times in UTC. Click for local time.',
  toUtc: 'Times in local time. Click for UTC.',
  toLight: 'Switch to the light theme',
  toDark: 'Switch to the dark theme',

  // While no telemetry has arrived.
  getStarted: 'Get started',
  waiting: 'Waiting for the first record',
  setVariable: 'Set this environment variable in a service that calls ',
  orDistro: ' or uses the Azure Monitor distro, and start it. The page updates automatically.',
  noService: 'No service yet? Run ',
  nothing: 'No telemetry received yet.',

  // Parameters.
  parameters: 'Parameters',
  search: 'Search',
  noMatch: 'No match.',
  noValues: 'No values yet.',
  anyTime: 'Any time',
  ranges: 'Time ranges',
  from: 'From',
  to: 'To',
  apply: 'Apply',
  endBeforeStart: 'The end must be after the start.',
  justNow: 'just now',

  // Steps.
  step: 'this step',
  links: 'Links',
  tabs: 'Tabs',
  more: 'Show more',
  resetTime: 'Restore the previous time range',
  asTable: 'Show as table',
  downloadCsv: 'Download as CSV',
  showQuery: 'Show the query',
  showStepQuery: 'Show the query of this step',
  notSupported: 'Not supported by this page: ',
  queryAvailable: 'Its query is available.',
  laterStep: 'another or a later step sets it',
  noStep: 'no step sets it',
  query: 'Query',
  sentWith: 'Queried with the time range ',
  limitsTime: ', which limits TimeGenerated.',
  kqlCopied: 'KQL copied',
  copyKql: 'Copy KQL',
  openInConsole: 'Open in console',

  // Empty results.
  noRows: 'The query returned no rows.',
  noFit: 'No rows match the filter.',
  clearFilter: 'Clear the filter',
  inTheLast: 'in the last',
  theLast: 'the last',
  dayBefore: 'the day before it',

  // Charts and tables.
  noChart: 'The chart library could not be loaded',
  cut: 'Only the largest 100 series and the first 10,000 points are shown.',
  noSeries: 'no values',
  detailsShown: 'Details of the selected row are below the table',
  filterRows: 'Filter rows',
  cellCopied: 'Cell copied',
  copyCell: 'Copy this cell',
  copyText: 'Copy the text',
  copyJson: 'Copy all as JSON',
};

/** Texts with something in them. */
export const FILLED = {
  /** @type {(path: string, status: number) => string} */
  status: (path, status) => `${path} returned status ${status}`,
  /** @type {(status: number) => string} */
  queryStatus: (status) => `The query returned status ${status}`,
  /** @type {(line: number, position: number | null) => string} */
  place: (line, position) => `Line ${line}${position ? `, position ${position}` : ''}`,
  /** @type {(age: string) => string} */
  last: (age) => ` · last ${age}`,
  /** @type {(rows: number) => string} */
  attempts: (rows) => (rows === 1 ? ' attempt' : ' attempts'),
  /** @type {(days: number) => string} */
  days: (days) => `${days} days`,
  /** @type {(items: string, refused: string) => string} */
  items: (items, refused) => `${items} items, ${refused} refused`,
  /** @type {(values: number) => string} */
  cutValues: (values) =>
    `${values.toLocaleString('en-US')} ${values === 1 ? 'value' : 'values'} longer than Azure keeps`,
  /** @type {(title: string) => string} */
  documentTitle: (title) => `${title} · foundry-telemetry`,
  /** @type {(value: string) => string} */
  invalid: (value) => `Invalid value: ${value}`,
  /** @type {(title: string) => string} */
  search: (title) => `Search ${title}`,
  /** @type {(duration: string) => string} */
  lastTime: (duration) => `Last ${duration}`,
  /** @type {(amount: number, unit: string) => string} */
  ago: (amount, unit) => `${amount} ${unit === 'm' ? 'min' : unit} ago`,
  /** @type {(utc: boolean) => string} */
  between: (utc) => `Between two times (${utc ? 'UTC' : 'local'})`,
  /** @type {(titles: string[]) => string} */
  waitingFor: (titles) => `Waiting for a value of ${titles.join(', ')}.`,
  /** @type {(name: string) => string} */
  unknownFormat: (name) => `${name} has no value: unknown format`,
  /** @type {(name: string, why: string) => string} */
  noValue: (name, why) => `{${name}} has no value: ${why}`,
  /** @type {(features: string[]) => string} */
  notSupported: (features) => `Not supported: ${features.join(', ')}`,
  /** @type {(name: string) => string} */
  unknownStep: (name) => `Step “${name}”`,
  /** @type {(within: string) => string} */
  noRows: (within) => `The query returned no rows ${within}.`,
  /** @type {(within: string) => string} */
  noData: (within) => `No data ${within}.`,
  /** @type {(when: string, age: string) => string} */
  lastRecord: (when, age) => ` The last record is from ${when}, ${age}.`,
  /** @type {(range: string) => string} */
  fromRange: (range) => `from ${range}`,
  /** @type {(range: string) => string} */
  show: (range) => `Show ${range}`,
  /** @type {(name: string) => string} */
  copy: (name) => `Copy ${name}`,
  /** @type {(name: string) => string} */
  filterOf: (name) => `Filter rows of ${name}`,
  /** @type {(many: string, total: string) => string} */
  matching: (many, total) => `${many} of ${total} rows match the filter.`,
  /** @type {(most: string, many: string) => string} */
  firstRows: (most, many) => `Only the first ${most} of ${many} rows are shown.`,
  /** @type {(most: number) => string} */
  firstTiles: (most) => `Only the first ${most} tiles are shown.`,
  /** @type {(low: string, high: string) => string} */
  scale: (low, high) => `Colours from ${low} to ${high}`,
  /** @type {(most: string) => string} */
  maximum: (most) => `${most} (maximum of the scale)`,
  /** @type {(name: string) => string} */
  seriesOf: (name) => `Series of ${name}`,
  /** @type {(count: number) => string} */
  notSplit: (count) =>
    `${count} ${count === 1 ? 'attempt' : 'attempts'} without usage or rate: not in the split`,
  /** @type {(more: number) => string} */
  andMore: (more) => `and ${more} more`,
  /** @type {(more: number) => string} */
  moreSeries: (more) => `; and ${more} more series`,
  /** @type {(last: string, highest: string) => string} */
  summary: (last, highest) => `last ${last}, highest ${highest}`,
  /** @type {(name: string, count: number, last: string, highest: string) => string} */
  spark: (name, count, last, highest) => `${name}: ${count} values, last ${last}, highest ${highest}`,
};
