// SPDX-License-Identifier: GPL-2.0-only
// What an IOMMU costs without a hypervisor: pages written into the table and cleared, and invalidations. The IOMMU works
// through commands in order, and through waits for them (CMD_SYNC) in order; both go on beside each other.

import { PAGE_SIZE } from '@iommu-bounce/linux-shim';
import type { table_listener } from '@iommu-bounce/iommu-core';
import { Cause } from './ledger';
import type { Meter } from './meter';

export function bareMetalCharges(meter: Meter): table_listener {
  const { ledger, cost } = meter;
  const commands = meter.newLock('invalidation commands');
  const syncs = meter.newLock('invalidation sync');
  /** Pages cleared that no flush has named yet. */
  let cleared = 0;
  const invalidate = (pages: number): void => {
    if (pages > 0) {
      commands.take();
      ledger.charge(Cause.invalidate, pages * cost.invalidatePageNs);
      commands.give();
    }
    syncs.take();
    ledger.charge(Cause.invalidate, cost.invalidateNs);
    syncs.give();
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
