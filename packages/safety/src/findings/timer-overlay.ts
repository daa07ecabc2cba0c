// SPDX-License-Identifier: GPL-2.0-only
// A fix of flush queues as steps: what it asks of the timer when a queue is freed becomes steps of the explorer.

import type { timer_list } from '@iommu-bounce/linux-shim';
import type { iova_domain } from '@iommu-bounce/iommu-core';
import type { FixOverlays } from '@iommu-bounce/simulation';
import type { Kernel } from '../schedules';
import { DERIVED, type Derived } from '../schedules/scenarios/derived-classes';

type IovaOverlay = NonNullable<FixOverlays['iova']>;
type IovaClass = Parameters<IovaOverlay>[0];

/** What an overlay does, in order: `super` is the code below it. */
type Call = 'super' | { readonly timer: timer_list; readonly waits: boolean };

interface FreesQueue {
  free_iova_flush_queue(iovad: iova_domain): void;
}

/** Runs the overlay's own free_iova_flush_queue, over nothing: it is told of, not done. */
function callsOf(overlay: IovaOverlay, iovad: iova_domain): Call[] {
  const calls: Call[] = [];
  class Below {
    free_iova_flush_queue(): void {
      calls.push('super');
    }
  }
  const timers = {
    del_timer: (timer: timer_list) => calls.push({ timer, waits: false }),
    del_timer_sync: (timer: timer_list) => calls.push({ timer, waits: true }),
  };
  const laid = overlay(Below as unknown as IovaClass).prototype as unknown as FreesQueue;
  laid.free_iova_flush_queue.call(
    { __proto__: laid, k: { timers } } as unknown as FreesQueue,
    iovad,
  );
  return calls;
}

type Stepping = new () => {
  readonly k: { readonly rt: Kernel; readonly timers: { del_timer(timer: timer_list): boolean } };
  free_iova_flush_queue(iovad: iova_domain): Generator<undefined, void, undefined>;
};

/** The derived classes with an overlay of iova.ts that changes free_iova_flush_queue. */
export function withTimerOverlay(overlay: IovaOverlay): Derived {
  class Laid extends (DERIVED.iova_c as unknown as Stepping) {
    override *free_iova_flush_queue(iovad: iova_domain): Generator<undefined, void, undefined> {
      const { rt, timers } = this.k;
      for (const call of callsOf(overlay, iovad)) {
        if (call === 'super') {
          yield* super.free_iova_flush_queue(iovad);
          continue;
        }
        if (rt.cancel(call.timer, 0)) yield;
        timers.del_timer(call.timer);
        if (!call.waits) continue;
        if (rt.waitBegin(call.timer, 0, rt.timer)) yield;
        if (rt.waitEnd(call.timer, 0, rt.timer)) yield;
      }
    }
  }
  return { ...DERIVED, iova_c: Laid };
}
