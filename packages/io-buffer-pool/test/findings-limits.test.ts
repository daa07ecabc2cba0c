// SPDX-License-Identifier: GPL-2.0-only
// Findings: what the pool does not do although it could, and promises that it does not keep.

import { expect } from 'chai';
import {
  DMA_ATTR_PRIVILEGED,
  DMA_BIDIRECTIONAL,
  DMA_FROM_DEVICE,
  DMA_TO_DEVICE,
  type device,
  dma_addr_t,
} from '@iommu-bounce/linux-shim';
import { catch_oops, fill_pattern, new_device, pattern } from '@iommu-bounce/linux-shim/testing';
import type { iommu_domain } from '@iommu-bounce/iommu-core';
import {
  type io_buffer_class,
  type io_buffer_slot,
  io_buffer_pool_c,
} from '@iommu-bounce/io-buffer-pool';
import { wiring } from './wire';

describe('a full class', () => {
  const { wire } = wiring();

  it('finding: is not helped out by a larger one', () => {
    const w = wire({ params: { num_slots: 1, class_sizes: 1 | 4 } });
    const dev = new_device();
    const domain = w.plug(dev);
    const p = w.buffer();
    const taken = [0, 1].map(() => w.map(dev, p, 0, 100, DMA_TO_DEVICE));
    expect(taken.map((at) => w.bounced(domain, at))).to.eql([true, false]);
    expect(w.stats(domain)[1]?.empty).to.equal(1);
    for (const at of taken) w.unmap(dev, at, 100, DMA_TO_DEVICE);
  });

  it('finding: is full of unused buffers of another permission for up to 10.6 s', () => {
    const w = wire({ params: { num_slots: 2, class_sizes: 1 }, machine: { jiffies: 120 } });
    const dev = new_device();
    const domain = w.plug(dev);
    const p = w.buffer();
    const sent = [0, 1].map(() => w.map(dev, p, 0, 100, DMA_TO_DEVICE));
    for (const at of sent) w.unmap(dev, at, 100, DMA_TO_DEVICE);
    expect(w.stats(domain)[0]).to.include({ ro: 2, empty: 0 });
    const received = (): boolean => {
      const at = w.map(dev, p, 0, 100, DMA_FROM_DEVICE);
      w.unmap(dev, at, 100, DMA_FROM_DEVICE);
      return w.bounced(domain, at);
    };
    expect(received()).to.equal(false);
    w.k.timers.advance(10_631);
    expect(received()).to.equal(false);
    w.k.timers.advance(1);
    expect(received()).to.equal(true);
  });
});

describe('a cache of one permission', () => {
  const { wire } = wiring();

  it('finding: is searched with interrupts off, past all buffers of another privilege', () => {
    const w = wire({ params: { num_slots: 9, class_sizes: 1 } });
    const dev = new_device();
    const domain = w.plug(dev);
    const p = w.buffer();
    const privileged = Array.from({ length: 8 }, () =>
      w.map(dev, p, 0, 100, DMA_TO_DEVICE, DMA_ATTR_PRIVILEGED),
    );
    for (const at of privileged) w.unmap(dev, at, 100, DMA_TO_DEVICE, DMA_ATTR_PRIVILEGED);
    let looked_at = 0;
    for (const slot of w.pool(domain).classes[0]?.slots.slice(0, 8) ?? []) {
      const { prot } = slot;
      Object.defineProperty(slot, 'prot', {
        get: () => {
          if (w.k.context.irqs_disabled()) looked_at++;
          return prot;
        },
      });
    }
    const at = w.map(dev, p, 0, 100, DMA_TO_DEVICE);
    expect(looked_at).to.equal(8);
    w.unmap(dev, at, 100, DMA_TO_DEVICE);
  });
});

