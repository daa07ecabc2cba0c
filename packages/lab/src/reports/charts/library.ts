// SPDX-License-Identifier: GPL-2.0-only
// What a page with charts carries: Chart.js as its package ships it, our own script as the build bundled it, a licence.

import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PACKAGE_FOLDER, packageRequire } from '../../package';
import type { Page } from '../../show/page';
import { licenceOf } from '../licence';
import { CHART_STYLE } from './style';
import type { Figure } from './view';

/** All that the page needs beside the sections of its figures. */
export function chartParts(
  figures: readonly Pick<Figure, 'view'>[],
): Required<Pick<Page, 'licences' | 'style' | 'data' | 'scripts'>> {
  return {
    ...chartLibrary('charts-page.js'),
    style: CHART_STYLE,
    data: { charts: figures.map(({ view }) => view) },
  };
}

/**
 * Chart.js, and a script of ours that draws with it.
 * @param own its name in dist
 */
export function chartLibrary(own: string): Required<Pick<Page, 'licences' | 'scripts'>> {
  // A browser's tools would look for the map that the last line names.
  const library = readFileSync(join(chartFolder(), 'dist/chart.umd.min.js'), 'utf8');
  return {
    licences: licenceOf(
      'Chart.js',
      'Charts are drawn by Chart.js, which is in this file, under the MIT licence.',
      join(chartFolder(), 'LICENSE.md'),
    ),
    scripts: [
      library.replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n'),
      readFileSync(join(PACKAGE_FOLDER, 'dist', own), 'utf8'),
    ],
  };
}

function chartFolder(): string {
  return dirname(dirname(packageRequire.resolve('chart.js')));
}
