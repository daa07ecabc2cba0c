// SPDX-License-Identifier: GPL-2.0-only
// Tests of bouncing pages: class and slot choice, caches by permission, exhaustion, failures, context, nodes.

import { expect } from 'chai';
import {
  DMA_ATTR_PRIVILEGED,
  DMA_ATTR_SKIP_CPU_SYNC,
  DMA_BIDIRECTIONAL,
  DMA_FROM_DEVICE,
  DMA_TO_DEVICE,
  OptionError,
  type device,
  type dma_addr_t,
  type page,
} from '@iommu-bounce/linux-shim';
import { fill_pattern, for_each_failure, new_device } from '@iommu-bounce/linux-shim/testing';
import { IOMMU_CACHE, IOMMU_PRIV, IOMMU_READ, IOMMU_WRITE } from '@iommu-bounce/iommu-core';
import { wiring } from './wire';

describe('io_buffer_pool_map_page', () => {
  const { wire, write_off } = wiring();

  it('takes the smallest class that holds offset and size together', () => {
    const w = wire();
    const dev = new_device();
    const domain = w.plug(dev);
    const p = w.buffer(6);
    for (const [off, len, klass] of [
      [0, 1, 0],
      [0, 4096, 0],
      [1, 4095, 0],
      [1, 4096, 1],
      [512, 4096, 1],
      [0, 16384, 1],
      [16383, 1, 1],
      [16384, 1, 2],
      [0, 131072, 2],
      [131071, 1, 2],
    ] as const) {
      const at = w.map(dev, p, off, len, DMA_TO_DEVICE);
      const { iova_base, buffer_size, ro } = w.stats(domain)[klass] ?? {
        iova_base: 0,
        buffer_size: 0,
        ro: -1,
      };
      expect(at - iova_base, `${String(off)}+${String(len)}`).to.be.within(0, 4 * buffer_size - 1);
      expect((at - iova_base) % buffer_size).to.equal(off);
      w.unmap(dev, at, len, DMA_TO_DEVICE);
      expect(w.stats(domain)[klass]?.ro).to.equal(Math.max(ro, 1));
    }
    const beyond = w.map(dev, p, 1, 131072, DMA_TO_DEVICE);
    expect(w.bounced(domain, beyond)).to.equal(false);
    w.unmap(dev, beyond, 131072, DMA_TO_DEVICE);
  });

  it('names what was given in the place of a page, where C would copy from anywhere', () => {
    const w = wire();
    const dev = new_device();
    w.plug(dev);
    const given: unknown = Buffer.alloc(4096);
    expect(() => w.map(dev, given as page, 0, 4096, DMA_TO_DEVICE)).to.throw(
      OptionError,
      /^dma_map_page_attrs: page is .*: expected a page/,
    );
    write_off(w);
  });

  it('fills a slot once and then reaches no IOMMU again', () => {
    const w = wire();
    const dev = new_device();
    const domain = w.plug(dev);
    const p = w.buffer();
    const first = w.map(dev, p, 0, 100, DMA_TO_DEVICE);
    w.unmap(dev, first, 100, DMA_TO_DEVICE);
    expect([w.pages('map'), w.pages('unmap')]).to.eql([1, 0]);
    for (let i = 0; i < 10; i++) {
      expect(w.map(dev, p, 0, 100 + i, DMA_TO_DEVICE)).to.equal(first);
      w.unmap(dev, first, 100 + i, DMA_TO_DEVICE);
    }
    expect([w.pages('map'), w.pages('unmap')]).to.eql([1, 0]);
    expect(w.stats(domain)[0]).to.include({ ro: 1, wo: 0, rw: 0, empty: 3 });
  });

  it('gives the buffer that was used last', () => {
    const w = wire();
    const dev = new_device();
    w.plug(dev);
    const p = w.buffer();
    const map = (): dma_addr_t => w.map(dev, p, 0, 100, DMA_FROM_DEVICE);
    const [a, b, c] = [map(), map(), map()];
    for (const at of [b, c, a]) w.unmap(dev, at, 100, DMA_FROM_DEVICE);
    const again = [map(), map(), map()];
    expect(again).to.eql([a, c, b]);
    for (const at of again) w.unmap(dev, at, 100, DMA_FROM_DEVICE);
  });

  it('hands out the empty slots in order, the freed one first', () => {
    const w = wire();
    const dev = new_device();
    const domain = w.plug(dev);
    const base = w.stats(domain)[0]?.iova_base ?? 0;
    const p = w.buffer();
    const taken = [0, 1, 2].map(() => w.map(dev, p, 0, 100, DMA_FROM_DEVICE));
    expect(taken.map((at) => (at - base) / 4096)).to.eql([0, 1, 2]);
    for (const at of taken) w.unmap(dev, at, 100, DMA_FROM_DEVICE);
    w.k.timers.advance(11_000);
    expect(w.stats(domain)[0]?.empty).to.equal(4);
    // The oldest went first, so that the newest is on top.
    const again = [0, 1, 2, 3].map(() => w.map(dev, p, 0, 100, DMA_FROM_DEVICE));
    expect(again.map((at) => (at - base) / 4096)).to.eql([2, 1, 0, 3]);
    for (const at of again) w.unmap(dev, at, 100, DMA_FROM_DEVICE);
  });

  it('keeps a cache for each permission', () => {
    const w = wire();
    const dev = new_device();
    const domain = w.plug(dev);
    const p = w.buffer();
    const seen = new Set<number>();
    for (const dir of [DMA_TO_DEVICE, DMA_FROM_DEVICE, DMA_BIDIRECTIONAL] as const) {
      const at = w.map(dev, p, 0, 100, dir);
      seen.add(at);
      w.unmap(dev, at, 100, dir);
    }
    expect(seen.size).to.equal(3);
    expect(w.stats(domain)[0]).to.include({ ro: 1, wo: 1, rw: 1, empty: 1 });
    expect(domain.table.ranges().map(({ prot }) => prot & (IOMMU_READ | IOMMU_WRITE))).to.eql([
      IOMMU_READ,
      IOMMU_WRITE,
      IOMMU_READ | IOMMU_WRITE,
    ]);
  });

  it('tells the other permission bits apart within a cache', () => {
    const w = wire();
    const [dev, port] = [new_device(), new_device({ dma_coherent: false })];
    const domain = w.plug(dev);
    w.plug(port, dev.iommu_group as never);
    const p = w.buffer();
    const uses: [device, number, number][] = [
      [dev, 0, IOMMU_READ | IOMMU_CACHE],
      [dev, DMA_ATTR_PRIVILEGED, IOMMU_READ | IOMMU_CACHE | IOMMU_PRIV],
      [port, 0, IOMMU_READ],
    ];
    const first = uses.map(([user, attrs]) => w.map(user, p, 0, 100, DMA_TO_DEVICE, attrs));
    uses.forEach(([user], i) => {
      w.unmap(user, first[i] as dma_addr_t, 100, DMA_TO_DEVICE);
    });
    uses.forEach(([user, attrs, prot], i) => {
      const at = w.map(user, p, 0, 100, DMA_TO_DEVICE, attrs);
      expect(at).to.equal(first[i]);
      expect(domain.table.prot(at)).to.equal(prot);
      w.unmap(user, at, 100, DMA_TO_DEVICE, attrs);
    });
    expect(w.stats(domain)[0]?.ro).to.equal(3);
  });

  it('maps the original when all slots are in use', () => {
    const w = wire({ params: { num_slots: 2, class_sizes: 1 } });
    const dev = new_device();
    const domain = w.plug(dev);
    const p = w.buffer();
    const bytes = fill_pattern(w.k, w.phys(p), 100, 1);
    const taken = [0, 1, 2].map(() => w.map(dev, p, 0, 100, DMA_TO_DEVICE));
    expect(taken.map((at) => w.bounced(domain, at))).to.eql([true, true, false]);
    for (const at of taken) expect(w.read(dev, at, 100)).to.eql(bytes);
    for (const at of taken) w.unmap(dev, at, 100, DMA_TO_DEVICE);
    expect(w.stats(domain)[0]).to.include({ ro: 2, empty: 0 });
  });

  it('maps the original when a slot cannot be filled, and keeps the slot', () => {
    for (const [site, least] of [
      ['kmalloc', 2], // array of pages, scatter table
      ['page_alloc', 4],
      ['iommu_map', 4],
    ] as const) {
      const w = wire({ params: { class_sizes: 4 } });
      const dev = new_device();
      const domain = w.plug(dev);
      // Scattered pages, which are mapped one by one.
      const singles = Array.from({ length: 40 }, () => w.buffer());
      const p = singles[0] ?? w.buffer();
      const held = w.k.usage().pages;
      const failures = for_each_failure(
        w.k,
        site,
        () => w.map(dev, p, 0, 100, DMA_TO_DEVICE),
        (failed, at) => {
          expect(w.bounced(domain, at)).to.equal(!failed);
          expect(w.stats(domain)[0]?.empty).to.equal(failed ? 4 : 3);
          if (failed) expect(w.k.usage().pages).to.equal(held);
          w.unmap(dev, at, 100, DMA_TO_DEVICE);
          expect(domain.table.mapped_pages).to.equal(failed ? 0 : 4);
        },
      );
      expect(failures, site).to.be.within(1, least);
    }
  });

  it('never sleeps, nor does giving back or syncing', () => {
    const w = wire();
    const dev = new_device();
    w.plug(dev);
    const p = w.buffer();
    const flags = w.k.context.local_irq_save();
    w.k.context.preempt_disable();
    const live = [0, 1, 2, 3, 4, 5].map(() => w.map(dev, p, 0, 4096, DMA_BIDIRECTIONAL));
    for (const at of live) {
      w.k.dma.dma_sync_single_for_cpu(dev, at, 100, DMA_BIDIRECTIONAL);
      w.unmap(dev, at, 4096, DMA_BIDIRECTIONAL);
    }
    w.k.context.preempt_enable();
    w.k.context.local_irq_restore(flags);
    expect(w.k.log.sleeping_in_atomic).to.equal(0);
  });

  it('takes pages of the node of the device that made the pool', () => {
    for (const numa_node of [-1, 0, 1]) {
      const memory = { nodes: [{ lowmem_pages: 64 }, { lowmem_pages: 64 }] };
      const w = wire({ machine: { memory } });
      const dev = new_device({ numa_node });
      const domain = w.plug(dev);
      const at = w.map(dev, w.buffer(), 0, 100, DMA_TO_DEVICE);
      const p = w.k.mm.phys_to_page(domain.table.iova_to_phys(at));
      expect(p.nid).to.equal(Math.max(numa_node, 0));
      w.unmap(dev, at, 100, DMA_TO_DEVICE);
    }
  });

  it('syncs later what the caller did not want synced at once', () => {
    const w = wire();
    const dev = new_device();
    w.plug(dev);
    const p = w.buffer();
    const bytes = fill_pattern(w.k, w.phys(p), 100, 2);
    const at = w.map(dev, p, 0, 100, DMA_BIDIRECTIONAL, DMA_ATTR_SKIP_CPU_SYNC);
    expect(w.read(dev, at, 100)).not.to.eql(bytes);
    w.k.dma.dma_sync_single_for_device(dev, at, 100, DMA_BIDIRECTIONAL);
    expect(w.read(dev, at, 100)).to.eql(bytes);
    w.write(dev, at, new Uint8Array(100));
    w.unmap(dev, at, 100, DMA_BIDIRECTIONAL, DMA_ATTR_SKIP_CPU_SYNC);
    expect(w.k.mm.bytes_at(w.phys(p), 100)).to.eql(bytes);
  });
});
