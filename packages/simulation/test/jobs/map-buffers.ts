// SPDX-License-Identifier: GPL-2.0-only
// Really maps and unmaps buffers with the ported code on virtio-iommu, as the block layer would hand them over.

import { IO_BUFFER_Y, boot, plug } from '@iommu-bounce/integration';
import {
  VIRTIO_IOMMU_T_MAP,
  VIRTIO_IOMMU_T_UNMAP,
  new_virtio_iommu,
  type virtio_iommu,
} from '@iommu-bounce/iommu-core';
import {
  DMA_BIT_MASK,
  DMA_FROM_DEVICE,
  bus_type,
  device,
  type scatterlist,
  sg_array,
  sg_set_page,
} from '@iommu-bounce/linux-shim';
import type { Arena } from '../../src/jobs';

export interface Counts {
  /** Runs of physically adjacent pages, as `__iommu_map` is called for them. */
  readonly iommuMaps: number;
  readonly mapRequests: number;
  readonly unmapRequests: number;
}

export interface MappingMachine {
  readonly arena: Arena;
  /** Maps and unmaps each of the buffers once. */
  count(buffers: readonly Float64Array[]): Counts;
}

/** A machine before the series, strict, with an arena of that many frames. */
export function mappingMachine(frames: number, pool = false): MappingMachine {
  let virtio: virtio_iommu | undefined;
  const m = boot({
    config: pool ? IO_BUFFER_Y : '',
    machine: { memory: { nodes: [{ lowmem_pages: 8192 }], reserved_pages: frames, bytes: false } },
    driver: (k, iommu, dma_iommu) => {
      virtio = new_virtio_iommu(k, iommu, dma_iommu);
      return virtio.driver;
    },
  });
  const dev = new device('nvme');
  dev.bus = new bus_type('platform');
  dev.dma_mask = DMA_BIT_MASK(32);
  virtio?.add_endpoint(dev, 1);
  plug(m, dev);
  const counters = (virtio as virtio_iommu).counters;
  const { k } = m;
  return {
    arena: { firstPfn: k.reserved_pfn, frames },
    count: (buffers) => {
      counters.reset();
      let iommuMaps = 0;
      for (const pfns of buffers) {
        const runs = adjacent(pfns);
        iommuMaps += runs.length;
        const [first] = runs;
        if (first !== undefined && runs.length === 1) {
          const page = k.mm.pfn_to_page(first.pfn);
          const size = first.pages * 4096;
          const dma = k.dma.dma_map_page_attrs(dev, page, 0, size, DMA_FROM_DEVICE, 0);
          k.dma.dma_unmap_page_attrs(dev, dma, size, DMA_FROM_DEVICE, 0);
          continue;
        }
        const list = sg_array(runs.length);
        runs.forEach(({ pfn, pages }, i) => {
          sg_set_page(list[i] as scatterlist, k.mm.pfn_to_page(pfn), pages * 4096, 0);
        });
        const head = list[0] as scatterlist;
        if (k.dma.dma_map_sg_attrs(dev, head, runs.length, DMA_FROM_DEVICE, 0) === 0)
          throw new Error('a buffer could not be mapped');
        k.dma.dma_unmap_sg_attrs(dev, head, runs.length, DMA_FROM_DEVICE, 0);
      }
      return {
        iommuMaps,
        mapRequests: counters.requests[VIRTIO_IOMMU_T_MAP] ?? 0,
        unmapRequests: counters.requests[VIRTIO_IOMMU_T_UNMAP] ?? 0,
      };
    },
  };
}

/** The runs of adjacent frames of a buffer. */
export function adjacent(pfns: Float64Array): { pfn: number; pages: number }[] {
  const runs: { pfn: number; pages: number }[] = [];
  for (const pfn of pfns) {
    const last = runs.at(-1);
    if (last !== undefined && last.pfn + last.pages === pfn) last.pages++;
    else runs.push({ pfn, pages: 1 });
  }
  return runs;
}
