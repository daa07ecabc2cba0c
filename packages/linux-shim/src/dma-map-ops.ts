// SPDX-License-Identifier: GPL-2.0-only
// Directions, attributes and handles of the DMA API. C: include/linux/dma-direction.h, dma-mapping.h, dma-map-ops.h

import type { page } from './mm';
import { sg_table } from './scatterlist';
import type { dma_addr_t } from './types';

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
  static readonly sizeof = 24;
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
