// SPDX-License-Identifier: GPL-2.0-only
// The DMA API over the IOMMU API: what a translated device's dma_map_ops do.
// C: drivers/iommu/dma-iommu.c of v5.13-rc7 with the two fixes of 2 July 2021, after patch 4/4 of the series; the
// earlier text of what the patches changed is in before-patch-*.ts. See docs/porting.md#dma-iommu

import { check_options, either, flag, one_of, text } from '@iommu-bounce/linux-shim/options';
import {
  ALIGN,
  BIT,
  DMA_ATTR_ALLOC_SINGLE_PAGES,
  DMA_ATTR_FORCE_CONTIGUOUS,
  DMA_ATTR_PRIVILEGED,
  DMA_ATTR_SKIP_CPU_SYNC,
  DMA_BIDIRECTIONAL,
  DMA_BIT_MASK,
  DMA_FROM_DEVICE,
  DMA_MAPPING_ERROR,
  DMA_TO_DEVICE,
  EEXIST,
  EFAULT,
  EINVAL,
  ENOMEM,
  ENXIO,
  GFP_KERNEL,
  INIT_LIST_HEAD,
  IORESOURCE_MEM,
  MAX_ORDER,
  NULL_ptr,
  PAGE_ALIGN,
  PAGE_SIZE,
  PageHighMem,
  U64_MAX,
  __GFP_COMP,
  __GFP_HIGHMEM,
  __GFP_NORETRY,
  __GFP_NOWARN,
  __GFP_ZERO,
  __ffs,
  __fls,
  and64,
  deref,
  dev_is_dma_coherent,
  dev_is_pci,
  dev_name,
  dev_to_node,
  type device,
  dma_addr_t,
  type dma_data_direction,
  dma_get_mask,
  dma_get_max_seg_size,
  dma_get_seg_boundary,
  type dma_handle_out,
  type dma_map_ops,
  dma_sgt_handle,
  get_order,
  type gfp_t,
  gfpflags_allow_blocking,
  kstrtobool,
  list_add,
  list_del,
  list_entry,
  list_for_each_entry,
  list_for_each_entry_safe,
  list_head,
  lower_32_bits,
  type machine,
  min_not_zero,
  mod_pow2,
  type msi_desc,
  msi_desc_to_dev,
  type msi_msg,
  mutex,
  type opaque,
  nth_page,
  type page,
  page_address,
  page_to_phys,
  pci_find_host_bridge,
  type pci_dev,
  phys_addr_t,
  roundup_pow_of_two,
  type scatterlist,
  sg_dma_address,
  sg_dma_len,
  sg_next,
  sg_page,
  sg_phys,
  sg_set_page,
  sg_table,
  type struct_type,
  to_pci_dev,
  u64_add,
  u64_sub,
  upper_32_bits,
  virt_addr_t,
  type vm_area_struct,
} from '@iommu-bounce/linux-shim';
import {
  IOMMU_CACHE,
  IOMMU_DOMAIN_DMA,
  IOMMU_DOMAIN_UNMANAGED,
  IOMMU_MMIO,
  IOMMU_NOEXEC,
  IOMMU_PRIV,
  IOMMU_READ,
  IOMMU_RESV_MSI,
  IOMMU_RESV_SW_MSI,
  IOMMU_WRITE,
  IOVA_RANGE_CACHE_MAX_SIZE,
  type dma_iommu_h,
  type iommu_c,
  type iommu_domain,
  iommu_iotlb_gather,
  iommu_iotlb_gather_init,
  iommu_iotlb_sync,
  iommu_resv_region,
  type iova_c,
  iova_align,
  iova_domain,
  iova_offset,
  iova_pfn,
} from '@iommu-bounce/iommu-core';
import type { io_buffer_pool, io_buffer_pool_h } from './io-buffer-pool.h';

/** A doorbell page mapped for a domain. */
export class iommu_dma_msi_page {
  static readonly sizeof = 32;
  readonly list = new list_head<iommu_dma_msi_page>(this);
  iova: dma_addr_t = dma_addr_t(0);
  phys: phys_addr_t = phys_addr_t(0);
}

/** enum iommu_dma_cookie_type */
export type iommu_dma_cookie_type = typeof IOMMU_DMA_IOVA_COOKIE | typeof IOMMU_DMA_MSI_COOKIE;
export const IOMMU_DMA_IOVA_COOKIE = 0;
export const IOMMU_DMA_MSI_COOKIE = 1;

/** What the DMA API keeps for a domain. */
export class iommu_dma_cookie {
  static readonly sizeof = 1928;
  type: iommu_dma_cookie_type = IOMMU_DMA_IOVA_COOKIE;
  // JS: C has the next two in a union: deviation 6.
  readonly iovad = new iova_domain(this);
  msi_iova: dma_addr_t = dma_addr_t(0);
  readonly msi_page_list = new list_head<iommu_dma_msi_page>();
  bounce_buffers: io_buffer_pool | null = null;
  /** Set if, and only if, freeing goes through the flush queue. */
  fq_domain: iommu_domain | null = null;
}

/** What Kconfig decided, as IS_ENABLED() sees it. */
export interface dma_iommu_config {
  readonly IOMMU_IO_BUFFER: boolean;
  readonly SWIOTLB: boolean;
  readonly DMA_REMAP: boolean;
}

export interface dma_iommu_params {
  /** The text of iommu.forcedac= on the command line; absent: not given. */
  readonly forcedac?: string | null | undefined;
  /** A kdump kernel attaches devices when they are first used. Default false. */
  readonly kdump?: boolean;
}

/** JS: the mask of resource_type(), include/linux/ioport.h */
const IORESOURCE_TYPE_BITS = 0x00001f00;

/** printk's %pa. */
function pa(addr: number): string {
  return `0x${addr.toString(16).padStart(16, '0')}`;
}

/** container_of(): a domain's cookie. */
export function to_cookie(domain: iommu_domain): iommu_dma_cookie {
  return deref(domain.iova_cookie) as iommu_dma_cookie;
}

/** drivers/iommu/dma-iommu.c */
export class dma_iommu_c implements dma_iommu_h {
  protected iommu_deferred_attach_enabled = false;
  iommu_dma_forcedac = false;

  /** What other objects may link against. */
  static readonly symbols: readonly string[] = [
    'iommu_dma_forcedac',
    'iommu_get_dma_cookie',
    'iommu_get_msi_cookie',
    'iommu_put_dma_cookie',
    'iommu_dma_get_resv_regions',
    '__iommu_dma_alloc_iova',
    '__iommu_dma_free_iova',
    '__iommu_dma_free_pages',
    '__iommu_dma_alloc_pages',
    'iommu_setup_dma_ops',
    'iommu_dma_prepare_msi',
    'iommu_dma_compose_msi_msg',
  ];
  /** And modules. */
  static readonly EXPORT_SYMBOL = [
    'iommu_get_dma_cookie',
    'iommu_get_msi_cookie',
    'iommu_put_dma_cookie',
    'iommu_dma_get_resv_regions',
  ] as const;
  static readonly EXPORT_SYMBOL_GPL = ['iommu_setup_dma_ops'] as const;
  static readonly early_param = { 'iommu.forcedac': 'iommu_dma_forcedac_setup' } as const;
  static readonly arch_initcall = 'iommu_dma_init';

  /** The cookie's layout; before patch 4 it had no pool. */
  protected readonly cookie_type: struct_type<iommu_dma_cookie> = iommu_dma_cookie;

