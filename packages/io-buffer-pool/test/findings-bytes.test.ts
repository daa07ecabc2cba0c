// SPDX-License-Identifier: GPL-2.0-only
// Findings: bytes that the device or the CPU gets to see though they belong to nobody, or to somebody else.

import { expect } from 'chai';
import {
  DMA_ATTR_SKIP_CPU_SYNC,
  DMA_BIDIRECTIONAL,
  DMA_FROM_DEVICE,
  DMA_TO_DEVICE,
  GFP_KERNEL,
  type device,
  type dma_handle_out,
  dma_addr_t,
  sg_copy_list,
} from '@iommu-bounce/linux-shim';
import {
  fill_pattern,
  new_device,
  new_pci_dev,
  pattern,
  read_bytes,
} from '@iommu-bounce/linux-shim/testing';
import { type wired, wiring } from './wire';

const POISON = 0xaa; // of a fresh page: what a page held before it was freed

describe('bytes that the device did not write', () => {
  const { wire } = wiring();

  /** Maps 100 bytes of a pattern for writing, has the device write `len` of them, unmaps; the bytes after. */
  function short_transfer(w: wired, dev: device, len: number): [Uint8Array, Uint8Array] {
    const p = w.buffer();
    const before = fill_pattern(w.k, w.phys(p), 100, 1);
    const at = w.map(dev, p, 0, 100, DMA_FROM_DEVICE);
    w.write(dev, at, pattern(len, 2));
    w.unmap(dev, at, 100, DMA_FROM_DEVICE);
    return [before, read_bytes(w.k, w.phys(p), 100)];
  }

  it('stay as they were without a pool', () => {
    const w = wire({ params: { num_slots: 0 } });
    const dev = new_device();
    w.plug(dev);
    const [before, after] = short_transfer(w, dev, 10);
    expect(after).to.eql(Uint8Array.of(...pattern(10, 2), ...before.slice(10)));
  });

  it('finding: a short transfer overwrites the rest of the buffer with old kernel memory', () => {
    const w = wire();
    const dev = new_device();
    w.plug(dev);
    const [, after] = short_transfer(w, dev, 10);
    expect(after.slice(10)).to.eql(new Uint8Array(90).fill(POISON));
  });

  it('finding: or with the data of another transfer', () => {
    const w = wire();
    const dev = new_device();
    w.plug(dev);
    const [, other] = short_transfer(w, dev, 100);
    const [, after] = short_transfer(w, dev, 10);
    expect(after.slice(10)).to.eql(other.slice(10));
  });

  it('finding: a transfer that never happened does the same', () => {
    const w = wire();
    const dev = new_device();
    w.plug(dev);
    const [before, after] = short_transfer(w, dev, 0);
    expect(after).not.to.eql(before);
  });
});

describe('bytes that the driver has taken with a sync', () => {
  const { wire } = wiring();

  /** A mapping of 100 bytes, to which the device wrote `sent`, which the driver took, and `changed`. */
  function taken_and_changed(
    w: wired,
    dev: device,
  ): { at: dma_addr_t; sent: Uint8Array; changed: Uint8Array; bytes: () => Uint8Array } {
    w.plug(dev);
    const p = w.buffer();
    const at = w.map(dev, p, 0, 100, DMA_FROM_DEVICE);
    const [sent, changed] = [pattern(100, 1), pattern(100, 2)];
    w.write(dev, at, sent);
    w.k.dma.dma_sync_single_for_cpu(dev, at, 100, DMA_FROM_DEVICE);
    w.write(dev, at, changed);
    return { at, sent, changed, bytes: () => read_bytes(w.k, w.phys(p), 100) };
  }

  it('finding: change when the unmap copies the buffer again', () => {
    const w = wire();
    const dev = new_device();
    const { at, sent, changed, bytes } = taken_and_changed(w, dev);
    expect(bytes()).to.eql(sent);
    w.unmap(dev, at, 100, DMA_FROM_DEVICE);
    expect(bytes()).to.eql(changed);
  });

  it('finding: and passed on lose what was written into them when the unmap copies the whole page', () => {
    for (const num_slots of [0, 4]) {
      const w = wire({ params: { num_slots } });
      const dev = new_device();
      w.plug(dev);
      const p = w.buffer();
      const at = w.map(dev, p, 0, 4096, DMA_FROM_DEVICE);
      w.write(dev, at, pattern(2048, 1));
      w.k.dma.dma_sync_single_for_cpu(dev, at, 2048, DMA_FROM_DEVICE);
      const rewritten = fill_pattern(w.k, w.phys(p), 64, 2);
      w.unmap(dev, at, 4096, DMA_FROM_DEVICE);
      const expected = num_slots === 0 ? rewritten : pattern(2048, 1).subarray(0, 64);
      expect(read_bytes(w.k, w.phys(p), 64)).to.eql(expected);
    }
  });

  it('stay where the unmap is told to copy nothing', () => {
    const w = wire();
    const dev = new_device();
    const { at, sent, bytes } = taken_and_changed(w, dev);
    w.unmap(dev, at, 100, DMA_FROM_DEVICE, DMA_ATTR_SKIP_CPU_SYNC);
    expect(bytes()).to.eql(sent);
  });
});

