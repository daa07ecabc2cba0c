// SPDX-License-Identifier: GPL-2.0-only
// Tests of delayed work on virtual time.

import { expect } from 'chai';
import {
  delayed_work,
  deref,
  GFP_KERNEL,
  type machine,
  type machine_options,
  spinlock_t,
  timer_list,
  workqueue_struct,
} from '@iommu-bounce/linux-shim';
import { leak_checked } from '@iommu-bounce/linux-shim/testing';

/** So that delays are what they say. */
const EXACT: machine_options = { timers: 'exact', jiffies: 0 };

class thing {
  static readonly sizeof = 8;
  value = 0;
}

/** Work that writes `name@jiffies` to the log, then does `then`. */
function logging_work(
  k: machine,
  name: string,
  log: string[],
  then: (work: delayed_work) => void = () => undefined,
): delayed_work {
  const work = new delayed_work();
  k.workqueue.INIT_DELAYED_WORK(
    work,
    () => {
      log.push(`${name}@${String(k.timers.jiffies())}`);
      then(work);
    },
    work,
  );
  return work;
}

describe('queue_delayed_work', () => {
  const { boot_machine } = leak_checked({ timers: true });
  const wq = new workqueue_struct();

  it('runs the work when its delay is over, not before', () => {
    const k = boot_machine(EXACT);
    const log: string[] = [];
    const work = logging_work(k, 'w', log);
    expect(k.workqueue.queue_delayed_work(wq, work, 5000)).to.equal(true);
    k.timers.advance(4999);
    expect([log.length, k.workqueue.delayed_work_pending(work)]).to.deep.equal([0, true]);
    k.timers.advance(1);
    expect([log, k.workqueue.delayed_work_pending(work)]).to.deep.equal([['w@5000'], false]);
  });

  it('leaves pending work where it is', () => {
    const k = boot_machine(EXACT);
    const log: string[] = [];
    const work = logging_work(k, 'w', log);
    k.workqueue.queue_delayed_work(wq, work, 100);
    k.timers.advance(50);
    expect(k.workqueue.queue_delayed_work(wq, work, 100)).to.equal(false);
    expect(k.workqueue.queue_delayed_work(wq, work, 0)).to.equal(false);
    k.timers.advance(1000);
    expect(log).to.deep.equal(['w@100']);
  });

  it('without delay runs as soon as time may pass, in the order of queueing', () => {
    const k = boot_machine(EXACT);
    const log: string[] = [];
    for (const name of ['a', 'b', 'c'])
      k.workqueue.queue_delayed_work(wq, logging_work(k, name, log), 0);
    expect(log).to.deep.equal([]);
    k.timers.advance(0);
    expect(log).to.deep.equal(['a@0', 'b@0', 'c@0']);
  });

  it('orders equal due times by arming, and hands the work its container', () => {
    const k = boot_machine(EXACT);
    const log: string[] = [];
    const owner = { name: 'owner' };
    const first = new delayed_work();
    k.workqueue.INIT_DELAYED_WORK(
      first,
      (work) => log.push((deref(work.container) as typeof owner).name),
      owner,
    );
    k.workqueue.queue_delayed_work(wq, first, 10);
    k.workqueue.queue_delayed_work(wq, logging_work(k, 'second', log), 10);
    k.timers.advance(10);
    expect(log).to.deep.equal(['owner', 'second@10']);
    expect(first.wq).to.equal(wq);
  });

  it('lets work queue itself again, with and without delay', () => {
    const k = boot_machine(EXACT);
    const log: string[] = [];
    const work = logging_work(k, 'w', log, (again) => {
      if (log.length < 4) k.workqueue.queue_delayed_work(wq, again, log.length === 1 ? 0 : 10);
    });
    k.workqueue.queue_delayed_work(wq, work, 10);
    k.timers.advance(25);
    expect(log).to.deep.equal(['w@10', 'w@10', 'w@20']);
    k.timers.advance(5);
    expect(log.at(-1)).to.equal('w@30');
    expect(k.workqueue.delayed_work_pending(work)).to.equal(false);
  });

  it('does not start other work in the middle of one, though that lets time pass', () => {
    const k = boot_machine(EXACT);
    const log: string[] = [];
    const other = logging_work(k, 'other', log);
    const work = logging_work(k, 'w', log, () => {
      k.timers.advance(20);
      log.push(`w ends@${String(k.timers.jiffies())}`);
    });
    k.workqueue.queue_delayed_work(wq, work, 10);
    k.workqueue.queue_delayed_work(wq, other, 15);
    k.timers.advance(12);
    expect(log).to.deep.equal(['w@10', 'w ends@30', 'other@30']);
    expect(k.timers.jiffies()).to.equal(30);
  });

  it('runs work where it may sleep', () => {
    const k = boot_machine(EXACT);
    const work = logging_work(k, 'w', [], () => {
      k.slab.kfree(k.slab.kzalloc(thing, GFP_KERNEL));
    });
    k.workqueue.queue_delayed_work(wq, work, 1);
    k.timers.advance(1);
    expect(k.log.sleeping_in_atomic).to.equal(0);
  });

  it('goes on with other work after one threw', () => {
    const k = boot_machine(EXACT);
    const log: string[] = [];
    const bad = logging_work(k, 'bad', log, () => {
      throw new Error('broken work');
    });
    k.workqueue.queue_delayed_work(wq, bad, 0);
    k.workqueue.queue_delayed_work(wq, logging_work(k, 'good', log), 0);
    expect(() => {
      k.timers.advance(0);
    }).to.throw('broken work');
    k.timers.advance(0);
    expect(log).to.deep.equal(['bad@0', 'good@0']);
  });
});

