// SPDX-License-Identifier: GPL-2.0-only
// Ordered workqueues and delayed work on the machine's virtual clock. C: kernel/workqueue.c
// Work runs to completion, one item after the other, as soon as the machine lets time pass.

import type { context_c } from './context';
import type { fault_inject_c } from './fault-inject';
import { deref } from './printk';
import { type timer_c, timer_list } from './timer';

export class work_struct {
  func: ((work: work_struct) => void) | null = null;
  pending = false;
  /** JS: what container_of() would give. */
  container: object | null = null;
}

export class workqueue_struct {
  name = '';
}

export class delayed_work {
  readonly work = new work_struct();
  readonly timer = new timer_list();
  wq: workqueue_struct | null = null;
}

export class workqueue_c {
  /** Workqueues that were created and exist. */
  queues = 0;
  /** The one that everybody shares. */
  readonly system_wq = new workqueue_struct();
  private readonly ready: work_struct[] = [];
  private running = false;

  constructor(
    private readonly context: context_c,
    protected readonly timers: timer_c,
    private readonly faults: fault_inject_c,
  ) {
    timers.on_work(() => {
      this.run();
    });
  }

  /** May sleep; NULL when the site `workqueue` is told to fail. */
  create_singlethread_workqueue(name: string): workqueue_struct | null {
    this.context.might_sleep();
    if (this.faults.should_fail('workqueue')) return null;
    const wq = new workqueue_struct();
    wq.name = name;
    this.queues++;
    return wq;
  }

  /** Waits for what is queued, so it may sleep. Delayed work that is not due yet has to be cancelled before. */
  destroy_workqueue(_wq: workqueue_struct): void {
    this.context.might_sleep();
    this.run();
    this.queues--;
  }

  /** @param container the struct the work sits in, for container_of() */
  INIT_DELAYED_WORK(
    dwork: delayed_work,
    func: (work: work_struct) => void,
    container: object,
  ): void {
    dwork.work.func = func;
    dwork.work.container = container;
    this.timers.timer_setup(dwork.timer, () => {
      this.ready.push(dwork.work);
    });
  }

  /** Queues after `delay` jiffies; false, and nothing changes, if it is pending already. */
  queue_delayed_work(wq: workqueue_struct, dwork: delayed_work, delay: number): boolean {
    if (dwork.work.pending) return false;
    dwork.work.pending = true;
    dwork.wq = wq;
    if (delay === 0) this.ready.push(dwork.work);
    else this.timers.mod_timer(dwork.timer, this.timers.jiffies() + delay);
    return true;
  }

  /** queue_delayed_work() on the shared queue. */
  schedule_delayed_work(dwork: delayed_work, delay: number): boolean {
    return this.queue_delayed_work(this.system_wq, dwork, delay);
  }

  /** Queues after `delay` jiffies whether or not it is pending; returns whether it was. */
  mod_delayed_work(wq: workqueue_struct, dwork: delayed_work, delay: number): boolean {
    const was_pending = this.cancel_delayed_work(dwork);
    this.queue_delayed_work(wq, dwork, delay);
    return was_pending;
  }

  /** Takes it off the queue; returns whether it was pending. */
  cancel_delayed_work(dwork: delayed_work): boolean {
    const was_pending = dwork.work.pending;
    this.timers.del_timer(dwork.timer);
    const i = this.ready.indexOf(dwork.work);
    if (i >= 0) this.ready.splice(i, 1);
    dwork.work.pending = false;
    return was_pending;
  }

  /** The same, and waits for a run in progress: there is none here, but the wait may sleep. */
  cancel_delayed_work_sync(dwork: delayed_work): boolean {
    this.context.might_sleep();
    return this.cancel_delayed_work(dwork);
  }

  delayed_work_pending(dwork: delayed_work): boolean {
    return dwork.work.pending;
  }

  /** Runs what is due, in order. Called by the clock; work that runs does not start other work in its middle. */
  run(): void {
    if (this.running) return;
    this.running = true;
    try {
      for (let work = this.ready.shift(); work; work = this.ready.shift()) {
        work.pending = false;
        deref(work.func, 'work without a function')(work);
      }
    } finally {
      this.running = false;
    }
  }
}
