// SPDX-License-Identifier: GPL-2.0-only
// Each fix: the finding without it, its absence with it, and what it costs.

import { expect } from 'chai';
import { IO_BUFFER_Y, boot, plug } from '@iommu-bounce/integration';
import { table_driver, to_table_domain } from '@iommu-bounce/iommu-core';
import {
  DMA_BIT_MASK,
  DMA_FROM_DEVICE,
  DMA_TO_DEVICE,
  PAGE_SIZE,
  bus_type,
  device,
  type dma_addr_t,
  type machine,
  type scatterlist,
  sg_array,
  sg_set_page,
} from '@iommu-bounce/linux-shim';
import { job, runJobs } from '../../src/testing';
import { fixOverlays, fixesNamed, poolWithFixes } from '../../src/policies';

const LONG = process.env['TEST_LONG'] === '1';
const POISON = 0xaa;

interface World {
  readonly k: machine;
  readonly dev: device;
  readonly pfn: number;
  /** What the device reads there. */
  readonly deviceReads: (address: dma_addr_t, len: number) => Uint8Array;
  /** Four adjacent pages in a list of two. */
  readonly list: () => scatterlist;
}

function world(fixes: string): World {
  const m = boot({
    patches: 4,
    config: IO_BUFFER_Y,
    machine: { memory: { nodes: [{ lowmem_pages: 256 }], reserved_pages: 16 }, poison: POISON },
    overlays: fixOverlays(fixes === '' ? [] : fixesNamed(fixes)),
    driver: (k, iommu, dma) => new table_driver(k, iommu, dma),
  });
  const dev = new device('victim');
  dev.bus = new bus_type('platform');
  dev.dma_mask = DMA_BIT_MASK(48);
  const domain = to_table_domain(plug(m, dev));
  const { k } = m;
  return {
    k,
    dev,
    pfn: k.reserved_pfn,
    deviceReads: (address, len) => k.mm.bytes_at(domain.table.iova_to_phys(address), len),
    list: () => {
      const [a, b] = sg_array(2) as [scatterlist, scatterlist];
      sg_set_page(a, k.mm.pfn_to_page(k.reserved_pfn), PAGE_SIZE, 0);
      sg_set_page(b, k.mm.pfn_to_page(k.reserved_pfn + 2), PAGE_SIZE, 0);
      return a;
    },
  };
}

/** Maps a page for a device that writes nothing, and unmaps it; what the page holds then. */
function shortRead(fixes: string): number {
  const { k, dev, pfn } = world(fixes);
  const page = k.mm.pfn_to_page(pfn);
  const bytes = k.mm.ram.subarray(pfn * PAGE_SIZE, (pfn + 1) * PAGE_SIZE).fill(0x11);
  const address = k.dma.dma_map_page_attrs(dev, page, 0, PAGE_SIZE, DMA_FROM_DEVICE, 0);
  k.dma.dma_unmap_page_attrs(dev, address, PAGE_SIZE, DMA_FROM_DEVICE, 0);
  expect(new Set(bytes).size).to.equal(1);
  return bytes[0] as number;
}

/** The same with a list. */
function shortReadOfList(fixes: string): number {
  const { k, dev, pfn, list } = world(fixes);
  const bytes = k.mm.ram.subarray(pfn * PAGE_SIZE, (pfn + 1) * PAGE_SIZE).fill(0x11);
  const sgl = list();
  expect(k.dma.dma_map_sg_attrs(dev, sgl, 2, DMA_FROM_DEVICE, 0)).to.equal(1);
  k.dma.dma_unmap_sg_attrs(dev, sgl, 2, DMA_FROM_DEVICE, 0);
  return bytes[100] as number;
}