describe('bytes that were not mapped for the device', () => {
  const { wire } = wiring();

  it('finding: the rest of a slot shows old kernel memory, to an untrusted device too', () => {
    const w = wire({ machine: { swiotlb_slabs: 128 } });
    const dev = new_pci_dev({ untrusted: true });
    w.plug(dev);
    const at = w.map(dev, w.buffer(), 0, 100, DMA_TO_DEVICE);
    expect(w.read(dev, at + 100, 3996)).to.eql(new Uint8Array(3996).fill(POISON));
    w.unmap(dev, at, 100, DMA_TO_DEVICE);
  });

  it('finding: and the data of the mapping before', () => {
    const w = wire();
    const dev = new_device();
    w.plug(dev);
    const p = w.buffer();
    const earlier = fill_pattern(w.k, w.phys(p), 4096, 3);
    w.unmap(dev, w.map(dev, p, 0, 4096, DMA_TO_DEVICE), 4096, DMA_TO_DEVICE);
    const at = w.map(dev, w.buffer(), 0, 100, DMA_TO_DEVICE);
    expect(w.read(dev, at + 100, 3996)).to.eql(earlier.slice(100));
    w.unmap(dev, at, 100, DMA_TO_DEVICE);
  });

  it('finding: a buffer stays readable for 5.1 to 10.6 s after the unmap', () => {
    // The unmap falls where the wheel's bucket of 512 ms is just missed: 5,000 + 512 ms, and 5,120 from bucket to bucket.
    const w = wire({ machine: { jiffies: 120 } });
    const dev = new_device();
    w.plug(dev);
    const p = w.buffer();
    const bytes = fill_pattern(w.k, w.phys(p), 100, 4);
    const at = w.map(dev, p, 0, 100, DMA_TO_DEVICE);
    w.unmap(dev, at, 100, DMA_TO_DEVICE);
    w.k.timers.advance(10_631);
    expect(w.read(dev, at, 100)).to.eql(bytes);
    w.k.timers.advance(1);
    expect(w.read(dev, at, 100)).to.equal(null);

    // The shortest: the unmap comes a tick before a run, which marks the buffer for the next one.
    const other = w.map(dev, w.buffer(), 0, 100, DMA_TO_DEVICE);
    w.unmap(dev, other, 100, DMA_TO_DEVICE); // arms the worker
    w.k.timers.advance(5119);
    const last = w.map(dev, p, 0, 100, DMA_BIDIRECTIONAL);
    w.unmap(dev, last, 100, DMA_BIDIRECTIONAL);
    w.k.timers.advance(5120);
    expect(w.read(dev, last, 100)).to.eql(bytes);
    w.k.timers.advance(1);
    expect(w.read(dev, last, 100)).to.equal(null);
  });
});

