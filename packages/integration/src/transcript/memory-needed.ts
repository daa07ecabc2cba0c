// SPDX-License-Identifier: GPL-2.0-only
// How much memory the machine of a transcript has.

import { get_order } from '@iommu-bounce/linux-shim';
import { TranscriptError } from './error';
import type { Transcript, TranscriptOp } from './parse';

export interface MemoryNeeded {
  /** Pages. */
  readonly lowmem: number;
  readonly highmem: number;
  readonly buddy: number;
}

/** Enough memory for the worst case: the format promises that allocations only fail when told to. */
export function memoryNeeded({ header, ops }: Transcript): MemoryNeeded {
  let lowmem = 1;
  let highmem = 0;
  let maps = 0;
  let coherent = 0;
  const number = (op: TranscriptOp, name: string): number => op.fields[name] as number;
  for (const op of ops) {
    if (op.name === 'buf') {
      if (op.fields['highmem'] === true) highmem += number(op, 'pages') + 1;
      else lowmem += number(op, 'pages') + 1;
    } else if (op.name === 'map_page' || op.name === 'map_sg') maps++;
    else if (op.name === 'alloc_coherent' || op.name === 'alloc_noncontiguous') {
      const order = get_order(number(op, 'len'));
      if (order <= 18) coherent += 2 ** order;
    }
    if (lowmem + highmem > 2 ** 19)
      throw new TranscriptError(op.line, 'buffers of more than 2 GiB, expected less');
  }
  const classes = [0, 1, 2, 3, 4, 5, 6, 7].filter((bit) => header.classSizes & (1 << bit));
  const perSlot = classes.reduce((sum, bit) => sum + 2 ** bit, 0);
  const largest = classes.length > 0 ? 2 ** Math.max(...classes) : 0;
  const pool = Math.min(header.numSlots * perSlot, maps * largest);
  // Twice the sum and a little more, since large blocks must be found among small ones.
  return { lowmem, highmem, buddy: Math.min(2 ** 18, 2 * (pool + coherent) + 1024) };
}
