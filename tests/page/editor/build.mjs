/* node build.mjs PACKAGES OUT: bundles entry.js with the packages of a folder. The same lock, the same bytes. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const [packages, outfile] = process.argv.slice(2);
const { build } = createRequire(join(packages, 'package.json'))('esbuild');
const here = dirname(fileURLToPath(import.meta.url));

await build({
  entryPoints: [join(here, 'entry.js')],
  nodePaths: [join(packages, 'node_modules')],
  outfile,
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  legalComments: 'none',
  banner: { js: '/* CodeMirror 6, MIT; see LICENSE-codemirror */' },
  logLevel: 'error',
});
