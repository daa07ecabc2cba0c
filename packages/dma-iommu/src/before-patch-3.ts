// SPDX-License-Identifier: GPL-2.0-only
// The text of dma-iommu.c that patch 3/4 replaced: four functions static, two under other names.
// C: drivers/iommu/dma-iommu.c of v5.13-rc7 with the fixes of 2 July 2021 and patches 1 to 2. See docs/porting.md#the-five-states

import {
  ALIGN,
  BIT,
  DMA_ATTR_ALLOC_SINGLE_PAGES,
  DMA_ATTR_SKIP_CPU_SYNC,
  DMA_BIDIRECTIONAL,
  DMA_BIT_MASK,
  DMA_MAPPING_ERROR,
  GFP_KERNEL,
  INIT_LIST_HEAD,
  PAGE_ALIGN,
  PAGE_SIZE,
  and64,
  deref,
  dev_is_dma_coherent,
  dev_is_pci,
  dev_to_node,
  type device,
  dma_addr_t,
  type dma_data_direction,
  dma_get_mask,
  dma_get_seg_boundary,
  type gfp_t,
  list_add,
  list_entry,
  min_not_zero,
  mod_pow2,
  type page,
  phys_addr_t,
  roundup_pow_of_two,
  type scatterlist,
  sg_next,
  sg_page,
  sg_table,
  u64_add,
  u64_sub,
} from '@iommu-bounce/linux-shim';
import {
  IOMMU_CACHE,
  IOMMU_MMIO,
  IOMMU_NOEXEC,
  IOMMU_WRITE,
  IOVA_RANGE_CACHE_MAX_SIZE,
  type iommu_domain,
  iommu_iotlb_gather,
  iommu_iotlb_gather_init,
  iommu_iotlb_sync,
  iova_align,
  iova_offset,
  iova_pfn,
} from '@iommu-bounce/iommu-core';
import {
  IOMMU_DMA_MSI_COOKIE,
  type iommu_dma_cookie,
  iommu_dma_msi_page,
  to_cookie,
} from './dma-iommu';
import { dma_iommu_c_before_patch_4 } from './before-patch-4';

/** What patch 3/4 made non-static, two of them under a new name. */
export const EXPOSED_BY_PATCH_3: readonly string[] = [
  '__iommu_dma_alloc_iova',
  '__iommu_dma_free_iova',
  '__iommu_dma_free_pages',
  '__iommu_dma_alloc_pages',
];

/** drivers/iommu/dma-iommu.c before patch 3/4, hence after patch 2/4. */
export class dma_iommu_c_before_patch_3 extends dma_iommu_c_before_patch_4 {
  /** Four functions were static: the pool cannot be linked. */
  static override readonly symbols = dma_iommu_c_before_patch_4.symbols.filter(
    (name) => !EXPOSED_BY_PATCH_3.includes(name),
  );

  /** Addresses for `size` bytes, at most `dma_limit`; 0 if there are none. */
  protected iommu_dma_alloc_iova(
    domain: iommu_domain,
    size: number,
    dma_limit: number,
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

    return dma_addr_t(iova * iovad.granule);
  }

  /** Frees addresses, at once or after the next flush. */
  protected iommu_dma_free_iova(
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

  protected override __iommu_dma_unmap(dev: device, dma_addr: dma_addr_t, size: number): void {
    const domain = this.iommu.iommu_get_dma_domain(dev);
    const cookie = to_cookie(domain);
    const iovad = cookie.iovad;
    const iova_off = iova_offset(iovad, dma_addr);
    const iotlb_gather = new iommu_iotlb_gather();

    dma_addr = dma_addr_t(dma_addr - iova_off);
    size = iova_align(iovad, size + iova_off);
    iommu_iotlb_gather_init(iotlb_gather);

    const unmapped = this.iommu.iommu_unmap_fast(domain, dma_addr, size, iotlb_gather);
    this.k.log.WARN_ON(unmapped !== size, 'unmapped !== size');

    if (!cookie.fq_domain) iommu_iotlb_sync(domain, iotlb_gather);
    this.iommu_dma_free_iova(cookie, dma_addr, size, iotlb_gather.freelist);
  }

  protected override __iommu_dma_map(
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

    const iova = this.iommu_dma_alloc_iova(domain, size, dma_mask, dev);
    if (!iova) return DMA_MAPPING_ERROR;

    // finding 41
    if (this.iommu.iommu_map_atomic(domain, iova, phys_addr_t(phys - iova_off), size, prot)) {
      this.iommu_dma_free_iova(cookie, iova, size, null);
      return DMA_MAPPING_ERROR;
    }
    return dma_addr_t(iova + iova_off);
  }

  /** static; otherwise the same. */
  override __iommu_dma_free_pages(pages: (page | null)[], count: number): void {
    super.__iommu_dma_free_pages(pages, count);
  }

  /** static; otherwise the same. JS: `count` is wide enough for the text before patch 2, which has a device in front. */
  override __iommu_dma_alloc_pages(
    count: number | device | null,
    order_mask: number,
    nid: number,
    page_gfp: gfp_t,
    kalloc_gfp: gfp_t,
  ): (page | null)[] | null {
    return super.__iommu_dma_alloc_pages(count as number, order_mask, nid, page_gfp, kalloc_gfp);
  }

  /** Scattered pages in one range of addresses, described by `sgt`; null on failure. */
  protected override __iommu_dma_alloc_noncontiguous(
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
    const iova = this.iommu_dma_alloc_iova(domain, size, dev.coherent_dma_mask, dev);
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
      this.iommu_dma_free_iova(cookie, iova, size, null);
    }
    this.__iommu_dma_free_pages(pages, count);
    return null;
  }

  protected override iommu_dma_map_sg(
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

    if (this.dev_use_swiotlb(dev)) {
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

    const iova = this.iommu_dma_alloc_iova(domain, iova_len, dma_get_mask(dev), dev);
    out_restore_sg: {
      if (!iova) break out_restore_sg;

      out_free_iova: {
        if (this.iommu.iommu_map_sg_atomic(domain, iova, sg, nents, prot) < iova_len)
          break out_free_iova;

        return this.__finalise_sg(dev, sg, nents, iova);
      }
      this.iommu_dma_free_iova(cookie, iova, iova_len, null);
    }
    this.__invalidate_sg(sg, nents);
    return 0;
  }

  protected override iommu_dma_get_msi_page(
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

    const iova = this.iommu_dma_alloc_iova(domain, size, dma_get_mask(dev), dev);
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
      this.iommu_dma_free_iova(cookie, iova, size, null);
    }
    this.k.slab.kfree(msi_page);
    return null;
  }
}