describe('delayed work on the timer wheel', () => {
  const { boot_machine } = leak_checked({ timers: true });
  const wq = new workqueue_struct();

  it('is ready when its bucket comes, and runs after all timers of that tick', () => {
    const k = boot_machine({ jiffies: 0 });
    const log: string[] = [];
    k.workqueue.queue_delayed_work(wq, logging_work(k, 'first', log), 5000);
    const timer = new timer_list();
    k.timers.timer_setup(timer, () => log.push('timer'));
    k.timers.mod_timer(timer, 5119);
    k.workqueue.queue_delayed_work(wq, logging_work(k, 'last', log), 5001);
    k.timers.advance(5119);
    expect(log).to.deep.equal([]);
    k.timers.advance(1);
    expect(log).to.deep.equal(['timer', 'last@5120', 'first@5120']);
  });
});

describe('mod_delayed_work', () => {
  const { boot_machine } = leak_checked({ timers: true });
  const wq = new workqueue_struct();

  it('moves pending work, nearer or farther, and queues what is not pending', () => {
    const k = boot_machine(EXACT);
    const log: string[] = [];
    const near = logging_work(k, 'near', log);
    const far = logging_work(k, 'far', log);
    const fresh = logging_work(k, 'fresh', log);
    k.workqueue.queue_delayed_work(wq, near, 50);
    k.workqueue.queue_delayed_work(wq, far, 50);
    expect([
      k.workqueue.mod_delayed_work(wq, near, 10),
      k.workqueue.mod_delayed_work(wq, far, 90),
      k.workqueue.mod_delayed_work(wq, fresh, 70),
    ]).to.deep.equal([true, true, false]);
    k.timers.advance(100);
    expect(log).to.deep.equal(['near@10', 'fresh@70', 'far@90']);
  });
});

describe('cancel_delayed_work', () => {
  const { boot_machine } = leak_checked({ timers: true });
  const wq = new workqueue_struct();

  it('stops work that waits for its time, and work that is ready', () => {
    const k = boot_machine(EXACT);
    const log: string[] = [];
    const waiting = logging_work(k, 'waiting', log);
    const ready = logging_work(k, 'ready', log);
    k.workqueue.queue_delayed_work(wq, waiting, 10);
    k.workqueue.queue_delayed_work(wq, ready, 0);
    expect([
      k.workqueue.cancel_delayed_work(waiting),
      k.workqueue.cancel_delayed_work_sync(ready),
      k.workqueue.cancel_delayed_work(ready),
    ]).to.deep.equal([true, true, false]);
    k.timers.advance(100);
    expect(log).to.deep.equal([]);
  });

  it('leaves work queueable', () => {
    const k = boot_machine(EXACT);
    const log: string[] = [];
    const work = logging_work(k, 'w', log);
    k.workqueue.queue_delayed_work(wq, work, 10);
    k.workqueue.cancel_delayed_work(work);
    expect(k.workqueue.queue_delayed_work(wq, work, 20)).to.equal(true);
    k.timers.advance(20);
    expect(log).to.deep.equal(['w@20']);
  });
});

describe('workqueues', () => {
  const { boot_machine } = leak_checked({ timers: true });

  it('are counted, named, and run what is ready before they go', () => {
    const k = boot_machine(EXACT);
    const log: string[] = [];
    const wq = deref(k.workqueue.create_singlethread_workqueue('evict'));
    expect([wq.name, k.workqueue.queues]).to.deep.equal(['evict', 1]);
    k.workqueue.queue_delayed_work(wq, logging_work(k, 'w', log), 0);
    k.workqueue.destroy_workqueue(wq);
    expect([log, k.workqueue.queues]).to.deep.equal([['w@0'], 0]);
  });

  it('fail at their site', () => {
    const k = boot_machine(EXACT);
    k.faults.fail('workqueue', 1);
    expect(k.workqueue.create_singlethread_workqueue('evict')).to.equal(null);
    expect(k.workqueue.queues).to.equal(0);
  });

  it('report creating, destroying and waiting in atomic context', () => {
    const k = boot_machine(EXACT);
    const lock = new spinlock_t();
    k.locks.spin_lock(lock);
    const wq = deref(k.workqueue.create_singlethread_workqueue('evict'));
    k.workqueue.cancel_delayed_work_sync(logging_work(k, 'w', []));
    k.workqueue.destroy_workqueue(wq);
    expect(k.log.sleeping_in_atomic).to.equal(3);
    k.workqueue.cancel_delayed_work(logging_work(k, 'w', []));
    expect(k.log.sleeping_in_atomic).to.equal(3);
    k.locks.spin_unlock(lock);
  });
});
