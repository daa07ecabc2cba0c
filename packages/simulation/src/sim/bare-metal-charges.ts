// SPDX-License-Identifier: GPL-2.0-only
// What an IOMMU costs without a hypervisor: pages written into the table and cleared, and invalidations. Their commands go
// through one queue; the IOMMU works through it in order, and each CPU waits for its own.

import { PAGE_SIZE } from '@iommu-bounce/linux-shim';
import type { table_listener } from '@iommu-bounce/iommu-core';
import { Cause } from './ledger';
import type { Meter } from './meter';

export function bareMetalCharges(meter: Meter): table_listener {
  const { ledger, cost } = meter;
  const queue = meter.newLock('command queue');
  /** Pages cleared that no flush has named yet. */
  let cleared = 0;
  const invalidate = (pages: number): void => {
    queue.take();
    ledger.charge(Cause.invalidate, cost.invalidateNs + pages * cost.invalidatePageNs);
    queue.give();
    meter.flushes++;
    meter.flushedPages += pages;
    cleared = 0;
    meter.forgetsAll();
  };
  return {
    map: (_iova, _paddr, size) => {
      meter.pagesWritten(size);
    },
    unmap: (_iova, size) => {
      meter.pagesCleared(size);
      cleared += size / PAGE_SIZE;
    },
    /** Of the range that was unmapped. */
    sync: () => {
      invalidate(cleared);
    },
    /** One command for all. */
    flush_all: () => {
      invalidate(0);
    },
  };
}
