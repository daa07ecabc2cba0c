// SPDX-License-Identifier: GPL-2.0-only
// What `advise --json` prints: sizes for the pool, for swiotlb and for lazy mode, and what they rest on.

import type { whole_number } from '@iommu-bounce/linux-shim/options';
import type {
  CostParameters,
  FallbackReason,
  PresetName,
  SwiotlbCause,
} from '@iommu-bounce/simulation';
import type { AdviseCpuRow } from './advise-cpu';
import type { CaptureSection } from './capture-document';
import type { RecordedOn } from './recorded-on';
import type { VerdictSection } from './verdict';

/** Parameters of the pool, and what a replay with them counted. */
export interface PoolChoice {
  /** io_buffer_pool.class_sizes: bit i stands for buffers of 4096 << i bytes. */
  class_sizes: whole_number;
  /** io_buffer_pool.num_slots: slots of each class, in each domain. */
  num_slots: whole_number;
  /** Mappings that asked the pool and got a buffer, of all that asked, 0 to 1. */
  served_share: number;
  /** Mappings that found a buffer. */
  pool_hits: whole_number;
  /** Mappings that made one. */
  pool_fills: whole_number;
  /** Mappings that asked and did not get one. */
  fallbacks: whole_number;
  /** The same by reason. */
  fallbacks_by_reason: Record<FallbackReason, whole_number>;
  /** Buffers that the eviction worker gave back. */
  evictions: whole_number;
  /** Bytes of buffers, at most; of several boots the most that one takes. */
  peak_bounce_bytes: whole_number;
  /** Bytes of the arrays of slots, set aside when a device is plugged in. */
  array_bytes: whole_number;
  /** Both together. */
  memory_bytes: whole_number;
  /** Times that iommu:map was passed. */
  iommu_maps: whole_number;
  /** The same of iommu:unmap. */
  iommu_unmaps: whole_number;
  /** Bytes copied to and from buffers. */
  copied_bytes: whole_number;
  /** What `replay --params` takes to count the same. */
  params: string;
}

/** The least memory that serves a share of the mappings. */
export interface ServeGoal {
  /** Of the mappings that ask the pool: the share that shall get a buffer, above 0 and up to 1. */
  wanted_share: number;
  /** Whether it can be served at all. */
  reached: boolean;
  /** The choice; where the share cannot be reached, that of the same share of those that can be served. Null: none can. */
  choice: PoolChoice | null;
}

export interface MemoryGoal {
  /** Bytes that buffers and arrays may take. */
  memory_bytes: whole_number;
  /** What serves most with them; null: not even one slot fits. */
  choice: PoolChoice | null;
  /** Bytes of the smallest pool that there is, if none fits. */
  least_bytes: whole_number | null;
}

/** Mappings of one device, one way: the size below which copying costs less than mapping. */
export interface PinOrBounce {
  /** The device's name. */
  device: string;
  /** The device writes, or the direction is unknown (read); or it reads what the CPU has written (write). */
  direction: 'read' | 'write';
  /** Streaming mappings. */
  mappings: whole_number;
  /** Sizes that should bounce, of 1 byte to 1 GiB: those below `break_even_bytes`, all, or none. */
  bounce: 'below' | 'always' | 'never';
  /** Bytes at which a copy costs as much as a map and its unmap; null: there is no such size. */
  break_even_bytes: whole_number | null;
  /** Beyond the pool's usual largest class, 128 KiB, where nothing was counted. */
  extrapolated: boolean;
  /** Mappings of sizes that should bounce, by powers of two, and that the largest class there can be holds. */
  mappings_to_bounce: whole_number;
}

/** A swiotlb area of v5.13 for all streaming mappings, as swiotlb=…,force would use it. */
export interface SwiotlbSection {
  /** Streaming mappings that were tried. */
  mappings: whole_number;
  /** Mappings with a piece of more than 256 KiB, which no area serves. */
  too_large: whole_number;
  /** Slots of 2 KiB: the least swiotlb= with which no other mapping fails. Null: 4 GiB do not do. */
  slots: whole_number | null;
  /** Slots in use, at most. */
  peak_slots: whole_number;
  /** The same two where drivers keep an address's offset in its page, as that of NVMe does. */
  slots_keeping_offset: whole_number | null;
  /** Slots in use, at most, with the offset kept. */
  peak_slots_keeping_offset: whole_number;
  /** Mappings that no area serves with the offset kept, those of `too_large` included: a piece and its offset take more than 128 slots. */
  too_large_keeping_offset: whole_number;
}

