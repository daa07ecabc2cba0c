// SPDX-License-Identifier: GPL-2.0-only
// virtio-iommu's driver of v6.8, which flushes lazily: what it gains over v5.13's, and what it gives up.

import { expect } from 'chai';
import { type MachineOnIommu, bootOn } from '@iommu-bounce/integration';
import {
  IOMMU_READ,
  IOMMU_WRITE,
  VIRTIO_IOMMU_T_MAP,
  VIRTIO_IOMMU_T_UNMAP,
  type iommu_domain,
  iommu_flush_iotlb_all,
  iommu_iotlb_gather,
} from '@iommu-bounce/iommu-core';
import {
  ENOMEM,
  PAGE_SIZE,
  bus_type,
  deref,
  device,
  dma_addr_t,
  phys_addr_t,
} from '@iommu-bounce/linux-shim';
import { virtio_iommu_deferred_flush_6_8 } from '../../src/what-ifs';

const RW = IOMMU_READ | IOMMU_WRITE;

/** A machine with one device behind virtio-iommu, and the verbs of these tests. */
class Lazy {
  readonly on: MachineOnIommu;
  readonly dev = new device('ep');
  readonly domain: iommu_domain;
  /** Memory to map: reserved frames, from a multiple of 16 on. */
  readonly ram: number;

  constructor(lazy = true, dmaEntryLimit?: number) {
    this.on = bootOn(
      'virtio',
      {
        machine: { memory: { nodes: [{ lowmem_pages: 4096 }], reserved_pages: 31 } },
        ...(lazy ? { overlays: { virtio_iommu: virtio_iommu_deferred_flush_6_8 } } : {}),
      },
      dmaEntryLimit === undefined ? {} : { dmaEntryLimit },
    );
    this.dev.bus = new bus_type('platform');
    this.domain = this.on.plug(this.dev);
    this.ram = 16 * PAGE_SIZE;
    this.counters.reset();
  }

  get counters() {
    return deref(this.on.virtio).counters;
  }

  map(iova: number, size = PAGE_SIZE, domain = this.domain): number {
    const { iommu } = this.on.m;
    return iommu.iommu_map_atomic(domain, dma_addr_t(iova), phys_addr_t(this.ram), size, RW);
  }

  unmapFast(...iovas: readonly number[]): void {
    const { iommu } = this.on.m;
    const gather = new iommu_iotlb_gather();
    for (const iova of iovas)
      iommu.iommu_unmap_fast(this.domain, dma_addr_t(iova), PAGE_SIZE, gather);
  }

  reaches(iova: number): boolean {
    return this.on.translator(this.dev)(iova, true) >= 0;
  }

  phys(iova: number): number {
    return this.on.m.iommu.iommu_iova_to_phys(this.domain, dma_addr_t(iova));
  }
}

const TEN = Array.from({ length: 10 }, (_, i) => 0x10000 + i * PAGE_SIZE);

describe('virtio_iommu_deferred_flush_6_8', () => {
  it('is an overlay: v5.13 has no flush_iotlb_all, so nothing is flushed lazily', () => {
    for (const lazy of [false, true]) {
      const { driver } = new Lazy(lazy).on.m;
      expect(['flush_iotlb_all' in driver, 'iotlb_sync_map' in driver]).to.deep.equal([lazy, lazy]);
    }
  });

  it('waits once for all the requests of a map', () => {
    for (const [lazy, exits] of [
      [false, 3],
      [true, 1],
    ] as const) {
      const m = new Lazy(lazy);
      expect(m.map(0x10000, 7 * PAGE_SIZE)).to.equal(0);
      expect(m.counters.requests[VIRTIO_IOMMU_T_MAP]).to.equal(3);
      expect(m.counters.vmexits).to.equal(exits);
      expect(m.reaches(0x10000 + 6 * PAGE_SIZE)).to.equal(true);
    }
  });

  it('leaves unmapped pages to the device until everything is flushed', () => {
    const m = new Lazy();
    for (const iova of TEN) m.map(iova);
    m.counters.reset();
    m.unmapFast(...TEN);
    expect(m.counters.vmexits).to.equal(0);
    expect(TEN.map((iova) => [m.phys(iova), m.reaches(iova)])).to.deep.equal(
      TEN.map(() => [0, true]),
    );
    iommu_flush_iotlb_all(m.domain);
    expect(m.counters.vmexits).to.equal(1);
    expect(m.counters.requests[VIRTIO_IOMMU_T_UNMAP]).to.equal(10);
    expect(TEN.map((iova) => m.reaches(iova))).to.deep.equal(TEN.map(() => false));
    expect(m.on.pinnedPages()).to.equal(0);
  });

  it('has the queue emptied by the next map too', () => {
    const m = new Lazy();
    m.map(0x10000);
    m.unmapFast(0x10000);
    m.map(0x20000);
    expect([m.reaches(0x10000), m.reaches(0x20000)]).to.deep.equal([false, true]);
  });

  it('does nothing for a domain that no device is attached to', () => {
    const m = new Lazy();
    const { iommu } = m.on.m;
    const empty = deref(iommu.iommu_domain_alloc(deref(m.dev.bus)));
    iommu_flush_iotlb_all(empty);
    expect(iommu.iommu_attach_device(empty, m.dev)).to.equal(0);
    m.counters.reset();
    iommu_flush_iotlb_all(m.domain);
    expect(m.map(0x10000)).to.equal(0);
    expect(m.counters.kicks).to.equal(0);
    iommu.iommu_detach_device(empty, m.dev);
    expect(m.reaches(0x10000), 'attaching replays what was mapped').to.equal(true);
    iommu.iommu_domain_free(empty);
  });

  it('takes a map that the device refused for a success: the access faults', () => {
    const m = new Lazy(true, 1);
    expect(m.map(0x10000)).to.equal(0);
    expect(m.map(0x20000)).to.equal(0);
    expect(m.counters.refused).to.equal(1);
    expect(m.phys(0x20000)).to.equal(m.ram);
    expect(m.reaches(0x20000)).to.equal(false);
    m.on.m.k.faults.fail('kmalloc', 1, 1);
    expect(m.map(0x30000), 'only its own failures are heard of').to.equal(-ENOMEM);
    expect(m.phys(0x30000)).to.equal(0);
  });

  it('leaves no mapping and no pinned page behind after 20,000 pairs', () => {
    const times = 20_000;
    const m = new Lazy();
    const before = m.on.m.k.usage();
    for (let i = 0; i < times; i++) {
      const iova = 2 ** 40 + (i % 977) * 0x3000;
      if (m.map(iova) !== 0) throw new Error('map');
      m.unmapFast(iova);
    }
    iommu_flush_iotlb_all(m.domain);
    expect(m.on.m.k.usage()).to.deep.equal(before);
    expect(m.on.pinnedPages()).to.equal(0);
    const { pins, unpins, refused, vmexits } = m.counters;
    // The unmap waits for the next map, and the last one for the flush.
    expect({ pins, unpins, refused, vmexits }).to.deep.equal({
      ...{ pins: times, unpins: times, refused: 0, vmexits: times + 1 },
    });
  });
});
