// SPDX-License-Identifier: GPL-2.0-only
// A property test of the swiotlb's slots against a list of taken ones.

import { expect } from 'chai';
import * as fc from 'fast-check';
import {
  DMA_ATTR_NO_WARN,
  DMA_ATTR_SKIP_CPU_SYNC,
  DMA_MAPPING_ERROR,
  DMA_TO_DEVICE,
  IO_TLB_SIZE,
  deref,
  oops,
  phys_addr_t,
} from '@iommu-bounce/linux-shim';
import { leak_checked, new_device } from '@iommu-bounce/linux-shim/testing';

const SET = 128;
const SLOTS = 2 * SET;

/** Which slots are taken, and where the next search begins; finds a place by looking at each in turn. */
class naive_area {
  readonly taken = new Array<boolean>(SLOTS).fill(false);
  next = 0;

  /**
   * First place for n slots, in the order of the search; -1 for none.
   * @param step distance of places that are good for the device
   * @param phase the first of them
   * @param segment slots between two boundaries of the device
   */
  find(n: number, step: number, phase: number, segment: number): number {
    const from = (Math.ceil(this.next / step) * step) % SLOTS;
    for (let i = 0; i < SLOTS; i++) {
      const at = (from + i) % SLOTS;
      if (at % step !== phase || (at % segment) + n > segment || (at % SET) + n > SET) continue;
      if (!this.taken.slice(at, at + n).includes(true)) return at;
    }
    return -1;
  }

  mark(at: number, n: number, taken: boolean): void {
    this.taken.fill(taken, at, at + n);
    if (taken) this.next = (at + n) % SLOTS;
  }

  /** Free slots in one piece from each slot on, within its set. */
  lists(): number[] {
    const lists = new Array<number>(SLOTS).fill(0);
    for (let i = SLOTS - 1; i >= 0; i--)
      if (!this.taken[i]) lists[i] = 1 + (i % SET === SET - 1 ? 0 : (lists[i + 1] ?? 0));
    return lists;
  }
}

const operation = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      size: fc.integer({ min: 1, max: 40 * IO_TLB_SIZE }),
      orig: fc.nat(8191),
    }),
  },
  { weight: 2, arbitrary: fc.nat(100) },
);

describe('swiotlb_c @long', () => {
  const { boot_machine, write_off } = leak_checked();

  for (const [min_align_mask, segment] of [
    [0, 2 ** 40],
    [0, 16],
    [0x1ff, 2 ** 40],
    [0xfff, 2 ** 40],
    [0x1fff, 64],
  ] as const)
    it(`agrees with a list of taken slots (align mask ${String(min_align_mask)}, segments of ${String(segment)})`, () => {
      fc.assert(
        fc.property(fc.array(operation, { maxLength: 60, size: 'max' }), (operations) => {
          const k = boot_machine({
            memory: { nodes: [{ lowmem_pages: 16 }] },
            swiotlb_slabs: SLOTS,
          });
          const segment_boundary_mask = segment === 2 ** 40 ? 0 : segment * IO_TLB_SIZE - 1;
          const dev = new_device({ dma_parms: { min_align_mask, segment_boundary_mask } });
          const mem = deref(k.swiotlb.io_tlb_default_mem);
          const area = new naive_area();
          const out: { at: phys_addr_t; first: number; n: number }[] = [];

          for (const op of operations) {
            if (typeof op === 'number') {
              const [block] = out.splice(op % Math.max(1, out.length), 1);
              if (!block) continue;
              k.swiotlb.swiotlb_tbl_unmap_single(
                dev,
                block.at,
                1,
                DMA_TO_DEVICE,
                DMA_ATTR_SKIP_CPU_SYNC,
              );
              area.mark(block.first, block.n, false);
            } else {
              const orig = phys_addr_t(0x10000 + op.orig);
              const offset = orig & min_align_mask & (IO_TLB_SIZE - 1);
              const n = Math.ceil((op.size + offset) / IO_TLB_SIZE);
              const unit = Math.floor(min_align_mask / IO_TLB_SIZE) + 1;
              const step = op.size + offset >= 4096 ? 2 * unit : unit;
              const phase = Math.floor(orig / IO_TLB_SIZE) % unit;
              const first = area.find(n, step, phase, segment);
              let at: phys_addr_t;
              try {
                const attrs = DMA_ATTR_SKIP_CPU_SYNC | DMA_ATTR_NO_WARN;
                at = k.swiotlb.swiotlb_tbl_map_single(
                  dev,
                  orig,
                  op.size,
                  op.size,
                  DMA_TO_DEVICE,
                  attrs,
                );
              } catch (e) {
                // The endless search of C: only with nothing to find and an odd phase.
                expect(e)
                  .to.be.an.instanceOf(oops)
                  .with.property('message')
                  .that.includes('LOCKUP');
                expect([first, phase > 0]).to.deep.equal([-1, true]);
                write_off(k);
                return;
              }
              if (first === -1) expect(at).to.equal(DMA_MAPPING_ERROR);
              else {
                expect(at - mem.start).to.equal(first * IO_TLB_SIZE + offset);
                area.mark(first, n, true);
                out.push({ at, first, n });
              }
            }
            expect(mem.slots.map((s) => s.list)).to.deep.equal(area.lists());
            expect([mem.index, mem.used]).to.deep.equal([
              area.next,
              area.taken.filter(Boolean).length,
            ]);
          }
        }),
        { numRuns: process.env['TEST_LONG'] === '1' ? 100 : 40 },
      );
    });
});
