// SPDX-License-Identifier: GPL-2.0-only
// What the page shows after one step of a playback: plain data, so that a test can compare it.

/** What a device may do with memory. */
export type Access = 'RO' | 'WO' | 'RW';

/** A slot of a class: the state decides its colour. */
export interface SlotFrame {
  readonly index: number;
  /**
   * `empty`, `cached`: on that list. `in-use`: a driver's mapping goes through it. `lost`: neither, so no call will
   * bring it back; its pages are not freed.
   */
  readonly state: 'empty' | 'cached' | 'in-use' | 'lost';
  /** Of a slot with pages: what the device may do. */
  readonly access: Access | null;
  /** Of a cached slot: the eviction worker has seen it unused. */
  readonly old: boolean;
  /** Address of its first byte; also of an empty slot. */
  readonly iova: number;
}

/** One class of buffers with its lists, as indices of slots, first entry first. */
export interface ClassFrame {
  /** Bytes. */
  readonly bufferSize: number;
  readonly iovaBase: number;
  readonly slots: readonly SlotFrame[];
  readonly empty: readonly number[];
  readonly cachedRo: readonly number[];
  readonly cachedWo: readonly number[];
  readonly cachedRw: readonly number[];
}

/** The pool of a domain. */
export interface PoolFrame {
  /** Names of the devices in the domain, with commas. */
  readonly domain: string;
  readonly classes: readonly ClassFrame[];
  /** Milliseconds until the eviction worker runs; null: it is not armed. */
  readonly evictInMs: number | null;
}

/** A range that the device can reach; addresses and sizes in bytes. */
export interface RangeFrame {
  /** As in PoolFrame: another domain has another IOVA space. */
  readonly domain: string;
  readonly iova: number;
  readonly size: number;
  readonly phys: number;
  readonly access: Access;
  /** Whether a page of it belongs to a mapping that a driver holds: what the device should reach. */
  readonly wanted: boolean;
}

/** A place in a pool: which pool, class and slot of the frame. */
export interface SlotPlace {
  readonly pool: number;
  readonly klass: number;
  readonly slot: number;
}

/** A mapping that a driver holds. */
export interface MappingFrame {
  /** Of the calls: unique among the mappings held. */
  readonly id: number;
  readonly device: string;
  readonly kind: 'page' | 'sg' | 'resource' | 'coherent' | 'pages' | 'noncontiguous';
  /** Of a list, its first segment's. */
  readonly dmaAddress: number;
  /** Bytes; of a list, the sum of its segments. */
  readonly size: number;
  /** Address and bytes of each DMA segment; one, but for a list. */
  readonly segments: readonly (readonly [iova: number, size: number])[];
  readonly direction: 'to-device' | 'from-device' | 'both';
  /** Whether the device reaches a copy: in a slot, or in swiotlb's memory. */
  readonly bounced: boolean;
  /** The slot it goes through, or null. */
  readonly slot: SlotPlace | null;
  /**
   * The bytes of the driver's memory and of what the device reaches, at most 64 of each; none where there is no RAM. Of
   * the 32 mappings of a domain that were made last, and of the one that the step is about; none of the others.
   */
  readonly original: readonly number[];
  readonly reached: readonly number[];
}

/** A copy during the step. */
export interface CopyFrame {
  readonly from: 'original' | 'bounce';
  readonly bytes: number;
}

/** What it cost until now, counted from frame 0 on. */
export interface CountFrame {
  /** On virtio-iommu: requests that the VMM took. On the table: calls of the driver that map or unmap. */
  readonly requests: number;
  /** Times that the CPU left the guest for virtio-iommu; null on the table, which is in no guest. */
  readonly exits: number | null;
  readonly copiedBytes: number;
}

/** A line of the port that was executed. */
export interface ExecutedLine {
  readonly path: string;
  /** From 1. */
  readonly line: number;
}

/** After one step. */
export interface Frame {
  /** 0: before the first. */
  readonly step: number;
  /** Since frame 0, of the machine's virtual clock. */
  readonly timeMs: number;
  /** The call as a driver would write it, and its result; '' for frame 0. */
  readonly call: string;
  readonly result: string;
  /** What to watch in this step; '' where nobody wrote one. */
  readonly caption: string;
  /** Of a recording: how the port differs from what was recorded; null: not at all. */
  readonly difference: string | null;
  readonly pools: readonly PoolFrame[];
  /** By domain, then by address. */
  readonly ranges: readonly RangeFrame[];
  /** By domain, in the order in which they were made. */
  readonly mappings: readonly MappingFrame[];
  /** Those that the step ended, with the bytes as they are after it: a copy back is seen there. By id. */
  readonly ended: readonly MappingFrame[];
  readonly copies: readonly CopyFrame[];
  readonly counts: CountFrame;
  /** The same calls without the pool: the same kernel with CONFIG_IOMMU_IO_BUFFER=n. */
  readonly countsWithout: CountFrame;
  /** In the order of execution; the same line twice if it ran twice, at most 2,000. */
  readonly executed: readonly ExecutedLine[];
}
