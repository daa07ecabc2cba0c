// SPDX-License-Identifier: GPL-2.0-only
// The machine of a transcript has memory for all that its operations can ask for, in blocks of any order.

import { expect } from 'chai';
import * as fc from 'fast-check';
import { parseTranscript } from '@iommu-bounce/integration';
import { GFP_KERNEL, PAGE_SIZE, type page } from '@iommu-bounce/linux-shim';
import { leak_checked } from '@iommu-bounce/linux-shim/testing';
import { memoryNeeded, withoutFragments } from '../src/transcript/memory-needed';

const K = 1024;

/** Pages for whatever else. */
const SPARE = 256;

/** What the page allocator needs beside SPARE of operations on a pool; one of `attach` makes it. */
function pagesOf(
  ops: readonly object[],
  { slots = 1024, classes = 37, isFixed = false, sizes = [PAGE_SIZE, 2 ** 21] } = {},
): number {
  const device = {
    ...{ dma_mask_bits: 48, coherent_dma_mask_bits: 48, bus_dma_limit: 0, coherent: true },
    ...{ max_seg_size: 65536, seg_boundary_mask: 4294967295, min_align_mask: 0, node: 0 },
    ...{ pci: false, untrusted: false, deferred_attach: false },
  };
  const header = {
    ...{ format: 'dma-transcript', version: 1, stage: 4 },
    config: { IOMMU_IO_BUFFER: true, SWIOTLB: true },
    params: { num_slots: slots, class_sizes: classes, swiotlb_slabs: 128, forcedac: false },
    domain: {
      ...{ aperture_start: 0, aperture_end: 2 ** 48 - 1, pgsize_bitmap: sizes },
      ...{ strict: true, has_flush_all: true },
    },
    ...{ device, nr_cpus: 1, jiffies_hz: 1000, page_size: PAGE_SIZE, poison: 170, comment: '' },
  };
  const attach = { op: 'attach', dev: 0, ret: 'ok', pool: true, flush_queue: false };
  const lines = [attach, ...ops].map((op) => ({ ...op, iommu: [] }));
  const text = [header, ...lines].map((line) => JSON.stringify(line));
  return memoryNeeded(parseTranscript(text.join('\n')), isFixed).buddy - SPARE;
}

const map = (off: number, len: number): object => ({
  ...{ op: 'map_page', id: 1, dev: 0, buf: 1, off, len, dir: 'to_device', attrs: [], ret: 'error' },
});
const times = (n: number, op: object): object[] => Array.from({ length: n }, () => op);

describe('memoryNeeded', () => {
  /** For single pages. */
  const EDGES = 4;

  it('has a buffer of the class that fits for each mapping, of the largest for what no class fits', () => {
    expect(pagesOf([map(0, 4 * K), map(100, 4 * K), map(0, 20 * K), map(0, 200 * K)])).to.equal(
      1 + 4 + 32 + 32 + EDGES,
    );
    const list = [1, 2, 3].map((page) => [1, page * 4 * K + 100, 4000]);
    const sg = { op: 'map_sg', id: 1, dev: 0, sg: list, dir: 'to_device', attrs: [], ret: 0 };
    expect(pagesOf([{ ...sg, dma: [] }])).to.equal(32 + EDGES);
  });

  it('has no more than all slots hold, of each pool that there can be', () => {
    const many = times(100, map(0, 4 * K));
    expect(pagesOf(many, { slots: 10 })).to.equal(10 + EDGES);
    const again = { op: 'pool_init', dev: 0, ret: 0, pool: true };
    expect(pagesOf([...many, again], { slots: 10 })).to.equal(20 + EDGES);
    expect(pagesOf(many, { slots: 0 })).to.equal(EDGES);
  });

  it('has twice what a full class passes on to the next one under a fix, so that half stays free', () => {
    const many = times(100, map(0, 4 * K));
    expect(pagesOf(many, { slots: 60, isFixed: true })).to.equal(2 * (60 + 40 * 4 + EDGES));
  });

  it('has blocks of the order that is asked for', () => {
    const sizes = [PAGE_SIZE, 4 * PAGE_SIZE];
    expect(pagesOf([map(0, 20 * K)], { sizes })).to.equal(32 + 4 * EDGES);
    const alloc = { op: 'alloc_coherent', id: 1, dev: 0, len: 30 * K, gfp: 'kernel', attrs: [] };
    expect(pagesOf([{ ...alloc, ret: 'error' }])).to.equal(8 + 8 * EDGES);
  });

  it('has the pages of long lists', () => {
    expect(pagesOf([map(0, 500 * K)], { classes: 128 })).to.equal(128 + 1 + EDGES);
  });
});

describe('withoutFragments', () => {
  const { boot_machine } = leak_checked();
  const step = fc.record({ order: fc.nat(5), frees: fc.array(fc.nat(), { maxLength: 6 }) });

  it('is memory in which a block is always found, whatever was freed before', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120, size: 'max' }), fc.nat(70), (steps, before) => {
        let [ever, live, most, order] = [0, 0, 0, 0];
        const held: number[] = [];
        for (const s of steps) {
          ever += 2 ** s.order;
          live += 2 ** s.order;
          most = Math.max(most, live);
          order = Math.max(order, s.order);
          held.push(s.order);
          for (const n of s.frees)
            live -= 2 ** (held.splice(n % (held.length + 1), 1)[0] ?? -Infinity);
        }
        const lowmem_pages = withoutFragments(ever, most, order);
        const k = boot_machine({
          memory: { nodes: [{ lowmem_pages }], reserved_pages: before, bytes: false },
        });
        const blocks: (readonly [page, number])[] = [];
        for (const s of steps) {
          const block = k.page_alloc.alloc_pages(GFP_KERNEL, s.order);
          expect(block, `order ${String(s.order)} of ${String(lowmem_pages)}`).not.to.equal(null);
          if (block) blocks.push([block, s.order]);
          for (const n of s.frees) {
            const [gone] = blocks.splice(n % (blocks.length + 1), 1);
            if (gone) k.page_alloc.__free_pages(...gone);
          }
        }
        for (const [block, its] of blocks) k.page_alloc.__free_pages(block, its);
      }),
    );
  });
});
