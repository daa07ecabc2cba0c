// SPDX-License-Identifier: GPL-2.0-only
// A fix as steps of the explorer: what its overlay does around a function of the C, lock by lock and timer by timer.

import type { mutex, timer_list } from '@iommu-bounce/linux-shim';
import type { Kernel } from '../schedules';
import { DERIVED, type Derived } from '../schedules/scenarios/derived-classes';

/** What an overlay does, in order: `super` is the code below it. */
type Call =
  | 'super'
  | { readonly timer: timer_list; readonly waits: boolean }
  | { readonly mutex: mutex; readonly locks: boolean };

type Method<R> = (...args: readonly unknown[]) => R;

/** Runs the overlay's own method, over nothing: it is told of, not done. One object, since an overlay may remember. */
function recorded(overlay: (base: never) => unknown, method: string): Method<readonly Call[]> {
  let calls: Call[] = [];
  const k = {
    timers: {
      del_timer: (timer: timer_list) => calls.push({ timer, waits: false }),
      del_timer_sync: (timer: timer_list) => calls.push({ timer, waits: true }),
    },
    locks: {
      mutex_lock: (own: mutex) => calls.push({ mutex: own, locks: true }),
      mutex_unlock: (own: mutex) => calls.push({ mutex: own, locks: false }),
    },
  };
  class Below {
    readonly k = k;
  }
  Object.defineProperty(Below.prototype, method, { value: () => calls.push('super') });
  const Laid = overlay(Below as never) as new () => Readonly<Record<string, Method<unknown>>>;
  const laid = new Laid();
  return (...args) => {
    calls = [];
    laid[method]?.(...args);
    return calls;
  };
}

interface Stepping {
  readonly k: { readonly rt: Kernel; readonly timers: { del_timer(timer: timer_list): boolean } };
}

/**
 * The derived classes with an overlay of one of them.
 * @param method that the overlay changes; it may lock mutexes, delete timers, and call what is below
 */
export function withOverlay(
  part: 'iova_c' | 'dma_iommu_c',
  method: string,
  overlay: (base: never) => unknown,
): Derived {
  const callsOf = recorded(overlay, method);
  const base = DERIVED[part] as unknown as new () => Stepping;
  const below = (base.prototype as Record<string, Method<Generator<undefined, unknown>>>)[method];
  if (below === undefined) throw new Error(`${part} has no ${method}`);
  class Laid extends base {}
  const steps = function* (
    this: Stepping,
    ...args: readonly unknown[]
  ): Generator<undefined, unknown> {
    const { rt, timers } = this.k;
    let result: unknown;
    for (const call of callsOf(...args)) {
      if (call === 'super') result = yield* below.apply(this, [...args]);
      else if ('mutex' in call) {
        if (call.locks ? rt.mutexLock(call.mutex, 0) : rt.mutexUnlock(call.mutex, 0)) yield;
      } else {
        if (rt.cancel(call.timer, 0)) yield;
        timers.del_timer(call.timer);
        if (!call.waits) continue;
        if (rt.waitBegin(call.timer, 0, rt.timer)) yield;
        if (rt.waitEnd(call.timer, 0, rt.timer)) yield;
      }
    }
    return result;
  };
  Object.defineProperty(Laid.prototype, method, { value: steps });
  return { ...DERIVED, [part]: Laid };
}