  /**
   * A bad `forcedac` text is ignored, as at boot.
   * @throws OptionError for an option that it does not have, or of another type
   */
  constructor(
    protected readonly k: machine,
    protected readonly iommu: iommu_c,
    protected readonly iova: iova_c,
    protected readonly pool: io_buffer_pool_h,
    protected readonly config: dma_iommu_config,
    protected readonly params: dma_iommu_params = {},
  ) {
    const config_shape = { IOMMU_IO_BUFFER: flag, SWIOTLB: flag, DMA_REMAP: flag };
    check_options('dma_iommu_c: config', config, config_shape);
    const forcedac = either('the text of iommu.forcedac=, or null', text, one_of(null));
    check_options('dma_iommu_c: params', params, { forcedac, kdump: flag });
    if (params.forcedac !== undefined) this.iommu_dma_forcedac_setup(params.forcedac); // deviation 8
    if (config.DMA_REMAP) {
      // JS: C has the two in the table, under #ifdef. Taking them out of it by delete makes it a dictionary, and each call
      // of a driver a search in it: 7 ns of a pair.
      this.iommu_dma_ops.alloc_noncontiguous = (dev, size, dir, gfp, attrs) =>
        this.iommu_dma_alloc_noncontiguous(dev, size, dir, gfp, attrs);
      this.iommu_dma_ops.free_noncontiguous = (dev, size, sh, dir) => {
        this.iommu_dma_free_noncontiguous(dev, size, sh, dir);
      };
    }
  }

  protected iommu_dma_forcedac_setup(str: string | null): number {
    const res = kstrtobool(str);
    // JS: C returns ret, here -EINVAL, and has the value through a pointer.
    if (res === null) return -EINVAL;

    this.iommu_dma_forcedac = res;
    if (this.iommu_dma_forcedac) this.k.log.pr_info('Forcing DAC for PCI devices');
    return 0; // JS: 0; C returns ret
  }

  /** Frees page table pages that waited in the flush queue. */
  protected iommu_dma_entry_dtor(data: page | null): void {
    let freelist = data;

    while (freelist) {
      const p = page_address(freelist);

      freelist = freelist.freelist;
      this.k.page_alloc.free_page(p);
    }
  }

  protected cookie_msi_granule(cookie: iommu_dma_cookie): number {
    if (cookie.type === IOMMU_DMA_IOVA_COOKIE) return cookie.iovad.granule;
    return PAGE_SIZE;
  }

  protected dev_to_io_buffer_pool(dev: device): io_buffer_pool | null {
    // JS: a pair of map and unmap asks two to four times; the way from group to cookie each time is 6 % of a hit.
    if (dev.iommu_group !== null && dev.iommu_group === this.recent_group)
      return (this.recent_cookie as iommu_dma_cookie).bounce_buffers;

    const domain = this.iommu.iommu_get_dma_domain(dev);
    const cookie = to_cookie(domain);

    this.recent_group = dev.iommu_group;
    this.recent_cookie = cookie;
    return cookie.bounce_buffers;
  }

  // JS: the cookie that the last call found. A group keeps its default domain, and that its cookie, until
  // iommu_put_dma_cookie, which forgets both here. See docs/porting.md#memories
  protected recent_group: opaque | null = null;
  protected recent_cookie: iommu_dma_cookie | null = null;

  protected cookie_alloc(type: iommu_dma_cookie_type): iommu_dma_cookie | null {
    const cookie = this.k.slab.kzalloc(this.cookie_type, GFP_KERNEL);
    if (cookie) {
      INIT_LIST_HEAD(cookie.msi_page_list);
      cookie.type = type;
    }
    return cookie;
  }

  /** Gives a domain what the DMA API needs; 0, -EEXIST or -ENOMEM. C: dma-iommu.c iommu_get_dma_cookie */
  iommu_get_dma_cookie(domain: iommu_domain): number {
    if (domain.iova_cookie) return -EEXIST;

    domain.iova_cookie = this.cookie_alloc(IOMMU_DMA_IOVA_COOKIE);
    if (!domain.iova_cookie) return -ENOMEM;

    return 0;
  }

  /**
   * MSI remapping for a domain whose owner manages addresses himself, page by page from `base` on; 0, -EINVAL, -EEXIST
   * or -ENOMEM. C: dma-iommu.c iommu_get_msi_cookie
   */
  iommu_get_msi_cookie(domain: iommu_domain, base: dma_addr_t): number {
    if (domain.type !== IOMMU_DOMAIN_UNMANAGED) return -EINVAL;

    if (domain.iova_cookie) return -EEXIST;

    const cookie = this.cookie_alloc(IOMMU_DMA_MSI_COOKIE);
    if (!cookie) return -ENOMEM;

    cookie.msi_iova = base;
    domain.iova_cookie = cookie;
    return 0;
  }

  /** Takes back what either of the above gave; nothing without a cookie. C: dma-iommu.c iommu_put_dma_cookie, patch 4/4 */
  iommu_put_dma_cookie(domain: iommu_domain): void {
    if (!domain.iova_cookie) return;
    const cookie = to_cookie(domain);

    if (this.config.IOMMU_IO_BUFFER) this.pool.io_buffer_pool_destroy(cookie.bounce_buffers); // finding 74

    if (cookie.type === IOMMU_DMA_IOVA_COOKIE && cookie.iovad.granule)
      this.iova.put_iova_domain(cookie.iovad);

    for (const msi of list_for_each_entry_safe(cookie.msi_page_list)) {
      list_del(msi.list);
      this.k.slab.kfree(msi);
    }
    this.k.slab.kfree(cookie);
    domain.iova_cookie = null;
    // JS: last, since destroying the pool lets other CPUs map meanwhile.
    this.recent_group = null;
    this.recent_cookie = null;
  }

  /** Regions that only firmware knows: none without IORT (deviation 4). C: dma-iommu.c iommu_dma_get_resv_regions */
  iommu_dma_get_resv_regions(_dev: device, _list: list_head<iommu_resv_region>): void {
    // C asks ACPI's IORT for the MSI frame of a GICv3 ITS; there is no such platform here.
  }

  /** Records that the doorbell pages start..end (exclusive) are reached at their own addresses. */
  protected cookie_init_hw_msi_region(
    cookie: iommu_dma_cookie,
    start: phys_addr_t,
    end: phys_addr_t,
  ): number {
    const iovad = cookie.iovad;

    start = phys_addr_t(start - iova_offset(iovad, start));
    const num_pages = iova_pfn(iovad, iova_align(iovad, u64_sub(end, start))) | 0; // finding 62: an int in C

    for (let i = 0; i < num_pages; i++) {
      const msi_page = this.k.slab.kmalloc(iommu_dma_msi_page, GFP_KERNEL);
      if (!msi_page) return -ENOMEM;

      msi_page.phys = start;
      msi_page.iova = dma_addr_t(start);
      INIT_LIST_HEAD(msi_page.list);
      list_add(msi_page.list, cookie.msi_page_list);
      start = phys_addr_t(start + iovad.granule);
    }

    return 0;
  }

  /** Keeps bus addresses that the bridge would not pass on to memory from being handed out. */
  protected iova_reserve_pci_windows(dev: pci_dev, iovad: iova_domain): number {
    const bridge = pci_find_host_bridge(dev.pci_bus);
    let start = 0;

    for (const window of bridge.windows) {
      if ((window.res.flags & IORESOURCE_TYPE_BITS) !== IORESOURCE_MEM) continue;

      const lo = iova_pfn(iovad, dma_addr_t(window.res.start - window.offset));
      const hi = iova_pfn(iovad, dma_addr_t(window.res.end - window.offset));
      this.iova.reserve_iova(iovad, lo, hi);
    }

    // What lies between the ranges the bridge can reach.
    for (const [i, window] of bridge.dma_ranges.entries()) {
      let end = window.res.start - window.offset;
      resv_iova: for (;;) {
        if (end > start) {
          const lo = iova_pfn(iovad, dma_addr_t(start));
          const hi = iova_pfn(iovad, dma_addr_t(end));
          this.iova.reserve_iova(iovad, lo, hi);
        } else {
          // Also where two ranges touch, or the first begins at 0: finding 42. JS: C of v5.14 asks `end < start` here.
          this.k.log.pr_err(`${dev_name(dev)}: Failed to reserve IOVA [${pa(start)}-${pa(end)}]`);
          return -EINVAL;
        }

        start = u64_add(window.res.end - window.offset, 1); // finding 42: wraps to 0 after the top
        // Behind the last range there is the rest.
        if (i === bridge.dma_ranges.length - 1 && end !== U64_MAX) {
          end = U64_MAX;
          continue resv_iova;
        }
        break;
      }
    }

    return 0;
  }

