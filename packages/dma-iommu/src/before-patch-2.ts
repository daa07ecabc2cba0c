// SPDX-License-Identifier: GPL-2.0-only
// The text of dma-iommu.c that patch 2/4 replaced: pages come from the node of a device that must be at hand.
// C: drivers/iommu/dma-iommu.c of v5.13-rc7 with the fixes of 2 July 2021 and patch 1. See docs/porting.md#the-five-states

import {
  ALIGN,
  BIT,
  DMA_ATTR_ALLOC_SINGLE_PAGES,
  DMA_BIDIRECTIONAL,
  GFP_KERNEL,
  MAX_ORDER,
  PAGE_ALIGN,
  PAGE_SIZE,
  __GFP_COMP,
  __GFP_HIGHMEM,
  __GFP_NORETRY,
  __GFP_NOWARN,
  __fls,
  deref,
  dev_is_dma_coherent,
  dev_to_node,
  type device,
  type gfp_t,
  mod_pow2,
  nth_page,
  type page,
  type scatterlist,
  sg_next,
  sg_page,
  sg_table,
} from '@iommu-bounce/linux-shim';
import { IOMMU_CACHE, iova_align } from '@iommu-bounce/iommu-core';
import { to_cookie } from './dma-iommu';
import { dma_iommu_c_before_patch_3 } from './before-patch-3';

/** drivers/iommu/dma-iommu.c before patch 2/4, hence after patch 1/4. */
export class dma_iommu_c_before_patch_2 extends dma_iommu_c_before_patch_3 {
  /** C: dma-iommu.c, after patch 1/4. */
  override __iommu_dma_alloc_pages(
    dev: device | null,
    count: number,
    order_mask: number,
    page_gfp: gfp_t,
    kalloc_gfp: gfp_t,
  ): (page | null)[] | null {
    let i = 0;
    const nid = dev_to_node(deref(dev));

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
      dev,
      count,
      Math.floor(alloc_sizes / PAGE_SIZE),
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
}
