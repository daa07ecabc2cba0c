// SPDX-License-Identifier: GPL-2.0-only
// The IOMMU in front of the devices: a virtio-iommu with the host behind it, or a page table and an IOTLB on bare metal.

import { type device, dma_addr_t, type machine } from '@iommu-bounce/linux-shim';
import {
  IOMMU_READ,
  IOMMU_RESV_MSI,
  IOMMU_WRITE,
  VFIO_DMA_MAP_FLAG_READ,
  VFIO_DMA_MAP_FLAG_WRITE,
  VIRTIO_IOMMU_RESV_MEM_T_MSI,
  VIRTIO_IOMMU_T_MAP,
  VIRTIO_IOMMU_T_UNMAP,
  type DeviceDma,
  type iommu_c,
  type iommu_domain,
  type iommu_ops,
  new_virtio_iommu,
  type viommu_dev,
} from '@iommu-bounce/iommu-core';
import { table_driver, to_table_domain } from '@iommu-bounce/iommu-core/testing';
import { to_cookie } from '@iommu-bounce/dma-iommu';
import type { driver_factory } from '@iommu-bounce/integration';
import type { IommuKind } from '../cost';
import { Cause, type Meter, type Requests, VirtioCharges } from '../sim';

const MSI_START = 0xfee00000;
const MSI_LENGTH = 0x100000;

/** Where an access of a device goes, or -1: nowhere. */
export type Translate = (address: number, write: boolean) => number;

export interface Attachment {
  readonly driver: iommu_ops;
  /** Before the device is probed. */
  addDevice(dev: device): void;
  /** After it: has its locks waited for, and those of the domain's addresses. */
  watch(domain: iommu_domain | null): void;
  /** The same. */
  translator(dev: device): Translate;
  /** What booting takes is no I/O's: counts from here on. */
  booted(): void;
  readonly requests: () => Requests;
  /** Requests of all kinds, those that attach a device too, since the machine was started. */
  readonly allRequests: () => number;
  /** Pages that the host holds for the devices. */
  readonly pins: () => number;
}

/** What a driver needs of dma-iommu.c. */
export type DmaIommu = Parameters<driver_factory>[2];

export function attachIommu(
  kind: IommuKind,
  k: machine,
  iommu: iommu_c,
  dma_iommu: DmaIommu,
  meter: Meter,
  lazy: boolean,
): Attachment {
  return kind === 'virtio-iommu'
    ? virtio(k, iommu, dma_iommu, meter, lazy)
    : bareMetal(k, iommu, dma_iommu, meter);
}

function watchAddresses(meter: Meter, domain: iommu_domain | null): void {
  if (domain) meter.watchAddressTree(to_cookie(domain).iovad.iova_rbtree_lock);
}

function virtio(
  k: machine,
  iommu: iommu_c,
  dma_iommu: DmaIommu,
  meter: Meter,
  lazy: boolean,
): Attachment {
  const v = new_virtio_iommu(k, iommu, dma_iommu, {
    hooks: new VirtioCharges(meter),
    deferred_flush_6_8: lazy,
  });
  const { counters } = v;
  const dma = new Map<device, DeviceDma>();
  let maps = 0;
  let unmaps = 0;
  const count = (type: number): number => counters.requests[type] ?? 0;
  return {
    driver: v.driver,
    addDevice: (dev) => {
      const added = v.add_endpoint(dev, dma.size + 1, [
        {
          start: MSI_START,
          last: MSI_START + MSI_LENGTH - 1,
          subtype: VIRTIO_IOMMU_RESV_MEM_T_MSI,
        },
      ]);
      dma.set(dev, added);
    },
    watch: (domain) => {
      watchAddresses(meter, domain);
      const { request_lock } = v.device.priv as viommu_dev;
      if (request_lock.watch === null) meter.watch(request_lock, 'virtio-iommu requests');
    },
    translator: (dev) => {
      const container = dma.get(dev)?.endpoint.container;
      return (address, write) =>
        container?.translate(address, write ? VFIO_DMA_MAP_FLAG_WRITE : VFIO_DMA_MAP_FLAG_READ) ??
        -1;
    },
    booted: () => {
      maps = count(VIRTIO_IOMMU_T_MAP);
      unmaps = count(VIRTIO_IOMMU_T_UNMAP);
    },
    allRequests: () => counters.requests.reduce((sum, n) => sum + n, 0),
    requests: () => ({
      map: count(VIRTIO_IOMMU_T_MAP) - maps,
      unmap: count(VIRTIO_IOMMU_T_UNMAP) - unmaps,
    }),
    pins: () => v.vfio.pages.total,
  };
}

function bareMetal(k: machine, iommu: iommu_c, dma_iommu: DmaIommu, meter: Meter): Attachment {
  const { ledger, stale, cost } = meter;
  let maps = 0;
  let unmaps = 0;
  const queue = meter.newLock('command queue');
  const invalidate = (): void => {
    queue.take();
    ledger.charge(Cause.invalidate, cost.invalidateNs);
    queue.give();
    stale.forgetsAll(ledger.now);
  };
  const driver = new table_driver(
    k,
    iommu,
    dma_iommu,
    {},
    {
      map: (_iova, _paddr, size) => {
        maps++;
        meter.pagesWritten(size);
      },
      unmap: (_iova, size) => {
        unmaps++;
        meter.pagesCleared(size);
      },
      sync: invalidate,
      flush_all: invalidate,
    },
  );
  return {
    driver,
    addDevice: (dev) => {
      driver.set_resv_regions(dev, [
        { start: MSI_START, length: MSI_LENGTH, type: IOMMU_RESV_MSI },
      ]);
    },
    watch: (domain) => {
      watchAddresses(meter, domain);
    },
    translator: (dev) => {
      const domain = iommu.iommu_get_domain_for_dev(dev);
      if (!domain) return () => -1;
      const { table: pages } = to_table_domain(domain);
      return (address, write) => {
        const at = dma_addr_t(address);
        return pages.prot(at) & (write ? IOMMU_WRITE : IOMMU_READ) ? pages.iova_to_phys(at) : -1;
      };
    },
    booted: () => {
      maps = unmaps = 0;
    },
    requests: () => ({ map: maps, unmap: unmaps }),
    allRequests: () => maps + unmaps,
    pins: () => 0,
  };
}
