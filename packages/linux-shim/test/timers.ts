// SPDX-License-Identifier: GPL-2.0-only
// Timers that tell when they run.

import { type machine, timer_list } from '@iommu-bounce/linux-shim';

/** A timer that writes `name@jiffies` to the log when it runs. */
export function logging_timer(k: machine, name: string, log: string[]): timer_list {
  const timer = new timer_list();
  k.timers.timer_setup(timer, () => log.push(`${name}@${String(k.timers.jiffies())}`));
  return timer;
}

/**
 * A timer that arms itself in its callback: twice for `gap` jiffies later, then for now. It runs four times.
 * @returns the jiffies at which it ran
 */
export function rearming_timer(k: machine, first: number, gap: number): number[] {
  const at: number[] = [];
  const timer = new timer_list();
  k.timers.timer_setup(timer, (t) => {
    at.push(k.timers.jiffies());
    if (at.length < 4) k.timers.mod_timer(t, k.timers.jiffies() + (at.length < 3 ? gap : 0));
  });
  k.timers.mod_timer(timer, first);
  return at;
}
