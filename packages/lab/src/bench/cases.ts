// SPDX-License-Identifier: GPL-2.0-only
// What is measured: pairs of map and unmap in the steady state, and the copies they are compared with.

import {
  DMA_ATTR_SKIP_CPU_SYNC,
  DMA_BIDIRECTIONAL,
  DMA_FROM_DEVICE,
  DMA_TO_DEVICE,
  type dma_data_direction,
} from '@iommu-bounce/linux-shim';
import {
  type BenchMachine,
  type BenchSetup,
  benchMachine,
  copier,
  copyScattered,
  scattered,
} from './machines';

/** Does it `n` times. */
export type Loop = (n: number) => void;

/** What a pair is compared with. */
export interface Copy {
  readonly name: string;
  readonly loop: Loop;
}

export interface BenchCase {
  readonly name: string;
  readonly loop: Loop;
  /** The copies that the pair makes, on the same addresses; one of 4 KiB where it makes none. Null for a copy itself. */
  readonly copy: Copy | null;
  /** Times in a round. */
  readonly times: number;
}

const SIZES = [4096, 16384, 131072] as const;
const KINDS: readonly (readonly [string, dma_data_direction, number])[] = [
  ['from_device', DMA_FROM_DEVICE, 0],
  ['to_device', DMA_TO_DEVICE, 0],
  ['bidirectional', DMA_BIDIRECTIONAL, 0],
  ['skip_cpu_sync', DMA_FROM_DEVICE, DMA_ATTR_SKIP_CPU_SYNC],
];

function pagePairs(
  m: BenchMachine,
  size: number,
  dir: dma_data_direction,
  attrs: number,
  offset = 0,
): Loop {
  const { dma } = m.k;
  const { dev, buffer } = m;
  return (n) => {
    for (let i = 0; i < n; i++) {
      const addr = dma.dma_map_page_attrs(dev, buffer, offset, size, dir, attrs);
      dma.dma_unmap_page_attrs(dev, addr, size, dir, attrs);
    }
  };
}

function sgPairs(m: BenchMachine, dir: dma_data_direction): Loop {
  const { dma } = m.k;
  const { dev } = m;
  const list = scattered(m, 32);
  return (n) => {
    for (let i = 0; i < n; i++) {
      dma.dma_map_sg_attrs(dev, list, 32, dir, 0);
      dma.dma_unmap_sg_attrs(dev, list, 32, dir, 0);
    }
  };
}

/** About a millisecond. */
function timesFor(bytes: number, slow = 1): number {
  return Math.ceil((bytes >= 131072 ? 250 : bytes >= 16384 ? 1500 : 4000) / slow);
}

function copyOf(m: BenchMachine, bytes: number): Copy {
  return { name: `copy_${String(bytes)}`, loop: copier(m, bytes) };
}

function casesOf(setup: BenchSetup, suffix: string, copies: BenchMachine): BenchCase[] {
  const m = benchMachine(setup);
  const slow = setup.virtio && !setup.pool ? 10 : 1;
  const cases: BenchCase[] = [];
  for (const [kind, dir, attrs] of KINDS)
    for (const size of SIZES)
      cases.push({
        name: `map_page_${kind}_${String(size)}_${suffix}`,
        loop: pagePairs(m, size, dir, attrs),
        copy: setup.pool && attrs === 0 ? copyOf(m, size) : copyOf(copies, 4096),
        times: timesFor(size, slow),
      });
  for (const [kind, dir] of KINDS.slice(0, 2))
    cases.push({
      name: `map_sg_32x4096_${kind}_${suffix}`,
      loop: sgPairs(m, dir),
      copy: setup.pool
        ? { name: 'copy_32x4096', loop: copyScattered(m, 32) }
        : copyOf(copies, 4096),
      times: timesFor(131072, slow),
    });
  return cases;
}

/** A buffer in the middle of a page, as of a network driver. */
function withOffset(): BenchCase {
  const m = benchMachine({ pool: true });
  return {
    name: 'map_page_from_device_2048_at_512_pool',
    loop: pagePairs(m, 2048, DMA_FROM_DEVICE, 0, 512),
    copy: copyOf(m, 2048),
    times: timesFor(2048),
  };
}

function manySlots(slots: number): BenchCase {
  const m = benchMachine({ pool: true, slots });
  return {
    name: `map_page_from_device_4096_pool_slots_${String(slots)}`,
    loop: pagePairs(m, 4096, DMA_FROM_DEVICE, 0),
    copy: copyOf(m, 4096),
    times: timesFor(4096),
  };
}

/**
 * The cases, machine by machine: each group is measured before the next one runs, as a process that has one kind of
 * machine would see it. A second kind makes calls polymorphic, which costs up to a third.
 */
export function benchCases(): BenchCase[][] {
  const pool = benchMachine({ pool: true });
  const copies = SIZES.map((size) => copyOf(pool, size));
  copies.push({ name: 'copy_32x4096', loop: copyScattered(pool, 32) });
  return [
    copies.map(({ name, loop }) => ({
      name,
      // What the pool's pairs are compared with, on its own.
      loop,
      copy: null,
      times: timesFor(name.endsWith('_32x4096') ? 131072 : Number(name.replace('copy_', ''))),
    })),
    casesOf({ pool: true }, 'pool', pool),
    [manySlots(64), manySlots(65536), withOffset()],
    casesOf({ pool: false }, 'plain', pool),
    casesOf({ pool: true, virtio: true }, 'pool_virtio', pool),
    casesOf({ pool: false, virtio: true }, 'plain_virtio', pool),
  ];
}
