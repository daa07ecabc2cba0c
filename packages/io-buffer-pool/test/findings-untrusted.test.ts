// SPDX-License-Identifier: GPL-2.0-only
// Findings: an untrusted device's lists are mapped by the pool and unmapped by the code for swiotlb.

import { expect } from 'chai';
import {
  DMA_ATTR_SKIP_CPU_SYNC,
  DMA_FROM_DEVICE,
  DMA_TO_DEVICE,
  type device,
  type scatterlist,
  sg_copy_list,
  sg_next,
} from '@iommu-bounce/linux-shim';
import { catch_oops, fill_pattern, new_pci_dev } from '@iommu-bounce/linux-shim/testing';
import { type wired, wiring } from './wire';

describe('lists of an untrusted device', () => {
  const { wire, write_off } = wiring();
  const start = (num_slots: number): { w: wired; dev: device } => {
    const w = wire({ params: { num_slots, class_sizes: 1 }, machine: { swiotlb_slabs: 128 } });
    write_off(w); // each of these tests leaks
    const dev = new_pci_dev({ untrusted: true });
    w.plug(dev);
    return { w, dev };
  };

  it('finding: lose their slot and its pages when they are unmapped', () => {
    const { w, dev } = start(2);
    const domain = w.domain_of(dev);
    const held = w.k.usage().pages;
    const sgl = w.list([w.buffer(), 100, 0]);
    expect(w.map_sg(dev, sgl, 1, DMA_TO_DEVICE)).to.equal(1);
    expect(w.bounced(domain, sgl.dma_address)).to.equal(true);
    w.unmap_sg(dev, sgl, 1, DMA_TO_DEVICE);
    expect(w.pages('unmap')).to.equal(1); // the slot, which was to stay mapped
    w.k.timers.advance(60_000);
    expect(w.stats(domain)[0]).to.include({ ro: 0, wo: 0, rw: 0, empty: 1 });
    expect(w.k.usage().pages).to.equal(held + 2); // the test's page and the slot's
  });

  it('finding: warn for each further entry', () => {
    const { w, dev } = start(2);
    const sgl = w.list([w.buffer(), 100, 0], [w.buffer(), 100, 0]);
    w.map_sg(dev, sgl, 2, DMA_TO_DEVICE);
    w.unmap_sg(dev, sgl, 2, DMA_TO_DEVICE);
    expect(w.k.log.warnings).to.equal(1);
  });

  it('finding: free an address inside of the pool, and the next mapping there kills the machine', () => {
    const { w, dev } = start(1);
    const sgl = w.list([w.buffer(), 100, 0]);
    w.map_sg(dev, sgl, 1, DMA_TO_DEVICE);
    w.unmap_sg(dev, sgl, 1, DMA_TO_DEVICE);
    // The pool has no slot left, so the page is mapped as it is: at the address of the lost slot, which still remembers
    // the list and takes it for a page.
    const died = catch_oops(() => w.map(dev, w.buffer(), 0, 4096, DMA_TO_DEVICE));
    expect(died.kind).to.equal('bad-access');
  });

  it('finding: or, where the driver syncs itself, keeps the page open to the device for ever', () => {
    const { w, dev } = start(1);
    const domain = w.domain_of(dev);
    const sgl = w.list([w.buffer(), 100, 0]);
    w.map_sg(dev, sgl, 1, DMA_TO_DEVICE);
    const slot = sgl.dma_address;
    w.unmap_sg(dev, sgl, 1, DMA_TO_DEVICE);

    const p = w.buffer();
    const secret = fill_pattern(w.k, w.phys(p), 4096, 1);
    const at = w.map(dev, p, 0, 4096, DMA_TO_DEVICE, DMA_ATTR_SKIP_CPU_SYNC);
    expect(at).to.equal(slot);
    expect(domain.table.iova_to_phys(at)).to.equal(w.phys(p));

    // The unmap takes the address for the pool's and puts the slot into the cache: the page stays mapped.
    w.unmap(dev, at, 4096, DMA_TO_DEVICE, DMA_ATTR_SKIP_CPU_SYNC);
    expect(w.stats(domain)[0]?.ro).to.equal(1);
    expect(w.read(dev, at, 4096)).to.eql(secret);

    // And the next mapping through that slot shows the device this page instead of its own bytes.
    const q = w.buffer();
    const own = fill_pattern(w.k, w.phys(q), 100, 2);
    expect(w.map(dev, q, 0, 100, DMA_TO_DEVICE)).to.equal(slot);
    expect(w.read(dev, slot, 100)).to.eql(secret.slice(0, 100));
    expect(w.read(dev, slot, 100)).not.to.eql(own);
  });

  it('finding: unmap what the third entry meant in the use before', () => {
    const { w, dev } = start(1);
    const domain = w.domain_of(dev);
    const busy = w.map(dev, w.buffer(), 0, 100, DMA_TO_DEVICE); // takes the only slot
    const pages = [w.buffer(), w.buffer(), w.buffer()];
    const sgl = w.list(...pages.map((p) => [p, 1024, 0] as const));
    const third = sg_next(sg_next(sgl)) as scatterlist;
    expect(w.map_sg(dev, sgl, 3, DMA_TO_DEVICE)).to.equal(3); // each through swiotlb
    const stale = third.dma_address;
    w.unmap_sg(dev, sgl, 3, DMA_TO_DEVICE);
    w.unmap(dev, busy, 100, DMA_TO_DEVICE);

    expect(w.map_sg(dev, sgl, 3, DMA_TO_DEVICE)).to.equal(1); // through the pool: entry 2 is invalidated, entry 3 is not
    expect(third.dma_address).to.equal(stale);
    const others = [0, 1, 2].map(() => w.map(dev, w.buffer(), 0, 4096, DMA_FROM_DEVICE));
    expect(others).to.include(stale);
    w.unmap_sg(dev, sgl, 3, DMA_TO_DEVICE);
    expect(domain.table.iova_to_phys(stale)).to.equal(0);
  });

  it('finding: kill the machine when a copy of the list is synced', () => {
    const { w, dev } = start(2);
    const sgl = w.list([w.buffer(), 100, 0]);
    w.map_sg(dev, sgl, 1, DMA_FROM_DEVICE);
    const died = catch_oops(() => {
      w.unmap_sg(dev, sg_copy_list(sgl, 1), 1, DMA_FROM_DEVICE);
    });
    expect(died.kind).to.equal('bad-access');
  });
});
