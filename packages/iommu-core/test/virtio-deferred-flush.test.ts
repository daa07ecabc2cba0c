// SPDX-License-Identifier: GPL-2.0-only
// Tests of the what-if switch deferred_flush_6_8: what the driver of v6.8 gains, and what it gives up.

import { expect } from 'chai';
import { ENOMEM, PAGE_SIZE, dma_addr_t } from '@iommu-bounce/linux-shim';
import { leak_checked } from '@iommu-bounce/linux-shim/testing';
import {
  VIRTIO_IOMMU_T_MAP,
  VIRTIO_IOMMU_T_UNMAP,
  iommu_flush_iotlb_all,
  iommu_iotlb_gather,
} from '@iommu-bounce/iommu-core';
import { RAM, driver_view, virtio_machine } from './virtio-machine';

describe('deferred_flush_6_8', () => {
  const { boot_machine } = leak_checked();

  it('is off by default: v5.13 has no flush_iotlb_all, so nothing is flushed lazily', () => {
    const m = new virtio_machine(boot_machine());
    expect(m.v.driver).to.not.have.any.keys('flush_iotlb_all', 'iotlb_sync_map');
    expect('flush_iotlb_all' in m.v.driver).to.equal(false);
    m.end();
  });

  it('waits once for all the requests of a map', () => {
    for (const [deferred_flush_6_8, exits] of [
      [false, 3],
      [true, 1],
    ] as const) {
      const m = new virtio_machine(boot_machine(), { deferred_flush_6_8 });
      const dev = m.plug(1);
      const domain = m.domain(dev);
      m.v.counters.reset();
      expect(m.map(domain, 0x10000, RAM, 7 * PAGE_SIZE)).to.equal(0);
      expect(m.v.counters.requests[VIRTIO_IOMMU_T_MAP]).to.equal(3);
      expect(m.v.counters.vmexits).to.equal(exits);
      m.expect_agreement(domain, [dev]);
      m.end();
    }
  });

  it('leaves unmapped pages to the device until everything is flushed', () => {
    const m = new virtio_machine(boot_machine(), { deferred_flush_6_8: true });
    const dev = m.plug(1);
    const domain = m.domain(dev);
    for (let i = 0; i < 10; i++) m.map(domain, 0x10000 + i * PAGE_SIZE, RAM);
    m.v.counters.reset();
    const gather = new iommu_iotlb_gather();
    for (let i = 0; i < 10; i++)
      m.iommu.iommu_unmap_fast(domain, dma_addr_t(0x10000 + i * PAGE_SIZE), PAGE_SIZE, gather);
    expect(m.v.counters.vmexits).to.equal(0);
    expect(driver_view(domain)).to.deep.equal([]);
    expect(m.reaches(dev, 0x10000, 10 * PAGE_SIZE)).to.equal(true);
    iommu_flush_iotlb_all(domain);
    expect(m.v.counters.vmexits).to.equal(1);
    expect(m.v.counters.requests[VIRTIO_IOMMU_T_UNMAP]).to.equal(10);
    m.expect_agreement(domain, [dev]);
    expect(m.v.vfio.pages.total).to.equal(0);
    m.end();
  });

  it('has the queue emptied by the next map too', () => {
    const m = new virtio_machine(boot_machine(), { deferred_flush_6_8: true });
    const dev = m.plug(1);
    const domain = m.domain(dev);
    m.map(domain, 0x10000, RAM);
    const gather = new iommu_iotlb_gather();
    m.iommu.iommu_unmap_fast(domain, dma_addr_t(0x10000), PAGE_SIZE, gather);
    m.map(domain, 0x20000, RAM);
    expect(m.reaches(dev, 0x10000)).to.equal(false);
    expect(m.reaches(dev, 0x20000)).to.equal(true);
    m.end();
  });

  it('does nothing for a domain that no device is attached to', () => {
    const m = new virtio_machine(boot_machine(), { deferred_flush_6_8: true });
    const dev = m.plug(1);
    const own = m.domain(dev);
    const domain = m.new_domain();
    iommu_flush_iotlb_all(domain);
    expect(m.iommu.iommu_attach_device(domain, dev)).to.equal(0);
    m.v.counters.reset();
    iommu_flush_iotlb_all(own);
    expect(m.map(own, 0x10000, RAM)).to.equal(0);
    expect(m.v.counters.kicks).to.equal(0);
    m.iommu.iommu_detach_device(domain, dev);
    m.expect_agreement(own, [dev]);
    m.iommu.iommu_domain_free(domain);
    m.end();
  });

  it('takes a map that the device refused for a success: the access faults', () => {
    const m = new virtio_machine(boot_machine(), { deferred_flush_6_8: true, dmaEntryLimit: 1 });
    const dev = m.plug(1);
    const domain = m.domain(dev);
    expect(m.map(domain, 0x10000, RAM)).to.equal(0);
    expect(m.map(domain, 0x20000, RAM)).to.equal(0);
    expect(m.v.counters.refused).to.equal(1);
    expect(m.phys(domain, 0x20000)).to.equal(RAM);
    expect(m.reaches(dev, 0x20000)).to.equal(false);
    m.k.faults.fail('kmalloc', 1, 1);
    expect(m.map(domain, 0x30000, RAM), 'only its own failures are heard of').to.equal(-ENOMEM);
    expect(m.phys(domain, 0x30000)).to.equal(0);
    m.end();
  });
});
