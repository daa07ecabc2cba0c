// SPDX-License-Identifier: GPL-2.0-only
// Tests of bouncing whole lists: packing, segments, syncing, giving back.

import { expect } from 'chai';
import {
  DMA_ATTR_SKIP_CPU_SYNC,
  DMA_BIDIRECTIONAL,
  DMA_FROM_DEVICE,
  DMA_MAPPING_ERROR,
  DMA_TO_DEVICE,
  type scatterlist,
  sg_next,
} from '@iommu-bounce/linux-shim';
import {
  fill_pattern,
  new_device,
  pattern,
  read_bytes,
  write_bytes,
} from '@iommu-bounce/linux-shim/testing';
import { wiring } from './wire';

/** [address relative to the first one's, length] of each entry, -1 for an invalid address. */
function segments(sgl: scatterlist): [number, number][] {
  const all: [number, number][] = [];
  for (let s: scatterlist | null = sgl; s; s = sg_next(s))
    all.push([
      s.dma_address === DMA_MAPPING_ERROR ? -1 : s.dma_address - sgl.dma_address,
      s.dma_length,
    ]);
  return all;
}

describe('io_buffer_pool_map_sg', () => {
  const { wire } = wiring();

  it('packs all bytes back to back into one buffer', () => {
    const w = wire();
    const dev = new_device();
    const domain = w.plug(dev);
    const [a, b] = [w.buffer(), w.buffer(1)];
    const first = fill_pattern(w.k, w.phys(a, 100), 300, 1);
    const second = fill_pattern(w.k, w.phys(b, 4000), 2000, 2);
    const sgl = w.list([a, 300, 100], [b, 2000, 4000]);
    expect(w.map_sg(dev, sgl, 2, DMA_TO_DEVICE)).to.equal(1);
    expect(segments(sgl)).to.eql([
      [0, 2300],
      [-1, 0],
    ]);
    expect(sgl.dma_address).to.equal(w.stats(domain)[0]?.iova_base);
    expect(w.read(dev, sgl.dma_address, 300)).to.eql(first);
    expect(w.read(dev, sgl.dma_address + 300, 2000)).to.eql(second);
    w.unmap_sg(dev, sgl, 2, DMA_TO_DEVICE);
    expect(w.stats(domain)[0]?.ro).to.equal(1);
  });

  it('cuts the buffer at the segment size of the device', () => {
    const w = wire();
    const dev = new_device({ dma_parms: { max_segment_size: 1024 } });
    w.plug(dev);
    const pages = [0, 1, 2, 3].map(() => w.buffer());
    const sgl = w.list(...pages.map((p) => [p, 700, 0] as const));
    expect(w.map_sg(dev, sgl, 4, DMA_TO_DEVICE)).to.equal(3);
    expect(segments(sgl)).to.eql([
      [0, 1024],
      [1024, 1024],
      [2048, 752],
      [-1, 0],
    ]);
    w.unmap_sg(dev, sgl, 4, DMA_TO_DEVICE);
  });

  it('invalidates the entry behind the last segment only', () => {
    const w = wire();
    const dev = new_device();
    w.plug(dev);
    const sgl = w.list(...[0, 1, 2].map(() => [w.buffer(), 700, 0] as const));
    const last = sgl.next_entry?.next_entry as scatterlist;
    last.dma_address = sgl.dma_address;
    last.dma_length = 77;
    w.map_sg(dev, sgl, 3, DMA_TO_DEVICE);
    expect(segments(sgl).map(([, len]) => len)).to.eql([2100, 0, 77]);
    w.unmap_sg(dev, sgl, 3, DMA_TO_DEVICE);
  });

  it('takes the class by the sum, and leaves lists that fit none to the IOMMU', () => {
    const w = wire();
    const dev = new_device({ dma_parms: { max_segment_size: 2 ** 20 } });
    const domain = w.plug(dev);
    const big = w.buffer(5);
    for (const [len, klass] of [
      [2048, 0],
      [2049, 1],
      [8193, 2],
      [65_536, 2],
      [65_537, -1],
    ] as const) {
      const sgl = w.list([big, len, 0], [big, len, 0]);
      expect(w.map_sg(dev, sgl, 2, DMA_TO_DEVICE)).to.be.within(1, 2);
      expect(w.bounced(domain, sgl.dma_address)).to.equal(klass >= 0);
      const in_use = w.stats(domain).map((c) => 4 - c.empty - c.ro);
      expect(in_use).to.eql([0, 1, 2].map((n) => (n === klass ? 1 : 0)));
      w.unmap_sg(dev, sgl, 2, DMA_TO_DEVICE);
    }
    expect(w.k.log.warnings).to.equal(0);
  });

  it('copies what the device wrote to where it belongs', () => {
    const w = wire();
    const dev = new_device();
    w.plug(dev);
    const [a, b] = [w.buffer(), w.buffer(1)];
    const sgl = w.list([a, 300, 100], [b, 5000, 1000]);
    w.map_sg(dev, sgl, 2, DMA_FROM_DEVICE);
    const bytes = pattern(5300, 3);
    w.write(dev, sgl.dma_address, bytes);
    w.unmap_sg(dev, sgl, 2, DMA_FROM_DEVICE);
    expect(read_bytes(w.k, w.phys(a, 100), 300)).to.eql(bytes.slice(0, 300));
    expect(read_bytes(w.k, w.phys(b, 1000), 5000)).to.eql(bytes.slice(300));
  });

  it('syncs both ways on demand', () => {
    const w = wire();
    const dev = new_device();
    w.plug(dev);
    const [a, b] = [w.buffer(), w.buffer()];
    const sgl = w.list([a, 300, 100], [b, 500, 0]);
    w.map_sg(dev, sgl, 2, DMA_BIDIRECTIONAL, DMA_ATTR_SKIP_CPU_SYNC);
    const bytes = pattern(500, 4);
    write_bytes(w.k, w.phys(b), bytes);
    expect(w.read(dev, sgl.dma_address + 300, 500)).not.to.eql(bytes);
    w.k.dma.dma_sync_sg_for_device(dev, sgl, 2, DMA_BIDIRECTIONAL);
    expect(w.read(dev, sgl.dma_address + 300, 500)).to.eql(bytes);
    w.write(dev, sgl.dma_address + 300, new Uint8Array(500));
    w.k.dma.dma_sync_sg_for_cpu(dev, sgl, 2, DMA_BIDIRECTIONAL);
    expect(read_bytes(w.k, w.phys(b), 500)).to.eql(new Uint8Array(500));
    w.unmap_sg(dev, sgl, 2, DMA_BIDIRECTIONAL, DMA_ATTR_SKIP_CPU_SYNC);
  });

  it('is not confused by the address that a list kept from its last use', () => {
    const w = wire({ params: { num_slots: 1, class_sizes: 1 } });
    const dev = new_device();
    const domain = w.plug(dev);
    const [a, b] = [w.buffer(), w.buffer()];
    const sgl = w.list([a, 100, 0]);
    w.map_sg(dev, sgl, 1, DMA_TO_DEVICE);
    w.unmap_sg(dev, sgl, 1, DMA_TO_DEVICE);
    // The slot is another mapping's now, so the list is mapped as it is; its stale address is the slot's.
    const kept = fill_pattern(w.k, w.phys(b), 100, 1);
    const at = w.map(dev, b, 0, 100, DMA_TO_DEVICE);
    fill_pattern(w.k, w.phys(a), 100, 2);
    expect(w.map_sg(dev, sgl, 1, DMA_TO_DEVICE)).to.equal(1);
    expect(w.bounced(domain, sgl.dma_address)).to.equal(false);
    expect(w.read(dev, at, 100)).to.eql(kept);
    w.unmap_sg(dev, sgl, 1, DMA_TO_DEVICE);
    w.unmap(dev, at, 100, DMA_TO_DEVICE);
  });

  it('does not know lists that are not the pool’s', () => {
    const w = wire();
    const dev = new_device();
    const domain = w.plug(dev);
    const sgl = w.list([w.buffer(), 100, 0]);
    const { io_buffer_pool } = w;
    expect(io_buffer_pool.io_buffer_pool_sync_sg(null, sgl, 1, DMA_TO_DEVICE, true)).to.equal(
      false,
    );
    const pool = w.pool(domain);
    expect(io_buffer_pool.io_buffer_pool_sync_sg(pool, sgl, 1, DMA_TO_DEVICE, true)).to.equal(
      false,
    );
    expect(io_buffer_pool.io_buffer_pool_map_sg(null, dev, sgl, 1, 1, 0)).to.equal(0);
  });

  it('attaches a device that was put off before it looks for a buffer', () => {
    const w = wire({ kdump: true });
    const dev = new_device();
    w.driver.set_attach_deferred(dev);
    const domain = w.plug(dev);
    w.driver.detach_dev(domain, dev);
    const sgl = w.list([w.buffer(), 100, 0]);
    w.map_sg(dev, sgl, 1, DMA_TO_DEVICE);
    expect(w.read(dev, sgl.dma_address, 100)).not.to.equal(null);
    w.unmap_sg(dev, sgl, 1, DMA_TO_DEVICE);
  });
});
