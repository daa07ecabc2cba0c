// SPDX-License-Identifier: GPL-2.0-only
// What IOMMU drivers, and from patch 3 on the pool, may call of dma-iommu.c, and the stubs for CONFIG_IOMMU_DMA=n.
// C: include/linux/dma-iommu.h after patch 3/4. See docs/porting.md#io-buffer-poolh-dma-iommuh

import {
  ENODEV,
  type device,
  type dma_addr_t,
  type gfp_t,
  type list_head,
  type msi_desc,
  type msi_msg,
  type opaque,
  type page,
  type phys_addr_t,
} from '@iommu-bounce/linux-shim';
import type { iommu_domain, iommu_resv_region } from './iommu.h';

/** CONFIG_IOMMU_DMA=y. */
export interface dma_iommu_h {
  /** Gives a domain what the DMA API needs; 0, -EEXIST or -ENOMEM. */
  iommu_get_dma_cookie(domain: iommu_domain): number;
  /** MSI remapping only, from `base` on; 0, -EINVAL, -EEXIST or -ENOMEM. */
  iommu_get_msi_cookie(domain: iommu_domain, base: dma_addr_t): number;
  /** Takes either back. */
  iommu_put_dma_cookie(domain: iommu_domain): void;

  /** Makes a device's DMA go through its domain, or says why not in the log. `size` in bytes from `dma_base`. */
  iommu_setup_dma_ops(dev: device, dma_base: dma_addr_t, size: number): void;

  /** Maps the doorbell page of an MSI; 0 or -ENOMEM. */
  iommu_dma_prepare_msi(desc: msi_desc, msi_addr: phys_addr_t): number;
  /** Puts the mapped doorbell address into the message. */
  iommu_dma_compose_msi_msg(desc: msi_desc, msg: msi_msg): void;

  /** Reserved regions that do not come from the driver. */
  iommu_dma_get_resv_regions(dev: device, list: list_head<iommu_resv_region>): void;

  /** C declares this and nobody defines it: calling it is a link error, so it is optional here: deviation 1. */
  iommu_dma_free_cpu_cached_iovas?(cpu: number, domain: iommu_domain): void;

  /** iommu.forcedac: do not try below 4 GiB first for PCI devices. */
  iommu_dma_forcedac: boolean;

  /** `count` pages in blocks of the allowed orders, split into single pages; null on failure. */
  __iommu_dma_alloc_pages(
    count: number,
    order_mask: number,
    nid: number,
    page_gfp: gfp_t,
    kalloc_gfp: gfp_t,
  ): (page | null)[] | null;
  __iommu_dma_free_pages(pages: (page | null)[], count: number): void;
  /** 0 on failure. */
  __iommu_dma_alloc_iova(
    domain: iommu_domain,
    size: number,
    dma_limit: number,
    dev: device,
  ): dma_addr_t;
  __iommu_dma_free_iova(
    cookie: iommu_dma_cookie,
    iova: dma_addr_t,
    size: number,
    freelist: page | null,
  ): void;
}

/** Declared here, defined in dma-iommu.c: deviation 2. */
export type iommu_dma_cookie = opaque;

/** CONFIG_IOMMU_DMA=n: what the C header has inline instead: deviation 1. */
export class dma_iommu_h_stubs {
  iommu_setup_dma_ops(_dev: device, _dma_base: dma_addr_t, _size: number): void {
    // nothing to set up
  }

  iommu_get_dma_cookie(_domain: iommu_domain): number {
    return -ENODEV;
  }

  iommu_get_msi_cookie(_domain: iommu_domain, _base: dma_addr_t): number {
    return -ENODEV;
  }

  iommu_put_dma_cookie(_domain: iommu_domain): void {
    // nothing was got
  }

  iommu_dma_prepare_msi(_desc: msi_desc, _msi_addr: phys_addr_t): number {
    return 0;
  }

  iommu_dma_compose_msi_msg(_desc: msi_desc, _msg: msi_msg): void {
    // the message is right as it is
  }

  iommu_dma_get_resv_regions(_dev: device, _list: list_head<iommu_resv_region>): void {
    // there are none
  }
}