/** The flush queue of a domain on one CPU, as lazy mode of v5.13 has it. */
export interface FlushQueueRow {
  /** Devices of the domain. */
  devices: string[];
  /** The CPU. */
  cpu: whole_number;
  /** Unmaps on it. */
  unmaps: whole_number;
  /** Entries at most, of the 255 that a queue holds. */
  most_entries: whole_number;
  /** Times that it was full before the timer ran. */
  full_flushes: whole_number;
  /** Nanoseconds from an unmap to its flush, at most: as long the device still reaches the memory. */
  longest_stale_ns: whole_number;
}

/** Lines of the kernel log about a full swiotlb, of one cause and device. */
export interface SwiotlbFullRow {
  /**
   * too_large: no area serves such a piece. fragmented: enough slots were free, but not in one run. run_free: so few were in use
   * that a run was free: another cause. leaked: slots in use never became fewer. full: more was asked for than was free.
   * unknown: the line has no numbers.
   */
  cause: SwiotlbCause;
  /** The device; null: the lines name none. */
  device: string | null;
  /** Lines. */
  count: whole_number;
  /** Bytes asked for, at most; null: not said. */
  largest_bytes: whole_number | null;
  /** Slots in use and asked for together, at most; null: not said. */
  most_slots: whole_number | null;
  /** Slots that there are; null: not said. */
  slots: whole_number | null;
  /** file:line of the first. */
  first_place: string;
  /** What to do. */
  advice: string;
}

export interface AdviseDocument {
  /** The advice in one sentence. */
  advice: string;
  /** The files, in the order given. */
  files: string[];
  /** Boots of machines that they are of. */
  boots: whole_number;
  /** Map calls that ask a pool. */
  mappings: whole_number;
  /** Of them, those that the largest class there can be, 512 KiB, holds. */
  mappings_servable: whole_number;
  /** What to boot with; null: no pool serves anything, or none fits in the memory. */
  recommendation: {
    /** The choice for the first --serve, or for --memory. */
    choice: PoolChoice;
    /** Whether copying pays; if it does not, the next two are those of a kernel without a pool. */
    pays: boolean;
    /** Words of the kernel's command line. */
    command_line: string;
    /** Lines of the .config. */
    config: string[];
  } | null;
  /** One for each --serve. */
  serve: ServeGoal[];
  /** Of --memory; null without it. */
  within: MemoryGoal | null;
  /** The parameters that the kernel has by itself, or had when it was recorded; null: nothing was replayed. */
  usual: PoolChoice | null;
  /** CPU time of a map and its unmap with each kernel that one could boot; empty without a recommendation. */
  cpu: AdviseCpuRow[];
  /** Without a pool: nothing is copied. Null: nothing was replayed. */
  no_pool: {
    /** Times that iommu:map was passed. */
    iommu_maps: whole_number;
    /** The same of iommu:unmap. */
    iommu_unmaps: whole_number;
  } | null;
  /** Choices that none beats in memory, requests and copied bytes together, by memory; a selection. */
  front: PoolChoice[];
  /** The classes of the recommendation of which every size costs less, where not all do; null: all do, or none. */
  only_what_pays: PoolChoice | null;
  /** CPU time with the recommendation; null: no pool is recommended. */
  verdict: VerdictSection | null;
  /** By device and direction: pin or bounce. Empty in lazy mode, which the cost model does not know. */
  bounce: PinOrBounce[];
  /** Which swiotlb= it would have needed; null: nothing was mapped. */
  swiotlb: SwiotlbSection | null;
  /** Lazy mode, by domain and CPU. */
  flush_queues: FlushQueueRow[];
  /** Lines of the kernel log about a full swiotlb, the most frequent first. */
  swiotlb_full: SwiotlbFullRow[];
  /** Further such lines, of any cause and device, that the kernel's rate limit left out ("callbacks suppressed"). */
  swiotlb_full_suppressed: whole_number;
  /** What makes the advice uncertain. */
  uncertain: string[];
  /** What each boot was recorded on. */
  recorded_on: RecordedOn[];
  /** The machine whose cost parameters were used, before any were changed; null: nothing was replayed. */
  preset: PresetName | null;
  /** The cost parameters that were used. */
  costs: CostParameters | null;
  /** What each capture shows and lacks. */
  captures: CaptureSection[];
}