  protected iova_reserve_iommu_regions(dev: device, domain: iommu_domain): number {
    const cookie = to_cookie(domain);
    const iovad = cookie.iovad;
    const resv_regions = new list_head<iommu_resv_region>();
    let ret = 0;

    if (dev_is_pci(dev)) {
      ret = this.iova_reserve_pci_windows(to_pci_dev(dev), iovad);
      if (ret) return ret;
    }

    this.iommu.iommu_get_resv_regions(dev, resv_regions);
    for (const region of list_for_each_entry(resv_regions)) {
      // These are ours to manage.
      if (region.type === IOMMU_RESV_SW_MSI) continue;

      const lo = iova_pfn(iovad, dma_addr_t(region.start));
      const hi = iova_pfn(iovad, dma_addr_t(u64_sub(u64_add(region.start, region.length), 1)));
      this.iova.reserve_iova(iovad, lo, hi); // finding 62: hi may be below lo

      if (region.type === IOMMU_RESV_MSI)
        ret = this.cookie_init_hw_msi_region(
          cookie,
          region.start,
          phys_addr_t(u64_add(region.start, region.length)),
        );
      if (ret) break;
    }
    this.iommu.iommu_put_resv_regions(dev, resv_regions);

    return ret;
  }

  protected iommu_dma_flush_iotlb_all(iovad: iova_domain): void {
    const cookie = deref(iovad.container) as iommu_dma_cookie;
    const domain = deref(cookie.fq_domain);

    deref(domain.ops).flush_iotlb_all?.(domain); // JS: C does not ask: init_domain made the queue because there is one
  }

  protected dev_use_swiotlb(dev: device): boolean {
    return this.config.SWIOTLB && dev_is_pci(dev) && to_pci_dev(dev).untrusted; // finding 13
  }

  /**
   * Sets a domain's addresses up for base..base+size-1, reserves what the device must not use and makes the pool; for a
   * domain that is set up already, only checks that it is set up that way. 0, -EINVAL, -EFAULT or an error of the
   * latter two. C: dma-iommu.c iommu_dma_init_domain, patch 4/4
   */
  protected iommu_dma_init_domain(
    domain: iommu_domain,
    base: dma_addr_t,
    size: number,
    dev: device | null,
  ): number {
    if (!domain.iova_cookie || to_cookie(domain).type !== IOMMU_DMA_IOVA_COOKIE) return -EINVAL;
    const cookie = to_cookie(domain);

    const iovad = cookie.iovad;

    // The granule is the smallest page; frame 0 is never handed out, so that 0 can mean failure.
    const granule = BIT(__ffs(domain.pgsize_bitmap));
    let base_pfn = Math.max(1, Math.floor(base / granule)); // deviation 11

    if (domain.geometry.force_aperture) {
      if (
        base > domain.geometry.aperture_end ||
        u64_add(base, size) <= domain.geometry.aperture_start
      ) {
        this.k.log.pr_warn('specified DMA range outside IOMMU capability');
        return -EFAULT;
      }
      base_pfn = Math.max(base_pfn, Math.floor(domain.geometry.aperture_start / granule));
    }

    // Set up already: nothing may change, and no further device's regions are reserved either.
    if (iovad.start_pfn) {
      if (granule !== iovad.granule || base_pfn !== iovad.start_pfn) {
        this.k.log.pr_warn('Incompatible range for DMA domain');
        return -EFAULT;
      }

      return 0; // findings 14, 18, 43 and 44
    }

    this.iova.init_iova_domain(iovad, granule, base_pfn); // finding 67

    if (
      !cookie.fq_domain &&
      // finding 13
      (!dev || !this.dev_use_swiotlb(dev)) &&
      deref(domain.ops).flush_iotlb_all &&
      !this.iommu.iommu_get_dma_strict(domain)
    ) {
      if (
        this.iova.init_iova_flush_queue(
          iovad,
          (d) => {
            this.iommu_dma_flush_iotlb_all(d);
          },
          (data) => {
            this.iommu_dma_entry_dtor(data);
          },
        )
      )
        this.k.log.pr_warn('iova flush queue initialization failed');
      else cookie.fq_domain = domain;
    }

    if (!dev) return 0;

    let ret = this.iova_reserve_iommu_regions(dev, domain);

    if (ret === 0 && this.config.IOMMU_IO_BUFFER)
      ret = this.pool.io_buffer_pool_init(dev, domain, iovad, cookie); // deviation 10

    return ret;
  }

  /** Page permissions for a direction and attributes; 0 for a direction that is none. */
  protected dma_info_to_prot(dir: dma_data_direction, coherent: boolean, attrs: number): number {
    let prot = coherent ? IOMMU_CACHE : 0;

    if (attrs & DMA_ATTR_PRIVILEGED) prot |= IOMMU_PRIV;

    switch (dir) {
      case DMA_BIDIRECTIONAL:
        return prot | IOMMU_READ | IOMMU_WRITE;
      case DMA_TO_DEVICE:
        return prot | IOMMU_READ;
      case DMA_FROM_DEVICE:
        return prot | IOMMU_WRITE;
      default:
        return 0;
    }
  }

  /**
   * Addresses for `size` bytes, none above `dma_limit`; 0 if there are none. Never sleeps.
   * C: dma-iommu.c __iommu_dma_alloc_iova, exposed by patch 3/4
   */
  __iommu_dma_alloc_iova(
    domain: iommu_domain,
    size: number,
    dma_limit: number, // finding 73: u64 here, dma_addr_t where it is declared
    dev: device,
  ): dma_addr_t {
    const cookie = to_cookie(domain);
    const iovad = cookie.iovad;
    let iova = 0;

    if (cookie.type === IOMMU_DMA_MSI_COOKIE) {
      cookie.msi_iova = dma_addr_t(cookie.msi_iova + size);
      return dma_addr_t(cookie.msi_iova - size);
    }

    let iova_len = iova_pfn(iovad, size);
    // What the range caches would take is rounded up to the size they keep it under.
    if (iova_len < 1 << (IOVA_RANGE_CACHE_MAX_SIZE - 1)) iova_len = roundup_pow_of_two(iova_len);

    dma_limit = min_not_zero(dma_limit, dev.bus_dma_limit);

    if (domain.geometry.force_aperture)
      dma_limit = Math.min(dma_limit, domain.geometry.aperture_end);

    // PCI devices get an address below 4 GiB if there is one: a single address cycle.
    if (dma_limit > DMA_BIT_MASK(32) && !this.iommu_dma_forcedac && dev_is_pci(dev))
      iova = this.iova.alloc_iova_fast(iovad, iova_len, iova_pfn(iovad, DMA_BIT_MASK(32)), false);

    if (!iova) iova = this.iova.alloc_iova_fast(iovad, iova_len, iova_pfn(iovad, dma_limit), true);

    return dma_addr_t(iova * iovad.granule); // deviation 11
  }

  /**
   * Frees the addresses of `size` bytes, at once or after the next flush; page table pages in `freelist` go with them.
   * C: dma-iommu.c __iommu_dma_free_iova, exposed by patch 3/4
   */
  __iommu_dma_free_iova(
    cookie: iommu_dma_cookie,
    iova: dma_addr_t,
    size: number,
    freelist: page | null,
  ): void {
    const iovad = cookie.iovad;

    // The MSI cookie only ever takes its latest allocation back.
    if (cookie.type === IOMMU_DMA_MSI_COOKIE) cookie.msi_iova = dma_addr_t(cookie.msi_iova - size);
    else if (cookie.fq_domain)
      this.iova.queue_iova(iovad, iova_pfn(iovad, iova), iova_pfn(iovad, size), freelist);
    else this.iova.free_iova_fast(iovad, iova_pfn(iovad, iova), iova_pfn(iovad, size));
  }

  protected __iommu_dma_unmap(dev: device, dma_addr: dma_addr_t, size: number): void {
    const domain = this.iommu.iommu_get_dma_domain(dev);
    const cookie = to_cookie(domain);
    const iovad = cookie.iovad;
    const iova_off = iova_offset(iovad, dma_addr);
    const iotlb_gather = new iommu_iotlb_gather();

    dma_addr = dma_addr_t(dma_addr - iova_off);
    size = iova_align(iovad, size + iova_off);
    iommu_iotlb_gather_init(iotlb_gather);

    const unmapped = this.iommu.iommu_unmap_fast(domain, dma_addr, size, iotlb_gather);
    this.k.log.WARN_ON(unmapped !== size, 'unmapped !== size'); // finding 65

    if (!cookie.fq_domain) iommu_iotlb_sync(domain, iotlb_gather);
    this.__iommu_dma_free_iova(cookie, dma_addr, size, iotlb_gather.freelist);
  }

