// SPDX-License-Identifier: GPL-2.0-only
// What if: v6.7's cache of addresses. What its depot keeps, when it is trimmed, and which address comes next.

import { expect } from 'chai';
import * as fc from 'fast-check';
import { MAX_GLOBAL_MAGS, iova_c, iova_domain } from '@iommu-bounce/iommu-core';
import { PAGE_SIZE, type machine } from '@iommu-bounce/linux-shim';
import { for_each_failure, leak_checked } from '@iommu-bounce/linux-shim/testing';
import {
  IOVA_DEPOT_DELAY,
  IOVA_MAG_SIZE_6_7 as MAG,
  iova_c_depot_6_7,
} from '../../src/what-ifs/iova-depot-6-7';

const TOP = 0xfffff;

class World<C extends iova_c> {
  readonly iovad = new iova_domain();

  constructor(
    readonly k: machine,
    readonly iova: C,
  ) {
    iova.iova_cache_get();
    iova.init_iova_domain(this.iovad, PAGE_SIZE, 1);
  }

  alloc(): number {
    return this.iova.alloc_iova_fast(this.iovad, 1, TOP, true);
  }

  free(pfn: number): void {
    this.iova.free_iova_fast(this.iovad, pfn, 1);
  }

  /** Takes n addresses and gives them back. */
  fill(n: number): number[] {
    const all = Array.from({ length: n }, () => this.alloc());
    for (const pfn of all) this.free(pfn);
    return all;
  }

  inTree(pfn: number): boolean {
    return this.iova.find_iova(this.iovad, pfn) !== null;
  }

  close(): void {
    this.iova.put_iova_domain(this.iovad);
    this.iova.iova_cache_put();
  }
}

function depotWorld(k: machine): World<iova_c_depot_6_7> {
  return new World(k, new iova_c_depot_6_7(k));
}

/** The same cache as plain arrays. */
class Model {
  readonly cpus: { loaded: number[]; prev: number[] }[];
  readonly depot: number[][] = [];
  /** When the work runs; null: it is not queued. Milliseconds. */
  workAt: number | null = null;
  now = 0;
  /** Addresses that went back to the tree. */
  freed: number[] = [];

  constructor(cpus: number) {
    this.cpus = Array.from({ length: cpus }, () => ({ loaded: [], prev: [] }));
  }

  get(cpu: number): number | null {
    const c = this.cpus[cpu];
    if (!c) throw new Error('CPU');
    if (c.loaded.length === 0) {
      if (c.prev.length > 0) [c.loaded, c.prev] = [c.prev, c.loaded];
      else c.loaded = this.depot.pop() ?? [];
    }
    return c.loaded.pop() ?? null;
  }

  put(cpu: number, pfn: number): void {
    const c = this.cpus[cpu];
    if (!c) throw new Error('CPU');
    if (c.loaded.length === MAG) {
      if (c.prev.length < MAG) [c.loaded, c.prev] = [c.prev, c.loaded];
      else {
        this.depot.push(c.loaded);
        c.loaded = [];
        this.workAt ??= this.now + IOVA_DEPOT_DELAY;
      }
    }
    c.loaded.push(pfn);
  }

  advance(ms: number): void {
    this.freed = [];
    const end = this.now + ms;
    while (this.workAt !== null && this.workAt <= end) {
      this.now = this.workAt;
      this.workAt = null;
      if (this.depot.length <= this.cpus.length) continue;
      this.freed.push(...(this.depot.pop() ?? []));
      this.workAt = this.now + IOVA_DEPOT_DELAY;
    }
    this.now = end;
  }
}

