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

// prettier-ignore
const ROWS: readonly Row[] = [
  // The I/O itself, without the DMA API.
  ['submitNs', 'ns', 1000, 15000, 'assumption: a system call, block layer, driver, doorbell', 'submitting an I/O: system call, block layer, driver, doorbell; each I/O'],
  ['completeNs', 'ns', 500, 15000, 'assumption: the way back to the job', 'completing an I/O: driver, block layer, waking or serving the job; each I/O'],
  ['interruptNs', 'ns', 300, 1500, 'assumption: a posted interrupt, which needs no exit', 'an interrupt of the drive: entry, end; each interrupt, which may find several I/Os done'],
  // The guest's DMA API.
  ['dmaMapNs', 'ns', 50, 1000, 'assumption: list and tree work of one CPU', 'a mapping that reaches the IOMMU core: DMA API, IOMMU core, the driver\'s own records; each call, addresses and requests apart'],
  ['dmaUnmapNs', 'ns', 50, 1000, 'assumption: list and tree work of one CPU', 'the same for its unmapping; each call'],
  ['iovaCachedNs', 'ns', 20, 300, 'assumption: a lock and an array entry, twice', 'a range of addresses from the CPU\'s cache, allocation and release together: half at each'],
  ['iovaTreeNs', 'ns', 200, 20000, 'assumption: the search is linear in what is in its way', 'a range of addresses from the tree, allocation and release together: half at each'],
  ['pageAllocNs', 'ns', 30, 1000, 'assumption: a buddy allocation shared by its pages, not cleared', 'allocating a page for a bounce buffer; each 4 KiB page'],
  // Copies.
  ['copyFixedNs', 'ns', 5, 100, 'assumption: a call, and finding the page', 'starting a copy; each piece copied'],
  ['copyWarmBytesPerS', 'bytes/s', 5e9, 3e10, 'assumption: a cache\'s bandwidth; at least that of memory', 'copying what this CPU has just written (a write: towards the device)'],
  ['copyColdBytesPerS', 'bytes/s', 5e9, 12e9, 'cost-figures.md: memcpy, i5-10210U (5-12 GB/s, a swept parameter, no published figure)', 'copying what a device has just written (a read: from the device)'],
  // The pool, and swiotlb.
  ['poolMapNs', 'ns', 10, 500, 'assumption: a lock and two list operations', 'a mapping that the pool serves, the DMA API included; each call, copies and fills apart'],
  ['poolUnmapNs', 'ns', 10, 1000, 'assumption: the same, on lines that have left the cache since', 'the unmapping of it: two lookups, lists; each call, copies apart'],
  ['swiotlbMapNs', 'ns', 50, 3000, 'assumption: a search under a lock', 'finding slots in swiotlb; each call, copies apart'],
  ['swiotlbUnmapNs', 'ns', 30, 1500, 'assumption: a loop under the same lock', 'giving them back; each call, copies apart'],
  // virtio-iommu and the host behind it.
  ['vmexitNs', 'ns', 700, 20000, 'cost-figures.md: KVM_RUN ioctl round trip (0.7 us at 3.6 GHz) and exit served in user space (3.8 us at least, slow ones far above); the upper end is an assumption', 'a notification that leaves the guest, out and back: exit, waking the VMM, noticing the answer; each exit'],
  ['vmmRequestNs', 'ns', 200, 10000, 'assumption: reading, validating and recording a request', 'a request in the VMM, its ioctls apart; each request'],
  ['vfioMapNs', 'ns', 300, 30000, 'assumption (cost-figures.md: vfio type1 map/unmap fixed us per ioctl: no published figure); upper end as for vfioUnmapNs', 'an ioctl that maps: entry, lock, records, host page table; each ioctl, pins apart'],
  ['vfioUnmapNs', 'ns', 300, 30000, 'cost-figures.md: unmap in guest, virtio-iommu+VFIO, i5-10210U (15-30 us an unmap beside its pages, derived, the exit included); the lower end is an assumption: there is no published figure', 'an ioctl that unmaps, whatever it finds; each ioctl'],
  ['pinNs', 'ns', 100, 1100, 'cost-figures.md: VFIO map incl. fault+zero, per 4K page (0.14-0.2 us without the clearing, 1.02 us with it)', 'pinning a page and mapping it in the host; each 4 KiB page'],
  ['unpinNs', 'ns', 100, 6000, 'cost-figures.md: unmap in guest, virtio-iommu+VFIO, i5-10210U (2.8-5.5 us/page, derived); the lower end is an assumption', 'unpinning a page: host page table lookup, accounting, dirtying; each 4 KiB page'],
  ['hostFlushNs', 'ns', 200, 10000, 'assumption: at least a CMD_SYNC (240-560 ns, in SMMUv3 CMD_SYNC of cost-figures.md)', 'unmapping a VFIO mapping in the host\'s IOMMU and waiting for its flush; each mapping'],
  // Bare metal.
  ['iommuMapPageNs', 'ns', 1, 600, 'cost-figures.md: SMMUv3 dma_map_benchmark (slope 3 ns) and ARM page-table cost (map_sg 500-590 ns)', 'writing the page table on bare metal; each 4 KiB page mapped'],
  ['iommuUnmapPageNs', 'ns', 5, 600, 'cost-figures.md: SMMUv3 dma_map_benchmark (slope 20-75 ns) and ARM page-table cost (460 ns)', 'clearing it; each 4 KiB page unmapped'],
  ['invalidateNs', 'ns', 200, 30000, 'cost-figures.md: SMMUv3 CMD_SYNC (240 ns), unmap_sg local vs remote node (1.1-25 us)', 'an IOTLB invalidation on bare metal: command, wait, contention for the queue; each flush'],
  // The drive.
  ['nvmeLatencyNs', 'ns', 20000, 100000, 'cost-figures.md: NVMe device (sweep latency 20-100 us)', 'from the end of an I/O\'s transfer to its interrupt'],
  ['nvmeIops', 'I/Os per s', 60000, 500000, 'assumption around cost-figures.md: NVMe device (327K IOPS is the one sourced figure)', 'I/Os that the drive can start'],
  ['nvmeBytesPerS', 'bytes/s', 1e9, 3.5e9, 'cost-figures.md: NVMe device (sweep 2-3.5 GB/s); the lower end is an assumption, a slow drive on two lanes', 'bytes that the drive can move'],
  ['nvmeQueueDepth', 'count', 1, 65535, 'assumption: a queue pair of Linux has 1023 usable entries, NVMe allows 65535', 'I/Os in the drive at once'],
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

/** The row of a name, or undefined: there is no such parameter. */
export function costParameter(name: string): CostParameter | undefined {
  return COST_PARAMETERS.find((p) => p.name === name);
}