/** What the device sees behind 512 bytes at offset 1024 of a page, and before them. */
function slack(fixes: string, uses: number): Set<number> {
  const { k, dev, pfn, deviceReads } = world(fixes);
  const page = k.mm.pfn_to_page(pfn);
  k.mm.ram.fill(0x22, pfn * PAGE_SIZE, (pfn + 1) * PAGE_SIZE);
  for (let i = 1; i < uses; i++) {
    const all = k.dma.dma_map_page_attrs(dev, page, 0, PAGE_SIZE, DMA_TO_DEVICE, 0);
    k.dma.dma_unmap_page_attrs(dev, all, PAGE_SIZE, DMA_TO_DEVICE, 0);
  }
  const address = k.dma.dma_map_page_attrs(dev, page, 1024, 512, DMA_TO_DEVICE, 0);
  expect(deviceReads(address, 512)[0]).to.equal(0x22);
  const base = (address - 1024) as dma_addr_t;
  const seen = new Set([
    ...deviceReads(base, 1024),
    ...deviceReads((address + 512) as dma_addr_t, PAGE_SIZE - 1536),
  ]);
  k.dma.dma_unmap_page_attrs(dev, address, 512, DMA_TO_DEVICE, 0);
  return seen;
}

describe('--fix copy-in', function () {
  this.timeout(30_000);

  it('keeps what a short transfer does not overwrite, which the series loses (finding 1)', () => {
    expect(shortRead('')).to.equal(POISON);
    expect(shortRead('copy-in')).to.equal(0x11);
  });

  it('does so for lists too', () => {
    expect(shortReadOfList('')).to.equal(POISON);
    expect(shortReadOfList('copy-in')).to.equal(0x11);
  });

  it('costs a copy on each map of a read, and with it the 99 % at 4 KiB @long-only', () => {
    const jobs = [job({ bs: '4k', numberIos: '20000' })];
    const strict = runJobs('strict', jobs);
    const pool = runJobs('pool', jobs);
    const fixed = runJobs(poolWithFixes('copy-in'), jobs);
    expect(fixed.copies).to.equal(2 * pool.copies);
    expect(pool.map_ns_per_gb).to.be.below(0.01 * strict.map_ns_per_gb);
    expect(fixed.map_ns_per_gb).to.be.above(0.03 * strict.map_ns_per_gb);
    expect(fixed.data?.pages_wrong).to.equal(0);
  });
});

describe('--fix zero-slack', function () {
  this.timeout(30_000);

  it('clears what a mapping does not use of its buffer, which shows old data (finding 2)', () => {
    expect([...slack('', 1)]).to.deep.equal([POISON]);
    expect([...slack('', 2)]).to.deep.equal([0x22]);
    expect([...slack('zero-slack', 1)]).to.deep.equal([0]);
    expect([...slack('zero-slack', 2)]).to.deep.equal([0]);
  });

  it('costs most where half a buffer is unused: 64 KiB in a class of 128 @long', () => {
    const at = (bs: string): number => {
      const jobs = [job({ bs, numberIos: LONG ? '2000' : '600' })];
      const fixed = runJobs(poolWithFixes('zero-slack'), jobs);
      expect(fixed.data?.pages_wrong).to.equal(0);
      return fixed.cpu_ns_per_io.total - runJobs('pool', jobs).cpu_ns_per_io.total;
    };
    expect(at('4k')).to.be.within(-1, 1);
    expect(at('64k')).to.be.within(5000, 7500);
  });
});

describe('--fix zero-fill', function () {
  this.timeout(30_000);

  it('shows no old kernel memory, but still what the buffer was used for before', () => {
    expect([...slack('zero-fill', 1)]).to.deep.equal([0]);
    expect([...slack('zero-fill', 2)]).to.deep.equal([0x22]);
  });

  it('costs only when a buffer is filled @long', () => {
    const jobs = [job({ bs: '128k', numberIos: LONG ? '2000' : '600' })];
    const [plain, fixed] = [runJobs('pool', jobs), runJobs(poolWithFixes('zero-fill'), jobs)];
    const more = (fixed.cpu_ns_per_io.total - plain.cpu_ns_per_io.total) * fixed.ios;
    expect(more / 64).to.be.within(131072 / 12, 131072 / 12 + 2000);
  });
});

describe('fixes together', () => {
  it('all work, in whatever order they are named', () => {
    for (const names of ['copy-in,zero-slack,zero-fill', 'zero-fill,zero-slack,copy-in']) {
      expect(shortRead(names)).to.equal(0x11);
      expect([...slack(names, 2)]).to.deep.equal([0]);
    }
  });
});
