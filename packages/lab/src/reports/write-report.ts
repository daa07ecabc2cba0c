// SPDX-License-Identifier: GPL-2.0-only
// Writes a report; of files that are there already only a report of ours is replaced.

import { GENERATOR } from '../show/page';
import { type Replacing, checkWritable, writeFile } from '../write-file';

const REPORT: Replacing = {
  what: 'report',
  makeFolders: true,
  isOurs: (head) => head.includes(`<meta name="generator" content="${GENERATOR}`),
};

/** @throws UsageError if the file is there and is not ours */
export function checkReportFile(file: string): void {
  checkWritable(file, REPORT);
}

/** @throws UsageError */
export function writeReport(file: string, text: string): void {
  writeFile(file, text, REPORT);
}