  protected __iommu_dma_unmap_swiotlb(
    dev: device,
    dma_addr: dma_addr_t,
    size: number,
    dir: dma_data_direction,
    attrs: number,
  ): void {
    const domain = this.iommu.iommu_get_dma_domain(dev);

    const phys = this.iommu.iommu_iova_to_phys(domain, dma_addr);
    if (this.k.log.WARN_ON(!phys, 'unmap of an address that is not mapped')) return;

    this.__iommu_dma_unmap(dev, dma_addr, size);

    if (this.k.swiotlb.is_swiotlb_buffer(phys))
      this.k.swiotlb.swiotlb_tbl_unmap_single(dev, phys, size, dir, attrs | DMA_ATTR_SKIP_CPU_SYNC);
  }

  protected __iommu_dma_map(
    dev: device,
    phys: phys_addr_t,
    size: number,
    prot: number,
    dma_mask: number,
  ): dma_addr_t {
    const domain = this.iommu.iommu_get_dma_domain(dev);
    const cookie = to_cookie(domain);
    const iovad = cookie.iovad;
    const iova_off = iova_offset(iovad, phys);

    if (this.iommu_deferred_attach_enabled && this.iommu.iommu_deferred_attach(dev, domain))
      return DMA_MAPPING_ERROR;

    size = iova_align(iovad, size + iova_off);

    const iova = this.__iommu_dma_alloc_iova(domain, size, dma_mask, dev);
    if (!iova) return DMA_MAPPING_ERROR;

    // finding 41
    if (this.iommu.iommu_map_atomic(domain, iova, phys_addr_t(phys - iova_off), size, prot)) {
      this.__iommu_dma_free_iova(cookie, iova, size, null);
      return DMA_MAPPING_ERROR;
    }
    return dma_addr_t(iova + iova_off);
  }

  /** Maps, through swiotlb if an untrusted device would see more than its bytes. JS: adj_phys is kept in the field. */
  protected __iommu_dma_map_swiotlb(
    dev: device,
    phys: phys_addr_t,
    org_size: number,
    dma_mask: number,
    prot: number,
    dir: dma_data_direction,
    attrs: number,
  ): dma_addr_t {
    const domain = this.iommu.iommu_get_dma_domain(dev);
    const cookie = to_cookie(domain);
    const iovad = cookie.iovad;
    let aligned_size = org_size;

    // Whole pages can be mapped as they are.
    // JS: an iova_offset for each; C has one for phys | org_size, and no bitwise operator may take an address here.
    if (this.dev_use_swiotlb(dev) && (iova_offset(iovad, phys) || iova_offset(iovad, org_size))) {
      aligned_size = iova_align(iovad, org_size);
      phys = this.k.swiotlb.swiotlb_tbl_map_single(
        dev,
        phys,
        org_size,
        aligned_size,
        dir,
        attrs | DMA_ATTR_SKIP_CPU_SYNC,
      );

      if ((phys as number) === DMA_MAPPING_ERROR) return DMA_MAPPING_ERROR;

      // Nothing that was in the slots before may show.
      let padding_start = this.k.mm.phys_to_virt(phys);
      let padding_size = aligned_size;

      if (
        !(attrs & DMA_ATTR_SKIP_CPU_SYNC) &&
        (dir === DMA_TO_DEVICE || dir === DMA_BIDIRECTIONAL)
      ) {
        padding_start = virt_addr_t(padding_start + org_size);
        padding_size -= org_size;
      }

      this.k.mm.memset(padding_start, 0, padding_size);
    }
    // JS: C stores phys here, if the caller gave it a pointer.

    const iova = this.__iommu_dma_map(dev, phys, aligned_size, prot, dma_mask);
    if (iova === DMA_MAPPING_ERROR && this.k.swiotlb.is_swiotlb_buffer(phys))
      this.k.swiotlb.swiotlb_tbl_unmap_single(dev, phys, org_size, dir, attrs);
    this.adj_phys = phys; // JS: not before the map, where another CPU's call could come between
    return iova;
  }

  /** JS: C's `phys_addr_t *adj_phys`, for the next line of the caller of __iommu_dma_map_swiotlb (deviation 2). */
  protected adj_phys = phys_addr_t(0);

  /** Frees the first `count` pages of an array, and the array. C: dma-iommu.c __iommu_dma_free_pages, exposed by patch 3/4 */
  __iommu_dma_free_pages(pages: (page | null)[], count: number): void {
    while (count--) this.k.page_alloc.__free_page(deref(pages[count]));
    this.k.slab.kvfree(pages);
  }

  /**
   * `count` pages from node `nid` in blocks as large as `order_mask` (a sum of 1 << order) allows; null on failure.
   * Sleeps only where one of the two gfp arguments allows it. C: dma-iommu.c __iommu_dma_alloc_pages, patches 1 to 3/4
   */
  __iommu_dma_alloc_pages(
    count: number,
    order_mask: number,
    nid: number,
    page_gfp: gfp_t,
    kalloc_gfp: gfp_t,
  ): (page | null)[] | null {
    let i = 0;

    order_mask = mod_pow2(order_mask, 2 << MAX_ORDER); // finding 39
    if (!order_mask) return null;

    const pages = this.k.slab.kvzalloc<page>(count, kalloc_gfp);
    if (!pages) return null;

    page_gfp |= __GFP_NOWARN | __GFP_HIGHMEM;

    page_gfp &= ~__GFP_COMP;

    while (count) {
      let p: page | null = null;
      let order_size = 0;

      // Larger blocks are nice to have: ask for them gently, and no more once they ran out.
      for (order_mask &= (2 << __fls(count)) - 1; order_mask; order_mask &= ~order_size) {
        const order = __fls(order_mask);
        let alloc_flags = page_gfp;

        order_size = 1 << order;
        if (order_mask > order_size) alloc_flags |= __GFP_NORETRY;
        p = this.k.page_alloc.alloc_pages_node(nid, alloc_flags, order);
        if (!p) continue;
        if (order) this.k.page_alloc.split_page(p, order);
        break;
      }
      if (!p) {
        this.__iommu_dma_free_pages(pages, i);
        return null;
      }
      count -= order_size;
      for (let n = 0; n < order_size; n++) pages[i++] = nth_page(p, n); // JS: nth_page; C increments the pointer
    }
    return pages;
  }

  /** Scattered pages in one range of addresses, described by `sgt`; null on failure. */
  protected __iommu_dma_alloc_noncontiguous(
    dev: device,
    size: number,
    sgt: sg_table,
    gfp: gfp_t,
    attrs: number,
  ): (page | null)[] | null {
    const domain = this.iommu.iommu_get_dma_domain(dev);
    const cookie = to_cookie(domain);
    const iovad = cookie.iovad;
    const coherent = dev_is_dma_coherent(dev);
    const ioprot = this.dma_info_to_prot(DMA_BIDIRECTIONAL, coherent, attrs);
    let alloc_sizes = mod_pow2(domain.pgsize_bitmap, BIT(32)); // an unsigned int in C

    if (this.iommu_deferred_attach_enabled && this.iommu.iommu_deferred_attach(dev, domain))
      return null;

    let min_size = (alloc_sizes & -alloc_sizes) >>> 0;
    if (min_size < PAGE_SIZE) {
      min_size = PAGE_SIZE;
      alloc_sizes = (alloc_sizes | PAGE_SIZE) >>> 0;
    } else {
      size = ALIGN(size, min_size);
    }
    if (attrs & DMA_ATTR_ALLOC_SINGLE_PAGES) alloc_sizes = min_size;

    const count = PAGE_ALIGN(size) / PAGE_SIZE;
    const pages = this.__iommu_dma_alloc_pages(
      count,
      Math.floor(alloc_sizes / PAGE_SIZE),
      dev_to_node(dev),
      gfp,
      GFP_KERNEL,
    );
    if (!pages) return null;

    size = iova_align(iovad, size);
    const iova = this.__iommu_dma_alloc_iova(domain, size, dev.coherent_dma_mask, dev);
    out_free_pages: {
      if (!iova) break out_free_pages;

      out_free_iova: {
        // finding 38
        if (this.k.sg.sg_alloc_table_from_pages(sgt, pages, count, 0, size, GFP_KERNEL))
          break out_free_iova;
        const sgl = deref(sgt.sgl);

        if (!(ioprot & IOMMU_CACHE)) {
          for (let i = 0, s: scatterlist | null = sgl; i < sgt.orig_nents; i++, s = sg_next(s)) {
            const sg = deref(s);
            this.k.arch.arch_dma_prep_coherent(sg_page(sg), sg.length);
          }
        }

        out_free_sg: {
          if (this.iommu.iommu_map_sg_atomic(domain, iova, sgl, sgt.orig_nents, ioprot) < size)
            break out_free_sg;

          sgl.dma_address = iova;
          sgl.dma_length = size;
          return pages;
        }
        this.k.sg.sg_free_table(sgt);
      }
      this.__iommu_dma_free_iova(cookie, iova, size, null);
    }
    this.__iommu_dma_free_pages(pages, count);
    return null;
  }

