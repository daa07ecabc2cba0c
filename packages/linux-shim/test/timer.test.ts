// SPDX-License-Identifier: GPL-2.0-only
// Tests of virtual time and timers.

import { expect } from 'chai';
import * as fc from 'fast-check';
import { INITIAL_JIFFIES, type machine, timer_list } from '@iommu-bounce/linux-shim';
import { catch_oops, leak_checked } from '@iommu-bounce/linux-shim/testing';
import { logging_timer, rearming_timer } from './timers';

const LONG = process.env['TEST_LONG'] === '1';

describe('jiffies', () => {
  const { boot_machine } = leak_checked({ timers: true });

  it('counts ticks of 1/HZ', () => {
    for (const [HZ, ms, ticks] of [
      [1000, 5000, 5000],
      [250, 5000, 1250],
      [100, 19, 1],
      [300, 10, 3],
    ] as const) {
      const k = boot_machine({ HZ, jiffies: 0 });
      k.timers.advance(ms);
      expect(k.timers.jiffies(), `HZ=${String(HZ)}`).to.equal(ticks);
    }
  });

  it('loses nothing when time moves in steps shorter than a tick', () => {
    const k = boot_machine({ HZ: 250, jiffies: 0 });
    for (let i = 0; i < 3; i++) k.timers.advance(1);
    expect(k.timers.jiffies()).to.equal(0);
    k.timers.advance(1);
    expect(k.timers.jiffies()).to.equal(1);
    for (let i = 0; i < 40_000; i++) k.timers.advance(0.1);
    expect(k.timers.jiffies()).to.equal(1001);
  });

  it('msecs_to_jiffies rounds up, jiffies_to_msecs is exact', () => {
    const k = boot_machine({ HZ: 250, jiffies: 0 });
    expect([0, 1, 4, 5, 5000].map((ms) => k.timers.msecs_to_jiffies(ms))).to.deep.equal([
      0, 1, 1, 2, 1250,
    ]);
    expect(k.timers.jiffies_to_msecs(1250)).to.equal(5000);
  });

  it('does not move in atomic context, nor backwards', () => {
    const k = boot_machine({ jiffies: 0 });
    const advance = (): void => {
      k.timers.advance(1);
    };
    k.context.preempt_disable();
    expect(catch_oops(advance).message).to.equal('kernel BUG: time advanced in atomic context');
    k.context.preempt_enable();
    const flags = k.context.local_irq_save();
    expect(catch_oops(advance).kind).to.equal('bug');
    k.context.local_irq_restore(flags);
    for (const ms of [-1, NaN])
      expect(() => {
        k.timers.advance(ms);
      }).to.throw(RangeError);
    expect(k.timers.jiffies()).to.equal(0);
  });
});

