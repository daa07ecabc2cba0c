// SPDX-License-Identifier: GPL-2.0-only
// Tests of what is copied when: directions, both ways, parts, devices that are not coherent, pages without an address.

import { expect } from 'chai';
import sinon from 'sinon';
import {
  DMA_ATTR_SKIP_CPU_SYNC,
  DMA_BIDIRECTIONAL,
  DMA_FROM_DEVICE,
  DMA_TO_DEVICE,
  GFP_KERNEL,
  __GFP_HIGHMEM,
  dma_addr_t,
  type machine_options,
} from '@iommu-bounce/linux-shim';
import {
  catch_oops,
  fill_pattern,
  new_device,
  pattern,
  read_bytes,
  write_bytes,
} from '@iommu-bounce/linux-shim/testing';
import { wiring } from './wire';

const NAMES = {
  [DMA_BIDIRECTIONAL]: 'both ways',
  [DMA_TO_DEVICE]: 'to',
  [DMA_FROM_DEVICE]: 'from',
};

/** Bounce pages out of lowmem, so that only the originals are highmem: there is no other highmem. */
const HIGHMEM_ORIGINALS: machine_options = {
  memory: { nodes: [{ lowmem_pages: 256 }], reserved_highmem_pages: 16 },
};

describe('io_buffer_pool_sync_single', () => {
  const { wire } = wiring();

  for (const [dir, on_map, for_device, for_cpu, on_unmap] of [
    [DMA_TO_DEVICE, true, true, false, false],
    [DMA_FROM_DEVICE, false, false, true, true],
    [DMA_BIDIRECTIONAL, true, true, true, true],
  ] as const) {
    it(`copies towards the device when that may read (${NAMES[dir]})`, () => {
      const w = wire();
      const dev = new_device();
      const domain = w.plug(dev);
      const p = w.buffer(1);
      const seen = (at: number): number | undefined => {
        const phys = domain.table.iova_to_phys(dma_addr_t(at));
        return w.k.mm.bytes_at(phys, 1)[0];
      };
      write_bytes(w.k, w.phys(p, 100), [1]);
      const at = w.map(dev, p, 100, 5000, dir);
      expect(seen(at) === 1).to.equal(on_map);
      write_bytes(w.k, w.phys(p, 100), [2]);
      w.k.dma.dma_sync_single_for_cpu(dev, at, 1, DMA_TO_DEVICE);
      expect(seen(at)).not.to.equal(2);
      w.k.dma.dma_sync_single_for_device(dev, at, 1, dir);
      expect(seen(at) === 2).to.equal(for_device);
      w.unmap(dev, at, 5000, dir);
    });

    it(`copies towards the CPU when the device may write (${NAMES[dir]})`, () => {
      const w = wire();
      const dev = new_device();
      const domain = w.plug(dev);
      const p = w.buffer(1);
      const at = w.map(dev, p, 100, 5000, dir);
      const poke = (byte: number): void => {
        write_bytes(w.k, domain.table.iova_to_phys(at), [byte]);
      };
      const original = (): number | undefined => read_bytes(w.k, w.phys(p, 100), 1)[0];
      poke(3);
      w.k.dma.dma_sync_single_for_cpu(dev, at, 1, dir);
      expect(original() === 3).to.equal(for_cpu);
      poke(4);
      w.unmap(dev, at, 5000, dir);
      expect(original() === 4).to.equal(on_unmap);
    });
  }

  it('copies the part that is asked for, wherever it lies', () => {
    const w = wire();
    const dev = new_device();
    w.plug(dev);
    const p = w.buffer(3);
    const before = fill_pattern(w.k, w.phys(p), 8 * 4096, 1);
    const at = w.map(dev, p, 5000, 20_000, DMA_BIDIRECTIONAL);
    const written = pattern(20_000, 2);
    w.write(dev, at, written);
    for (const [off, len] of [
      [0, 1],
      [3000, 5000],
      [12_288, 4096],
      [19_999, 1],
    ] as const) {
      w.k.dma.dma_sync_single_for_cpu(dev, dma_addr_t(at + off), len, DMA_BIDIRECTIONAL);
      before.set(written.subarray(off, off + len), 5000 + off);
      expect(read_bytes(w.k, w.phys(p), 8 * 4096)).to.eql(before);
    }
    w.unmap(dev, at, 20_000, DMA_BIDIRECTIONAL);
    before.set(written, 5000);
    expect(read_bytes(w.k, w.phys(p), 8 * 4096)).to.eql(before);
  });

  it('does not know addresses that are not the pool’s', () => {
    const w = wire();
    const dev = new_device();
    const domain = w.plug(dev);
    const [c] = w.stats(domain);
    const sync = (pool: object | null, at: number): boolean =>
      w.io_buffer_pool.io_buffer_pool_sync_single(pool, dma_addr_t(at), 1, DMA_TO_DEVICE, true);
    const pool = w.pool(domain);
    expect(sync(null, 0x1000)).to.equal(false);
    expect(sync(pool, (c?.iova_base ?? 0) - 1)).to.equal(false);
    expect(sync(pool, (c?.iova_base ?? 0) + 4 * 4096)).to.equal(false);
    expect(w.io_buffer_pool.io_buffer_pool_unmap_buffer(null, dma_addr_t(0x1000))).to.equal(false);
    expect(w.io_buffer_pool.io_buffer_pool_unmap_buffer(pool, dma_addr_t(0x1000))).to.equal(false);
  });
});

