// SPDX-License-Identifier: GPL-2.0-only
// Entries of a scatterlist, counted and marked.

import { DMA_MAPPING_ERROR, type scatterlist, sg_next } from '@iommu-bounce/linux-shim';

/** Bytes of a list. */
export function listBytes(sgl: scatterlist, nents: number): number {
  let bytes = 0;
  for (let i = 0, sg: scatterlist | null = sgl; i < nents && sg; i++, sg = sg_next(sg))
    bytes += sg.length;
  return bytes;
}

/** Entries of a list from one on have no address of the device. */
export function invalidateFrom(sgl: scatterlist, nents: number, from: number): void {
  for (let i = 0, sg: scatterlist | null = sgl; i < nents && sg; i++, sg = sg_next(sg)) {
    if (i < from) continue;
    sg.dma_address = DMA_MAPPING_ERROR;
    sg.dma_length = 0;
  }
}