  protected iommu_dma_alloc_remap(
    dev: device,
    size: number,
    dma_handle: dma_handle_out,
    gfp: gfp_t,
    attrs: number,
  ): virt_addr_t {
    const sgt = new sg_table();

    const pages = this.__iommu_dma_alloc_noncontiguous(dev, size, sgt, gfp, attrs);
    if (!pages) return NULL_ptr;
    dma_handle.value = deref(sgt.sgl).dma_address;
    this.k.sg.sg_free_table(sgt);
    const vaddr = this.k.vmalloc.dma_common_pages_remap(pages, size); // deviation 1
    out_unmap: {
      if (!vaddr) break out_unmap;
      return vaddr;
    }
    this.__iommu_dma_unmap(dev, dma_handle.value, size);
    this.__iommu_dma_free_pages(pages, PAGE_ALIGN(size) / PAGE_SIZE);
    return NULL_ptr;
  }

  /** JS: returns the handle that C finds around the table: deviation 7. C: dma-iommu.c, under CONFIG_DMA_REMAP */
  protected iommu_dma_alloc_noncontiguous(
    dev: device,
    size: number,
    _dir: dma_data_direction,
    gfp: gfp_t,
    attrs: number,
  ): dma_sgt_handle | null {
    const sh = this.k.slab.kmalloc(dma_sgt_handle, gfp);
    if (!sh) return null;

    sh.pages = this.__iommu_dma_alloc_noncontiguous(dev, size, sh.sgt, gfp, attrs);
    if (!sh.pages) {
      this.k.slab.kfree(sh);
      return null;
    }
    return sh;
  }

  /** The handle itself is not freed: finding 37. C: dma-iommu.c, under CONFIG_DMA_REMAP */
  protected iommu_dma_free_noncontiguous(
    dev: device,
    size: number,
    sh: dma_sgt_handle,
    _dir: dma_data_direction,
  ): void {
    this.__iommu_dma_unmap(dev, deref(sh.sgt.sgl).dma_address, size);
    this.__iommu_dma_free_pages(deref(sh.pages), PAGE_ALIGN(size) / PAGE_SIZE);
    this.k.sg.sg_free_table(sh.sgt);
  }

  protected iommu_dma_sync_single_for_cpu(
    dev: device,
    dma_handle: dma_addr_t,
    size: number,
    dir: dma_data_direction,
  ): void {
    if (
      this.config.IOMMU_IO_BUFFER &&
      this.pool.io_buffer_pool_sync_single(
        this.dev_to_io_buffer_pool(dev),
        dma_handle,
        size,
        dir,
        true,
      )
    )
      return;

    if (dev_is_dma_coherent(dev) && !this.dev_use_swiotlb(dev)) return;

    const phys = this.iommu.iommu_iova_to_phys(this.iommu.iommu_get_dma_domain(dev), dma_handle);
    if (!dev_is_dma_coherent(dev)) this.k.arch.arch_sync_dma_for_cpu(phys, size, dir);

    if (this.k.swiotlb.is_swiotlb_buffer(phys))
      this.k.swiotlb.swiotlb_sync_single_for_cpu(dev, phys, size, dir);
  }

  protected __iommu_dma_sync_single_for_device(
    dev: device,
    dma_handle: dma_addr_t,
    size: number,
    dir: dma_data_direction,
    phys: phys_addr_t,
  ): void {
    if (
      this.config.IOMMU_IO_BUFFER &&
      this.pool.io_buffer_pool_sync_single(
        this.dev_to_io_buffer_pool(dev),
        dma_handle,
        size,
        dir,
        false,
      )
    )
      return;

    if (dev_is_dma_coherent(dev) && !this.dev_use_swiotlb(dev)) return;

    if (phys === 0)
      phys = this.iommu.iommu_iova_to_phys(this.iommu.iommu_get_dma_domain(dev), dma_handle);

    if (this.k.swiotlb.is_swiotlb_buffer(phys))
      this.k.swiotlb.swiotlb_sync_single_for_device(dev, phys, size, dir);

    if (!dev_is_dma_coherent(dev)) this.k.arch.arch_sync_dma_for_device(phys, size, dir);
  }

  protected iommu_dma_sync_single_for_device(
    dev: device,
    dma_handle: dma_addr_t,
    size: number,
    dir: dma_data_direction,
  ): void {
    this.__iommu_dma_sync_single_for_device(dev, dma_handle, size, dir, phys_addr_t(0));
  }

  protected iommu_dma_sync_sg_for_cpu(
    dev: device,
    sgl: scatterlist,
    nelems: number,
    dir: dma_data_direction,
  ): void {
    if (
      this.config.IOMMU_IO_BUFFER &&
      this.pool.io_buffer_pool_sync_sg(this.dev_to_io_buffer_pool(dev), sgl, nelems, dir, true)
    )
      return;

    if (dev_is_dma_coherent(dev) && !this.dev_use_swiotlb(dev)) return;

    if (this.dev_use_swiotlb(dev))
      for (let i = 0, s: scatterlist | null = sgl; i < nelems; i++, s = sg_next(s)) {
        const sg = deref(s);
        this.iommu_dma_sync_single_for_cpu(dev, sg_dma_address(sg), sg.length, dir);
      }
    else
      for (let i = 0, s: scatterlist | null = sgl; i < nelems; i++, s = sg_next(s)) {
        const sg = deref(s);
        this.k.arch.arch_sync_dma_for_cpu(sg_phys(sg), sg.length, dir);
      }
  }

  protected iommu_dma_sync_sg_for_device(
    dev: device,
    sgl: scatterlist,
    nelems: number,
    dir: dma_data_direction,
  ): void {
    if (
      this.config.IOMMU_IO_BUFFER &&
      this.pool.io_buffer_pool_sync_sg(this.dev_to_io_buffer_pool(dev), sgl, nelems, dir, false)
    )
      return;

    if (dev_is_dma_coherent(dev) && !this.dev_use_swiotlb(dev)) return;

    if (this.dev_use_swiotlb(dev))
      for (let i = 0, s: scatterlist | null = sgl; i < nelems; i++, s = sg_next(s)) {
        const sg = deref(s);
        this.__iommu_dma_sync_single_for_device(
          dev,
          sg_dma_address(sg),
          sg.length,
          dir,
          phys_addr_t(0),
        );
      }
    else
      for (let i = 0, s: scatterlist | null = sgl; i < nelems; i++, s = sg_next(s)) {
        const sg = deref(s);
        this.k.arch.arch_sync_dma_for_device(sg_phys(sg), sg.length, dir);
      }
  }

