// SPDX-License-Identifier: GPL-2.0-only
// What if: swiotlb of v6.6, which grows. Against a list of what is taken, and pool by pool.

import fc from 'fast-check';
import { expect } from 'chai';
import {
  DMA_BIDIRECTIONAL,
  DMA_BIT_MASK,
  DMA_FROM_DEVICE,
  DMA_MAPPING_ERROR,
  DMA_TO_DEVICE,
  IO_TLB_SIZE,
  PAGE_SIZE,
  SWIOTLB_FORCE,
  device,
  type dma_addr_t,
  type dma_data_direction,
  machine,
} from '@iommu-bounce/linux-shim';
import { swiotlb_dynamic_6_6 } from '../../src/what-ifs/swiotlb-dynamic-6-6';

const LONG = process.env['TEST_LONG'] === '1';

interface World {
  readonly k: machine;
  readonly dev: device;
  readonly tlb: swiotlb_dynamic_6_6;
  readonly locks: { count: number; calls: number };
  readonly map: (offset: number, size: number, dir: dma_data_direction) => dma_addr_t;
}

/**
 * @param pages that pools can grow into
 * @param bytes whether they are looked at
 */
function world(pages = 2048, min_align_mask = 0, cpus = 1, bytes = true): World {
  const k = new machine({
    memory: { nodes: [{ lowmem_pages: pages }], reserved_pages: 64, bytes },
    swiotlb_slabs: 512,
    nr_cpus: cpus,
    parts: { swiotlb: swiotlb_dynamic_6_6 },
  });
  const tlb = k.swiotlb;
  if (!(tlb instanceof swiotlb_dynamic_6_6)) throw new Error('not the swiotlb that was asked for');
  const locks = { count: 0, calls: 0 };
  tlb.connect(k, {
    lock: () => locks.count++,
    call: () => locks.calls++,
  });
  tlb.swiotlb_force = SWIOTLB_FORCE;
  const dev = new device('card');
  dev.dma_mask = DMA_BIT_MASK(48);
  if (dev.dma_parms) dev.dma_parms.min_align_mask = min_align_mask;
  const base = k.reserved_pfn * PAGE_SIZE;
  return {
    k,
    dev,
    tlb,
    locks,
    map: (offset, size, dir) =>
      k.dma.dma_map_page_attrs(
        dev,
        k.mm.pfn_to_page((base + offset - (offset % PAGE_SIZE)) / PAGE_SIZE),
        offset % PAGE_SIZE,
        size,
        dir,
        0,
      ),
  };
}

