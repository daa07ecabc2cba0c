// SPDX-License-Identifier: GPL-2.0-only
// The text of dma-iommu.c that patch 4/4 replaced: the same without a pool to ask.
// C: drivers/iommu/dma-iommu.c of v5.13-rc7 with the fixes of 2 July 2021 and patches 1 to 3. See docs/porting.md#the-five-states

import {
  BIT,
  DMA_ATTR_SKIP_CPU_SYNC,
  DMA_BIDIRECTIONAL,
  DMA_MAPPING_ERROR,
  DMA_TO_DEVICE,
  EFAULT,
  EINVAL,
  __ffs,
  and64,
  deref,
  dev_is_dma_coherent,
  type device,
  dma_addr_t,
  type dma_data_direction,
  dma_get_mask,
  dma_get_seg_boundary,
  list_del,
  list_for_each_entry_safe,
  list_head,
  mod_pow2,
  type page,
  page_to_phys,
  phys_addr_t,
  type scatterlist,
  sg_dma_address,
  sg_dma_len,
  sg_next,
  sg_phys,
  type struct_type,
  u64_add,
  u64_sub,
  virt_addr_t,
} from '@iommu-bounce/linux-shim';
import { type iommu_domain, iova_align, iova_domain, iova_offset } from '@iommu-bounce/iommu-core';
import {
  IOMMU_DMA_IOVA_COOKIE,
  dma_iommu_c,
  type iommu_dma_cookie,
  type iommu_dma_cookie_type,
  type iommu_dma_msi_page,
  to_cookie,
} from './dma-iommu';

/** The cookie without a pool. */
export class iommu_dma_cookie_before_patch_4 {
  static readonly sizeof = 1920;
  type: iommu_dma_cookie_type = IOMMU_DMA_IOVA_COOKIE;
  readonly iovad = new iova_domain(this);
  msi_iova: dma_addr_t = dma_addr_t(0);
  readonly msi_page_list = new list_head<iommu_dma_msi_page>();
  fq_domain: iommu_domain | null = null;
}

/** drivers/iommu/dma-iommu.c before patch 4/4, hence after patch 3/4. */
export class dma_iommu_c_before_patch_4 extends dma_iommu_c {
  // The functions that stay as they are never look at the field that is missing.
  protected override readonly cookie_type =
    iommu_dma_cookie_before_patch_4 as struct_type<iommu_dma_cookie>;

  /** Takes back what either of the above gave. C: dma-iommu.c iommu_put_dma_cookie */
  override iommu_put_dma_cookie(domain: iommu_domain): void {
    if (!domain.iova_cookie) return;
    const cookie = to_cookie(domain);

    if (cookie.type === IOMMU_DMA_IOVA_COOKIE && cookie.iovad.granule)
      this.iova.put_iova_domain(cookie.iovad);

    for (const msi of list_for_each_entry_safe(cookie.msi_page_list)) {
      list_del(msi.list);
      this.k.slab.kfree(msi);
    }
    this.k.slab.kfree(cookie);
    domain.iova_cookie = null;
  }

  protected override iommu_dma_init_domain(
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
    let base_pfn = Math.max(1, Math.floor(base / granule));

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

      return 0; // findings 43 and 44
    }

    this.iova.init_iova_domain(iovad, granule, base_pfn);

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

    return this.iova_reserve_iommu_regions(dev, domain);
  }

  /** Maps, through swiotlb if an untrusted device would see more than its bytes. JS: adj_phys is kept in the field. */
  protected override __iommu_dma_map_swiotlb(
    dev: device,
    phys: phys_addr_t,
    org_size: number,
    dma_mask: number,
    coherent: number, // JS: a bool, as C passes it on
    dir: dma_data_direction,
    attrs: number,
  ): dma_addr_t {
    const prot = this.dma_info_to_prot(dir, coherent !== 0, attrs);
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

  protected override iommu_dma_sync_single_for_cpu(
    dev: device,
    dma_handle: dma_addr_t,
    size: number,
    dir: dma_data_direction,
  ): void {
    if (dev_is_dma_coherent(dev) && !this.dev_use_swiotlb(dev)) return;

    const phys = this.iommu.iommu_iova_to_phys(this.iommu.iommu_get_dma_domain(dev), dma_handle);
    if (!dev_is_dma_coherent(dev)) this.k.arch.arch_sync_dma_for_cpu(phys, size, dir);

    if (this.k.swiotlb.is_swiotlb_buffer(phys))
      this.k.swiotlb.swiotlb_sync_single_for_cpu(dev, phys, size, dir);
  }

  protected override __iommu_dma_sync_single_for_device(
    dev: device,
    dma_handle: dma_addr_t,
    size: number,
    dir: dma_data_direction,
    phys: phys_addr_t,
  ): void {
    if (dev_is_dma_coherent(dev) && !this.dev_use_swiotlb(dev)) return;

    if (phys === 0)
      phys = this.iommu.iommu_iova_to_phys(this.iommu.iommu_get_dma_domain(dev), dma_handle);

    if (this.k.swiotlb.is_swiotlb_buffer(phys))
      this.k.swiotlb.swiotlb_sync_single_for_device(dev, phys, size, dir);

    if (!dev_is_dma_coherent(dev)) this.k.arch.arch_sync_dma_for_device(phys, size, dir);
  }

  protected override iommu_dma_sync_sg_for_cpu(
    dev: device,
    sgl: scatterlist,
    nelems: number,
    dir: dma_data_direction,
  ): void {
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

  protected override iommu_dma_sync_sg_for_device(
    dev: device,
    sgl: scatterlist,
    nelems: number,
    dir: dma_data_direction,
  ): void {
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

  protected override iommu_dma_map_page(
    dev: device,
    p: page,
    offset: number,
    size: number,
    dir: dma_data_direction,
    attrs: number,
  ): dma_addr_t {
    const phys = phys_addr_t(page_to_phys(p) + offset);
    const coherent = dev_is_dma_coherent(dev);

    const dma_handle = this.__iommu_dma_map_swiotlb(
      dev,
      phys,
      size,
      dma_get_mask(dev),
      Number(coherent),
      dir,
      attrs,
    );
    if (!(attrs & DMA_ATTR_SKIP_CPU_SYNC) && dma_handle !== DMA_MAPPING_ERROR)
      this.__iommu_dma_sync_single_for_device(dev, dma_handle, size, dir, this.adj_phys);
    return dma_handle;
  }

  protected override iommu_dma_unmap_page(
    dev: device,
    dma_handle: dma_addr_t,
    size: number,
    dir: dma_data_direction,
    attrs: number,
  ): void {
    if (!(attrs & DMA_ATTR_SKIP_CPU_SYNC))
      this.iommu_dma_sync_single_for_cpu(dev, dma_handle, size, dir);

    this.__iommu_dma_unmap_swiotlb(dev, dma_handle, size, dir, attrs);
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

  protected override iommu_dma_unmap_sg(
    dev: device,
    sg: scatterlist,
    nents: number,
    dir: dma_data_direction,
    attrs: number,
  ): void {
    if (!(attrs & DMA_ATTR_SKIP_CPU_SYNC)) this.iommu_dma_sync_sg_for_cpu(dev, sg, nents, dir);

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

    this.__iommu_dma_unmap(dev, start, end - start);
  }
}
