// SPDX-License-Identifier: GPL-2.0-only
// A property test of the page allocator against a list of free frames.

import { expect } from 'chai';
import * as fc from 'fast-check';
import {
  GFP_ATOMIC,
  __GFP_NOWARN,
  __GFP_THISNODE,
  type memory_range,
  page_to_pfn,
  type page,
} from '@iommu-bounce/linux-shim';
import { leak_checked } from '@iommu-bounce/linux-shim/testing';

/** Which frames of one run are free; finds blocks by looking at every aligned place. */
class naive_area {
  private readonly free = new Set<number>();

  constructor(readonly range: memory_range) {
    for (let pfn = range.start_pfn; pfn < range.end_pfn; pfn++) this.free.add(pfn);
  }

  get size(): number {
    return this.free.size;
  }

  has(pfn: number, order: number): boolean {
    for (let i = 0; i < 2 ** order; i++) if (!this.free.has(pfn + i)) return false;
    return true;
  }

  /** The largest order of which there is a free aligned block, or -1. */
  largest(): number {
    for (let order = 10; order >= 0; order--) if (this.blocks(order).length > 0) return order;
    return -1;
  }

  blocks(order: number): number[] {
    const step = 2 ** order;
    return [...this.free].filter((pfn) => pfn % step === 0 && this.has(pfn, order));
  }

  /** Order of the largest free aligned block that contains the frame. */
  order_around(pfn: number): number {
    let order = 0;
    while (order < 10 && this.has(pfn - (pfn % 2 ** (order + 1)), order + 1)) order++;
    return order;
  }

  take(pfn: number, order: number): void {
    for (let i = 0; i < 2 ** order; i++) this.free.delete(pfn + i);
  }

  give(pfn: number, order: number): void {
    for (let i = 0; i < 2 ** order; i++) this.free.add(pfn + i);
  }
}

/** An operation: allocate a block of an order on a node, or free the n-th one that is out. */
const operation = fc.oneof(
  fc.record({ what: fc.constant('alloc' as const), order: fc.nat(5), nid: fc.nat(1) }),
  fc.record({ what: fc.constant('free' as const), n: fc.nat(30) }),
  fc.record({ what: fc.constant('split' as const), n: fc.nat(30) }),
);

describe('page_alloc_c', () => {
  const { boot_machine } = leak_checked();

  it('agrees with a list of free frames under any sequence of operations', () => {
    const pages = fc.integer({ min: 1, max: 80 });
    fc.assert(
      fc.property(
        pages,
        pages,
        fc.array(operation, { maxLength: 60, size: 'max' }),
        (node0, node1, operations) => {
          const k = boot_machine({
            memory: { nodes: [{ lowmem_pages: node0 }, { lowmem_pages: node1 }] },
          });
          const areas = k.mm.ranges.map((r) => new naive_area(r));
          const out: { p: page; order: number }[] = [];

          const area_of = (pfn: number): naive_area =>
            areas.find((a) => pfn >= a.range.start_pfn && pfn < a.range.end_pfn) as naive_area;
          const free = (block: { p: page; order: number }): void => {
            k.page_alloc.__free_pages(block.p, block.order);
            area_of(block.p.pfn).give(block.p.pfn, block.order);
          };

          for (const op of operations) {
            if (op.what === 'alloc') {
              const gfp = GFP_ATOMIC | __GFP_NOWARN | __GFP_THISNODE;
              const p = k.page_alloc.alloc_pages_node(op.nid, gfp, op.order);
              const area = areas[op.nid] as naive_area;
              const candidates = area.blocks(op.order);
              if (!p) expect(candidates, 'a failure with memory there').to.deep.equal([]);
              else {
                expect(candidates, 'a block that is not free').to.include(page_to_pfn(p));
                const best = Math.min(...candidates.map((pfn) => area.order_around(pfn)));
                expect(area.order_around(p.pfn), 'a larger block broken up').to.equal(best);
                area.take(p.pfn, op.order);
                out.push({ p, order: op.order });
              }
            } else if (out.length > 0) {
              const at = op.n % out.length;
              const block = out[at] as { p: page; order: number };
              if (op.what === 'free') {
                out.splice(at, 1);
                free(block);
              } else if (block.order > 0) {
                k.page_alloc.split_page(block.p, block.order);
                const singles = Array.from({ length: 2 ** block.order }, (_, i) => ({
                  p: k.mm.pfn_to_page(block.p.pfn + i),
                  order: 0,
                }));
                out.splice(at, 1, ...singles);
              }
            }
            const free_frames = areas.reduce((sum, a) => sum + a.size, 0);
            expect(k.page_alloc.free_pages()).to.equal(free_frames);
            expect(k.page_alloc.pages_in_use).to.equal(node0 + node1 - free_frames);
            expect(k.page_alloc.largest_free_order()).to.equal(
              Math.max(...areas.map((a) => a.largest())),
            );
          }
          out.forEach(free);
        },
      ),
      { numRuns: 150 },
    );
  });
});
