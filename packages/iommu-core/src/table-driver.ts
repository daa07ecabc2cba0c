// SPDX-License-Identifier: GPL-2.0-only
// A plain IOMMU driver: a table per domain, no hardware behind it. Transcripts run on it, and it is the simulation's IOMMU
// of a machine without a hypervisor.

import {
  EINVAL,
  ENOMEM,
  type device,
  dma_addr_t,
  type list_head,
  list_add_tail,
  type machine,
  phys_addr_t,
} from '@iommu-bounce/linux-shim';
import {
  an_object,
  check_options,
  check_value,
  flag,
  list_of,
  type shape_of,
  whole,
} from '@iommu-bounce/linux-shim/options';
import type { dma_iommu_h } from './dma-iommu.h';
import type { iommu_c } from './iommu';
import {
  IOMMU_DOMAIN_DMA,
  iommu_domain,
  type iommu_group,
  type iommu_iotlb_gather,
  type iommu_ops,
  iommu_resv_region,
  type iommu_resv_type,
} from './iommu.h';
import { page_table } from './page-table';

export interface table_driver_options {
  /** Sum of the supported page sizes. Default: 4 KiB, 2 MiB, 1 GiB. */
  readonly pgsize_bitmap?: number;
  /** Range of addresses, both ends inclusive, enforced. Default: 0 to 2^48 - 1. */
  readonly aperture?: readonly [number, number];
  /** Whether it can flush everything at once, without which nothing is flushed lazily. Default true. */
  readonly has_flush_all?: boolean;
}

const OPTIONS: shape_of<table_driver_options> = {
  pgsize_bitmap: whole(1),
  aperture: list_of(whole(), { exactly: 2 }),
  has_flush_all: flag,
};

export interface resv_region {
  readonly start: number;
  readonly length: number;
  /** Permission of a 1:1 region. Default: none. */
  readonly prot?: number;
  readonly type: iommu_resv_type;
}

/** Who is told what the driver did. */
export interface table_listener {
  map?(iova: dma_addr_t, paddr: phys_addr_t, size: number, prot: number): void;
  unmap?(iova: dma_addr_t, size: number): void;
  /** Before an unmap takes effect: a real driver waits for its device here, and other CPUs run on. */
  before_unmap?(iova: dma_addr_t, size: number): void;
  sync?(): void;
  flush_all?(): void;
}

export class table_domain extends iommu_domain {
  readonly table = new page_table();
  readonly attached = new Set<device>();
}

/** C would say container_of(). */
export function to_table_domain(domain: iommu_domain): table_domain {
  if (!(domain instanceof table_domain)) throw new TypeError('not a domain of the table driver');
  return domain;
}

export class table_driver implements iommu_ops {
  readonly pgsize_bitmap: number;
  readonly flush_iotlb_all?: (domain: iommu_domain) => void;
  private readonly aperture: readonly [number, number];
  private readonly regions = new Map<device, readonly resv_region[]>();
  private readonly deferred = new Set<device>();
  private readonly groups = new Map<device, iommu_group>();
  private readonly attached_to = new Map<device, table_domain>();

  constructor(
    private readonly k: machine,
    private readonly iommu: iommu_c,
    private readonly dma_iommu: Pick<
      dma_iommu_h,
      'iommu_get_dma_cookie' | 'iommu_put_dma_cookie' | 'iommu_setup_dma_ops'
    >,
    options: table_driver_options = {},
    private readonly listener: table_listener = {},
  ) {
    check_options('table_driver', options, OPTIONS);
    check_value('table_driver', 'listener', listener, an_object);
    this.pgsize_bitmap = options.pgsize_bitmap ?? 2 ** 12 + 2 ** 21 + 2 ** 30;
    this.aperture = options.aperture ?? [0, 2 ** 48 - 1];
    if (options.has_flush_all ?? true)
      this.flush_iotlb_all = () => {
        this.listener.flush_all?.();
      };
  }

