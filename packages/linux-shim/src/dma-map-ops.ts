// SPDX-License-Identifier: GPL-2.0-only
// What the DMA API asks of a device's translation. C: include/linux/dma-map-ops.h, dma-mapping.h, dma-direction.h

import type { device } from './device';
import type { page } from './mm';
import { type scatterlist, sg_table } from './scatterlist';
import type { dma_addr_t, gfp_t, phys_addr_t, virt_addr_t } from './types';

export const DMA_BIDIRECTIONAL = 0;
export const DMA_TO_DEVICE = 1;
export const DMA_FROM_DEVICE = 2;
export const DMA_NONE = 3;
export type dma_data_direction = 0 | 1 | 2 | 3;

export function valid_dma_direction(dir: number): boolean {
  return dir === DMA_BIDIRECTIONAL || dir === DMA_TO_DEVICE || dir === DMA_FROM_DEVICE;
}

export const DMA_ATTR_WEAK_ORDERING = 1 << 1;
export const DMA_ATTR_WRITE_COMBINE = 1 << 2;
export const DMA_ATTR_NO_KERNEL_MAPPING = 1 << 4;
/** The caller syncs itself. */
export const DMA_ATTR_SKIP_CPU_SYNC = 1 << 5;
export const DMA_ATTR_FORCE_CONTIGUOUS = 1 << 6;
export const DMA_ATTR_ALLOC_SINGLE_PAGES = 1 << 7;
export const DMA_ATTR_NO_WARN = 1 << 8;
export const DMA_ATTR_PRIVILEGED = 1 << 9;

/** A DMA address handed back through a pointer argument (`dma_addr_t *`). */
export interface dma_handle_out {
  value: dma_addr_t;
}

/** A table and the pages behind it. C: struct dma_sgt_handle */
export class dma_sgt_handle {
  readonly sgt = new sg_table();
  pages: (page | null)[] | null = null;
}

/** A user mapping, as far as a machine without user space needs it. C: struct vm_area_struct */
export interface vm_area_struct {
  vm_pgoff: number;
  /** Length in pages. */
  readonly nr_pages: number;
  /** What got mapped. */
  mapped: page[];
}

export interface dma_map_ops {
  alloc(dev: device, size: number, handle: dma_handle_out, gfp: gfp_t, attrs: number): virt_addr_t;
  free(dev: device, size: number, cpu_addr: virt_addr_t, handle: dma_addr_t, attrs: number): void;
  alloc_pages(
    dev: device,
    size: number,
    handle: dma_handle_out,
    dir: dma_data_direction,
    gfp: gfp_t,
  ): page | null;
  free_pages(dev: device, size: number, p: page, handle: dma_addr_t, dir: dma_data_direction): void;
  /** The table is inside a dma_sgt_handle; JS: the handle itself is returned. */
  alloc_noncontiguous?(
    dev: device,
    size: number,
    dir: dma_data_direction,
    gfp: gfp_t,
    attrs: number,
  ): dma_sgt_handle | null;
  free_noncontiguous?(
    dev: device,
    size: number,
    sgt: dma_sgt_handle,
    dir: dma_data_direction,
  ): void;
  mmap(
    dev: device,
    vma: vm_area_struct,
    cpu_addr: virt_addr_t,
    handle: dma_addr_t,
    size: number,
    attrs: number,
  ): number;
  get_sgtable(
    dev: device,
    sgt: sg_table,
    cpu_addr: virt_addr_t,
    handle: dma_addr_t,
    size: number,
    attrs: number,
  ): number;
  map_page(
    dev: device,
    p: page,
    offset: number,
    size: number,
    dir: dma_data_direction,
    attrs: number,
  ): dma_addr_t;
  unmap_page(
    dev: device,
    handle: dma_addr_t,
    size: number,
    dir: dma_data_direction,
    attrs: number,
  ): void;
  map_sg(
    dev: device,
    sg: scatterlist,
    nents: number,
    dir: dma_data_direction,
    attrs: number,
  ): number;
  unmap_sg(
    dev: device,
    sg: scatterlist,
    nents: number,
    dir: dma_data_direction,
    attrs: number,
  ): void;
  sync_single_for_cpu(dev: device, handle: dma_addr_t, size: number, dir: dma_data_direction): void;
  sync_single_for_device(
    dev: device,
    handle: dma_addr_t,
    size: number,
    dir: dma_data_direction,
  ): void;
  sync_sg_for_cpu(dev: device, sg: scatterlist, nents: number, dir: dma_data_direction): void;
  sync_sg_for_device(dev: device, sg: scatterlist, nents: number, dir: dma_data_direction): void;
  map_resource(
    dev: device,
    phys: phys_addr_t,
    size: number,
    dir: dma_data_direction,
    attrs: number,
  ): dma_addr_t;
  unmap_resource(
    dev: device,
    handle: dma_addr_t,
    size: number,
    dir: dma_data_direction,
    attrs: number,
  ): void;
  get_merge_boundary(dev: device): number;
}