describe('the timer wheel', () => {
  const { boot_machine } = leak_checked({ timers: true });

  /** Jiffies by which a timer runs after what it was set for. */
  const late_by = (k: machine, delay: number): number => {
    const timer = new timer_list();
    let ran = NaN;
    k.timers.timer_setup(timer, () => (ran = k.timers.jiffies()));
    const expires = k.timers.jiffies() + delay;
    k.timers.mod_timer(timer, expires);
    k.timers.advance(k.timers.jiffies_to_msecs(delay + 2 ** 21));
    return ran - expires;
  };

  // The first distance of each level, in ms, and how late a timer of that distance may be: LVL_GRAN of the level.
  for (const [HZ, levels] of [
    [
      1000,
      [
        [0, 1],
        [64, 8],
        [512, 64],
        [4096, 512],
        [32768, 4096],
      ],
    ],
    [
      300,
      [
        [0, 3],
        [213, 26],
        [1706, 213],
        [13653, 1706],
        [109226, 13653],
      ],
    ],
    [
      250,
      [
        [0, 4],
        [256, 32],
        [2048, 256],
        [16384, 2048],
        [131072, 16384],
      ],
    ],
    [
      100,
      [
        [0, 10],
        [640, 80],
        [5120, 640],
        [40960, 5120],
        [327680, 40960],
      ],
    ],
  ] as const)
    it(`rounds up to the granularity of the level at HZ ${String(HZ)}`, () => {
      for (const [start_ms, granularity_ms] of levels) {
        const k = boot_machine({ HZ, jiffies: 8 ** 9 });
        const late = late_by(k, k.timers.msecs_to_jiffies(start_ms));
        expect(Math.floor(k.timers.jiffies_to_msecs(late)), `${String(start_ms)} ms`).to.equal(
          granularity_ms,
        );
      }
    });

  it('puts 5 s after boot where the C puts it', () => {
    // jiffies at boot, plus 5 s, up to the next multiple of LVL_GRAN: e.g. 4294667296 + 5000 -> 8388032 * 512.
    for (const [HZ, expires, due] of [
      [1000, 4294672296, 4294672384],
      [300, 4294878796, 4294878848],
      [250, 4294893546, 4294893568],
      [100, 4294937796, 4294937800],
    ] as const) {
      const k = boot_machine({ HZ });
      const late = late_by(k, 5 * HZ);
      expect(INITIAL_JIFFIES(HZ) + 5 * HZ, `HZ ${String(HZ)}`).to.equal(expires);
      expect(late, `HZ ${String(HZ)}`).to.equal(due - expires);
    }
  });

  it('is as late as the phase of jiffies makes it: 1 to LVL_GRAN jiffies', () => {
    for (let phase = 0; phase < 64; phase++) {
      const k = boot_machine({ HZ: 250, jiffies: 2 ** 32 + phase });
      expect(late_by(k, 1250)).to.equal(64 - ((phase + 1250) % 64));
    }
  });

  it('has 9 levels, 8 up to HZ 100, and cuts off what is farther', () => {
    for (const [HZ, levels] of [
      [1000, 9],
      [100, 8],
    ] as const) {
      const k = boot_machine({ HZ, jiffies: 8 ** 10 });
      const timer = logging_timer(k, 't', []);
      k.timers.mod_timer(timer, 2 ** 40);
      // WHEEL_TIMEOUT_MAX, and the level's rounding of it.
      expect(timer.due - 8 ** 10).to.equal(63 * 8 ** (levels - 1));
      k.timers.del_timer(timer);
    }
  });

  it('runs the coarser level first, and in a bucket the one that was armed last', () => {
    const k = boot_machine({ jiffies: 0 });
    const log: string[] = [];
    k.timers.mod_timer(logging_timer(k, 'coarse 1', log), 65);
    k.timers.mod_timer(logging_timer(k, 'coarse 2', log), 70);
    k.timers.advance(40);
    k.timers.mod_timer(logging_timer(k, 'fine 1', log), 71);
    k.timers.mod_timer(logging_timer(k, 'fine 2', log), 71);
    k.timers.advance(31);
    expect(log).to.deep.equal([]);
    k.timers.advance(1);
    expect(log).to.deep.equal(['coarse 2@72', 'coarse 1@72', 'fine 2@72', 'fine 1@72']);
  });

  it('names a jiffy before which no timer runs', () => {
    const k = boot_machine({ HZ: 250, jiffies: 0 });
    const runs: number[] = [];
    for (const distance of [3, 70, 5000]) {
      const timer = new timer_list();
      k.timers.timer_setup(timer, () => runs.push(k.timers.jiffies()));
      k.timers.mod_timer(timer, distance);
    }
    while (runs.length < 3) {
      const due = k.timers.next_due();
      const before = runs.length;
      k.timers.advance((due - 1 - k.timers.jiffies()) * 4);
      expect(runs.length, `before jiffy ${String(due)}`).to.equal(before);
      k.timers.advance(4);
    }
    expect(runs[0]).to.be.within(3, 4);
  });

  it('leaves a timer that stays in its bucket in its place, and moves another', () => {
    const k = boot_machine({ jiffies: 0 });
    const log: string[] = [];
    const a = logging_timer(k, 'a', log);
    const b = logging_timer(k, 'b', log);
    expect(k.timers.mod_timer(a, 65)).to.equal(false);
    k.timers.mod_timer(b, 66);
    expect([k.timers.mod_timer(a, 65), k.timers.mod_timer(a, 71), a.expires]).to.deep.equal([
      true,
      true,
      71,
    ]);
    k.timers.advance(72);
    expect(log).to.deep.equal(['b@72', 'a@72']);
    k.timers.mod_timer(a, 172);
    expect([k.timers.mod_timer(a, 180), k.timers.pending()]).to.deep.equal([true, 1]);
    k.timers.advance(112);
    expect(log.at(-1)).to.equal('a@184');
  });

  it('keeps the distance short where a pending timer is armed again later', () => {
    // Armed anew from 30 jiffies away it would be exact; what it had was a bucket of 8.
    const k = boot_machine({ jiffies: 0 });
    const log: string[] = [];
    const timer = logging_timer(k, 't', log);
    k.timers.mod_timer(timer, 100);
    k.timers.advance(70);
    k.timers.mod_timer(timer, 100); // the same time: nothing changes
    k.timers.advance(100);
    k.timers.mod_timer(timer, 270);
    k.timers.advance(70);
    k.timers.mod_timer(timer, 269);
    k.timers.advance(100);
    expect(log).to.deep.equal(['t@104', 't@270']);
  });

  it('runs what is set for now or the past at the next tick', () => {
    const k = boot_machine({ jiffies: 0 });
    const log: string[] = [];
    k.timers.advance(50);
    k.timers.mod_timer(logging_timer(k, 'now', log), 50);
    k.timers.mod_timer(logging_timer(k, 'past', log), 3);
    k.timers.advance(0);
    expect(log).to.deep.equal([]);
    k.timers.advance(1);
    expect(log).to.deep.equal(['past@51', 'now@51']);
  });

  it('counts from the tick after the present one while timers run', () => {
    const k = boot_machine({ jiffies: 0 });
    const at = rearming_timer(k, 9, 63);
    k.timers.advance(200);
    // 63 jiffies away from jiffies is level 1, 62 away from the next one is level 0.
    expect(at).to.deep.equal([10, 74, 138, 139]);
  });

  it('sees its own due time as now, even when time moves far beyond', () => {
    const k = boot_machine({ jiffies: 0 });
    const log: string[] = [];
    k.timers.mod_timer(logging_timer(k, 'b', log), 20);
    k.timers.mod_timer(logging_timer(k, 'a', log), 10);
    k.timers.advance(1e9);
    expect(log).to.deep.equal(['a@11', 'b@21']);
    expect(k.timers.jiffies()).to.equal(1e9);
  });

  it('runs callbacks where nothing may sleep; a timer without one is a BUG', () => {
    const k = boot_machine();
    const timer = new timer_list();
    expect(catch_oops(() => k.timers.mod_timer(timer, 1)).kind).to.equal('bug');
    k.timers.timer_setup(timer, () => {
      k.context.might_sleep();
    });
    k.timers.mod_timer(timer, k.timers.jiffies() + 1);
    k.timers.advance(2);
    expect(k.log.sleeping_in_atomic).to.equal(1);
    expect(k.context.in_atomic()).to.equal(false);
  });

  for (const del of ['del_timer', 'del_timer_sync'] as const)
    it(`lets the callback of one timer stop another that is due as well, by ${del}`, () => {
      const k = boot_machine({ jiffies: 0 });
      const log: string[] = [];
      const stopped = logging_timer(k, 'stopped', log);
      const stopper = new timer_list();
      k.timers.timer_setup(stopper, () => k.timers[del](stopped));
      for (const delay of [5, 5000]) {
        const expires = k.timers.jiffies() + delay;
        k.timers.mod_timer(stopped, expires);
        k.timers.mod_timer(stopper, expires);
        expect(k.timers.pending()).to.equal(2);
        k.timers.advance(6000);
        expect([log, k.timers.pending()]).to.deep.equal([[], 0]);
      }
    });

  it('is the model that follows, for any timers, armed, moved and deleted at any time @long', () => {
    const HZS = [100, 250, 300, 1000];
    // Distances that begin a level are of either, by whether timers ran in this very jiffy.
    const delay = fc
      .oneof(
        fc.integer({ min: 0, max: 600 }),
        fc.integer({ min: 0, max: 50_000 }),
        fc.constantFrom(20, 21, 70, 72, 1000, 5000, 5100), // that meet in a bucket
        fc
          .tuple(fc.constantFrom(63, 504, 4032), fc.integer({ min: 1, max: 9 }))
          .map(([a, b]) => a - b),
      )
      .filter((d) => ![63, 504, 4032, 32256].includes(d));
    const step = fc.oneof(
      fc.record({ arm: fc.nat(7), delay }),
      fc.record({ del: fc.nat(7) }),
      fc.record({ pass: fc.oneof(fc.nat(80), fc.nat(9000)) }),
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...HZS),
        fc.integer({ min: 2 ** 32 - 20_000, max: 2 ** 32 + 1000 }),
        fc.array(step, { maxLength: 40, size: 'max' }),
        (HZ, jiffies, steps) => {
          const k = boot_machine({ HZ, jiffies });
          const log: string[] = [];
          const timers = Array.from({ length: 8 }, (_, i) => logging_timer(k, String(i), log));
          const model = new model_wheel(BigInt(jiffies));
          for (const one of steps) {
            if ('arm' in one) {
              const was = k.timers.mod_timer(
                timers[one.arm] as timer_list,
                k.timers.jiffies() + one.delay,
              );
              expect(was).to.equal(model.arm(one.arm, BigInt(one.delay)));
            } else if ('del' in one)
              expect(k.timers.del_timer(timers[one.del] as timer_list)).to.equal(
                model.del(one.del),
              );
            else {
              k.timers.advance((one.pass * 1000) / HZ + 1e-6);
              model.pass(BigInt(one.pass));
            }
            expect([log, k.timers.pending()]).to.deep.equal([model.log, model.armed.length]);
          }
          for (const timer of timers) k.timers.del_timer(timer);
        },
      ),
      { numRuns: LONG ? 500 : 50 },
    );
  }).timeout(60_000);
});