  protected iommu_dma_map_page(
    dev: device,
    p: page,
    offset: number,
    size: number,
    dir: dma_data_direction,
    attrs: number,
  ): dma_addr_t {
    const phys = phys_addr_t(page_to_phys(p) + offset);
    const coherent = dev_is_dma_coherent(dev);
    const prot = this.dma_info_to_prot(dir, coherent, attrs);
    let dma_handle = DMA_MAPPING_ERROR;

    if (this.config.IOMMU_IO_BUFFER)
      // findings 5 and 19
      dma_handle = this.pool.io_buffer_pool_map_page(
        this.dev_to_io_buffer_pool(dev),
        p,
        offset,
        size,
        prot,
        attrs,
      );

    if (dma_handle === DMA_MAPPING_ERROR)
      dma_handle = this.__iommu_dma_map_swiotlb(
        dev,
        phys,
        size,
        dma_get_mask(dev),
        prot,
        dir,
        attrs,
      );

    // For a pool's buffer C passes an uninitialised adj_phys here; the sync ends before anyone looks at it (deviation 2).
    if (!(attrs & DMA_ATTR_SKIP_CPU_SYNC) && dma_handle !== DMA_MAPPING_ERROR)
      this.__iommu_dma_sync_single_for_device(dev, dma_handle, size, dir, this.adj_phys);
    return dma_handle;
  }

  protected iommu_dma_unmap_page(
    dev: device,
    dma_handle: dma_addr_t,
    size: number,
    dir: dma_data_direction,
    attrs: number,
  ): void {
    if (!(attrs & DMA_ATTR_SKIP_CPU_SYNC))
      this.iommu_dma_sync_single_for_cpu(dev, dma_handle, size, dir); // findings 1, 68 and 84

    if (
      this.config.IOMMU_IO_BUFFER &&
      this.pool.io_buffer_pool_unmap_buffer(this.dev_to_io_buffer_pool(dev), dma_handle)
    )
      return;

    this.__iommu_dma_unmap_swiotlb(dev, dma_handle, size, dir, attrs);
  }

  /** Gives the list its own offsets and lengths back and fills in the device's; number of device segments. */
  protected __finalise_sg(
    dev: device,
    sgl: scatterlist,
    nents: number,
    dma_addr: dma_addr_t,
  ): number {
    let cur = sgl;
    const seg_mask = dma_get_seg_boundary(dev);
    let cur_len = 0;
    const max_len = dma_get_max_seg_size(dev);
    let count = 0;

    for (let i = 0, it: scatterlist | null = sgl; i < nents; i++, it = sg_next(it)) {
      const s = deref(it);
      // What iommu_dma_map_sg stashed in the DMA fields.
      const s_iova_off: number = sg_dma_address(s);
      const s_length = sg_dma_len(s);
      const s_iova_len = s.length;

      s.offset += s_iova_off;
      s.length = s_length;
      s.dma_address = DMA_MAPPING_ERROR;
      s.dma_length = 0;

      // It joins the segment before if that one ends on a page, no boundary lies between and it does not get too long.
      if (
        cur_len &&
        !s_iova_off &&
        and64(dma_addr, seg_mask) &&
        (max_len - cur_len) >>> 0 >= s_length
      ) {
        cur_len += s_length;
      } else {
        if (i > 0) cur = deref(sg_next(cur));
        cur_len = s_length;
        count++;

        cur.dma_address = dma_addr_t(dma_addr + s_iova_off);
      }

      cur.dma_length = cur_len;
      dma_addr = dma_addr_t(dma_addr + s_iova_len);

      if (s_length + s_iova_off < s_iova_len) cur_len = 0;
    }
    return count;
  }

  /** The same after a failure: the device's fields become invalid. */
  protected __invalidate_sg(sg: scatterlist, nents: number): void {
    for (let i = 0, it: scatterlist | null = sg; i < nents; i++, it = sg_next(it)) {
      const s = deref(it);
      if (sg_dma_address(s) !== DMA_MAPPING_ERROR) s.offset += sg_dma_address(s);
      if (sg_dma_len(s)) s.length = sg_dma_len(s);
      s.dma_address = DMA_MAPPING_ERROR;
      s.dma_length = 0;
    }
  }

  protected iommu_dma_unmap_sg_swiotlb(
    dev: device,
    sg: scatterlist,
    nents: number,
    dir: dma_data_direction,
    attrs: number,
  ): void {
    for (let i = 0, it: scatterlist | null = sg; i < nents; i++, it = sg_next(it)) {
      const s = deref(it);
      this.__iommu_dma_unmap_swiotlb(dev, sg_dma_address(s), sg_dma_len(s), dir, attrs);
    }
  }

  protected iommu_dma_map_sg_swiotlb(
    dev: device,
    sg: scatterlist,
    nents: number,
    dir: dma_data_direction,
    attrs: number,
  ): number {
    let i = 0;

    out_unmap: {
      for (let it: scatterlist | null = sg; i < nents; i++, it = sg_next(it)) {
        const s = deref(it);
        s.dma_address = this.__iommu_dma_map_swiotlb(
          dev,
          sg_phys(s),
          s.length,
          dma_get_mask(dev),
          // A bool where patch 4/4 made it a permission: 1 is IOMMU_READ (finding 12).
          Number(dev_is_dma_coherent(dev)),
          dir,
          attrs,
        );
        if (sg_dma_address(s) === DMA_MAPPING_ERROR) break out_unmap;
        s.dma_length = s.length;
      }

      return nents;
    }
    this.iommu_dma_unmap_sg_swiotlb(dev, sg, i, dir, attrs | DMA_ATTR_SKIP_CPU_SYNC);
    return 0;
  }

  /**
   * Maps a list of any layout to one range of addresses; number of device segments, 0 on failure.
   * C: dma-iommu.c iommu_dma_map_sg, patches 3 and 4/4
   */
  protected iommu_dma_map_sg(
    dev: device,
    sg: scatterlist,
    nents: number,
    dir: dma_data_direction,
    attrs: number,
  ): number {
    const domain = this.iommu.iommu_get_dma_domain(dev);
    const cookie = to_cookie(domain);
    const iovad = cookie.iovad;
    let prev: scatterlist | null = null;
    const prot = this.dma_info_to_prot(dir, dev_is_dma_coherent(dev), attrs);
    let iova_len = 0;
    const mask = dma_get_seg_boundary(dev);
    let early_mapped = 0;

    if (this.iommu_deferred_attach_enabled && this.iommu.iommu_deferred_attach(dev, domain))
      return 0;

    if (this.config.IOMMU_IO_BUFFER)
      early_mapped = this.pool.io_buffer_pool_map_sg(
        cookie.bounce_buffers,
        dev,
        sg,
        nents,
        prot,
        attrs,
      );

    if (!early_mapped && this.dev_use_swiotlb(dev)) {
      early_mapped = this.iommu_dma_map_sg_swiotlb(dev, sg, nents, dir, attrs);
      if (!early_mapped) return 0;
    }

    if (!(attrs & DMA_ATTR_SKIP_CPU_SYNC)) this.iommu_dma_sync_sg_for_device(dev, sg, nents, dir);

    if (early_mapped) return early_mapped;

    // Segments are widened to whole pages for the IOMMU; what they were is stashed in the DMA fields meanwhile.
    for (let i = 0, it: scatterlist | null = sg; i < nents; i++, it = sg_next(it)) {
      const s = deref(it);
      const s_iova_off = iova_offset(iovad, s.offset);
      let s_length = s.length;
      const pad_len = and64(u64_add(u64_sub(mask, iova_len), 1), mask);

      s.dma_address = dma_addr_t(s_iova_off);
      s.dma_length = s_length;
      s.offset -= s_iova_off;
      s_length = iova_align(iovad, s_length + s_iova_off);
      s.length = s_length;

      // The range is aligned to its size, so offsets in it tell where boundaries fall. A segment that would cross one
      // is moved behind it by lengthening the one before; the first can't, since its pad_len is 0. Lengths are unsigned
      // as in C: an empty segment always seems to cross (finding 40).
      if (pad_len && pad_len < u64_sub(s_length, 1)) {
        const before: scatterlist = deref(prev);
        before.length = mod_pow2(u64_add(before.length, pad_len), BIT(32));
        iova_len = u64_add(iova_len, pad_len);
      }

      iova_len = u64_add(iova_len, s_length);
      prev = s;
    }

    const iova = this.__iommu_dma_alloc_iova(domain, iova_len, dma_get_mask(dev), dev);
    out_restore_sg: {
      if (!iova) break out_restore_sg;

      out_free_iova: {
        if (this.iommu.iommu_map_sg_atomic(domain, iova, sg, nents, prot) < iova_len)
          break out_free_iova;

        return this.__finalise_sg(dev, sg, nents, iova);
      }
      this.__iommu_dma_free_iova(cookie, iova, iova_len, null);
    }
    this.__invalidate_sg(sg, nents);
    return 0;
  }

