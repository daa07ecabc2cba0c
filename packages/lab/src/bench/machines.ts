// SPDX-License-Identifier: GPL-2.0-only
// The machines that are measured: with and without the pool, on the table driver and on virtio-iommu.

import { IO_BUFFER_Y, bootOn } from '@iommu-bounce/integration';
import {
  DMA_BIT_MASK,
  DMA_FROM_DEVICE,
  PAGE_SIZE,
  dma_addr_t,
  type machine,
  type page,
  bus_type,
  device,
  nth_page,
  type scatterlist,
  sg_array,
  sg_set_page,
} from '@iommu-bounce/linux-shim';

export interface BenchMachine {
  readonly k: machine;
  readonly dev: device;
  /** First of 128 contiguous pages of its own, and behind them as many that a copy may go to. */
  readonly buffer: page;
  /** What the IOMMU makes of an address. */
  phys(addr: dma_addr_t): number;
}

const BUFFER_PAGES = 128;

export interface BenchSetup {
  readonly pool: boolean;
  readonly virtio?: boolean;
  /** Slots of each class. Default 1024. */
  readonly slots?: number;
}

export function benchMachine({ pool, virtio = false, slots = 1024 }: BenchSetup): BenchMachine {
  const machine = bootOn(virtio ? 'virtio' : 'table', {
    config: pool ? IO_BUFFER_Y : '',
    params: `io_buffer_pool.num_slots=${String(slots)}${slots > 1024 ? ' io_buffer_pool.class_sizes=1' : ''}`,
    machine: { memory: { nodes: [{ lowmem_pages: 8192 }], reserved_pages: 2 * BUFFER_PAGES } },
  });
  const dev = new device('bench');
  dev.bus = new bus_type('platform');
  dev.dma_mask = DMA_BIT_MASK(48);
  const domain = machine.plug(dev);
  const { k } = machine.m;
  return {
    k,
    dev,
    buffer: k.mm.pfn_to_page(k.reserved_pfn),
    phys: (addr) => machine.m.iommu.iommu_iova_to_phys(domain, addr),
  };
}

/** A list of `n` pages of which no two are adjacent. */
export function scattered(m: BenchMachine, n: number): scatterlist {
  const list = sg_array(n);
  list.forEach((sg, i) => {
    sg_set_page(sg, nth_page(m.buffer, 2 * i), 4096, 0);
  });
  return list[0] as scatterlist;
}

/**
 * Copies to the buffer from where a mapping of it is bounced to, run of pages by run of pages, or from the memory behind it
 * where nothing is bounced: the least that a pair of map and unmap could take.
 */
export function copier(m: BenchMachine, bytes: number): (n: number) => void {
  const { ram } = m.k.mm;
  const to = m.buffer.pfn * PAGE_SIZE;
  const runs = bounceRuns(m, bytes) ?? [
    { from: to + BUFFER_PAGES * PAGE_SIZE, off: 0, len: bytes },
  ];
  const [only] = runs;
  if (runs.length === 1 && only) {
    const { from } = only;
    return (n) => {
      for (let i = 0; i < n; i++) ram.copyWithin(to, from, from + bytes);
    };
  }
  return (n) => {
    for (let i = 0; i < n; i++)
      for (const { from, off, len } of runs) ram.copyWithin(to + off, from, from + len);
  };
}

/** Copies to the pages of `scattered`, one by one, from the buffer that such a list is bounced to. */
export function copyScattered(m: BenchMachine, n: number): (times: number) => void {
  const { ram } = m.k.mm;
  const list = scattered(m, n);
  m.k.dma.dma_map_sg_attrs(m.dev, list, n, DMA_FROM_DEVICE, 0);
  const from: number[] = [];
  const to: number[] = [];
  for (let i = 0; i < n; i++) {
    from.push(m.phys(dma_addr_t(list.dma_address + i * PAGE_SIZE)));
    to.push((m.buffer.pfn + 2 * i) * PAGE_SIZE);
  }
  m.k.dma.dma_unmap_sg_attrs(m.dev, list, n, DMA_FROM_DEVICE, 0);
  return (times) => {
    for (let t = 0; t < times; t++)
      for (let i = 0; i < n; i++) {
        const at = from[i] as number;
        ram.copyWithin(to[i] as number, at, at + PAGE_SIZE);
      }
  };
}

/** Memory of a bounce buffer that lies behind each other. */
interface Run {
  readonly from: number;
  /** Offset in the buffer, and bytes. */
  readonly off: number;
  len: number;
}

/** Where the pool's buffer for a mapping lies in memory; null without a pool. */
function bounceRuns(m: BenchMachine, bytes: number): Run[] | null {
  const { dma } = m.k;
  const addr = dma.dma_map_page_attrs(m.dev, m.buffer, 0, bytes, DMA_FROM_DEVICE, 0);
  const runs: Run[] = [];
  for (let off = 0; off < bytes; off += PAGE_SIZE) {
    const from = m.phys(dma_addr_t(addr + off));
    const last = runs.at(-1);
    if (last && last.from + last.len === from) last.len += PAGE_SIZE;
    else runs.push({ from, off, len: PAGE_SIZE });
  }
  dma.dma_unmap_page_attrs(m.dev, addr, bytes, DMA_FROM_DEVICE, 0);
  return runs[0]?.from === m.buffer.pfn * PAGE_SIZE ? null : runs;
}
