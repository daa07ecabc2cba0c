// SPDX-License-Identifier: GPL-2.0-only
// A running machine with one of two IOMMUs: virtio-iommu, with the VMM and VFIO behind it, or a plain table that costs
// nothing and has nothing behind it.

import type { device } from '@iommu-bounce/linux-shim';
import {
  IOMMU_RESV_MSI,
  VIRTIO_IOMMU_RESV_MEM_T_MSI,
  VIRTIO_IOMMU_T_MAP,
  VIRTIO_IOMMU_T_UNMAP,
  type VirtioHooks,
  type iommu_domain,
  new_virtio_iommu,
  type virtio_iommu,
} from '@iommu-bounce/iommu-core';
import { table_driver } from '@iommu-bounce/iommu-core/testing';
import { type boot_options, type running_machine, boot, plug } from './boot';

/** The first is what a command takes that is not told which. */
export const IOMMU_DRIVERS = ['virtio', 'table'] as const;
export type IommuDriver = (typeof IOMMU_DRIVERS)[number];

export interface IommuOptions {
  /** Sum of the supported page sizes. Default: the driver's own. */
  readonly pageSizeMask?: number;
  /** Of virtio-iommu: the what-if of a driver that can flush lazily, as the table can. Default false: v5.13 cannot. */
  readonly deferredFlush?: boolean;
  /** Of virtio-iommu: mappings of a device that VFIO takes at one time. Default: VFIO's. */
  readonly dmaEntryLimit?: number;
  /** Of virtio-iommu: told of every step. */
  readonly hooks?: VirtioHooks;
}

/** Where a device's interrupts are written to; nothing else is mapped there. */
export interface MsiWindow {
  readonly start: number;
  readonly length: number;
}

export interface MachineOnIommu {
  readonly m: running_machine;
  /** Null on the table. */
  readonly virtio: virtio_iommu | null;
  /** Plugs a device in, as endpoint 1, 2, 3 … of virtio-iommu; as `plug` does otherwise. */
  plug(dev: device, msi?: MsiWindow): iommu_domain;
  /** Maps and unmaps that were asked of the IOMMU so far: requests that the VMM took, or calls of the table's driver. */
  requests(): number;
}

/** Boots on one of the drivers; throws what `boot` throws. */
export function bootOn(
  driver: IommuDriver,
  options: Omit<boot_options, 'driver'> = {},
  iommu: IommuOptions = {},
): MachineOnIommu {
  return driver === 'virtio' ? onVirtio(options, iommu) : onTable(options, iommu);
}

function onVirtio(options: Omit<boot_options, 'driver'>, chosen: IommuOptions): MachineOnIommu {
  let made: virtio_iommu | undefined;
  const m = boot({
    ...options,
    driver: (k, iommu, dma_iommu) => {
      made = new_virtio_iommu(k, iommu, dma_iommu, {
        ...(chosen.pageSizeMask === undefined ? {} : { pageSizeMask: chosen.pageSizeMask }),
        ...(chosen.dmaEntryLimit === undefined ? {} : { dmaEntryLimit: chosen.dmaEntryLimit }),
        ...(chosen.hooks === undefined ? {} : { hooks: chosen.hooks }),
        deferred_flush_6_8: chosen.deferredFlush ?? false,
      });
      return made.driver;
    },
  });
  const virtio = made as virtio_iommu;
  let endpoints = 0;
  return {
    m,
    virtio,
    plug: (dev, msi) => {
      const subtype = VIRTIO_IOMMU_RESV_MEM_T_MSI;
      const regions = msi ? [{ start: msi.start, last: msi.start + msi.length - 1, subtype }] : [];
      virtio.add_endpoint(dev, ++endpoints, regions);
      return plug(m, dev);
    },
    requests: () => {
      const { requests } = virtio.counters;
      return (requests[VIRTIO_IOMMU_T_MAP] ?? 0) + (requests[VIRTIO_IOMMU_T_UNMAP] ?? 0);
    },
  };
}

function onTable(options: Omit<boot_options, 'driver'>, chosen: IommuOptions): MachineOnIommu {
  let made: table_driver | undefined;
  let calls = 0;
  const count = (): void => {
    calls++;
  };
  const { pageSizeMask } = chosen;
  const m = boot({
    ...options,
    driver: (k, iommu, dma_iommu) =>
      (made = new table_driver(
        k,
        iommu,
        dma_iommu,
        pageSizeMask === undefined ? {} : { pgsize_bitmap: pageSizeMask },
        { map: count, unmap: count },
      )),
  });
  const table = made as table_driver;
  return {
    m,
    virtio: null,
    plug: (dev, msi) => {
      if (msi) table.set_resv_regions(dev, [{ ...msi, type: IOMMU_RESV_MSI }]);
      return plug(m, dev);
    },
    requests: () => calls,
  };
}