  protected iommu_dma_unmap_sg(
    dev: device,
    sg: scatterlist,
    nents: number,
    dir: dma_data_direction,
    attrs: number,
  ): void {
    if (!(attrs & DMA_ATTR_SKIP_CPU_SYNC)) this.iommu_dma_sync_sg_for_cpu(dev, sg, nents, dir); // finding 68

    // Before the pool is asked, whose buffers an untrusted device has too: findings 8 and 9.
    if (this.dev_use_swiotlb(dev)) {
      this.iommu_dma_unmap_sg_swiotlb(dev, sg, nents, dir, attrs);
      return;
    }

    // One range for the whole list: from the first segment to the last that has a length.
    const start = sg_dma_address(sg);
    for (let i = 0, tmp = sg_next(sg); i < nents - 1; i++, tmp = sg_next(tmp)) {
      const next = deref(tmp);
      if (sg_dma_len(next) === 0) break;
      sg = next;
    }
    const end = sg_dma_address(sg) + sg_dma_len(sg);

    if (
      this.config.IOMMU_IO_BUFFER &&
      this.pool.io_buffer_pool_unmap_buffer(this.dev_to_io_buffer_pool(dev), start)
    )
      return;

    this.__iommu_dma_unmap(dev, start, end - start);
  }

  protected iommu_dma_map_resource(
    dev: device,
    phys: phys_addr_t,
    size: number,
    dir: dma_data_direction,
    attrs: number,
  ): dma_addr_t {
    return this.__iommu_dma_map(
      dev,
      phys,
      size,
      this.dma_info_to_prot(dir, false, attrs) | IOMMU_MMIO,
      dma_get_mask(dev),
    );
  }

  protected iommu_dma_unmap_resource(
    dev: device,
    handle: dma_addr_t,
    size: number,
    _dir: dma_data_direction,
    _attrs: number,
  ): void {
    this.__iommu_dma_unmap(dev, handle, size);
  }

  protected __iommu_dma_free(_dev: device, size: number, cpu_addr: virt_addr_t): void {
    const alloc_size = PAGE_ALIGN(size);
    const count = alloc_size / PAGE_SIZE;
    let p: page | null = null;
    let pages: (page | null)[] | null = null;

    if (this.config.DMA_REMAP && this.k.vmalloc.is_vmalloc_addr(cpu_addr)) {
      // Remapped: a non-coherent block, or scattered pages.
      pages = this.k.vmalloc.dma_common_find_pages(cpu_addr);
      if (!pages) p = this.k.vmalloc.vmalloc_to_page(cpu_addr);
      this.k.vmalloc.dma_common_free_remap(cpu_addr);
    } else {
      // deviation 5: nor a pool of atomic memory
      p = this.k.mm.virt_to_page(cpu_addr);
    }

    if (pages) this.__iommu_dma_free_pages(pages, count);
    if (p) this.k.page_alloc.dma_free_contiguous(p, get_order(alloc_size));
  }

  protected iommu_dma_free(
    dev: device,
    size: number,
    cpu_addr: virt_addr_t,
    handle: dma_addr_t,
    _attrs: number,
  ): void {
    this.__iommu_dma_unmap(dev, handle, size);
    this.__iommu_dma_free(dev, size, cpu_addr);
  }

  /** One block, remapped for a device that is not coherent; its address or NULL. JS: *pagep is out.page. */
  protected iommu_dma_alloc_pages(
    dev: device,
    size: number,
    out: { page: page | null },
    gfp: gfp_t,
    _attrs: number,
  ): virt_addr_t {
    const coherent = dev_is_dma_coherent(dev);
    const alloc_size = PAGE_ALIGN(size);
    const node = dev_to_node(dev);
    let cpu_addr: virt_addr_t;

    // JS: C asks dma_alloc_contiguous first, and goes on here if that has none (deviation 5).
    const p = this.k.page_alloc.alloc_pages_node(node, gfp, get_order(alloc_size));
    if (!p) return NULL_ptr;

    out_free_pages: {
      if (this.config.DMA_REMAP && (!coherent || PageHighMem(p))) {
        cpu_addr = this.k.vmalloc.dma_common_contiguous_remap(p, alloc_size); // deviation 1
        if (!cpu_addr) break out_free_pages;

        if (!coherent) this.k.arch.arch_dma_prep_coherent(p, size);
      } else {
        cpu_addr = page_address(p);
      }

      out.page = p;
      this.k.mm.memset(cpu_addr, 0, alloc_size);
      return cpu_addr;
    }
    this.k.page_alloc.dma_free_contiguous(p, get_order(alloc_size));
    return NULL_ptr;
  }

  /** Coherent memory: scattered pages if the caller may sleep, else one block. */
  protected iommu_dma_alloc(
    dev: device,
    size: number,
    handle: dma_handle_out,
    gfp: gfp_t,
    attrs: number,
  ): virt_addr_t {
    const coherent = dev_is_dma_coherent(dev);
    const ioprot = this.dma_info_to_prot(DMA_BIDIRECTIONAL, coherent, attrs);
    const out: { page: page | null } = { page: null };

    gfp |= __GFP_ZERO;

    if (
      this.config.DMA_REMAP &&
      gfpflags_allow_blocking(gfp) &&
      !(attrs & DMA_ATTR_FORCE_CONTIGUOUS)
    )
      return this.iommu_dma_alloc_remap(dev, size, handle, gfp, attrs);

    // JS: if !gfpflags_allow_blocking, C takes PAGE_ALIGN(size) bytes of a pool, else these (deviation 5).
    const cpu_addr = this.iommu_dma_alloc_pages(dev, size, out, gfp, attrs);
    if (!cpu_addr) return NULL_ptr;

    handle.value = this.__iommu_dma_map(
      dev,
      page_to_phys(deref(out.page)),
      size,
      ioprot,
      dev.coherent_dma_mask,
    );
    if (handle.value === DMA_MAPPING_ERROR) {
      this.__iommu_dma_free(dev, size, cpu_addr);
      return NULL_ptr;
    }

    return cpu_addr;
  }

  /** Fills in which pages a user mapping would show (deviation 3); 0 or -ENXIO. */
  protected iommu_dma_mmap(
    _dev: device,
    vma: vm_area_struct,
    cpu_addr: virt_addr_t,
    _dma_addr: dma_addr_t,
    size: number,
    _attrs: number,
  ): number {
    const nr_pages = PAGE_ALIGN(size) / PAGE_SIZE;
    const off = vma.vm_pgoff;
    let first: page;

    // JS: here C sets the page protection, and asks dma_mmap_from_dev_coherent.
    if (off >= nr_pages || vma.nr_pages > nr_pages - off) return -ENXIO;

    if (this.config.DMA_REMAP && this.k.vmalloc.is_vmalloc_addr(cpu_addr)) {
      const pages = this.k.vmalloc.dma_common_find_pages(cpu_addr);

      if (pages) {
        vma.mapped = pages.slice(off, off + vma.nr_pages).map((p) => deref(p));
        return 0; // JS: 0; C returns what vm_map_pages does
      }
      first = this.k.vmalloc.vmalloc_to_page(cpu_addr);
    } else {
      first = this.k.mm.virt_to_page(cpu_addr);
    }

    vma.mapped = Array.from({ length: vma.nr_pages }, (_, i) => nth_page(first, off + i));
    return 0; // JS: 0; C returns what remap_pfn_range does
  }

