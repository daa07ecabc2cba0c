// SPDX-License-Identifier: GPL-2.0-only
// The IOMMU API's types: domains, driver operations, protection bits, reserved regions.
// C: include/linux/iommu.h of v5.13. See docs/porting.md#iommu

import {
  type device,
  type dma_addr_t,
  type gfp_t,
  list_head,
  mutex,
  type opaque,
  type page,
  type phys_addr_t,
  ULONG_MAX,
  dma_addr_t as to_dma_addr,
  phys_addr_t as to_phys_addr,
} from '@iommu-bounce/linux-shim';

export const IOMMU_READ = 1 << 0; // the device may read
export const IOMMU_WRITE = 1 << 1; // the device may write
export const IOMMU_CACHE = 1 << 2; // DMA cache coherency
export const IOMMU_NOEXEC = 1 << 3;
export const IOMMU_MMIO = 1 << 4; // device registers, such as MSI doorbells
export const IOMMU_PRIV = 1 << 5; // privileged accesses only, where there is such a notion

export const __IOMMU_DOMAIN_PAGING = 1 << 0; // iommu_map and iommu_unmap work
export const __IOMMU_DOMAIN_DMA_API = 1 << 1; // used by the DMA API
export const __IOMMU_DOMAIN_PT = 1 << 2; // mapped 1:1
export const IOMMU_DOMAIN_BLOCKED = 0;
export const IOMMU_DOMAIN_IDENTITY = __IOMMU_DOMAIN_PT;
export const IOMMU_DOMAIN_UNMANAGED = __IOMMU_DOMAIN_PAGING;
export const IOMMU_DOMAIN_DMA = __IOMMU_DOMAIN_PAGING | __IOMMU_DOMAIN_DMA_API;

export class iommu_domain_geometry {
  /** First and last address that can be mapped; the driver sets them. */
  aperture_start: dma_addr_t = to_dma_addr(0);
  aperture_end: dma_addr_t = to_dma_addr(0);
  /** DMA is possible within the aperture only. */
  force_aperture = false;
}

/** One set of translations. */
export class iommu_domain {
  type = 0;
  ops: iommu_ops | null = null;
  /** Supported page sizes: the sum of them, each a power of two. */
  pgsize_bitmap = 0;
  readonly geometry = new iommu_domain_geometry();
  /** dma-iommu's `iommu_dma_cookie`. */
  iova_cookie: opaque | null = null;
}

export const IOMMU_RESV_DIRECT = 0; // must be mapped 1:1 at all times
export const IOMMU_RESV_DIRECT_RELAXABLE = 1; // the same, but may be given up for device assignment
export const IOMMU_RESV_RESERVED = 2; // never map
export const IOMMU_RESV_MSI = 3; // hardware MSI region, untranslated
export const IOMMU_RESV_SW_MSI = 4; // window for software-managed MSI pages
export type iommu_resv_type = 0 | 1 | 2 | 3 | 4;

/** A range of a device that is special. */
export class iommu_resv_region {
  static readonly sizeof = 40;
  readonly list = new list_head<iommu_resv_region>(this);
  start: phys_addr_t = to_phys_addr(0);
  /** Bytes. */
  length = 0;
  prot = 0;
  type: iommu_resv_type = IOMMU_RESV_DIRECT;
}

/** What an unmap has to flush. */
export class iommu_iotlb_gather {
  start = ULONG_MAX;
  end = 0;
  pgsize = 0;
  /** Page table pages to free after the flush, chained. */
  freelist: page | null = null;
}

export function iommu_iotlb_gather_init(gather: iommu_iotlb_gather): void {
  gather.start = ULONG_MAX;
  gather.end = 0;
  gather.pgsize = 0;
  gather.freelist = null;
}

/** A driver. Callbacks that a driver may lack are optional. */
export interface iommu_ops {
  domain_alloc(type: number): iommu_domain | null;
  domain_free(domain: iommu_domain): void;
  attach_dev?(domain: iommu_domain, dev: device): number;
  detach_dev?(domain: iommu_domain, dev: device): void;
  /** Maps one page of a supported size; 0 or a negative error number. */
  map?(
    domain: iommu_domain,
    iova: dma_addr_t,
    paddr: phys_addr_t,
    size: number,
    prot: number,
    gfp: gfp_t,
  ): number;
  /** Unmaps one page of a supported size, or the larger one it lies in; returns bytes unmapped. */
  unmap?(domain: iommu_domain, iova: dma_addr_t, size: number, gather: iommu_iotlb_gather): number;
  flush_iotlb_all?(domain: iommu_domain): void;
  iotlb_sync_map?(domain: iommu_domain, iova: dma_addr_t, size: number): void;
  iotlb_sync?(domain: iommu_domain, gather: iommu_iotlb_gather): void;
  /** 0 for an address that is not mapped. */
  iova_to_phys?(domain: iommu_domain, iova: dma_addr_t): phys_addr_t;
  /** 0 or a negative error number. JS: C returns the struct iommu_device. */
  probe_device?(dev: device): number;
  release_device?(dev: device): void;
  probe_finalize?(dev: device): void;
  /** The group a device belongs to, with a reference for the caller; null for C's ERR_PTR(-ENOMEM). */
  device_group?(dev: device): iommu_group | null;
  get_resv_regions?(dev: device, list: list_head<iommu_resv_region>): void;
  put_resv_regions?(dev: device, list: list_head<iommu_resv_region>): void;
  apply_resv_region?(dev: device, domain: iommu_domain, region: iommu_resv_region): void;
  is_attach_deferred?(domain: iommu_domain, dev: device): boolean;
  /** A domain type that the device needs, or 0. */
  def_domain_type?(dev: device): number;
  /** Sum of the supported page sizes. */
  readonly pgsize_bitmap: number;
}

/** What the IOMMU code keeps for a device. */
export class dev_iommu {
  static readonly sizeof = 72;
  /** The driver's own. */
  priv: opaque | null = null;
}

/** A device's place in its group. C: drivers/iommu/iommu.c */
export class group_device {
  static readonly sizeof = 32;
  readonly list = new list_head<group_device>(this);
  dev: device | null = null;
}

/** Devices that cannot be told apart by the IOMMU. C: drivers/iommu/iommu.c */
export class iommu_group {
  static readonly sizeof = 232;
  readonly devices = new list_head<group_device>();
  readonly mutex = new mutex();
  /** References, each device's own among them. JS: C counts them in `devices_kobj`. */
  refs = 0;
  id = 0;
  name: string | null = null;
  default_domain: iommu_domain | null = null;
  domain: iommu_domain | null = null;
}

/** Who hears of successful maps and of unmaps. C: include/trace/events/iommu.h */
export interface iommu_trace {
  trace_map?(iova: dma_addr_t, paddr: phys_addr_t, size: number): void;
  trace_unmap?(iova: dma_addr_t, size: number, unmapped_size: number): void;
}