describe('bytes in two places', () => {
  const { wire } = wiring();

  it('finding: two mappings of one page no longer see each other', () => {
    const w = wire();
    const dev = new_device();
    w.plug(dev);
    const p = w.buffer();
    const [a, b] = [0, 1].map(() => w.map(dev, p, 0, 100, DMA_BIDIRECTIONAL));
    w.write(dev, Number(a), pattern(100, 5));
    expect(w.read(dev, Number(b), 100)).not.to.eql(pattern(100, 5));
    for (const at of [a, b]) w.unmap(dev, dma_addr_t(Number(at)), 100, DMA_BIDIRECTIONAL);
  });

  it('finding: pages from dma_alloc_pages are bounced for life, and the device gets them unzeroed', () => {
    const w = wire();
    const dev = new_device();
    const domain = w.plug(dev);
    const handle: dma_handle_out = { value: dma_addr_t(0) };
    const p = w.k.dma.dma_alloc_pages(dev, 4096, handle, DMA_BIDIRECTIONAL, GFP_KERNEL);
    if (!p) throw new Error('no pages');
    expect(w.bounced(domain, handle.value)).to.equal(true);
    expect(read_bytes(w.k, w.phys(p), 4096)).to.eql(new Uint8Array(4096));
    expect(w.read(dev, handle.value, 4096)).to.eql(new Uint8Array(4096).fill(POISON));
    w.k.dma.dma_free_pages(dev, 4096, p, handle.value, DMA_BIDIRECTIONAL);
  });

  it('finding: what the device wrote is lost when a copy of the list is unmapped', () => {
    for (const num_slots of [0, 4]) {
      const w = wire({ params: { num_slots } });
      const dev = new_device();
      w.plug(dev);
      const p = w.buffer();
      const before = fill_pattern(w.k, w.phys(p), 100, 6);
      const sgl = w.list([p, 100, 0]);
      w.map_sg(dev, sgl, 1, DMA_FROM_DEVICE);
      w.write(dev, sgl.dma_address, pattern(100, 7));
      w.unmap_sg(dev, sg_copy_list(sgl, 1), 1, DMA_FROM_DEVICE);
      const after = read_bytes(w.k, w.phys(p), 100);
      expect(after).to.eql(num_slots === 0 ? pattern(100, 7) : before);
      expect(w.k.log.warnings).to.equal(0); // nobody is told
    }
  });

  it('finding: all but the first entry is lost when as many are unmapped as the map returned', () => {
    for (const num_slots of [0, 4]) {
      const w = wire({ params: { num_slots } });
      const dev = new_device();
      w.plug(dev);
      const second = w.buffer();
      const before = fill_pattern(w.k, w.phys(second), 4096, 6);
      const sgl = w.list([w.buffer(), 4096, 0], [second, 4096, 0]);
      const returned = w.map_sg(dev, sgl, 2, DMA_FROM_DEVICE);
      expect(returned).to.equal(1); // without the pool too: the IOMMU makes one segment of both
      w.write(dev, sgl.dma_address, pattern(8192, 7));
      w.unmap_sg(dev, sgl, returned, DMA_FROM_DEVICE);
      const after = read_bytes(w.k, w.phys(second), 4096);
      expect(after).to.eql(num_slots === 0 ? pattern(8192, 7).subarray(4096) : before);
      expect(w.k.log.warnings).to.equal(0);
    }
  });

  it('finding: neither side sees the other where a mapping is kept and never synced', () => {
    const w = wire();
    const dev = new_device();
    w.plug(dev);
    const p = w.buffer();
    const mine = fill_pattern(w.k, w.phys(p), 100, 8);
    const at = w.map(dev, p, 0, 100, DMA_BIDIRECTIONAL);
    w.write(dev, at, pattern(100, 9));
    expect(read_bytes(w.k, w.phys(p), 100)).to.eql(mine);
    fill_pattern(w.k, w.phys(p), 100, 10);
    expect(w.read(dev, at, 100)).to.eql(pattern(100, 9));
    w.unmap(dev, at, 100, DMA_BIDIRECTIONAL);
    expect(read_bytes(w.k, w.phys(p), 100)).to.eql(pattern(100, 9)); // what the CPU wrote is lost
  });
});
