// SPDX-License-Identifier: GPL-2.0-only
// What the numbers in the derived forms stand for: a file, a line, and the field that is accessed there.

import { FIELDS, FILES } from '../derived/sites';

/** `io_buffer_slot.prot at io-buffer-pool.ts:560` of the number of an access. */
export function placeOf(code: number): string {
  return `${FIELDS[code & 255] ?? 'memory'} at ${siteOf(Math.floor(code / 256))}`;
}

/** `io-buffer-pool.ts:560` of the number of a step's place; empty for 0. */
export function siteOf(site: number): string {
  if (site === 0) return '';
  return `${FILES[Math.floor(site / 4096)] ?? ''}:${String(site % 4096)}`;
}