  /** Describes coherent memory by a table; 0 or a negative error number. */
  protected iommu_dma_get_sgtable(
    _dev: device,
    sgt: sg_table,
    cpu_addr: virt_addr_t,
    _dma_addr: dma_addr_t,
    size: number,
    _attrs: number,
  ): number {
    let p: page;

    if (this.config.DMA_REMAP && this.k.vmalloc.is_vmalloc_addr(cpu_addr)) {
      const pages = this.k.vmalloc.dma_common_find_pages(cpu_addr);

      if (pages)
        return this.k.sg.sg_alloc_table_from_pages(
          sgt,
          pages,
          PAGE_ALIGN(size) / PAGE_SIZE,
          0,
          size,
          GFP_KERNEL,
        );

      p = this.k.vmalloc.vmalloc_to_page(cpu_addr);
    } else {
      p = this.k.mm.virt_to_page(cpu_addr);
    }

    const ret = this.k.sg.sg_alloc_table(sgt, 1, GFP_KERNEL);
    if (!ret) sg_set_page(deref(sgt.sgl), p, PAGE_ALIGN(size), 0);
    return ret;
  }

  protected iommu_dma_get_merge_boundary(dev: device): number {
    const domain = this.iommu.iommu_get_dma_domain(dev);

    return BIT(__ffs(domain.pgsize_bitmap)) - 1;
  }

  /** What a translated device's dma_ops are: deviation 9. */
  protected readonly iommu_dma_ops: dma_map_ops = {
    alloc: (dev, size, handle, gfp, attrs) => this.iommu_dma_alloc(dev, size, handle, gfp, attrs),
    free: (dev, size, cpu_addr, handle, attrs) => {
      this.iommu_dma_free(dev, size, cpu_addr, handle, attrs);
    },
    alloc_pages: (dev, size, handle, dir, gfp) =>
      this.k.dma.dma_common_alloc_pages(dev, size, handle, dir, gfp),
    free_pages: (dev, size, p, handle, dir) => {
      this.k.dma.dma_common_free_pages(dev, size, p, handle, dir);
    },
    mmap: (dev, vma, cpu_addr, handle, size, attrs) =>
      this.iommu_dma_mmap(dev, vma, cpu_addr, handle, size, attrs),
    get_sgtable: (dev, sgt, cpu_addr, handle, size, attrs) =>
      this.iommu_dma_get_sgtable(dev, sgt, cpu_addr, handle, size, attrs),
    map_page: (dev, p, offset, size, dir, attrs) =>
      this.iommu_dma_map_page(dev, p, offset, size, dir, attrs),
    unmap_page: (dev, handle, size, dir, attrs) => {
      this.iommu_dma_unmap_page(dev, handle, size, dir, attrs);
    },
    map_sg: (dev, sg, nents, dir, attrs) => this.iommu_dma_map_sg(dev, sg, nents, dir, attrs),
    unmap_sg: (dev, sg, nents, dir, attrs) => {
      this.iommu_dma_unmap_sg(dev, sg, nents, dir, attrs);
    },
    sync_single_for_cpu: (dev, handle, size, dir) => {
      this.iommu_dma_sync_single_for_cpu(dev, handle, size, dir);
    },
    sync_single_for_device: (dev, handle, size, dir) => {
      this.iommu_dma_sync_single_for_device(dev, handle, size, dir);
    },
    sync_sg_for_cpu: (dev, sg, nents, dir) => {
      this.iommu_dma_sync_sg_for_cpu(dev, sg, nents, dir);
    },
    sync_sg_for_device: (dev, sg, nents, dir) => {
      this.iommu_dma_sync_sg_for_device(dev, sg, nents, dir);
    },
    map_resource: (dev, phys, size, dir, attrs) =>
      this.iommu_dma_map_resource(dev, phys, size, dir, attrs),
    unmap_resource: (dev, handle, size, dir, attrs) => {
      this.iommu_dma_unmap_resource(dev, handle, size, dir, attrs);
    },
    get_merge_boundary: (dev) => this.iommu_dma_get_merge_boundary(dev),
  };

  /**
   * Makes a device's DMA go through its domain, with `size` bytes of addresses from `dma_base` on; after an error the
   * device keeps the ops it has, and the log says so. May sleep. C: dma-iommu.c iommu_setup_dma_ops
   */
  iommu_setup_dma_ops(dev: device, dma_base: dma_addr_t, size: number): void {
    const domain = this.iommu.iommu_get_domain_for_dev(dev);

    out_err: {
      if (!domain) break out_err;

      if (domain.type === IOMMU_DOMAIN_DMA) {
        if (this.iommu_dma_init_domain(domain, dma_base, size, dev)) break out_err; // finding 17
        dev.dma_ops = this.iommu_dma_ops;
      }

      return;
    }
    this.k.log.pr_warn(
      `Failed to set up IOMMU for device ${dev_name(dev)}; retaining platform DMA ops`,
    );
  }

  protected iommu_dma_get_msi_page(
    dev: device,
    msi_addr: phys_addr_t,
    domain: iommu_domain,
  ): iommu_dma_msi_page | null {
    const cookie = to_cookie(domain);
    const prot = IOMMU_WRITE | IOMMU_NOEXEC | IOMMU_MMIO;
    const size = this.cookie_msi_granule(cookie);

    msi_addr = phys_addr_t(msi_addr - mod_pow2(msi_addr, size));
    for (let at = cookie.msi_page_list.next; at !== cookie.msi_page_list; at = at.next)
      if (list_entry(at).phys === msi_addr) return list_entry(at);

    const msi_page = this.k.slab.kzalloc(iommu_dma_msi_page, GFP_KERNEL);
    if (!msi_page) return null;

    const iova = this.__iommu_dma_alloc_iova(domain, size, dma_get_mask(dev), dev);
    out_free_page: {
      if (!iova) break out_free_page;

      out_free_iova: {
        if (this.iommu.iommu_map(domain, iova, msi_addr, size, prot)) break out_free_iova;

        INIT_LIST_HEAD(msi_page.list);
        msi_page.phys = msi_addr;
        msi_page.iova = iova;
        list_add(msi_page.list, cookie.msi_page_list);
        return msi_page;
      }
      this.__iommu_dma_free_iova(cookie, iova, size, null);
    }
    this.k.slab.kfree(msi_page);
    return null;
  }

  /** JS: a static inside the function below. */
  protected readonly msi_prepare_lock = new mutex();

  /** Maps the doorbell page of an MSI for its device; may sleep. 0 or -ENOMEM. C: dma-iommu.c iommu_dma_prepare_msi */
  iommu_dma_prepare_msi(desc: msi_desc, msi_addr: phys_addr_t): number {
    const dev = msi_desc_to_dev(desc);
    const domain = this.iommu.iommu_get_domain_for_dev(dev);

    if (!domain?.iova_cookie) {
      desc.iommu_cookie = null;
      return 0;
    }

    this.k.locks.mutex_lock(this.msi_prepare_lock);
    const msi_page = this.iommu_dma_get_msi_page(dev, msi_addr, domain);
    this.k.locks.mutex_unlock(this.msi_prepare_lock);

    desc.iommu_cookie = msi_page; // deviation 12

    if (!msi_page) return -ENOMEM;
    return 0;
  }

  /** Replaces the doorbell's address in a message by the mapped one. C: dma-iommu.c iommu_dma_compose_msi_msg */
  iommu_dma_compose_msi_msg(desc: msi_desc, msg: msi_msg): void {
    const dev = msi_desc_to_dev(desc);
    const domain = this.iommu.iommu_get_domain_for_dev(dev);

    const msi_page = desc.iommu_cookie as iommu_dma_msi_page | null;

    if (!domain?.iova_cookie || this.k.log.WARN_ON(!msi_page, 'MSI that was not prepared')) return;
    const { iova } = deref(msi_page);

    msg.address_hi = upper_32_bits(iova);
    msg.address_lo = mod_pow2(msg.address_lo, this.cookie_msi_granule(to_cookie(domain)));
    msg.address_lo = (msg.address_lo + lower_32_bits(iova)) >>> 0;
  }

  protected iommu_dma_init(): number {
    if (this.params.kdump === true) this.iommu_deferred_attach_enabled = true; // deviation 8

    return this.iova.iova_cache_get();
  }

  /** JS: runs the arch_initcall, as booting does (deviation 9); 0 or a negative error number. */
  do_initcalls(): number {
    return this.iommu_dma_init();
  }
}
