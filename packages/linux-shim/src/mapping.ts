// SPDX-License-Identifier: GPL-2.0-only
// The DMA API's front door: what drivers call; it asks the device's ops, or maps directly without any.
// C: kernel/dma/mapping.c, ops_helpers.c

import { EIO, ENXIO } from './errno';
import { PAGE_ALIGN, get_order, offset_in_page } from './bits';
import type { context_c } from './context';
import { type device, dev_to_node, type dma_map_ops } from './device';
import type { dma_direct_c } from './dma-direct';
import {
  DMA_ATTR_ALLOC_SINGLE_PAGES,
  DMA_ATTR_SKIP_CPU_SYNC,
  type dma_data_direction,
  type dma_handle_out,
  type dma_sgt_handle,
  valid_dma_direction,
  type vm_area_struct,
} from './dma-map-ops';
import { __GFP_DMA, __GFP_DMA32, __GFP_HIGHMEM } from './gfp';
import { type mm_c, type page, page_address } from './mm';
import type { page_alloc_c } from './page_alloc';
import { BUG_ON, deref, type printk_c } from './printk';
import type { scatterlist, sg_table } from './scatterlist';
import {
  DMA_MAPPING_ERROR,
  NULL_ptr,
  PAGE_SIZE,
  type dma_addr_t,
  type gfp_t,
  type phys_addr_t,
  type virt_addr_t,
} from './types';

export function dma_mapping_error(_dev: device, addr: dma_addr_t): boolean {
  return addr === DMA_MAPPING_ERROR;
}

export class mapping_c {
  constructor(
    private readonly mm: mm_c,
    private readonly page_alloc: page_alloc_c,
    private readonly direct: dma_direct_c,
    private readonly context: context_c,
    private readonly log: printk_c,
  ) {}

  /** Maps `size` bytes at `offset` of a page (and the ones behind it); DMA_MAPPING_ERROR on failure. */
  dma_map_page_attrs(
    dev: device,
    p: page,
    offset: number,
    size: number,
    dir: dma_data_direction,
    attrs: number,
  ): dma_addr_t {
    BUG_ON(!valid_dma_direction(dir), 'dma_map_page without a direction');
    if (this.log.WARN_ON(dev.dma_mask === null, 'no dma_mask')) return DMA_MAPPING_ERROR;
    const ops = dev.dma_ops;
    if (!ops) return this.direct.dma_direct_map_page(dev, p, offset, size, dir, attrs);
    return ops.map_page(dev, p, offset, size, dir, attrs);
  }

  dma_unmap_page_attrs(
    dev: device,
    addr: dma_addr_t,
    size: number,
    dir: dma_data_direction,
    attrs: number,
  ): void {
    BUG_ON(!valid_dma_direction(dir), 'dma_unmap_page without a direction');
    const ops = dev.dma_ops;
    if (!ops) this.direct.dma_direct_unmap_page(dev, addr, size, dir, attrs);
    else ops.unmap_page(dev, addr, size, dir, attrs);
  }

  /** Maps bytes at a linear address. C: include/linux/dma-mapping.h */
  dma_map_single(dev: device, ptr: virt_addr_t, size: number, dir: dma_data_direction): dma_addr_t {
    return this.dma_map_page_attrs(
      dev,
      this.mm.virt_to_page(ptr),
      offset_in_page(ptr),
      size,
      dir,
      0,
    );
  }

  dma_unmap_single(dev: device, addr: dma_addr_t, size: number, dir: dma_data_direction): void {
    this.dma_unmap_page_attrs(dev, addr, size, dir, 0);
  }

  /** Number of device segments, 0 on failure. */
  dma_map_sg_attrs(
    dev: device,
    sg: scatterlist,
    nents: number,
    dir: dma_data_direction,
    attrs: number,
  ): number {
    BUG_ON(!valid_dma_direction(dir), 'dma_map_sg without a direction');
    if (this.log.WARN_ON(dev.dma_mask === null, 'no dma_mask')) return 0;
    const ops = dev.dma_ops;
    const ents = ops
      ? ops.map_sg(dev, sg, nents, dir, attrs)
      : this.direct.dma_direct_map_sg(dev, sg, nents, dir, attrs);
    BUG_ON(ents < 0, 'map_sg returned an error number');
    return ents;
  }

  dma_unmap_sg_attrs(
    dev: device,
    sg: scatterlist,
    nents: number,
    dir: dma_data_direction,
    attrs: number,
  ): void {
    BUG_ON(!valid_dma_direction(dir), 'dma_unmap_sg without a direction');
    const ops = dev.dma_ops;
    if (!ops) this.direct.dma_direct_unmap_sg(dev, sg, nents, dir, attrs);
    else ops.unmap_sg(dev, sg, nents, dir, attrs);
  }

