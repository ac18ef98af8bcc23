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
  format: 'iife',
  globalName: 'echarts',
  target: 'es2020',
  legalComments: 'none',
  banner: { js: '/* Apache ECharts 6.1.0, Apache-2.0; see LICENSE, LICENSE-d3 and NOTICE */' },
  logLevel: 'error',
});