  /** What a device reports, in this order. */
  set_resv_regions(dev: device, regions: readonly resv_region[]): void {
    this.regions.set(dev, regions);
  }

  /** The device is attached when something asks for it, not before. */
  set_attach_deferred(dev: device): void {
    this.deferred.add(dev);
  }

  /** Puts a device into the group of another one. */
  share_group(dev: device, group: iommu_group): void {
    this.groups.set(dev, group);
  }

  domain_alloc(type: number): iommu_domain | null {
    const domain = new table_domain();
    domain.geometry.aperture_start = dma_addr_t(this.aperture[0]);
    domain.geometry.aperture_end = dma_addr_t(this.aperture[1]);
    domain.geometry.force_aperture = true;
    return type === IOMMU_DOMAIN_DMA && this.dma_iommu.iommu_get_dma_cookie(domain) !== 0
      ? null
      : domain;
  }

  domain_free(domain: iommu_domain): void {
    this.dma_iommu.iommu_put_dma_cookie(domain);
  }

  attach_dev(domain: iommu_domain, dev: device): number {
    if (this.k.faults.should_fail('iommu_attach')) return -EINVAL;
    this.attached_to.get(dev)?.attached.delete(dev);
    this.attached_to.set(dev, to_table_domain(domain));
    to_table_domain(domain).attached.add(dev);
    return 0;
  }

  detach_dev(domain: iommu_domain, dev: device): void {
    if (to_table_domain(domain).attached.delete(dev)) this.attached_to.delete(dev);
  }

  is_attach_deferred(domain: iommu_domain, dev: device): boolean {
    return this.deferred.has(dev) && !to_table_domain(domain).attached.has(dev);
  }

  map(
    domain: iommu_domain,
    iova: dma_addr_t,
    paddr: phys_addr_t,
    size: number,
    prot: number,
  ): number {
    if (this.k.faults.should_fail('iommu_map')) return -ENOMEM;
    if (!to_table_domain(domain).table.map(iova, paddr, size, prot)) return -ENOMEM;
    this.listener.map?.(iova, paddr, size, prot);
    return 0;
  }

  unmap(domain: iommu_domain, iova: dma_addr_t, size: number): number {
    if (this.k.faults.should_fail('iommu_unmap')) return 0;
    this.listener.before_unmap?.(iova, size);
    const unmapped = to_table_domain(domain).table.unmap(iova, size);
    if (unmapped > 0) this.listener.unmap?.(iova, unmapped);
    return unmapped;
  }

  iotlb_sync(_domain: iommu_domain, _gather: iommu_iotlb_gather): void {
    this.listener.sync?.();
  }

  iova_to_phys(domain: iommu_domain, iova: dma_addr_t): phys_addr_t {
    return to_table_domain(domain).table.iova_to_phys(iova);
  }

  probe_device(_dev: device): number {
    return 0;
  }

  /** Without its driver a device reaches nothing. */
  release_device(dev: device): void {
    this.attached_to.get(dev)?.attached.delete(dev);
    this.attached_to.delete(dev);
  }

  /** What the architecture does for a driver that is no architecture's: the whole aperture for DMA. */
  probe_finalize(dev: device): void {
    const [start, end] = this.aperture;
    this.dma_iommu.iommu_setup_dma_ops(dev, dma_addr_t(start), end - start + 1);
  }

  device_group(dev: device): iommu_group | null {
    const shared = this.groups.get(dev);
    return shared ? this.iommu.iommu_group_ref_get(shared) : this.iommu.generic_device_group(dev);
  }

  get_resv_regions(dev: device, list: list_head<iommu_resv_region>): void {
    for (const r of this.regions.get(dev) ?? []) {
      const region = new iommu_resv_region(); // not from the slab: a failure armed there is for the code under test
      region.start = phys_addr_t(r.start);
      region.length = r.length;
      region.prot = r.prot ?? 0;
      region.type = r.type;
      list_add_tail(region.list, list);
    }
  }
}
