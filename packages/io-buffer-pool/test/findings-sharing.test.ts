// SPDX-License-Identifier: GPL-2.0-only
// Findings: the pool and the devices that it was not made for: further ones, changed masks, a first one that failed.

import { expect } from 'chai';
import { DMA_BIT_MASK, DMA_TO_DEVICE, dma_addr_t } from '@iommu-bounce/linux-shim';
import { new_device } from '@iommu-bounce/linux-shim/testing';
import type { iommu_group } from '@iommu-bounce/iommu-core';
import { to_cookie } from '@iommu-bounce/dma-iommu';
import { wiring } from './wire';

describe('a second device of a domain', () => {
  const { wire } = wiring();

  it('finding: is never checked, and gets addresses that it cannot reach', () => {
    const w = wire();
    const dev = new_device({ numa_node: 0 });
    const domain = w.plug(dev);
    const narrow = new_device({ name: 'narrow', dma_mask: DMA_BIT_MASK(24), numa_node: 1 });
    w.plug(narrow, dev.iommu_group as iommu_group);
    expect(narrow.dma_ops).not.to.equal(null); // not refused …
    const log = w.k.log.lines.map(({ text }) => text).join();
    expect(log).not.to.match(/out of range|node mismatch/); // … and not even mentioned

    const at = w.map(narrow, w.buffer(), 0, 100, DMA_TO_DEVICE);
    expect(w.bounced(domain, at)).to.equal(true);
    expect(at).to.be.greaterThan(DMA_BIT_MASK(24));
    w.unmap(narrow, at, 100, DMA_TO_DEVICE);
  });

  it('gets addresses that it can reach without a pool', () => {
    const w = wire({ params: { num_slots: 0 } });
    const dev = new_device();
    w.plug(dev);
    const narrow = new_device({ dma_mask: DMA_BIT_MASK(24) });
    w.plug(narrow, dev.iommu_group as iommu_group);
    const at = w.map(narrow, w.buffer(), 0, 100, DMA_TO_DEVICE);
    expect(at).to.be.most(DMA_BIT_MASK(24));
    w.unmap(narrow, at, 100, DMA_TO_DEVICE);
  });
});

describe('the mask of a device', () => {
  const { wire } = wiring();

  it('finding: is looked at once, before the driver of the device has set it', () => {
    const w = wire();
    const dev = new_device();
    w.plug(dev);
    expect(w.k.dma.dma_set_mask(dev, DMA_BIT_MASK(24))).to.equal(0);
    const at = w.map(dev, w.buffer(), 0, 100, DMA_TO_DEVICE);
    expect(at).to.be.greaterThan(DMA_BIT_MASK(24));
    w.unmap(dev, at, 100, DMA_TO_DEVICE);
  });

  it('finding: is the default of 32 bits then, so that a domain above 4 GiB cannot have a pool, nor the device DMA', () => {
    for (const configured of [false, true]) {
      const w = wire({ configured, driver: { aperture: [2 ** 32, 2 ** 40 - 1] } });
      const dev = new_device();
      w.plug(dev);
      expect(dev.dma_ops === null).to.equal(configured);
      if (configured) continue;
      w.k.dma.dma_set_mask(dev, DMA_BIT_MASK(64)); // as a driver does that knows its device
      const at = w.map(dev, w.buffer(), 0, 100, DMA_TO_DEVICE);
      expect(at).to.be.within(2 ** 32, 2 ** 40 - 1);
      w.unmap(dev, at, 100, DMA_TO_DEVICE);
    }
  });
});

describe('a pool that could not be made', () => {
  const { wire } = wiring();

  it('finding: costs the device its translation instead of its bounce buffers', () => {
    const w = wire();
    w.k.faults.fail('workqueue', 1);
    const dev = new_device();
    const domain = w.plug(dev);
    expect(dev.dma_ops).to.equal(null);
    expect(w.k.log.lines.map(({ text }) => text)).to.include(
      'Failed to set up IOMMU for device test-device; retaining platform DMA ops',
    );
    // It is attached to the domain all the same: the addresses it is told are physical, and each access faults.
    const p = w.buffer();
    const at = w.map(dev, p, 0, 100, DMA_TO_DEVICE);
    expect(at).to.equal(w.phys(p));
    expect(domain.attached.has(dev)).to.equal(true);
    expect(w.read(dev, at, 100)).to.equal(null);
    w.unmap(dev, at, 100, DMA_TO_DEVICE);
  });

  it('finding: is not missed at the second try, which succeeds without it', () => {
    const w = wire();
    w.k.faults.fail('workqueue', 1);
    const dev = new_device();
    const domain = w.plug(dev);
    w.dma_iommu.iommu_setup_dma_ops(dev, dma_addr_t(0), 2 ** 48);
    expect(dev.dma_ops).not.to.equal(null);
    expect(to_cookie(domain).bounce_buffers).to.equal(null);

    const other = new_device();
    w.plug(other, dev.iommu_group as iommu_group);
    expect(other.dma_ops).not.to.equal(null);
    expect(to_cookie(domain).bounce_buffers).to.equal(null);
  });
});

describe('a device that is attached when it is first used', () => {
  const { wire } = wiring();

  it('finding: is not attached by a mapping that the pool takes, and faults', () => {
    for (const len of [100, 200_000]) {
      const w = wire({ kdump: true });
      const dev = new_device();
      w.driver.set_attach_deferred(dev);
      w.driver.detach_dev(w.plug(dev), dev);
      const at = w.map(dev, w.buffer(6), 0, len, DMA_TO_DEVICE);
      const pooled = len === 100;
      expect(w.read(dev, at, 1) === null).to.equal(pooled);
      w.unmap(dev, at, len, DMA_TO_DEVICE);
    }
  });
});
