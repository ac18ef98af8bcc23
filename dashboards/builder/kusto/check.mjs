// Reads {tables: {table: {column: type}}, queries: [text]} and writes, query by query,
// {problems: [{severity, code, message, line, column}], columns: [[name, type]]}.
// The only argument is the folder in which the parser is installed.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';

const load = createRequire(join(process.argv[2], 'package.json'));
load('@kusto/language-service-next/bridge.min.js');
load('@kusto/language-service-next/Kusto.Language.Bridge.min.js');
const { GlobalState, KustoCode, Symbols, Syntax } = globalThis.Kusto.Language;

// What the parser knows and Azure Monitor does not run, as "Language differences" in
// https://learn.microsoft.com/azure/azure-monitor/logs/log-query-overview lists it.
const ABSENT_CALLS = new Set([
  'cluster', 'current_cursor', 'current_principal', 'cursor_after', 'cursor_before_or_at', 'cursor_current', 'database',
  'extent_id', 'extent_tags', 'python', 'sql_request',
]);
const ABSENT_STATEMENTS = new Map([
  [Syntax.AliasStatement, 'alias'],
  [Syntax.QueryParametersStatement, 'declare query_parameters'],
]);

const listed = (list) => Array.from({ length: list.Count }, (_, index) => list.getItem(index));

function workspace(tables) {
  const column = ([name, typeName]) => {
    const type = Symbols.ScalarTypes.GetSymbol(typeName);
    if (!type) throw new Error(`column ${name}: ${typeName} is no type of KQL`);
    return new Symbols.ColumnSymbol(name, type);
  };
  const symbols = Object.entries(tables).map(
    ([name, columns]) => new Symbols.TableSymbol.$ctor4(name, Object.entries(columns).map(column)),
  );
  return GlobalState.Default.WithDatabase(new Symbols.DatabaseSymbol.ctor('workspace', symbols));
}

// A text cut in the middle of a character is no JSON that others read: encoding mends it.
const whole = (text) => Buffer.from(text).toString();

function problem(text, offset, severity, code, message) {
  const lines = text.slice(0, offset).split('\n');
  return { severity, code, message: whole(message), line: lines.length, column: [...lines.at(-1)].length + 1 };
}

function absent(text, syntax) {
  const found = [];
  Syntax.SyntaxElement.WalkNodes(syntax, (node) => {
    const call = node instanceof Syntax.FunctionCallExpression ? node.Name.SimpleName : '';
    const name = ABSENT_CALLS.has(call) ? `${call}()` : ABSENT_STATEMENTS.get(node.constructor);
    if (name) found.push(problem(text, node.TextStart, 'Error', 'NOT_IN_AZURE_MONITOR', `Azure Monitor has no ${name}.`));
  });
  return found;
}

function verdict(text, globals) {
  const code = KustoCode.ParseAndAnalyze(text, globals);
  const problems = listed(code.GetDiagnostics()).map((one) => problem(text, one.Start, one.Severity, one.Code, one.Message));
  problems.push(...absent(text, code.Syntax));
  if (code.Kind !== 'Query') problems.push(problem(text, 0, 'Error', 'NOT_A_QUERY', 'This is a command, not a query.'));
  const columns = code.ResultType?.Columns;
  if (!columns && !problems.length) problems.push(problem(text, 0, 'Error', 'NO_TABLE', 'The text gives no table.'));
  return { problems, columns: columns ? listed(columns).map((one) => [one.Name, one.Type.Name]) : [] };
}

const { tables, queries } = await json(process.stdin);
const globals = workspace(tables);
process.stdout.write(JSON.stringify(queries.map((text) => verdict(text, globals))));
