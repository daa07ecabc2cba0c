// SPDX-License-Identifier: GPL-2.0-only
// The machines that are measured: with and without the pool, on the table driver and on virtio-iommu.

import { IO_BUFFER_Y, bootOn } from '@iommu-bounce/integration';
import {
  DMA_BIT_MASK,
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
  machine.plug(dev);
  const { k } = machine.m;
  return { k, dev, buffer: k.mm.pfn_to_page(k.reserved_pfn) };
}

/** A list of `n` pages of which no two are adjacent. */
export function scattered(m: BenchMachine, n: number): scatterlist {
  const list = sg_array(n);
  list.forEach((sg, i) => {
    sg_set_page(sg, nth_page(m.buffer, 2 * i), 4096, 0);
  });
  return list[0] as scatterlist;
}

/** Copies between the buffer and the memory behind it, as a bounce does. */
export function copier(m: BenchMachine, bytes: number): (n: number) => void {
  const { ram } = m.k.mm;
  const from = m.buffer.pfn * 4096;
  const to = from + BUFFER_PAGES * 4096;
  return (n) => {
    for (let i = 0; i < n; i++) ram.copyWithin(to, from, from + bytes);
  };
}