  /** Maps device registers, never RAM. */
  dma_map_resource(
    dev: device,
    phys: phys_addr_t,
    size: number,
    dir: dma_data_direction,
    attrs: number,
  ): dma_addr_t {
    BUG_ON(!valid_dma_direction(dir), 'dma_map_resource without a direction');
    if (this.log.WARN_ON(dev.dma_mask === null, 'no dma_mask')) return DMA_MAPPING_ERROR;
    if (
      this.log.WARN_ON(this.mm.pfn_valid(Math.floor(phys / PAGE_SIZE)), 'dma_map_resource of RAM')
    )
      return DMA_MAPPING_ERROR;
    const ops = dev.dma_ops;
    if (!ops) return this.direct.dma_direct_map_resource(dev, phys, size);
    return ops.map_resource(dev, phys, size, dir, attrs);
  }

  dma_unmap_resource(
    dev: device,
    addr: dma_addr_t,
    size: number,
    dir: dma_data_direction,
    attrs: number,
  ): void {
    BUG_ON(!valid_dma_direction(dir), 'dma_unmap_resource without a direction');
    dev.dma_ops?.unmap_resource(dev, addr, size, dir, attrs);
  }

  dma_sync_single_for_cpu(
    dev: device,
    addr: dma_addr_t,
    size: number,
    dir: dma_data_direction,
  ): void {
    BUG_ON(!valid_dma_direction(dir), 'dma_sync without a direction');
    if (!dev.dma_ops) this.direct.dma_direct_sync_single_for_cpu(dev, addr, size, dir);
    else dev.dma_ops.sync_single_for_cpu(dev, addr, size, dir);
  }

  dma_sync_single_for_device(
    dev: device,
    addr: dma_addr_t,
    size: number,
    dir: dma_data_direction,
  ): void {
    BUG_ON(!valid_dma_direction(dir), 'dma_sync without a direction');
    if (!dev.dma_ops) this.direct.dma_direct_sync_single_for_device(dev, addr, size, dir);
    else dev.dma_ops.sync_single_for_device(dev, addr, size, dir);
  }

  dma_sync_sg_for_cpu(dev: device, sg: scatterlist, nelems: number, dir: dma_data_direction): void {
    BUG_ON(!valid_dma_direction(dir), 'dma_sync without a direction');
    if (!dev.dma_ops) this.direct.dma_direct_sync_sg_for_cpu(dev, sg, nelems, dir);
    else dev.dma_ops.sync_sg_for_cpu(dev, sg, nelems, dir);
  }

  dma_sync_sg_for_device(
    dev: device,
    sg: scatterlist,
    nelems: number,
    dir: dma_data_direction,
  ): void {
    BUG_ON(!valid_dma_direction(dir), 'dma_sync without a direction');
    if (!dev.dma_ops) this.direct.dma_direct_sync_sg_for_device(dev, sg, nelems, dir);
    else dev.dma_ops.sync_sg_for_device(dev, sg, nelems, dir);
  }

  /** Coherent, zeroed memory: its CPU address, or NULL; the device address goes to `handle`. */
  dma_alloc_attrs(
    dev: device,
    size: number,
    handle: dma_handle_out,
    gfp: gfp_t,
    attrs: number,
  ): virt_addr_t {
    this.log.WARN_ON(dev.coherent_dma_mask === 0, 'no coherent_dma_mask');
    const flag = gfp & ~(__GFP_DMA | __GFP_DMA32 | __GFP_HIGHMEM);
    if (!dev.dma_ops) return this.direct.dma_direct_alloc(dev, size, handle, flag);
    return dev.dma_ops.alloc(dev, size, handle, flag, attrs);
  }

  dma_free_attrs(
    dev: device,
    size: number,
    cpu_addr: virt_addr_t,
    handle: dma_addr_t,
    attrs: number,
  ): void {
    this.log.WARN_ON(this.context.irqs_disabled(), 'dma_free_attrs with interrupts disabled');
    if (cpu_addr === NULL_ptr) return;
    if (!dev.dma_ops) this.direct.dma_direct_free(size, cpu_addr);
    else dev.dma_ops.free(dev, size, cpu_addr, handle, attrs);
  }

