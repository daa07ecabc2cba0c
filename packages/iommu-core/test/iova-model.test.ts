// SPDX-License-Identifier: GPL-2.0-only
// A property test of the address allocator against a plain list of intervals.

import { expect } from 'chai';
import { roundup_pow_of_two } from '@iommu-bounce/linux-shim';
import { leak_checked } from '@iommu-bounce/linux-shim/testing';
import * as fc from 'fast-check';
import { PFN_4G, type allocator, new_allocator } from './new-allocator';

const LONG = process.env['TEST_LONG'] === '1';

/** Frames of the window that a run plays in. */
const WINDOW = 160;

/** Which frames of the window are taken, one by one. */
class intervals {
  private readonly taken = new Set<number>();

  constructor(readonly first: number) {}

  get last(): number {
    return this.first + WINDOW - 1;
  }

  is_free(lo: number, size: number): boolean {
    for (let pfn = lo; pfn < lo + size; pfn++) if (this.taken.has(pfn)) return false;
    return true;
  }

  /** Whether there is any place for a range. */
  has_room(size: number, limit: number, unit: number): boolean {
    for (let lo = Math.ceil(this.first / unit) * unit; lo + size - 1 <= limit; lo += unit)
      if (this.is_free(lo, size)) return true;
    return false;
  }

  take(lo: number, size: number): void {
    for (let pfn = lo; pfn < lo + size; pfn++) this.taken.add(pfn);
  }

  give(lo: number, size: number): void {
    for (let pfn = lo; pfn < lo + size; pfn++) this.taken.delete(pfn);
  }
}

type op =
  | { readonly kind: 'alloc'; size: number; aligned: boolean; below_top: number }
  | { readonly kind: 'free'; nth: number };

const ops = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: alloc_op() },
    {
      weight: 2,
      arbitrary: fc.nat().map((nth): op => ({ kind: 'free', nth })),
    },
  ),
  { maxLength: 150, size: 'max' },
);

function alloc_op(): fc.Arbitrary<op> {
  return fc
    .tuple(fc.integer({ min: 1, max: 20 }), fc.boolean(), fc.nat({ max: WINDOW }))
    .map(([size, aligned, below]): op => ({
      kind: 'alloc',
      size,
      aligned,
      below_top: below % 3 === 0 ? below : 0,
    }));
}

class run {
  private readonly model: intervals;
  private readonly live: [lo: number, size: number][] = [];

  constructor(
    private readonly a: allocator,
    first: number,
  ) {
    this.model = new intervals(first);
    a.reserve(0, first - 1); // frame 0 with it, where a search could wrap to
  }

  apply(o: op): void {
    if (o.kind === 'free') this.free(o.nth);
    else this.alloc(o.size, this.model.last - o.below_top, o.aligned);
  }

  free_all(): void {
    while (this.live.length > 0) this.free(0);
  }

  private alloc(size: number, limit: number, aligned: boolean): void {
    const unit = aligned ? roundup_pow_of_two(size) : 1;
    const refused = limit < PFN_4G && size >= this.a.iovad.max32_alloc_size;
    const lo = this.a.alloc(size, limit, aligned);
    if (lo < 0) {
      expect(refused || !this.model.has_room(size, limit, unit), 'room was missed').to.equal(true);
      return;
    }
    expect(lo).to.be.at.least(this.model.first);
    expect(lo + size - 1).to.be.at.most(limit);
    expect(lo % unit, 'alignment').to.equal(0);
    expect(this.model.is_free(lo, size), 'overlap').to.equal(true);
    this.model.take(lo, size);
    this.live.push([lo, size]);
  }

  private free(nth: number): void {
    const [entry] = this.live.splice(nth % Math.max(1, this.live.length), 1);
    if (!entry) return;
    const [lo, size] = entry;
    expect(this.a.find(lo + (nth % size))).to.deep.equal([lo, lo + size - 1]);
    this.model.give(lo, size);
    this.a.free(lo);
    expect(this.a.find(lo)).to.equal(null);
  }
}

describe('the address allocator against a list of intervals @long', () => {
  const { boot_machine } = leak_checked();

  for (const [where, first] of [
    ['at the bottom', 1],
    ['across 4 GiB', PFN_4G - WINDOW / 2],
    ['near 2^47', 2 ** 35 - WINDOW],
  ] as const)
    it(`overlaps nothing, keeps limits and alignment, and misses no room ${where}`, () => {
      const k = boot_machine();
      fc.assert(
        fc.property(ops, (list) => {
          const a = new_allocator(k, first);
          const r = new run(a, first);
          const empty = k.usage();
          for (const o of list) r.apply(o);
          r.free_all();
          expect(k.usage()).to.deep.equal(empty);
          a.end();
        }),
        { numRuns: LONG ? 150 : 60 },
      );
    });

  it('hands out each frame once through the caches of two CPUs, whatever the order', () => {
    const k = boot_machine({ nr_cpus: 2 });
    const steps = fc.array(fc.tuple(fc.nat({ max: 1 }), fc.integer({ min: -3, max: 4 })), {
      maxLength: 400,
      size: 'max',
    });
    fc.assert(
      fc.property(steps, (list) => {
        const a = new_allocator(k);
        const owner = new Map<number, number>();
        for (const [cpu, n] of list) {
          k.context.run_on_cpu(cpu);
          for (let i = 0; i < n; i++) {
            const pfn = a.fast(4, 255, true);
            if (pfn === 0) continue;
            expect([pfn % 4, owner.has(pfn)]).to.deep.equal([0, false]);
            expect(a.find(pfn)).to.deep.equal([pfn, pfn + 3]);
            owner.set(pfn, cpu);
          }
          for (const pfn of [...owner.keys()].slice(0, Math.max(0, -n))) {
            owner.delete(pfn);
            a.free_fast(pfn, 4);
          }
        }
        a.end();
      }),
      { numRuns: LONG ? 100 : 40 },
    );
  });
});