describe('swiotlb_dynamic_6_6', function () {
  this.timeout(20_000);

  it('copies in on every map, reads too, and out on the unmap of what was read', () => {
    const { k, dev, map } = world();
    const base = k.reserved_pfn * PAGE_SIZE;
    for (const dir of [DMA_TO_DEVICE, DMA_FROM_DEVICE, DMA_BIDIRECTIONAL] as const) {
      k.mm.ram.fill(0x31, base, base + 3000);
      const address = map(100, 2500, dir);
      expect(k.mm.ram[address], 'in').to.equal(0x31);
      k.mm.ram.fill(0x77, address, address + 2500);
      k.dma.dma_unmap_page_attrs(dev, address, 2500, dir, 0);
      expect(k.mm.ram[base + 99]).to.equal(0x31);
      expect(k.mm.ram[base + 100], 'out').to.equal(dir === DMA_TO_DEVICE ? 0x31 : 0x77);
      expect(k.mm.ram[base + 2599]).to.equal(dir === DMA_TO_DEVICE ? 0x31 : 0x77);
      expect(k.mm.ram[base + 2600]).to.equal(0x31);
    }
  });

  it('makes a pool for one mapping when it is full, and the worker adds one that stays', () => {
    const { k, dev, tlb, map } = world();
    const held = Array.from({ length: 8 }, () => map(0, 128 * 1024, DMA_FROM_DEVICE));
    expect([tlb.transient_pools, tlb.pool_bytes()]).to.deep.equal([0, 2 ** 20]);
    const extra = map(0, 128 * 1024, DMA_FROM_DEVICE);
    expect(extra).not.to.equal(DMA_MAPPING_ERROR);
    expect([tlb.transient_pools, tlb.grown, tlb.work_pending()]).to.deep.equal([1, 0, true]);
    expect(tlb.pool_bytes()).to.equal(2 ** 20 + 128 * 1024);
    k.workqueue.run();
    expect([tlb.grown, tlb.work_pending()]).to.deep.equal([1, false]);
    expect(tlb.pool_bytes()).to.equal(2 * 2 ** 20 + 128 * 1024);

    k.dma.dma_unmap_page_attrs(dev, extra, 128 * 1024, DMA_FROM_DEVICE, 0);
    k.workqueue.run();
    expect(tlb.pool_bytes()).to.equal(2 * 2 ** 20);
    map(0, 128 * 1024, DMA_FROM_DEVICE);
    expect(tlb.transient_pools, 'the new pool serves').to.equal(1);
    for (const address of held)
      k.dma.dma_unmap_page_attrs(dev, address, 128 * 1024, DMA_FROM_DEVICE, 0);
    expect(tlb.grown, 'nothing shrinks or grows any more').to.equal(1);
    expect(tlb.pool_bytes()).to.equal(2 * 2 ** 20);
  });

  it('fails where there is no memory for another pool', () => {
    const { map } = world(16);
    const got = Array.from({ length: 12 }, () => map(0, 128 * 1024, DMA_FROM_DEVICE));
    expect(got.filter((address) => address !== DMA_MAPPING_ERROR)).to.have.length(8);
  });

  it('has an area with a lock for each CPU', () => {
    expect(world(2048, 0, 4).locks.count).to.equal(4);
    const { k, locks, map } = world(2048, 0, 3);
    expect(locks.count).to.equal(4);
    k.context.run_on_cpu(2);
    const address = map(0, 4096, DMA_TO_DEVICE);
    k.context.run_on_cpu(0);
    // A quarter of the pool lies between the areas of CPU 0 and 1.
    expect(address - map(0, 4096, DMA_TO_DEVICE)).to.equal(2 * 2 ** 18);
    expect(locks.calls).to.equal(2);
  });

  for (const mask of [0, 4095])
    it(`never gives a slot twice and keeps what the device needs of an address (mask ${String(mask)}) @long`, () => {
      fc.assert(
        fc.property(
          fc.array(
            fc.record({
              offset: fc.integer({ min: 0, max: 16 * PAGE_SIZE }),
              size: fc.integer({ min: 1, max: 64 * 1024 }),
              unmaps: fc.nat(3),
            }),
            { maxLength: 60 },
          ),
          (steps) => {
            const { k, dev, tlb, map } = world(4096, mask, 2, false);
            const live: { address: dma_addr_t; size: number }[] = [];
            const drop = (at: number): void => {
              const [gone] = live.splice(at, 1);
              if (gone)
                k.dma.dma_unmap_page_attrs(dev, gone.address, gone.size, DMA_FROM_DEVICE, 0);
            };
            for (const [i, { offset, size, unmaps }] of steps.entries()) {
              k.context.run_on_cpu(i % 2);
              const address = map(offset, size, DMA_FROM_DEVICE);
              expect(address).not.to.equal(DMA_MAPPING_ERROR);
              expect(address % (mask + 1)).to.equal(offset % (mask + 1));
              for (const other of live) {
                const [a, b] = [address, other.address].map((x) => Math.floor(x / IO_TLB_SIZE));
                expect(
                  address >= other.address + other.size || address + size <= other.address,
                ).to.equal(true);
                expect(a).not.to.equal(b);
              }
              live.push({ address, size });
              for (let n = 0; n < unmaps; n++) drop(0);
              if (i % 5 === 0) k.workqueue.run();
            }
            while (live.length > 0) drop(live.length - 1);
            k.workqueue.run();
            expect(tlb.used_slots()).to.equal(0);
            expect(k.locks.held).to.equal(0);
          },
        ),
        { numRuns: LONG ? 60 : 30 },
      );
    });
});