describe('the layout of a buffer', () => {
  const { wire } = wiring();

  it('finding: one segment crosses a boundary of the device where the class is larger', () => {
    for (const num_slots of [0, 4]) {
      const w = wire({ params: { num_slots } });
      const dev = new_device({
        dma_parms: { max_segment_size: 2 ** 17, segment_boundary_mask: 0xffff },
      });
      w.plug(dev);
      const big = w.buffer(5);
      const sgl = w.list([big, 2 ** 16, 0], [w.k.mm.pfn_to_page(big.pfn + 16), 2 ** 16, 0]);
      w.map_sg(dev, sgl, 2, DMA_TO_DEVICE);
      const last = sgl.dma_address + sgl.dma_length - 1;
      const crosses = Math.floor(sgl.dma_address / 2 ** 16) !== Math.floor(last / 2 ** 16);
      expect(crosses).to.equal(num_slots > 0);
      w.unmap_sg(dev, sgl, 2, DMA_TO_DEVICE);
    }
  });

  it('finding: so does one of a device whose segment size is no power of two', () => {
    const w = wire();
    const dev = new_device({
      dma_parms: { max_segment_size: 0x5000, segment_boundary_mask: 0x7fff },
    });
    w.plug(dev);
    const sgl = w.list([w.buffer(3), 0x5000, 0], [w.buffer(3), 0x5000, 0]);
    expect(w.map_sg(dev, sgl, 2, DMA_TO_DEVICE)).to.equal(2);
    const second = sgl.next_entry;
    expect(((second?.dma_address ?? 0) - sgl.dma_address) % 0x8000).to.equal(0x5000);
    expect(second?.dma_length).to.equal(0x5000);
    w.unmap_sg(dev, sgl, 2, DMA_TO_DEVICE);
  });

  it('finding: a list loses the offset of its first byte in the page, which some devices rely on', () => {
    for (const num_slots of [0, 4]) {
      const w = wire({ params: { num_slots } });
      const dev = new_device({ dma_parms: { min_align_mask: 4095 } });
      w.plug(dev);
      const sgl = w.list([w.buffer(), 512, 512]);
      w.map_sg(dev, sgl, 1, DMA_TO_DEVICE);
      expect(sgl.dma_address % 4096).to.equal(num_slots === 0 ? 512 : 0);
      w.unmap_sg(dev, sgl, 1, DMA_TO_DEVICE);
    }
  });

  it('finding: the addresses of one slot more are taken for an alignment that they have anyway', () => {
    const w = wire({ params: { num_slots: 7, class_sizes: 255 } });
    const domain = w.plug(new_device());
    for (const klass of w.pool(domain).classes)
      expect(klass.iova_base).to.equal(klass.unaligned_iova);
  });
});

describe('the eviction worker', () => {
  const { wire } = wiring();

  it('finding: flushes once for each buffer, however many go at a time', () => {
    let syncs = 0;
    const w = wire();
    const dev = new_device();
    w.plug(dev);
    w.driver.iotlb_sync = () => syncs++;
    const p = w.buffer();
    const taken = [0, 1, 2, 3].map(() => w.map(dev, p, 0, 100, DMA_BIDIRECTIONAL));
    for (const at of taken) w.unmap(dev, at, 100, DMA_BIDIRECTIONAL);
    expect(syncs).to.equal(0);
    w.k.timers.advance(11_000);
    expect(syncs).to.equal(4);
  });
});

/** The products of a size and a number of slots, where size_t has 32 bits. */
class pool_of_32_bits extends io_buffer_pool_c {
  protected override reserved_size(buffer_size: number): number {
    return super.reserved_size(buffer_size) % 2 ** 32;
  }

  protected override io_buffer_slot_to_iova(
    slot: io_buffer_slot,
    klass: io_buffer_class,
  ): dma_addr_t {
    return (slot.iova ??= dma_addr_t(
      klass.iova_base + ((klass.buffer_size * slot.index) % 2 ** 32),
    ));
  }

  override io_buffer_class_init(
    klass: io_buffer_class,
    dev: device,
    domain: iommu_domain,
    buffer_size: number,
  ): number {
    const ret = super.io_buffer_class_init(klass, dev, domain, buffer_size);
    const bytes = (buffer_size * this.num_slots) % 2 ** 32;
    if (ret === 0) klass.iova_end = dma_addr_t(klass.iova_base + bytes);
    return ret;
  }
}

describe('a pool of many slots on a 32-bit kernel', () => {
  const { wire, write_off } = wiring();

  it('finding: with 32,768 slots of 128 KiB, copies nothing and follows a wild pointer', () => {
    const w = wire({ pool_c: pool_of_32_bits, params: { num_slots: 32_768 } });
    const dev = new_device();
    w.plug(dev);
    expect(dev.dma_ops).not.to.equal(null); // with 64 bits there is no room
    const p = w.buffer(3);
    fill_pattern(w.k, w.phys(p), 20_000, 1);
    const at = w.map(dev, p, 0, 20_000, DMA_TO_DEVICE);
    expect(w.read(dev, at, 20_000)).not.to.eql(pattern(20_000, 1));
    const died = catch_oops(() => w.map(dev, p, 0, 20_000, DMA_TO_DEVICE));
    expect(died.kind).to.equal('bad-access');
    write_off(w);
  });
});
