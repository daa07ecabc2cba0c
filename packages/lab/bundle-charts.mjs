// SPDX-License-Identifier: GPL-2.0-only
// What draws the charts of a page: dist/charts-page.js.

import { build } from 'esbuild';

await build({
  bundle: true,
  minify: true,
  target: 'es2022',
  charset: 'ascii',
  logLevel: 'warning',
  entryPoints: ['src/reports/charts/page/main.ts'],
  format: 'iife',
  legalComments: 'none',
  outfile: 'dist/charts-page.js',
});
