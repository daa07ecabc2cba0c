// SPDX-License-Identifier: GPL-2.0-only
// The driver's side of a mapping: its direction, and scatterlists made of pieces of memory and read back.

import {
  DMA_BIDIRECTIONAL,
  DMA_FROM_DEVICE,
  DMA_TO_DEVICE,
  PAGE_SIZE,
  type dma_data_direction,
  type machine,
  type scatterlist,
  sg_array,
  sg_next,
  sg_set_page,
} from '@iommu-bounce/linux-shim';
import type { Piece } from './buffers';
import type { Direction } from './operations';

export const DMA_DIRECTIONS: Readonly<Record<Direction, dma_data_direction>> = {
  to: DMA_TO_DEVICE,
  from: DMA_FROM_DEVICE,
  both: DMA_BIDIRECTIONAL,
};

/**
 * The first entry of a list.
 * @param pieces one or more, by physical address
 */
export function listOf({ mm }: machine, pieces: readonly Piece[]): scatterlist {
  const list = sg_array(pieces.length);
  pieces.forEach(({ address, bytes }, i) => {
    const page = mm.pfn_to_page(Math.floor(address / PAGE_SIZE));
    sg_set_page(list[i] as scatterlist, page, bytes, address % PAGE_SIZE);
  });
  return list[0] as scatterlist;
}

/** Where the device finds a list: `count` is what dma_map_sg returned. */
export function segmentsOf(first: scatterlist, count: number): Piece[] {
  const segments: Piece[] = [];
  for (let i = 0, sg: scatterlist | null = first; i < count && sg; i++, sg = sg_next(sg))
    segments.push({ address: sg.dma_address, bytes: sg.dma_length });
  return segments;
}