describe('iova_c_depot_6_7', () => {
  const room = leak_checked({ timers: true });

  it("keeps more magazines than 5.13's depot has room for", () => {
    const n = (MAX_GLOBAL_MAGS + 20) * 128;
    const later = depotWorld(room.boot_machine());
    expect(later.fill(n).filter((pfn) => !later.inTree(pfn))).to.deep.equal([]);
    expect(later.iova.depot_size(later.iovad, 0)).to.be.above(MAX_GLOBAL_MAGS + 16);
    later.close();
    const k = room.boot_machine();
    const base = new World(k, new iova_c(k));
    expect(base.fill(n).some((pfn) => !base.inTree(pfn))).to.equal(true);
    base.close();
  });

  // With the exact clock: the timer wheel makes 104 ms of them at 250 Hz.
  it('gives one magazine in 100 ms back to the tree, down to one for each CPU, and then stops', () => {
    const cpus = 2;
    const w = depotWorld(room.boot_machine({ nr_cpus: cpus, timers: 'exact' }));
    const all = w.fill(MAG * 7 + 1);
    const depot = (): number => w.iova.depot_size(w.iovad, 0);
    const gone = (): number => all.filter((pfn) => !w.inTree(pfn)).length;
    expect([depot(), gone()]).to.deep.equal([6, 0]);
    w.k.timers.advance(IOVA_DEPOT_DELAY - 1);
    expect([depot(), gone()]).to.deep.equal([6, 0]);
    for (const left of [5, 4, 3, cpus]) {
      w.k.timers.advance(left === 5 ? 1 : IOVA_DEPOT_DELAY);
      expect([depot(), gone()]).to.deep.equal([left, MAG * (6 - left)]);
    }
    expect(w.k.timers.pending()).to.equal(1);
    w.k.timers.advance(IOVA_DEPOT_DELAY);
    expect([depot(), w.k.timers.pending()]).to.deep.equal([cpus, 0]);
    w.close();
  });

  it('hands out what a model of plain arrays says, on several CPUs, while time passes', () => {
    const k = room.boot_machine({ nr_cpus: 2, timers: 'exact' });
    const step = fc.record({
      cpu: fc.nat({ max: 1 }),
      change: fc.integer({ min: -500, max: 500 }),
      ms: fc.constantFrom(0, 0, 30, 100, 250),
    });
    let trimmed = 0;
    fc.assert(
      fc.property(fc.array(step, { minLength: 5, maxLength: 25 }), (steps) => {
        const w = depotWorld(k);
        const model = new Model(2);
        const mine: number[] = [];
        for (const { cpu, change, ms } of steps) {
          k.context.run_on_cpu(cpu);
          for (let n = 0; n < change; n++) {
            const cached = model.get(cpu);
            const pfn = w.alloc();
            if (cached !== null) expect(pfn).to.equal(cached);
            mine.push(pfn);
          }
          for (let n = 0; n > change && mine.length > 0; n--) {
            const pfn = mine.shift() as number;
            w.free(pfn);
            model.put(cpu, pfn);
          }
          k.timers.advance(ms);
          model.advance(ms);
          trimmed += model.freed.length;
          expect(model.freed.filter((pfn) => w.inTree(pfn))).to.deep.equal([]);
          expect(w.iova.depot_size(w.iovad, 0)).to.equal(model.depot.length);
        }
        expect(new Set(mine).size, 'each address once').to.equal(mine.length);
        expect(mine.filter((pfn) => !w.inTree(pfn))).to.deep.equal([]);
        w.close();
      }),
      { numRuns: 60 },
    );
    expect(trimmed, 'the runs reached the trimming').to.be.above(0);
  });

  it('frees to the tree when there is no memory for another magazine', () => {
    const w = depotWorld(room.boot_machine());
    w.fill(2 * MAG);
    const pfn = w.iova.alloc_iova(w.iovad, 1, TOP, true)?.pfn_lo ?? 0;
    w.k.faults.fail('kmalloc', 1);
    w.free(pfn);
    expect([w.inTree(pfn), w.k.log.warnings]).to.deep.equal([false, 0]);
    w.close();
  });

  it('works without caches for sizes that got no memory, and leaks nothing', () => {
    const k = room.boot_machine({ nr_cpus: 2 });
    const n = for_each_failure(
      k,
      'kmalloc',
      () => depotWorld(k),
      (failed, w) => {
        const before = k.usage();
        const [pfn = 0] = w.fill(1);
        expect(pfn).to.equal(TOP);
        // In a cache, or in the tree as if there were none.
        expect(w.inTree(pfn) || failed).to.equal(true);
        w.k.context.run_on_cpu(1);
        w.iova.cpuhp_dead(0);
        expect(w.inTree(pfn)).to.equal(false);
        expect(k.usage()).to.deep.equal(before);
        w.close();
        k.context.run_on_cpu(0);
      },
    );
    expect(n).to.equal(6 * 2 * 2);
  });

  it('empties the depot before an allocation fails', () => {
    const w = depotWorld(room.boot_machine());
    const few = MAG * 4 - 1;
    const all = Array.from({ length: few }, () => w.iova.alloc_iova_fast(w.iovad, 1, few, true));
    for (const pfn of all) w.free(pfn);
    expect(w.iova.depot_size(w.iovad, 0)).to.equal(2);
    expect(w.iova.alloc_iova_fast(w.iovad, MAG + 1, few, false)).to.equal(0);
    // The next one up to four magazines that is a multiple of 128: 256.
    w.iovad.max32_alloc_size = w.iovad.dma_32bit_pfn;
    expect(w.iova.alloc_iova_fast(w.iovad, MAG + 1, few, true)).to.equal(256);
    expect(w.iova.depot_size(w.iovad, 0)).to.equal(0);
    w.close();
  });
});
