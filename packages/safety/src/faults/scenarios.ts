// SPDX-License-Identifier: GPL-2.0-only
// What runs while something fails: small programs that between them reach each place that can.

import {
  DMA_BIDIRECTIONAL,
  DMA_FROM_DEVICE,
  DMA_TO_DEVICE,
  GFP_ATOMIC,
  GFP_KERNEL,
} from '@iommu-bounce/linux-shim';
import { type IommuDriver, type overlays, bootOn } from '@iommu-bounce/integration';
import type { OptionValues } from '@iommu-bounce/kconfig-options';
import { FaultBench } from './bench';

export interface FaultScenario {
  readonly name: string;
  readonly what: string;
  /** What happens before anything fails; false where it cannot go on. */
  readonly before: (bench: FaultBench) => boolean;
  readonly run: (bench: FaultBench) => void;
  readonly lazy?: boolean;
  readonly untrusted?: boolean;
  /** CONFIG_DMA_REMAP, which architectures without coherent caches select. */
  readonly remap?: boolean;
}

export interface FaultMachine {
  readonly driver: IommuDriver;
  /** Patches applied; 4 has the pool. */
  readonly patches: 0 | 4;
  /** Mappings that VFIO takes at a time, of virtio-iommu; absent: its default. */
  readonly dmaEntryLimit?: number;
  /** Subclasses of the C's files, fixes for example. */
  readonly overlays?: overlays;
}

const plugged = (bench: FaultBench): boolean => bench.plug();
/** Classes of 4 and 16 KiB, two slots each: neither a larger mapping nor a third one at a time is for the pool. */
const POOL = 'io_buffer_pool.num_slots=2 io_buffer_pool.class_sizes=5';
const PAGES = 128;
const SWIOTLB_SLABS = 256;
/** Two rounds of the eviction worker, ms. */
const EVICTED = 16_000;

export const FAULT_SCENARIOS: readonly FaultScenario[] = [
  {
    name: 'plug',
    what: 'a device is plugged in, maps a page, and is removed',
    before: () => true,
    run: (bench) => {
      if (bench.plug()) bench.usePage(bench.pages, 0, 4096, DMA_TO_DEVICE);
      bench.unplug();
    },
  },
  {
    name: 'pages',
    what: 'pages are mapped in all directions and sizes, twice, and their buffers evicted',
    before: plugged,
    run: (bench) => {
      const { pages } = bench;
      for (let round = 0; round < 2; round++)
        for (const [offset, length, direction] of [
          [0, 4096, DMA_TO_DEVICE],
          [100, 200, DMA_FROM_DEVICE],
          [0, 16_384, DMA_BIDIRECTIONAL],
          [2048, 5000, DMA_FROM_DEVICE],
          [0, 24_000, DMA_TO_DEVICE],
        ] as const)
          bench.usePage(pages, offset, length, direction);
      bench.wait(EVICTED);
      bench.unplug();
    },
  },
  {
    name: 'many',
    what: 'more mappings live at a time than a class has slots',
    before: plugged,
    run: (bench) => {
      const { pages } = bench;
      const live = [0, 1, 2, 3].map((i) => bench.mapPage(pages, i * 4096, 4096, DMA_BIDIRECTIONAL));
      live.forEach((at, i) => {
        if (at !== null) bench.unmapPage(at, pages, i * 4096, 4096, DMA_BIDIRECTIONAL);
      });
      bench.unplug();
    },
  },
  {
    name: 'lists',
    what: 'lists are mapped, within a class and beyond all',
    before: plugged,
    run: (bench) => {
      const { pages } = bench;
      const apart = [0, 2, 4, 6].map((n) => ({ offset: n * 4096, length: 4096 }));
      bench.useList(pages, apart, DMA_FROM_DEVICE);
      bench.useList(pages, [{ offset: 512, length: 700 }, ...apart.slice(1)], DMA_TO_DEVICE);
      const large = [0, 3, 5].map((n) => ({ offset: n * 4096, length: 7000 }));
      bench.useList(pages, large, DMA_BIDIRECTIONAL);
      bench.unplug();
    },
  },
  {
    name: 'coherent',
    what: 'coherent memory is allocated and freed',
    before: plugged,
    run: (bench) => {
      bench.useCoherent(4096, GFP_KERNEL);
      bench.useCoherent(20_000, GFP_KERNEL);
      bench.useCoherent(8192, GFP_ATOMIC);
      bench.unplug();
    },
  },
  {
    name: 'remapped',
    what: 'the same, and non-contiguous memory, of pages here and there',
    remap: true,
    before: plugged,
    run: (bench) => {
      bench.useCoherent(4096, GFP_KERNEL);
      bench.useCoherent(20_000, GFP_KERNEL);
      bench.useCoherent(8192, GFP_ATOMIC);
      bench.useNoncontiguous(20_000);
      bench.unplug();
    },
  },
  {
    name: 'untrusted',
    what: 'parts of pages are mapped for a device that is not trusted',
    untrusted: true,
    before: plugged,
    run: (bench) => {
      const { pages } = bench;
      bench.usePage(pages, 300, 500, DMA_BIDIRECTIONAL);
      bench.usePage(pages, 1000, 20_000, DMA_BIDIRECTIONAL); // beyond the pool's classes
      bench.unplug();
    },
  },
  {
    name: 'lazy',
    what: 'pages are mapped and unmapped through the flush queue',
    lazy: true,
    before: () => true,
    run: (bench) => {
      const { pages } = bench;
      if (bench.plug()) {
        bench.usePage(pages, 0, 4096, DMA_FROM_DEVICE);
        bench.usePage(pages, 0, 20_000, DMA_FROM_DEVICE);
        bench.wait(20);
        bench.usePage(pages, 0, 20_000, DMA_TO_DEVICE);
      }
      bench.unplug();
    },
  },
];

/** What an architecture selects, which no .config text can say. */
function kernelConfig(pool: boolean, remap: boolean): OptionValues {
  const on = ['IOMMU_API', 'IOMMU_IOVA', 'IOMMU_DMA', 'SWIOTLB'];
  if (pool) on.push('IOMMU_IO_BUFFER');
  if (remap) on.push('DMA_REMAP');
  return { value: (name) => (on.includes(name) ? 'y' : undefined) };
}

/** A machine for a scenario, with memory for it and no more; nothing has been done yet. */
export function benchFor(scenario: FaultScenario, machine: FaultMachine): FaultBench {
  const { driver, patches, dmaEntryLimit, overlays = {} } = machine;
  const on = bootOn(
    driver,
    {
      patches,
      config: kernelConfig(patches === 4, scenario.remap ?? false),
      params: `${patches === 4 ? POOL : ''} iommu.strict=${scenario.lazy === true ? '0' : '1'}`,
      machine: {
        memory: { nodes: [{ lowmem_pages: PAGES }] },
        swiotlb_slabs: scenario.untrusted === true ? SWIOTLB_SLABS : 0,
      },
      overlays,
    },
    dmaEntryLimit === undefined ? {} : { dmaEntryLimit },
  );
  return new FaultBench(on, scenario.untrusted ?? false);
}