describe('devices that are not coherent', () => {
  const { wire } = wiring();

  it('have the bounce buffer’s caches maintained, in the runs that are contiguous', () => {
    const w = wire({ params: { class_sizes: 4 } });
    const dev = new_device({ dma_coherent: false });
    const domain = w.plug(dev);
    const p = w.buffer(2);
    // Pages that are free one by one, but for two neighbours: the buffer's pages will be those.
    const singles = Array.from({ length: 12 }, () => w.k.page_alloc.alloc_pages(GFP_KERNEL, 0));
    for (const i of [3, 2, 6, 9]) {
      const single = singles[i];
      if (single) w.k.page_alloc.__free_page(single);
    }
    const ops: [string, number, number][] = [];
    w.k.arch.on_cache_op((op, paddr, size) => ops.push([op, paddr, size]));
    const at = w.map(dev, p, 100, 12_000, DMA_BIDIRECTIONAL);
    const phys = [0, 1, 2, 3].map((n) =>
      domain.table.iova_to_phys(dma_addr_t(at - 100 + n * 4096)),
    );
    const runs: [number, number][] = [];
    for (let off = 100; off < 12_100;) {
      let end = Math.floor(off / 4096) + 1;
      while (end * 4096 < 12_100 && phys[end] === (phys[end - 1] ?? 0) + 4096) end++;
      const len = Math.min(12_100, end * 4096) - off;
      runs.push([(phys[Math.floor(off / 4096)] ?? 0) + (off % 4096), len]);
      off += len;
    }
    expect(runs.length).to.be.within(2, 3);
    expect(ops.splice(0)).to.eql(runs.map(([paddr, len]) => ['for_device', paddr, len]));
    w.unmap(dev, at, 12_000, DMA_BIDIRECTIONAL);
    expect(ops).to.eql(runs.map(([paddr, len]) => ['for_cpu', paddr, len]));
    singles.forEach((single, i) => {
      if (single && ![3, 2, 6, 9].includes(i)) w.k.page_alloc.__free_page(single);
    });
  });

  it('have them maintained when nothing is to be copied, too', () => {
    const w = wire();
    const dev = new_device({ dma_coherent: false });
    w.plug(dev);
    const ops: [string, number][] = [];
    w.k.arch.on_cache_op((op, _paddr, size) => ops.push([op, size]));
    const at = w.map(dev, w.buffer(), 0, 100, DMA_FROM_DEVICE);
    w.k.dma.dma_sync_single_for_device(dev, at, 50, DMA_FROM_DEVICE);
    w.k.dma.dma_sync_single_for_cpu(dev, at, 60, DMA_TO_DEVICE);
    w.unmap(dev, at, 100, DMA_FROM_DEVICE);
    expect(ops).to.eql([
      ['for_device', 100],
      ['for_device', 50],
      ['for_cpu', 60],
      ['for_cpu', 100],
    ]);
  });
});

