// SPDX-License-Identifier: GPL-2.0-only
// Sums of parameters that figures can tell where they cannot tell the parameters.

import type { CostName } from '../parameters';

export interface CostSum {
  readonly name: string;
  readonly what: string;
  /** Nanoseconds. */
  readonly of: (value: (name: CostName) => number) => number;
}

export const SUMS: readonly CostSum[] = [
  {
    name: 'ioNs',
    what: 'an I/O without the DMA API: submission, interrupt, completion',
    of: (v) => v('submitNs') + v('interruptNs') + v('completeNs'),
  },
  {
    name: 'mapPieceNs',
    what: 'mapping a piece of one page: a request of its own, its ioctl, its pin',
    of: (v) => v('vmexitNs') + v('vmmRequestNs') + v('vfioMapNs') + v('pinNs'),
  },
  {
    name: 'unmapRequestNs',
    what: 'unmapping, beside what grows with pieces and pages: the request, its ioctl, the guest',
    of: (v) =>
      v('vmexitNs') +
      v('vmmRequestNs') +
      v('vfioUnmapNs') +
      v('dmaUnmapNs') +
      v('iovaCachedNs') / 2,
  },
  {
    name: 'unmapPieceNs',
    what: 'unmapping a piece of one page more: its flush, its unpin',
    of: (v) => v('hostFlushNs') + v('unpinNs'),
  },
  {
    name: 'poolUnmap4kNs',
    what: 'unmapping 4 KiB from the pool: lookup and copy',
    of: (v) => v('poolUnmapNs') + v('copyFixedNs') + (4096 * 1e9) / v('copyColdBytesPerS'),
  },
  {
    name: 'drive4kNs',
    what: 'what the drive needs for 4 KiB: by I/Os or by bytes, whichever is longer',
    of: (v) => Math.max(1e9 / v('nvmeIops'), (4096 * 1e9) / v('nvmeBytesPerS')),
  },
];
