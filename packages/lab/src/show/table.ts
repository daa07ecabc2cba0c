// SPDX-License-Identifier: GPL-2.0-only
// A table of the terminal.

import Table from 'cli-table3';

/** @param numbersFrom the first column that is set to the right */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  numbersFrom: number,
): string {
  const made = new Table({
    head: [...head],
    style: { head: [], border: [], compact: true },
    colAligns: head.map((_, i) => (i < numbersFrom ? 'left' : 'right')),
  });
  made.push(...rows.map((row) => [...row]));
  return made.toString();
}
