// SPDX-License-Identifier: GPL-2.0-only
// What each step costs: every parameter of the cost model with its unit, its physical range and where that comes from.

import laptopVirtio from './laptop-virtio.json';

/** Nanoseconds unless COST_PARAMETERS says otherwise. What each one is paid for is said there too. */
export interface CostParameters {
  readonly submitNs: number;
  readonly completeNs: number;
  readonly interruptNs: number;
  readonly dmaMapNs: number;
  readonly dmaUnmapNs: number;
  readonly iovaCachedNs: number;
  readonly iovaTreeNs: number;
  readonly pageAllocNs: number;
  readonly copyFixedNs: number;
  readonly copyWarmBytesPerS: number;
  readonly copyColdBytesPerS: number;
  readonly poolMapNs: number;
  readonly poolUnmapNs: number;
  readonly swiotlbMapNs: number;
  readonly swiotlbUnmapNs: number;
  readonly vmexitNs: number;
  readonly vmmRequestNs: number;
  readonly vfioMapNs: number;
  readonly vfioUnmapNs: number;
  readonly pinNs: number;
  readonly unpinNs: number;
  readonly hostFlushNs: number;
  readonly iommuMapPageNs: number;
  readonly iommuUnmapPageNs: number;
  readonly invalidateNs: number;
  readonly invalidatePageNs: number;
  readonly nvmeLatencyNs: number;
  readonly nvmeIops: number;
  readonly nvmeBytesPerS: number;
  readonly nvmeQueueDepth: number;
}

export type CostName = keyof CostParameters;

export type CostUnit = 'ns' | 'bytes/s' | 'I/Os per s' | 'count';

export interface CostParameter {
  readonly name: CostName;
  readonly unit: CostUnit;
  /** That of the preset laptop-virtio: found by calibration, see docs/cost-model.md. */
  readonly default: number;
  /** What is physically possible, both ends inclusive. */
  readonly min: number;
  readonly max: number;
  /** A row of test-fixtures/figures/cost-figures.md, or the word "assumption", then the reason. */
  readonly source: string;
  /** What is paid, and for what. */
  readonly what: string;
}

type Row = readonly [
  name: CostName,
  unit: CostUnit,
  min: number,
  max: number,
  source: string,
  what: string,
];

