// SPDX-License-Identifier: GPL-2.0-only
// Fixes of flush queues.

import type { iova_domain } from '@iommu-bounce/iommu-core';
import type { Fix, IovaClass } from '../fix';

/** On one CPU a timer that runs has ended before anything else goes on: to delete it is to wait for it. */
function waitTimer(base: IovaClass): IovaClass {
  return class extends base {
    protected override free_iova_flush_queue(iovad: iova_domain): void {
      if (iovad.fq) this.k.timers.del_timer(iovad.fq_timer);
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
