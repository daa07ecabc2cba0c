// SPDX-License-Identifier: GPL-2.0-only
// What draws the charts and the plots of a page: dist/charts-page.js, dist/plots-page.js, dist/sweep-page.js.

import { build } from 'esbuild';

for (const kind of ['charts', 'plots', 'sweep'])
  await build({
    bundle: true,
    minify: true,
    target: 'es2022',
    charset: 'ascii',
    logLevel: 'warning',
    entryPoints: [`src/reports/${kind}/page/main.ts`],
    format: 'iife',
    legalComments: 'none',
    outfile: `dist/${kind}-page.js`,
  });
