// SPDX-License-Identifier: GPL-2.0-only
// Tests of the verbs that all other tests rely on.

import { expect } from 'chai';
import {
  GFP_KERNEL,
  machine,
  oops,
  phys_addr_t,
  spinlock_t,
  timer_list,
} from '@iommu-bounce/linux-shim';
import {
  type after_each,
  catch_oops,
  expect_no_leaks,
  fill_pattern,
  for_each_failure,
  leak_checked,
  pattern,
  random,
  read_bytes,
  usage_differences,
  write_bytes,
} from '@iommu-bounce/linux-shim/testing';

class thing {
  static readonly sizeof = 8;
  value = 0;
}

/** A test framework with one test: runs the hooks as if it had ended in the given state. */
function one_test(): { after_each: after_each; end: (state: string) => void } {
  const hooks: Parameters<after_each>[0][] = [];
  return {
    after_each: (hook) => hooks.push(hook),
    end: (state) => {
      for (const hook of hooks) hook.call({ currentTest: { state } });
    },
  };
}

describe('leak_checked', () => {
  it('passes a machine that gave everything back', () => {
    const test = one_test();
    const k = leak_checked({}, test.after_each).boot_machine();
    k.slab.kfree(k.slab.kzalloc(thing, GFP_KERNEL));
    expect(() => {
      test.end('passed');
    }).not.to.throw();
  });

  it('names each kind of thing that a test left behind', () => {
    const test = one_test();
    const k = leak_checked({}, test.after_each).boot_machine();
    k.slab.kzalloc(thing, GFP_KERNEL);
    k.page_alloc.alloc_pages(GFP_KERNEL, 2);
    expect(() => {
      test.end('passed');
    }).to.throw('the machine leaks: pages: 0 before, 4 after; allocations: 0 before, 1 after');
  });

  it('sees a lock held and interrupts off on a CPU that no longer runs', () => {
    const test = one_test();
    const k = leak_checked({}, test.after_each).boot_machine({ nr_cpus: 2 });
    k.context.run_on_cpu(1);
    k.locks.spin_lock_irqsave(new spinlock_t());
    k.context.run_on_cpu(0);
    expect(() => {
      test.end('passed');
    }).to.throw(/locks_held: 0 before, 1 after; preempt_count: 0 .* 1 after; irqs_disabled: false/);
  });

  it('says nothing about a test that failed, nor about the next one', () => {
    const test = one_test();
    leak_checked({}, test.after_each).boot_machine().slab.kzalloc(thing, GFP_KERNEL);
    expect(() => {
      test.end('failed');
      test.end('passed');
    }).not.to.throw();
  });

  it('counts an armed timer only when asked', () => {
    for (const timers of [false, true]) {
      const test = one_test();
      const k = leak_checked({ timers }, test.after_each).boot_machine();
      const timer = new timer_list();
      k.timers.timer_setup(timer, () => undefined);
      k.timers.mod_timer(timer, 10);
      let text = '';
      try {
        test.end('passed');
      } catch (e) {
        text = String(e);
      }
      expect(text).to.equal(
        timers ? 'Error: the machine leaks: timers: 0 before, 1 after' : '',
        String(timers),
      );
    }
  });

  it('starts from the usage at watch() and leaves a written-off machine alone', () => {
    const test = one_test();
    const room = leak_checked({}, test.after_each);
    const k = new machine({ memory: { nodes: [{ lowmem_pages: 16 }] } });
    k.slab.kzalloc(thing, GFP_KERNEL);
    room.watch(k);
    room.write_off(room.boot_machine());
    const dead = room.boot_machine();
    dead.slab.kzalloc(thing, GFP_KERNEL);
    room.write_off(dead);
    expect(() => {
      test.end('passed');
    }).not.to.throw();
  });

  it('needs an afterEach', () => {
    const holder = globalThis as { afterEach?: unknown };
    const kept = holder.afterEach;
    delete holder.afterEach;
    try {
      expect(() => leak_checked()).to.throw('no afterEach here');
    } finally {
      holder.afterEach = kept;
    }
  });
});

