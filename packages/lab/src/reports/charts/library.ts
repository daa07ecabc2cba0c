// SPDX-License-Identifier: GPL-2.0-only
// The scripts of a page with charts: Chart.js as its package ships it, and our own as the build bundled it.

import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PACKAGE_FOLDER, packageRequire } from '../../package';

/** Chart.js, minified, then ours. */
export function pageScripts(): string[] {
  // A browser's tools would look for the map that the last line names.
  const library = readFileSync(join(chartFolder(), 'dist/chart.umd.min.js'), 'utf8');
  return [library.replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n'), ownScript()];
}

/** Its MIT licence, which is to go with every copy. */
export function chartLicence(): string {
  return readFileSync(join(chartFolder(), 'LICENSE.md'), 'utf8').trim();
}

function ownScript(): string {
  return readFileSync(join(PACKAGE_FOLDER, 'dist/charts-page.js'), 'utf8');
}

function chartFolder(): string {
  const main = packageRequire.resolve('chart.js');
  return dirname(dirname(main));
}