// oxfmt-ignore
const ROWS: readonly Row[] = [
  // The I/O itself, without the DMA API.
  ['submitNs', 'ns', 1000, 15000, 'assumption', 'submission, per I/O: system call, block layer, driver, doorbell'],
  ['completeNs', 'ns', 500, 15000, 'assumption', 'completion, per I/O: driver, block layer, waking the job'],
  ['interruptNs', 'ns', 300, 1500, 'assumption: a posted interrupt, without an exit', 'entry and end, per interrupt of the drive; one interrupt can complete several I/Os'],
  // The guest's DMA API.
  ['dmaMapNs', 'ns', 50, 1000, 'assumption: list and tree work', 'map that reaches the IOMMU core, per call: DMA API, IOMMU core, driver; without IOVA and requests'],
  ['dmaUnmapNs', 'ns', 50, 1000, 'assumption: list and tree work', 'unmap that reaches the IOMMU core, per call; without IOVA and requests'],
  ['iovaCachedNs', 'ns', 20, 300, 'assumption: a lock and an array entry, twice', 'IOVA range from the cache of the CPU: half at allocation, half at release'],
  ['iovaTreeNs', 'ns', 200, 20000, 'assumption: the search is linear in the ranges that it passes', 'IOVA range from the tree: half at allocation, half at release'],
  ['pageAllocNs', 'ns', 30, 1000, 'assumption: one buddy allocation for several pages, not cleared', 'allocating a bounce buffer, per 4 KiB page'],
  // Copies.
  ['copyFixedNs', 'ns', 5, 100, 'assumption: a call, finding the page', 'starting a copy, per memcpy'],
  ['copyWarmBytesPerS', 'bytes/s', 5e9, 3e10, 'assumption: bandwidth of a cache; at least that of memory', 'copying what this CPU has just written (a write)'],
  ['copyColdBytesPerS', 'bytes/s', 5e9, 12e9, 'cost-figures.md: memcpy, i5-10210U (5-12 GB/s, swept; not published)', 'copying what a device has just written (a read)'],
  // The pool, and swiotlb.
  ['poolMapNs', 'ns', 10, 500, 'assumption: a lock, two list operations', 'map through the pool, per call, with the DMA API; without copies and fills'],
  ['poolUnmapNs', 'ns', 10, 1000, 'assumption: the same, with cache misses', 'unmap through the pool, per call: two lookups, lists; without copies'],
  ['swiotlbMapNs', 'ns', 50, 3000, 'assumption: a search under a lock', 'finding slots in swiotlb, per call; without copies'],
  ['swiotlbUnmapNs', 'ns', 30, 1500, 'assumption: a loop under the same lock', 'freeing slots in swiotlb, per call; without copies'],
  // virtio-iommu and the host behind it.
  ['vmexitNs', 'ns', 700, 20000, 'cost-figures.md: KVM_RUN ioctl round trip (0.7 µs at 3.6 GHz), exit served in user space (3.8 µs or more); max is an assumption', 'exit per notification (kick), out and back: exit, waking the VMM, seeing the answer'],
  ['vmmRequestNs', 'ns', 200, 10000, 'assumption: read, validate, record', 'work of the VMM per request, without its ioctls'],
  ['vfioMapNs', 'ns', 300, 30000, 'assumption (cost-figures.md: vfio type1 map/unmap: no published figure); max as vfioUnmapNs', 'map ioctl: entry, lock, records, host page table; without pins'],
  ['vfioUnmapNs', 'ns', 300, 30000, 'cost-figures.md: unmap in guest, virtio-iommu+VFIO, i5-10210U (15-30 µs per unmap with the exit, without its pages), derived from the fitted figures; min is an assumption', 'unmap ioctl, whatever it finds'],
  ['pinNs', 'ns', 100, 1100, 'cost-figures.md: VFIO map incl. fault+zero, per 4K page (0.14-0.2 µs without clearing, 1.02 µs with it)', 'pinning a page and mapping it in the host, per 4 KiB page'],
  ['unpinNs', 'ns', 100, 6000, 'cost-figures.md: unmap in guest, virtio-iommu+VFIO, i5-10210U (2.8-5.5 µs per page), derived from the fitted figures; min is an assumption', 'unpinning, per 4 KiB page: host page table lookup, accounting, dirtying'],
  ['hostFlushNs', 'ns', 200, 10000, 'assumption: at least a CMD_SYNC (240-560 ns, SMMUv3 CMD_SYNC of cost-figures.md)', 'unmap in the IOMMU of the host and wait for the flush, per VFIO mapping'],
  // Bare metal.
  ['iommuMapPageNs', 'ns', 1, 600, 'cost-figures.md: SMMUv3 dma_map_benchmark (slope 3 ns), ARM page-table cost (map_sg 500-590 ns)', 'writing the page table on bare metal, per 4 KiB page'],
  ['iommuUnmapPageNs', 'ns', 5, 600, 'cost-figures.md: SMMUv3 dma_map_benchmark (slope 20-75 ns), ARM page-table cost (460 ns)', 'clearing the page table on bare metal, per 4 KiB page'],
  ['invalidateNs', 'ns', 200, 30000, 'cost-figures.md: SMMUv3 CMD_SYNC (240 ns), unmap_sg local vs remote node (1.1-25 µs)', 'IOTLB invalidation on bare metal, per flush, with an idle queue: command and wait'],
  ['invalidatePageNs', 'ns', 0.1, 600, 'cost-figures.md: SMMUv3 dma_map_benchmark (slope 80 ns, with clearing the page table); min is an assumption', 'the same, per 4 KiB page of a flush that names an address range: a command each'],
  // The drive.
  ['nvmeLatencyNs', 'ns', 20000, 100000, 'cost-figures.md: NVMe device (20-100 µs, swept)', 'from the end of the transfer to the interrupt'],
  ['nvmeIops', 'I/Os per s', 60000, 3000000, 'assumption; cost-figures.md: NVMe device (327K IOPS); max: PCIe 5.0. Calibration draws up to 500000', 'I/Os that the drive can start per second'],
  ['nvmeBytesPerS', 'bytes/s', 1e9, 1.6e10, 'cost-figures.md: NVMe device (2-3.5 GB/s, swept); min and max are assumptions: two slow lanes, four of PCIe 5.0. Calibration draws up to 3.5 GB/s', 'bytes that the drive can move per second'],
  ['nvmeQueueDepth', 'count', 1, 65535, 'assumption: 1023 usable entries in Linux, 65535 in NVMe', 'I/Os in the drive at once'],
];

/** The table, in the order of an I/O's life. */
export const COST_PARAMETERS: readonly CostParameter[] = ROWS.map(
  ([name, unit, min, max, source, what]) => ({
    name,
    unit,
    default: laptopVirtio[name],
    min,
    max,
    source,
    what,
  }),
);

/** Drives of the cover letter's time: what later ones can do says nothing about its laptop. */
const PRIORS: Readonly<Partial<Record<CostName, readonly [min: number, max: number]>>> = {
  nvmeIops: [60_000, 500_000],
  nvmeBytesPerS: [1e9, 3.5e9],
};

/** What calibration draws it from: what is physically possible, or for the drive what was in 2021. */
export function priorOf(name: CostName): readonly [min: number, max: number] {
  const p = costParameter(name);
  return PRIORS[name] ?? [p?.min ?? NaN, p?.max ?? NaN];
}

/** The row of a name, or undefined: there is no such parameter. */
export function costParameter(name: string): CostParameter | undefined {
  return COST_PARAMETERS.find((p) => p.name === name);
}
