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

/** What is told of, and whether it is a request. */
const WATCHED = {
  map: true,
  unmap: true,
  iotlb_sync: false,
  iotlb_sync_map: false,
  flush_iotlb_all: false,
} as const satisfies Partial<Record<keyof iommu_ops, boolean>>;

/** The other names of `iommu_ops`; a driver's methods lie on its prototype, where a spread does not see them. */
const OTHERS = [
  'domain_alloc',
  'domain_free',
  'attach_dev',
  'detach_dev',
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
] as const satisfies readonly (keyof iommu_ops)[];

type Op = (domain: iommu_domain, ...others: unknown[]) => unknown;

/** Callbacks that the driver lacks, this table lacks too. */
export function watched_driver(driver: iommu_ops, iommu: iommu_c, watch: DriverWatch): iommu_ops {
  const own = driver as unknown as Readonly<Record<string, Op | undefined>>;
  const ops: Record<string, unknown> = { pgsize_bitmap: driver.pgsize_bitmap };
  for (const name of OTHERS) if (own[name]) ops[name] = own[name].bind(driver);
  for (const [name, isRequest] of Object.entries(WATCHED)) {
    const op = own[name]?.bind(driver);
    if (op)
      ops[name] = (domain: iommu_domain, ...others: unknown[]) => {
        watch.called(domain, isRequest);
        return op(domain, ...others);
      };
  }
  if (driver.device_group && watch.groupOf)
    ops['device_group'] = (dev: device): iommu_group | null => {
      const shared = watch.groupOf?.(dev) ?? null;
      return shared ? iommu.iommu_group_ref_get(shared) : (driver.device_group?.(dev) ?? null);
    };
  return ops as unknown as iommu_ops;
}
