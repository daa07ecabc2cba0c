// SPDX-License-Identifier: GPL-2.0-only
// Timers without the wheel's rounding: each runs at exactly its jiffy, those of one jiffy in the order of arming. The
// machine option `timers: 'exact'`: the transcripts were recorded with such a clock.

import { list_add, list_del_init, list_entry, list_head } from './list';
import { BUG_ON } from './printk';
import { check_expires, timer_c, type timer_list } from './timer';

export class exact_timer_c extends timer_c {
  /** By due time, then by arming. */
  private readonly queue = new list_head<timer_list>();

  /** (Re)arms; returns whether it was pending. Moved to the jiffy it had, it comes last of those due then. */
  override mod_timer(timer: timer_list, expires: number): boolean {
    if (!Number.isFinite(expires)) check_expires(expires);
    BUG_ON(timer.function === null, 'a timer without a function');
    const was_pending = this.del_timer(timer);
    timer.expires = expires;
    timer.due = Math.max(expires, this.now_jiffies + 1);
    let at = this.queue.prev;
    while (at !== this.queue && list_entry(at).due > timer.due) at = at.prev;
    list_add(timer.entry, at);
    this.nr_pending++;
    return was_pending;
  }

  override del_timer(timer: timer_list): boolean {
    if (!this.timer_pending(timer)) return false;
    list_del_init(timer.entry);
    this.nr_pending--;
    return true;
  }

  protected override next_tick(): number {
    const first = this.queue.next;
    return first === this.queue ? Infinity : list_entry(first).due;
  }

  /** One timer: the work that it makes ready comes before the next one. */
  protected override run_local_timers(): void {
    const timer = list_entry(this.queue.next);
    this.del_timer(timer);
    this.call_timer_fn(timer);
  }
}
