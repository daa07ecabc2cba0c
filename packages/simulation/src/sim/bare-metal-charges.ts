// SPDX-License-Identifier: GPL-2.0-only
// What an IOMMU costs without a hypervisor: pages written into the table and cleared, and invalidations waited for.

import type { table_listener } from '@iommu-bounce/iommu-core';
import { Cause } from './ledger';
import type { Meter } from './meter';

export function bareMetalCharges(meter: Meter): table_listener {
  const { ledger, cost } = meter;
  const queue = meter.newLock('command queue');
  const invalidate = (): void => {
    queue.take();
    ledger.charge(Cause.invalidate, cost.invalidateNs);
    queue.give();
    meter.forgetsAll();
  };
  return {
    map: (_iova, _paddr, size) => {
      meter.pagesWritten(size);
    },
    unmap: (_iova, size) => {
      meter.pagesCleared(size);
    },
    sync: invalidate,
    flush_all: invalidate,
  };
}
