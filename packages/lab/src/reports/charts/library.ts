// SPDX-License-Identifier: GPL-2.0-only
// What a page with charts carries: Chart.js as its package ships it, our own script as the build bundled it, a licence.

import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PACKAGE_FOLDER, packageRequire } from '../../package';
import { type Html, html } from '../../show/html';
import type { Page } from '../../show/page';
import { CHART_STYLE } from './style';
import type { Figure } from './view';

/** All that the page needs beside the sections of its figures. */
export function chartParts(
  figures: readonly Pick<Figure, 'view'>[],
): Required<Pick<Page, 'licences' | 'style' | 'data' | 'scripts'>> {
  return {
    licences: licence(),
    style: CHART_STYLE,
    data: { charts: figures.map(({ view }) => view) },
    scripts: pageScripts(),
  };
}

/** Chart.js, minified, then ours. */
function pageScripts(): string[] {
  // A browser's tools would look for the map that the last line names.
  const library = readFileSync(join(chartFolder(), 'dist/chart.umd.min.js'), 'utf8');
  const own = readFileSync(join(PACKAGE_FOLDER, 'dist/charts-page.js'), 'utf8');
  return [library.replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n'), own];
}

/** Of Chart.js: its licence is to go with every copy. */
function licence(): Html {
  return html`<p>Charts are drawn by Chart.js, which is in this file, under the MIT licence.</p>
    <details>
      <summary>Licence of Chart.js</summary>
      ${readFileSync(join(chartFolder(), 'LICENSE.md'), 'utf8')
        .trim()
        .split(/\n\s*\n/)
        .map((paragraph) => html`<p>${paragraph.replace(/\s+/g, ' ')}</p>`)}
    </details>`;
}

function chartFolder(): string {
  return dirname(dirname(packageRequire.resolve('chart.js')));
}
