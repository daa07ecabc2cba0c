// SPDX-License-Identifier: GPL-2.0-only
// Virtual time, jiffies and timers. C: kernel/time/timer.c, include/linux/jiffies.h
// Timers run at exactly their due tick, equal ones in the order of arming (the kernel's wheel may round up); one armed
// for now or the past runs at the next tick.

import type { context_c } from './context';
import { oops } from './printk';

export class timer_list {
  /** The jiffy it is due at. */
  expires = 0;
  function: ((timer: timer_list) => void) | null = null;
  /** JS: place in the queue; 0 when not pending. */
  armed = 0;
  /** JS: the jiffy it runs at: `expires`, or the next one where that is past. */
  due = 0;
}

export class timer_c {
  private readonly queue: timer_list[] = [];
  private arm_counter = 0;
  private now_jiffies = 0;
  /** Time passed since the last tick, in ns times HZ: 10^9 of these are a tick, so nothing is lost to rounding. */
  private since_tick = 0;
  /** Called after each timer, and once when time is advanced: runs the work that became due. */
  private run_work: () => void = () => undefined;

  /** @param HZ ticks per second, 1..1000 */
  constructor(
    private readonly context: context_c,
    readonly HZ: number,
  ) {}

  /** Ticks since the machine started. */
  jiffies(): number {
    return this.now_jiffies;
  }

  msecs_to_jiffies(ms: number): number {
    return Math.ceil((ms * this.HZ) / 1000);
  }

  jiffies_to_msecs(j: number): number {
    return (j * 1000) / this.HZ;
  }

  timer_setup(timer: timer_list, fn: (timer: timer_list) => void): void {
    timer.function = fn;
    timer.armed = 0;
  }

  timer_pending(timer: timer_list): boolean {
    return timer.armed !== 0;
  }

  /** (Re)arms; returns whether it was pending. */
  mod_timer(timer: timer_list, expires: number): boolean {
    const was_pending = this.del_timer(timer);
    timer.expires = expires;
    timer.armed = ++this.arm_counter;
    timer.due = Math.max(expires, this.now_jiffies + 1);
    let i = this.queue.length;
    while (i > 0 && (this.queue[i - 1]?.due ?? 0) > timer.due) i--;
    this.queue.splice(i, 0, timer);
    return was_pending;
  }

  /** Disarms; returns whether it was pending. */
  del_timer(timer: timer_list): boolean {
    if (timer.armed === 0) return false;
    this.queue.splice(this.queue.indexOf(timer), 1);
    timer.armed = 0;
    return true;
  }

  /** Timers armed. */
  pending(): number {
    return this.queue.length;
  }

  on_work(run_work: () => void): void {
    this.run_work = run_work;
  }

  /**
   * Moves time on by `ms` milliseconds (fractions count, down to 1 ns), running what becomes due. What does not fill
   * a tick is kept for the next call. An oops when called in atomic context: time cannot pass there on a single CPU.
   * @throws RangeError for a time that is negative or no number
   */
  advance(ms: number): void {
    if (this.context.in_atomic() || this.context.irqs_disabled())
      throw new oops('bug', 'time advanced in atomic context');
    if (!(ms >= 0)) throw new RangeError(`time cannot move on by ${String(ms)} ms`);
    this.since_tick += Math.round(ms * 1e6) * this.HZ;
    const ticks = Math.floor(this.since_tick / 1e9);
    this.since_tick -= ticks * 1e9;
    const end = this.now_jiffies + ticks;
    this.run_work();
    for (let next = this.queue[0]; next && next.due <= end; next = this.queue[0]) {
      this.now_jiffies = Math.max(this.now_jiffies, next.due);
      this.del_timer(next);
      this.call_timer_fn(next);
      this.run_work();
    }
    this.now_jiffies = Math.max(this.now_jiffies, end); // work that ran may have let more time pass
  }

  /** Timers run in softirq context: nothing may sleep there. */
  private call_timer_fn(timer: timer_list): void {
    this.context.preempt_disable();
    timer.function?.(timer);
    this.context.preempt_enable();
  }
}
