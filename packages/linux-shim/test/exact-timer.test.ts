// SPDX-License-Identifier: GPL-2.0-only
// Tests of the exact clock: timers that run at the jiffy they were set for.

import { expect } from 'chai';
import * as fc from 'fast-check';
import { type machine_options, timer_list } from '@iommu-bounce/linux-shim';
import { leak_checked } from '@iommu-bounce/linux-shim/testing';
import { logging_timer, rearming_timer } from './timers';

const EXACT: machine_options = { timers: 'exact', jiffies: 0 };

describe('mod_timer of the exact clock', () => {
  const { boot_machine } = leak_checked({ timers: true });

  it('runs at its tick, not one before', () => {
    for (const [HZ, before] of [
      [1000, 4999],
      [250, 4999],
    ] as const) {
      const k = boot_machine({ ...EXACT, HZ });
      const log: string[] = [];
      const timer = logging_timer(k, 't', log);
      k.timers.mod_timer(timer, k.timers.msecs_to_jiffies(5000));
      k.timers.advance(before);
      expect(log).to.deep.equal([]);
      expect(k.timers.timer_pending(timer)).to.equal(true);
      k.timers.advance(1);
      expect(log).to.deep.equal([`t@${String(5 * HZ)}`]);
      expect(k.timers.timer_pending(timer)).to.equal(false);
    }
  });

  it('sees its own due time as now, even when time moves far beyond', () => {
    const k = boot_machine(EXACT);
    const log: string[] = [];
    k.timers.mod_timer(logging_timer(k, 'b', log), 20);
    k.timers.mod_timer(logging_timer(k, 'a', log), 10);
    k.timers.advance(1000);
    expect(log).to.deep.equal(['a@10', 'b@20']);
    expect(k.timers.jiffies()).to.equal(1000);
  });

  it('orders any set of timers by due time, equal ones by arming', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 20, size: 'max' }),
        (dues) => {
          const k = boot_machine(EXACT);
          const log: string[] = [];
          dues.forEach((due, i) => k.timers.mod_timer(logging_timer(k, String(i), log), due));
          k.timers.advance(6);
          const model = dues
            .map((due, i) => ({ due, i }))
            .sort((a, b) => a.due - b.due || a.i - b.i)
            .map(({ due, i }) => `${String(i)}@${String(due)}`);
          expect(log).to.deep.equal(model);
        },
      ),
    );
  });

  it('moves a pending timer and says so; it then comes last of those due together', () => {
    const k = boot_machine(EXACT);
    const log: string[] = [];
    const a = logging_timer(k, 'a', log);
    expect(k.timers.mod_timer(a, 5)).to.equal(false);
    k.timers.mod_timer(logging_timer(k, 'b', log), 10);
    expect(k.timers.mod_timer(a, 10)).to.equal(true);
    expect(k.timers.pending()).to.equal(2);
    k.timers.advance(10);
    expect(log).to.deep.equal(['b@10', 'a@10']);
  });

  it('for now or the past means the next tick', () => {
    const k = boot_machine(EXACT);
    const log: string[] = [];
    k.timers.advance(50);
    k.timers.mod_timer(logging_timer(k, 'now', log), 50);
    k.timers.mod_timer(logging_timer(k, 'past', log), 3);
    k.timers.advance(0);
    expect(log).to.deep.equal([]);
    k.timers.advance(1);
    expect(log).to.deep.equal(['now@51', 'past@51']);
  });

  it('in its own callback arms the next round', () => {
    const k = boot_machine(EXACT);
    const at = rearming_timer(k, 10, 10);
    k.timers.advance(100);
    expect(at).to.deep.equal([10, 20, 30, 31]);
  });

  it('runs callbacks where nothing may sleep', () => {
    const k = boot_machine(EXACT);
    const timer = new timer_list();
    k.timers.timer_setup(timer, () => {
      k.context.might_sleep();
    });
    k.timers.mod_timer(timer, 1);
    k.timers.advance(1);
    expect(k.log.sleeping_in_atomic).to.equal(1);
    expect(k.context.in_atomic()).to.equal(false);
  });
});

describe('del_timer of the exact clock', () => {
  const { boot_machine } = leak_checked({ timers: true });

  it('disarms a pending timer, and says whether it was', () => {
    const k = boot_machine(EXACT);
    const log: string[] = [];
    const a = logging_timer(k, 'a', log);
    const b = logging_timer(k, 'b', log);
    expect(k.timers.del_timer(a)).to.equal(false);
    k.timers.mod_timer(a, 5);
    k.timers.mod_timer(b, 5);
    expect(k.timers.del_timer(a)).to.equal(true);
    k.timers.advance(10);
    expect(log).to.deep.equal(['b@5']);
  });

  it('in the callback of one timer stops another that is due as well', () => {
    const k = boot_machine(EXACT);
    const log: string[] = [];
    const second = logging_timer(k, 'second', log);
    const first = new timer_list();
    k.timers.timer_setup(first, () => k.timers.del_timer(second));
    k.timers.mod_timer(first, 5);
    k.timers.mod_timer(second, 5);
    k.timers.advance(10);
    expect(log).to.deep.equal([]);
  });
});
