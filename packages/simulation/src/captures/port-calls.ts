// SPDX-License-Identifier: GPL-2.0-only
// The recorded DMA API calls, made of the port with memory that stands for the recorded one.

import {
  DMA_MAPPING_ERROR,
  GFP_ATOMIC,
  GFP_KERNEL,
  type device,
  type machine,
  dma_addr_t,
  type dma_data_direction,
  type dma_sgt_handle,
  type page,
  phys_addr_t,
  type scatterlist,
  sg_array,
  sg_set_page,
  type virt_addr_t,
} from '@iommu-bounce/linux-shim';
import {
  type FrameArena,
  type Mapping,
  PAGE,
  type PhysRun,
  type SyncStep,
  pageFloor,
  showPlace,
} from '@iommu-bounce/dma-trace/parse';
import { InputError } from '../errors';

/** Device registers lie above all memory: 2 to the 51, where no recorded address reaches. */
const REGISTERS = 2 ** 51;

/** What a run holds for a mapping. */
export interface Held {
  readonly mapping: Mapping;
  /** Windows of its runs: their first frames. */
  readonly windows: number[];
  /** The device address that the port gave. */
  addr: number;
  list: scatterlist[] | null;
  cpuAddr: number;
  page: page | null;
  handle: dma_sgt_handle | null;
}

export class PortCalls {
  /** @param arena frames of the machine's reserved memory */
  constructor(
    private readonly k: machine,
    private readonly arena: FrameArena,
  ) {}

  /**
   * Gives a mapping memory.
   * @throws InputError if the machine has not so much
   */
  prepare(mapping: Mapping): Held {
    const windows = this.takeWindows(mapping);
    return {
      mapping,
      windows,
      addr: 0,
      list: null,
      cpuAddr: 0,
      page: null,
      handle: null,
    };
  }

  /**
   * Memory for a mapping: the first frame of each of its runs. `release` gives it back.
   * @throws InputError if the machine has not so much
   */
  takeWindows(mapping: Mapping): number[] {
    return mapping.runs.map((run) => {
      const pfn = this.arena.take(run);
      if (pfn < 0)
        throw new InputError(
          `${showPlace(mapping.place)}: more memory is mapped at once than this machine has; expected a trace with fewer mappings in force`,
        );
      return pfn;
    });
  }

  release(held: Held): void {
    held.mapping.runs.forEach((run, i) => {
      this.arena.put(run, held.windows[i] ?? 0);
    });
    held.windows.length = 0;
  }

  /** The recorded address of an address in the windows; itself where it is in none. */
  recordedPhys(held: Held, paddr: number): number {
    if (paddr >= REGISTERS) return paddr - REGISTERS;
    const pfn = Math.floor(paddr / PAGE);
    const { runs } = held.mapping;
    for (let i = 0; i < runs.length; i++) {
      const run = runs[i] as PhysRun;
      const first = held.windows[i] ?? 0;
      if (pfn >= first && pfn < first + run.pages) return run.phys + (paddr - first * PAGE);
    }
    return paddr;
  }

  /** True if the port mapped it. */
  map(dev: device, mapping: Mapping, held: Held): boolean {
    const { dma } = this.k;
    const { dir, attrs, size } = mapping;
    const gfp = mapping.maySleep ? GFP_KERNEL : GFP_ATOMIC;
    switch (mapping.form) {
      case 'page': {
        const first = this.k.mm.pfn_to_page(held.windows[0] ?? 0);
        held.addr = dma.dma_map_page_attrs(dev, first, mapping.offset, size, dir, attrs);
        break;
      }
      case 'resource': {
        const phys = phys_addr_t(REGISTERS + mapping.phys);
        held.addr = dma.dma_map_resource(dev, phys, size, dir, attrs);
        break;
      }
      case 'sg':
      case 'iova':
      case 'reconstructed': {
        const list = this.list(held);
        held.list = list;
        const first = list[0] as scatterlist;
        if (dma.dma_map_sg_attrs(dev, first, list.length, dir, attrs) === 0) return false;
        held.addr = first.dma_address;
        break;
      }
      case 'coherent': {
        const out = { value: DMA_MAPPING_ERROR };
        held.cpuAddr = dma.dma_alloc_attrs(dev, size, out, gfp, attrs);
        if (held.cpuAddr === 0) return false;
        held.addr = out.value;
        break;
      }
      case 'pages': {
        const out = { value: DMA_MAPPING_ERROR };
        held.page = dma.dma_alloc_pages(dev, size, out, dir, gfp);
        if (!held.page) return false;
        held.addr = out.value;
        break;
      }
      case 'noncontiguous':
        held.handle = dma.dma_alloc_noncontiguous(dev, size, dir, gfp, 0);
        if (!held.handle?.sgt.sgl) return false;
        held.addr = held.handle.sgt.sgl.dma_address;
    }
    return held.addr !== DMA_MAPPING_ERROR;
  }

  /** Undoes it with the direction, attributes and size of the recorded unmap. */
  unmap(dev: device, held: Held, dir: dma_data_direction, attrs: number, size: number): void {
    const { dma } = this.k;
    const { mapping } = held;
    const addr = dma_addr_t(held.addr);
    switch (mapping.form) {
      case 'page':
        dma.dma_unmap_page_attrs(dev, addr, size, dir, attrs);
        break;
      case 'resource':
        dma.dma_unmap_resource(dev, addr, size, dir, attrs);
        break;
      case 'sg':
      case 'iova':
      case 'reconstructed': {
        const list = held.list ?? [];
        dma.dma_unmap_sg_attrs(dev, list[0] as scatterlist, list.length, dir, attrs);
        break;
      }
      case 'coherent':
        dma.dma_free_attrs(dev, mapping.size, held.cpuAddr as virt_addr_t, addr, attrs);
        break;
      case 'pages':
        if (held.page) dma.dma_free_pages(dev, mapping.size, held.page, addr, dir);
        break;
      case 'noncontiguous':
        if (held.handle) dma.dma_free_noncontiguous(dev, mapping.size, held.handle, dir);
    }
    this.release(held);
  }

  sync(dev: device, held: Held, step: SyncStep): void {
    const { dma } = this.k;
    if (held.list) {
      const first = held.list[0] as scatterlist;
      if (step.forCpu) dma.dma_sync_sg_for_cpu(dev, first, held.list.length, step.dir);
      else dma.dma_sync_sg_for_device(dev, first, held.list.length, step.dir);
      return;
    }
    const addr = dma_addr_t(held.addr + step.offset);
    const size = Math.min(step.size, held.mapping.size - step.offset);
    if (step.forCpu) dma.dma_sync_single_for_cpu(dev, addr, size, step.dir);
    else dma.dma_sync_single_for_device(dev, addr, size, step.dir);
  }

  /** A list over the windows, entry by entry as recorded. */
  private list(held: Held): scatterlist[] {
    const { entries, runs } = held.mapping;
    const list = sg_array(entries.length);
    let run = 0;
    entries.forEach(({ phys, length }, i) => {
      while (!isIn(phys, runs[run]) && run < runs.length - 1) run++;
      const inRun = pageFloor(phys) - (runs[run]?.phys ?? 0);
      const pfn = (held.windows[run] ?? 0) + inRun / PAGE;
      sg_set_page(
        list[i] as scatterlist,
        this.k.mm.pfn_to_page(pfn),
        length,
        phys - pageFloor(phys),
      );
    });
    return list;
  }
}

function isIn(phys: number, run: Mapping['runs'][number] | undefined): boolean {
  return run !== undefined && phys >= run.phys && phys < run.phys + run.pages * PAGE;
}