/** Timers in one array, sorted when looked at: the slow, obvious way. */
class model_wheel {
  readonly log: string[] = [];
  armed: { id: number; expires: bigint; lvl: bigint; due: bigint; order: number }[] = [];
  private order = 0;

  constructor(private now: bigint) {}

  arm(id: number, delay: bigint): boolean {
    const expires = this.now + delay;
    let lvl = 0n;
    for (let start = 63n; delay >= start; start *= 8n) lvl++;
    const gran = 1n << (3n * lvl);
    const due = (expires / gran + 1n) * gran;
    const pending = this.armed.find((one) => one.id === id);
    if (pending?.expires === expires) return true;
    if (pending?.lvl === lvl && pending.due === due) {
      pending.expires = expires;
      return true;
    }
    const was = this.del(id);
    this.armed.push({ id, expires, lvl, due, order: this.order++ });
    return was;
  }

  del(id: number): boolean {
    const before = this.armed.length;
    this.armed = this.armed.filter((one) => one.id !== id);
    return this.armed.length < before;
  }

  pass(ticks: bigint): void {
    this.now += ticks;
    const due = this.armed.filter((one) => one.due <= this.now);
    this.armed = this.armed.filter((one) => one.due > this.now);
    due.sort((a, b) => Number(a.due - b.due) || Number(b.lvl - a.lvl) || b.order - a.order);
    this.log.push(...due.map((one) => `${String(one.id)}@${String(one.due)}`));
  }
}