describe('expect_no_leaks', () => {
  it('throws the differences that usage_differences lists', () => {
    const before = new machine({ memory: { nodes: [{ lowmem_pages: 16 }] } }).usage();
    const after = { ...before, vmalloc_areas: 2, timers: 1 };
    expect(usage_differences(before, after)).to.deep.equal(['vmalloc_areas: 0 before, 2 after']);
    expect(usage_differences(before, after, { timers: true })).to.have.length(2);
    expect(() => {
      expect_no_leaks(before, after);
    }).to.throw('vmalloc_areas: 0 before, 2 after');
    expect_no_leaks(before, before, { timers: true });
  });
});

describe('random', () => {
  it('gives the published numbers of mulberry32', () => {
    const source = random(1);
    expect([source.next(), source.next(), source.next()]).to.deep.equal([
      2693262067, 11749833, 2265367787,
    ]);
  });

  it('prints its seed and how far it got', () => {
    const source = random(0xc0ffee);
    source.below(10);
    source.chance(50);
    expect(String(source)).to.equal('random(0xc0ffee) after 2 draws');
  });

  it('stays within bounds and reaches both ends', () => {
    const source = random(3);
    const seen = new Set(Array.from({ length: 200 }, () => source.between(4, 7)));
    expect([...seen].sort((a, b) => a - b)).to.deep.equal([4, 5, 6, 7]);
    expect(source.chance(0)).to.equal(false);
    expect(source.chance(100)).to.equal(true);
    expect(source.pick(['only'])).to.equal('only');
    expect(() => source.below(0)).to.throw(RangeError);
    expect(() => source.pick([])).to.throw(RangeError);
  });
});

describe('bytes', () => {
  const { boot_machine } = leak_checked();

  it('writes a pattern of the seed and reads back a copy', () => {
    const k = boot_machine();
    const at = phys_addr_t(8192 + 5);
    const written = fill_pattern(k, at, 300, 7);
    const read = read_bytes(k, at, 300);
    expect(read).to.deep.equal(written);
    expect(pattern(100, 7)).to.deep.equal(written.slice(0, 100));
    expect(pattern(100, 8)).not.to.deep.equal(written.slice(0, 100));
    write_bytes(k, at, [1, 2, 3]);
    expect([...read_bytes(k, at, 3)]).to.deep.equal([1, 2, 3]);
    expect(read).to.deep.equal(written);
  });
});

describe('for_each_failure', () => {
  const { boot_machine } = leak_checked();

  it('fails each passage once and ends with a run that succeeds', () => {
    const k = boot_machine();
    const runs: string[] = [];
    const passages = for_each_failure(
      k,
      'kmalloc',
      () => {
        const three = [1, 2, 3].map(() => k.slab.kmalloc(thing, GFP_KERNEL));
        for (const p of three) k.slab.kfree(p);
        return three.map((p) => (p ? 'y' : 'n')).join('');
      },
      (failed, result, n) => runs.push(`${String(n)} ${result} ${String(failed)}`),
    );
    expect(passages).to.equal(3);
    expect(runs).to.deep.equal(['0 nyy true', '1 yny true', '2 yyn true', '3 yyy false']);
    expect(k.faults.should_fail('kmalloc')).to.equal(false);
  });
});

describe('for_each_failure of an operation without end', () => {
  const { boot_machine } = leak_checked();

  it('gives up at the limit', () => {
    const k = boot_machine();
    const run = (n: number): void => {
      for (let i = 0; i <= n; i++) k.faults.should_fail('kmalloc');
    };
    expect(() => for_each_failure(k, 'kmalloc', run, () => undefined, 5)).to.throw(
      'kmalloc: still failing after 5 passages',
    );
  });
});

describe('catch_oops', () => {
  it('returns the oops, complains without one and lets other errors through', () => {
    const e = catch_oops(() => {
      throw new oops('bug', 'x');
    });
    expect(e.kind).to.equal('bug');
    expect(() => catch_oops(() => 1)).to.throw('no oops: the call returned');
    expect(() =>
      catch_oops(() => {
        throw new TypeError('t');
      }),
    ).to.throw(TypeError, 't');
  });
});