describe('highmem', () => {
  const { wire } = wiring();

  it('originals are copied page by page, with preemption and interrupts as before', () => {
    const w = wire({ machine: HIGHMEM_ORIGINALS });
    const dev = new_device();
    w.plug(dev);
    const p = w.k.mm.pfn_to_page(w.k.mm.max_pfn - 16);
    expect(p.highmem).to.equal(true);
    const bytes = fill_pattern(w.k, w.phys(p), 16 * 4096, 4);
    const at = w.map(dev, p, 5000, 9000, DMA_BIDIRECTIONAL);
    expect(w.read(dev, at, 9000)).to.eql(bytes.slice(5000, 14_000));
    const written = pattern(9000, 5);
    w.write(dev, at, written);
    w.k.dma.dma_sync_single_for_cpu(dev, dma_addr_t(at + 4000), 200, DMA_BIDIRECTIONAL);
    bytes.set(written.subarray(4000, 4200), 9000);
    expect(read_bytes(w.k, w.phys(p), 16 * 4096)).to.eql(bytes);
    w.unmap(dev, at, 9000, DMA_BIDIRECTIONAL);
    bytes.set(written, 5000);
    expect(read_bytes(w.k, w.phys(p), 16 * 4096)).to.eql(bytes);
    expect(w.k.context.preempt_count()).to.equal(0);
    expect(w.k.context.irqs_disabled()).to.equal(false);
  });

  it('originals of a list are found behind the offset of each entry', () => {
    const w = wire({ machine: HIGHMEM_ORIGINALS });
    const dev = new_device();
    w.plug(dev);
    const p = w.k.mm.pfn_to_page(w.k.mm.max_pfn - 16);
    const bytes = fill_pattern(w.k, w.phys(p), 16 * 4096, 4);
    const sgl = w.list([p, 300, 4000], [p, 5000, 8192 + 4090]);
    w.map_sg(dev, sgl, 2, DMA_TO_DEVICE);
    expect(w.read(dev, sgl.dma_address, 300)).to.eql(bytes.slice(4000, 4300));
    expect(w.read(dev, sgl.dma_address + 300, 5000)).to.eql(bytes.slice(12_282, 17_282));
    w.unmap_sg(dev, sgl, 2, DMA_TO_DEVICE);
  });

  it('finding: bounce pages are taken from there, and then copied to and from elsewhere', () => {
    const memory = { nodes: [{ lowmem_pages: 64, highmem_pages: 64 }] };
    const w = wire({ machine: { memory } });
    const dev = new_device();
    w.plug(dev);
    const p = w.buffer(0, GFP_KERNEL & ~__GFP_HIGHMEM);
    const bytes = fill_pattern(w.k, w.phys(p), 4096, 6);
    const at = w.map(dev, p, 0, 4096, DMA_BIDIRECTIONAL);
    expect(w.read(dev, at, 4096)).to.eql(new Uint8Array(4096).fill(0xaa)); // what was in the page before
    w.write(dev, at, pattern(4096, 7));
    w.unmap(dev, at, 4096, DMA_BIDIRECTIONAL);
    expect(read_bytes(w.k, w.phys(p), 4096)).to.eql(bytes); // not what the device wrote
  });

  it('finding: of an original only the first page is asked', () => {
    for (const [first, asked] of [
      [-16, true], // both pages highmem
      [-17, false], // the last of lowmem, and a highmem one
    ] as const) {
      const w = wire({ machine: HIGHMEM_ORIGINALS });
      const dev = new_device();
      w.plug(dev);
      const { mm, highmem } = w.k;
      const p = mm.pfn_to_page(mm.max_pfn + first);
      expect([p.highmem, mm.pfn_to_page(p.pfn + 1).highmem]).to.eql([asked, true]);
      const kmap = sinon.spy(highmem, 'kmap_atomic');
      const sgl = w.list([p, 8192, 0]);
      const map = (): number => w.map_sg(dev, sgl, 1, DMA_TO_DEVICE);
      if (asked) map();
      // The linear map ends with lowmem.
      else expect(catch_oops(map).message).to.match(/^bad memory access: no memory at 0x/);
      expect(kmap.args.map(([{ pfn }]) => pfn - p.pfn)).to.eql(asked ? [0, 1] : []);
      w.unmap_sg(dev, sgl, 1, DMA_TO_DEVICE, DMA_ATTR_SKIP_CPU_SYNC);
    }
  });
});
