// SPDX-License-Identifier: GPL-2.0-only
// An ops table in front of a driver's own: it tells which domain the driver is called for, which no trace point says.

import type { device } from '@iommu-bounce/linux-shim';
import type { iommu_c, iommu_domain, iommu_group, iommu_ops } from '@iommu-bounce/iommu-core';

export interface DriverWatch {
  /** Before each call of the driver that maps, unmaps or flushes; `isRequest` for map and unmap. */
  called(domain: iommu_domain, isRequest: boolean): void;
  /** The group that a device shares with others, where the driver cannot know it; null: what the driver says. */
  groupOf?(dev: device): iommu_group | null;
}

/** Callbacks that the driver lacks, this table lacks too. */
export function watched_driver(driver: iommu_ops, iommu: iommu_c, watch: DriverWatch): iommu_ops {
  return {
    ...bound(driver),
    ...(driver.map && {
      map: (domain, iova, paddr, size, prot, gfp) => {
        watch.called(domain, true);
        return driver.map?.(domain, iova, paddr, size, prot, gfp) ?? 0;
      },
    }),
    ...(driver.unmap && {
      unmap: (domain, iova, size, gather) => {
        watch.called(domain, true);
        return driver.unmap?.(domain, iova, size, gather) ?? 0;
      },
    }),
    ...(driver.iotlb_sync && {
      iotlb_sync: (domain, gather) => {
        watch.called(domain, false);
        driver.iotlb_sync?.(domain, gather);
      },
    }),
    ...(driver.iotlb_sync_map && {
      iotlb_sync_map: (domain, iova, size) => {
        watch.called(domain, false);
        driver.iotlb_sync_map?.(domain, iova, size);
      },
    }),
    ...(driver.flush_iotlb_all && {
      flush_iotlb_all: (domain) => {
        watch.called(domain, false);
        driver.flush_iotlb_all?.(domain);
      },
    }),
    device_group: (dev) => {
      const shared = watch.groupOf?.(dev) ?? null;
      return shared ? iommu.iommu_group_ref_get(shared) : (driver.device_group?.(dev) ?? null);
    },
  };
}

/** The names of `iommu_ops`; a driver's methods lie on its prototype, where a spread does not see them. */
const OPS = [
  'domain_alloc',
  'domain_free',
  'attach_dev',
  'detach_dev',
  'map',
  'unmap',
  'flush_iotlb_all',
  'iotlb_sync_map',
  'iotlb_sync',
  'iova_to_phys',
  'probe_device',
  'release_device',
  'probe_finalize',
  'device_group',
  'get_resv_regions',
  'put_resv_regions',
  'apply_resv_region',
  'is_attach_deferred',
  'def_domain_type',
] as const satisfies readonly Exclude<keyof iommu_ops, 'pgsize_bitmap'>[];

function bound(driver: iommu_ops): iommu_ops {
  const own = driver as unknown as Readonly<Record<string, unknown>>;
  const ops: Record<string, unknown> = { pgsize_bitmap: driver.pgsize_bitmap };
  for (const name of OPS) {
    const op = own[name];
    if (typeof op === 'function') ops[name] = op.bind(driver);
  }
  return ops as unknown as iommu_ops;
}
