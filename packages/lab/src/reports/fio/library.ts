// SPDX-License-Identifier: GPL-2.0-only
// The scripts of the page: Chart.js as its package ships it, and our own; and Chart.js's licence.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** Of this package, wherever this module lies in it: in src, built, or built as one file. */
const packageRequire = createRequire(join(__dirname, 'library.js'));
const PACKAGE = dirname(packageRequire.resolve('@iommu-bounce/lab/package.json'));

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
  return readFileSync(join(PACKAGE, 'src/reports/fio/page/charts.js'), 'utf8');
}

function chartFolder(): string {
  const main = packageRequire.resolve('chart.js');
  return dirname(dirname(main));
}
