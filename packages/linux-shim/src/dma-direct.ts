// SPDX-License-Identifier: GPL-2.0-only
// DMA without translation: bus addresses are physical ones, out of reach goes through swiotlb. C: kernel/dma/direct.c

import type { arch_c } from './arch';
import { PAGE_ALIGN, get_order } from './bits';
import { type device, dev_is_dma_coherent, dev_name, dev_to_node } from './device';
import {
  DMA_ATTR_SKIP_CPU_SYNC,
  type dma_data_direction,
  type dma_handle_out,
} from './dma-map-ops';
import { __GFP_ZERO } from './gfp';
import { check_page, type mm_c, type page, page_address, page_to_phys } from './mm';
import type { page_alloc_c } from './page_alloc';
import { deref, type printk_c } from './printk';
import { type scatterlist, sg_dma_address, sg_dma_len, sg_next, sg_page } from './scatterlist';
import { SWIOTLB_FORCE, SWIOTLB_NO_FORCE, dma_capable, type swiotlb_c } from './swiotlb';
import {
  DMA_MAPPING_ERROR,
  NULL_ptr,
  dma_addr_t,
  type gfp_t,
  phys_addr_t,
  type virt_addr_t,
} from './types';

export function phys_to_dma(phys: phys_addr_t): dma_addr_t {
  return dma_addr_t(phys);
}

export function dma_to_phys(addr: dma_addr_t): phys_addr_t {
  return phys_addr_t(addr);
}

export class dma_direct_c {
  constructor(
    private readonly mm: mm_c,
    private readonly page_alloc: page_alloc_c,
    private readonly swiotlb: swiotlb_c,
    private readonly arch: arch_c,
    private readonly log: printk_c,
  ) {}

  /** Zeroed, contiguous memory or NULL. Only what a coherent device with lowmem needs. */
  dma_direct_alloc(dev: device, size: number, handle: dma_handle_out, gfp: gfp_t): virt_addr_t {
    const p = this.page_alloc.alloc_pages_node(
      dev_to_node(dev),
      gfp | __GFP_ZERO,
      get_order(PAGE_ALIGN(size)),
    );
    if (!p) return NULL_ptr;
    handle.value = phys_to_dma(page_to_phys(p));
    return page_address(p);
  }

  dma_direct_free(size: number, cpu_addr: virt_addr_t): void {
    this.page_alloc.dma_free_contiguous(
      this.mm.virt_to_page(cpu_addr),
      get_order(PAGE_ALIGN(size)),
    );
  }

  dma_direct_map_page(
    dev: device,
    p: page,
    offset: number,
    size: number,
    dir: dma_data_direction,
    attrs: number,
  ): dma_addr_t {
    const phys = phys_addr_t(page_to_phys(p) + offset);
    const dma_addr = phys_to_dma(phys);

    if (this.swiotlb.swiotlb_force === SWIOTLB_FORCE)
      return this.swiotlb.swiotlb_map(dev, phys, size, dir, attrs);

    if (!dma_capable(dev, dma_addr, size)) {
      if (this.swiotlb.swiotlb_force !== SWIOTLB_NO_FORCE)
        return this.swiotlb.swiotlb_map(dev, phys, size, dir, attrs);
      check_page('dma_map_page_attrs', p); // JS: what is no page is out of reach too
      this.log.WARN_ON(true, `${dev_name(dev)}: DMA addr beyond the device's reach`);
      return DMA_MAPPING_ERROR;
    }

    if (!dev_is_dma_coherent(dev) && (attrs & DMA_ATTR_SKIP_CPU_SYNC) === 0)
      this.arch.arch_sync_dma_for_device(phys, size, dir);
    return dma_addr;
  }

  dma_direct_unmap_page(
    dev: device,
    addr: dma_addr_t,
    size: number,
    dir: dma_data_direction,
    attrs: number,
  ): void {
    const phys = dma_to_phys(addr);
    if ((attrs & DMA_ATTR_SKIP_CPU_SYNC) === 0)
      this.dma_direct_sync_single_for_cpu(dev, addr, size, dir);
    if (this.swiotlb.is_swiotlb_buffer(phys))
      this.swiotlb.swiotlb_tbl_unmap_single(dev, phys, size, dir, attrs);
  }

  dma_direct_map_sg(
    dev: device,
    sgl: scatterlist,
    nents: number,
    dir: dma_data_direction,
    attrs: number,
  ): number {
    let i = 0;
    for (let s: scatterlist | null = sgl; i < nents; i++, s = sg_next(s)) {
      const sg = deref(s);
      sg.dma_address = this.dma_direct_map_page(dev, sg_page(sg), sg.offset, sg.length, dir, attrs);
      if (sg.dma_address === DMA_MAPPING_ERROR) {
        this.dma_direct_unmap_sg(dev, sgl, i, dir, attrs | DMA_ATTR_SKIP_CPU_SYNC);
        return 0;
      }
      sg.dma_length = sg.length;
    }
    return nents;
  }

  dma_direct_unmap_sg(
    dev: device,
    sgl: scatterlist,
    nents: number,
    dir: dma_data_direction,
    attrs: number,
  ): void {
    let i = 0;
    for (let s: scatterlist | null = sgl; i < nents; i++, s = sg_next(s)) {
      const sg = deref(s);
      this.dma_direct_unmap_page(dev, sg_dma_address(sg), sg_dma_len(sg), dir, attrs);
    }
  }

  dma_direct_map_resource(dev: device, phys: phys_addr_t, size: number): dma_addr_t {
    const addr = dma_addr_t(phys);
    if (dma_capable(dev, addr, size)) return addr;
    this.log.WARN_ON(true, `${dev_name(dev)}: DMA addr beyond the device's reach`);
    return DMA_MAPPING_ERROR;
  }

  dma_direct_sync_single_for_device(
    dev: device,
    addr: dma_addr_t,
    size: number,
    dir: dma_data_direction,
  ): void {
    const paddr = dma_to_phys(addr);
    if (this.swiotlb.is_swiotlb_buffer(paddr))
      this.swiotlb.swiotlb_sync_single_for_device(dev, paddr, size, dir);
    if (!dev_is_dma_coherent(dev)) this.arch.arch_sync_dma_for_device(paddr, size, dir);
  }

  dma_direct_sync_single_for_cpu(
    dev: device,
    addr: dma_addr_t,
    size: number,
    dir: dma_data_direction,
  ): void {
    const paddr = dma_to_phys(addr);
    if (!dev_is_dma_coherent(dev)) this.arch.arch_sync_dma_for_cpu(paddr, size, dir);
    if (this.swiotlb.is_swiotlb_buffer(paddr))
      this.swiotlb.swiotlb_sync_single_for_cpu(dev, paddr, size, dir);
  }

  dma_direct_sync_sg_for_device(
    dev: device,
    sgl: scatterlist,
    nents: number,
    dir: dma_data_direction,
  ): void {
    let i = 0;
    for (let s: scatterlist | null = sgl; i < nents; i++, s = sg_next(s)) {
      const sg = deref(s);
      this.dma_direct_sync_single_for_device(dev, sg_dma_address(sg), sg.length, dir);
    }
  }

  dma_direct_sync_sg_for_cpu(
    dev: device,
    sgl: scatterlist,
    nents: number,
    dir: dma_data_direction,
  ): void {
    let i = 0;
    for (let s: scatterlist | null = sgl; i < nents; i++, s = sg_next(s)) {
      const sg = deref(s);
      this.dma_direct_sync_single_for_cpu(dev, sg_dma_address(sg), sg.length, dir);
    }
  }
}
