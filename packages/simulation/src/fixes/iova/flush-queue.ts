// SPDX-License-Identifier: GPL-2.0-only
// Fixes of flush queues.

import type { iova_domain } from '@iommu-bounce/iommu-core';
import type { Fix, IovaClass } from '../fix';

/** Waits even where the timer is no longer pending: it may run. */
function waitTimer(base: IovaClass): IovaClass {
  return class extends base {
    protected override free_iova_flush_queue(iovad: iova_domain): void {
      if (iovad.fq) this.k.timers.del_timer_sync(iovad.fq_timer);
      super.free_iova_flush_queue(iovad);
    }
  };
}

export const FLUSH_QUEUE: readonly Fix[] = [
  {
    name: 'wait-timer',
    findings: [66],
    what: 'the end of a flush queue waits for its timer, as in v5.17',
    overlays: { iova: waitTimer },
  },
];
