/* The rules for the local page: eslint's recommended ones, and typescript-eslint's that use types. */

import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/** The tests keep the packages in the user's cache; after `npm ci` they are beside this file. */
const require = createRequire(process.env.PAGE_LINT_PACKAGES ?? import.meta.url);
const js = require('@eslint/js');
const globals = require('globals');
const ts = require('typescript-eslint');

const tsconfig = fileURLToPath(new URL('tsconfig.json', import.meta.url));

export default ts.config(
  { ignores: ['**/vendor/**'] },
  js.configs.recommended,
  ts.configs.recommendedTypeChecked,
  {
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: { 'max-lines': ['error', 300], 'max-lines-per-function': ['error', 40] },
  },
  {
    files: ['**/page/*.js', '**/page/console/*.js'],
    languageOptions: { globals: globals.browser, parserOptions: { project: [tsconfig] } },
  },
  /* The tests run in Node and have no types. */
  {
    files: ['**/*.mjs'],
    extends: [ts.configs.disableTypeChecked],
    languageOptions: { globals: globals.node },
  },
);