  /** Pages that are mapped for streaming use; the caller syncs. NULL on failure. */
  dma_alloc_pages(
    dev: device,
    size: number,
    handle: dma_handle_out,
    dir: dma_data_direction,
    gfp: gfp_t,
  ): page | null {
    const bytes = PAGE_ALIGN(size);
    if (this.log.WARN_ON(dev.coherent_dma_mask === 0, 'no coherent_dma_mask')) return null;
    if (this.log.WARN_ON((gfp & (__GFP_DMA | __GFP_DMA32 | __GFP_HIGHMEM)) !== 0, 'zone flags'))
      return null;
    if (!dev.dma_ops) {
      const addr = this.direct.dma_direct_alloc(dev, bytes, handle, gfp);
      return addr === NULL_ptr ? null : this.mm.virt_to_page(addr);
    }
    return dev.dma_ops.alloc_pages(dev, bytes, handle, dir, gfp);
  }

  dma_free_pages(
    dev: device,
    size: number,
    p: page,
    handle: dma_addr_t,
    dir: dma_data_direction,
  ): void {
    const bytes = PAGE_ALIGN(size);
    if (!dev.dma_ops) this.direct.dma_direct_free(bytes, page_address(p));
    else dev.dma_ops.free_pages(dev, bytes, p, handle, dir);
  }

  /** A table of pages, not contiguous but in one device segment; NULL on failure or without ops. */
  dma_alloc_noncontiguous(
    dev: device,
    size: number,
    dir: dma_data_direction,
    gfp: gfp_t,
    attrs: number,
  ): dma_sgt_handle | null {
    if (
      this.log.WARN_ON(
        (attrs & ~DMA_ATTR_ALLOC_SINGLE_PAGES) !== 0,
        'attrs of dma_alloc_noncontiguous',
      )
    )
      return null;
    const sh = dev.dma_ops?.alloc_noncontiguous?.(dev, size, dir, gfp, attrs) ?? null;
    if (sh) sh.sgt.nents = 1;
    return sh;
  }

  dma_free_noncontiguous(
    dev: device,
    size: number,
    sh: dma_sgt_handle,
    dir: dma_data_direction,
  ): void {
    dev.dma_ops?.free_noncontiguous?.(dev, size, sh, dir);
  }

  dma_get_sgtable_attrs(
    dev: device,
    sgt: sg_table,
    cpu_addr: virt_addr_t,
    handle: dma_addr_t,
    size: number,
    attrs: number,
  ): number {
    return dev.dma_ops ? dev.dma_ops.get_sgtable(dev, sgt, cpu_addr, handle, size, attrs) : -ENXIO;
  }

  dma_mmap_attrs(
    dev: device,
    vma: vm_area_struct,
    cpu_addr: virt_addr_t,
    handle: dma_addr_t,
    size: number,
    attrs: number,
  ): number {
    return dev.dma_ops ? dev.dma_ops.mmap(dev, vma, cpu_addr, handle, size, attrs) : -ENXIO;
  }

  /** Sets the streaming mask; 0 or -EIO. */
  dma_set_mask(dev: device, mask: number): number {
    if (dev.dma_mask === null) return -EIO;
    dev.dma_mask = mask;
    return 0;
  }

  dma_set_coherent_mask(dev: device, mask: number): number {
    dev.coherent_dma_mask = mask;
    return 0;
  }

  /** Below this, segments can be merged; 0: they cannot. */
  dma_get_merge_boundary(dev: device): number {
    return dev.dma_ops ? dev.dma_ops.get_merge_boundary(dev) : 0;
  }

  /** The ops' alloc_pages of translated devices. C: kernel/dma/ops_helpers.c */
  dma_common_alloc_pages(
    dev: device,
    size: number,
    handle: dma_handle_out,
    dir: dma_data_direction,
    gfp: gfp_t,
  ): page | null {
    const ops: dma_map_ops = deref(dev.dma_ops);
    const p = this.page_alloc.alloc_pages_node(dev_to_node(dev), gfp, get_order(size));
    if (!p) return null;
    handle.value = ops.map_page(dev, p, 0, size, dir, DMA_ATTR_SKIP_CPU_SYNC); // finding 5
    if (handle.value === DMA_MAPPING_ERROR) {
      this.page_alloc.dma_free_contiguous(p, get_order(size));
      return null;
    }
    this.mm.memset(page_address(p), 0, size);
    return p;
  }

  /** C: kernel/dma/ops_helpers.c */
  dma_common_free_pages(
    dev: device,
    size: number,
    p: page,
    handle: dma_addr_t,
    dir: dma_data_direction,
  ): void {
    deref(dev.dma_ops).unmap_page(dev, handle, size, dir, DMA_ATTR_SKIP_CPU_SYNC);
    this.page_alloc.dma_free_contiguous(p, get_order(size));
  }
}
