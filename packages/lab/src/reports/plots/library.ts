// SPDX-License-Identifier: GPL-2.0-only
// What a page with plots carries: uPlot as its package ships it, our own script as the build bundled it, a licence.

import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PACKAGE_FOLDER, packageRequire } from '../../package';
import { Html } from '../../show/html';
import type { Page } from '../../show/page';
import { licenceOf } from '../licence';
import { PLOT_STYLE } from './style';
import type { PlotView } from './view';

/** All that the page needs beside its figures; nothing for a page without plots. */
export function plotParts(
  views: readonly PlotView[],
): Pick<Page, 'licences' | 'style' | 'data' | 'scripts'> {
  if (views.length === 0) return {};
  const library = dirname(dirname(packageRequire.resolve('uplot')));
  const read = (file: string): string => readFileSync(join(library, file), 'utf8');
  return {
    licences: licenceOf(
      'uPlot',
      'Plots are drawn by uPlot, which is in this file, under the MIT licence.',
      join(library, 'LICENSE'),
    ),
    style: new Html(read('dist/uPlot.min.css') + PLOT_STYLE),
    data: { plots: views },
    scripts: [
      read('dist/uPlot.iife.min.js'),
      readFileSync(join(PACKAGE_FOLDER, 'dist/plots-page.js'), 'utf8'),
    ],
  };
}
