/* The worker in which Microsoft's language service runs. Its code makes functions from text: so this file has a
   content security policy of its own, which allows that here and reaches nothing but the two scripts. */
// @ts-check

/**
 * @template T
 * @typedef {{Count: number, getItem: (index: number) => T}} List  Of .NET.
 */

/**
 * @typedef {object} Found  What may stand at a place.
 * @property {string} DisplayText
 * @property {string} MatchText
 * @property {string} BeforeText  Of what is inserted: before the cursor, and after it.
 * @property {string} AfterText
 * @property {number} Kind
 *
 * @typedef {{Severity: string, Message: string, Start: number, Length: number}} Diagnostic
 *
 * @typedef {object} Service
 * @property {() => List<Diagnostic>} GetDiagnostics
 * @property {(at: number, options: object) => {Items: List<Found>, EditStart: number, EditLength: number}} GetCompletionItems
 *
 * @typedef {object} Globals
 * @property {(database: object) => Globals} WithDatabase
 *
 * @typedef {object} Language
 * @property {{Default: Globals}} GlobalState
 * @property {object} Editor
 * @property {{$ctor1: new (text: string, globals: Globals) => Service}} Editor.KustoCodeService
 * @property {{Default: object}} Editor.CompletionOptions
 * @property {Record<string, string | number>} Editor.CompletionKind  Number by name.
 * @property {object} Symbols
 * @property {{GetSymbol: (name: string) => object | null}} Symbols.ScalarTypes
 * @property {new (name: string, type: object) => object} Symbols.ColumnSymbol
 * @property {{$ctor4: new (name: string, columns: object[]) => object}} Symbols.TableSymbol
 * @property {{ctor: new (name: string, tables: object[]) => object}} Symbols.DatabaseSymbol
 *
 * @typedef {Record<string, Record<string, string>>} Tables  KQL type by column by table.
 * @typedef {{scripts: string[], tables: Tables}} Start
 * @typedef {{text: string, at: number}} Asked
 * @typedef {{label: string, detail: string, kind: string, before: string, after: string}} Completion
 * @typedef {{from: number, to: number, items: Completion[]}} Completions
 * @typedef {{from: number, to: number, severity: 'error' | 'warning' | 'info', message: string}} Problem
 */

const scope =
  /** @type {typeof globalThis & {Kusto?: {Language: Language}, importScripts: (...urls: string[]) => void}} */ (
    globalThis
  );
/** @type {Record<string, Problem['severity'] | undefined>} */
const SEVERITIES = { Error: 'error', Warning: 'warning', Suggestion: 'info', Information: 'info' };

/** @type {{language: Language, globals: Globals, kinds: Map<unknown, string>} | null} */
let loaded = null;

/**
 * @template T
 * @param {List<T>} list
 */
const listed = (list) => Array.from({ length: list.Count }, (_, i) => list.getItem(i));

/**
 * Loads the service and says which tables there are.
 * @param {Start} start
 */
function begin({ scripts, tables }) {
  scope.importScripts(...scripts);
  const language = scope.Kusto?.Language;
  if (!language) throw new Error('the language service did not load');
  const { Symbols, GlobalState, Editor } = language;
  const column = ([name, type] = ['', '']) => {
    const symbol = Symbols.ScalarTypes.GetSymbol(type) ?? Symbols.ScalarTypes.GetSymbol('dynamic');
    return new Symbols.ColumnSymbol(name, symbol ?? {});
  };
  const symbols = Object.entries(tables).map(
    ([name, columns]) =>
      new Symbols.TableSymbol.$ctor4(
        name,
        Object.entries(columns).map((each) => column(each)),
      ),
  );
  const database = new Symbols.DatabaseSymbol.ctor('workspace', symbols);
  const kinds = new Map(Object.entries(Editor.CompletionKind).map(([name, value]) => [value, name]));
  loaded = { language, globals: GlobalState.Default.WithDatabase(database), kinds };
  return true;
}

/** @param {string} text */
function read(text) {
  if (!loaded) throw new Error('not started');
  const { language, globals, kinds } = loaded;
  return { service: new language.Editor.KustoCodeService.$ctor1(text, globals), kinds, language };
}

/**
 * What may stand at a place.
 * @param {Asked} asked
 * @returns {Completions}
 */
function complete({ text, at }) {
  const { service, kinds, language } = read(text);
  const { Items, EditStart, EditLength } = service.GetCompletionItems(
    at,
    language.Editor.CompletionOptions.Default,
  );
  const items = listed(Items)
    .filter(({ MatchText }) => !MatchText.startsWith('.')) // commands, which no workspace runs
    .map(({ DisplayText, MatchText, BeforeText, AfterText, Kind }) => ({
      label: MatchText || DisplayText,
      detail: DisplayText === MatchText ? '' : DisplayText,
      kind: kinds.get(Kind) ?? '',
      before: BeforeText || DisplayText,
      after: AfterText || '',
    }));
  return { from: EditStart, to: EditStart + EditLength, items };
}

/**
 * What is wrong with a text.
 * @param {{text: string}} asked
 * @returns {Problem[]}
 */
function check({ text }) {
  return listed(read(text).service.GetDiagnostics()).flatMap(({ Severity, Message, Start, Length }) => {
    const severity = SEVERITIES[Severity];
    return severity ? [{ from: Start, to: Start + Length, severity, message: Message }] : [];
  });
}

/** @type {Record<string, (question: never) => unknown>} */
const ANSWERS = { begin, complete, check };

/** @param {MessageEvent<{id: number, name: string, question: never}>} event */
scope.onmessage = ({ data: { id, name, question } }) => {
  try {
    scope.postMessage({ id, answer: ANSWERS[name](question) });
  } catch (error) {
    scope.postMessage({ id, error: String(error) });
  }
};
