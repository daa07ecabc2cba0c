// SPDX-License-Identifier: GPL-2.0-only
// The part of the JSON document that says what a capture shows beside the calls that are compared.

import type {
  CallForm,
  FaultState,
  TranslationSign,
  UnmapDifference,
} from '@iommu-bounce/dma-trace';

/** iommu:map or iommu:unmap. Bytes are those mapped, or really unmapped. */
export interface IommuEventSection {
  events: number;
  bytes: number;
  /** Of these, events that belong to no call of the capture. */
  without_call: number;
  without_call_bytes: number;
  first_without_call: { place: string; task: string; iova: number; size: number }[];
}

export interface CaptureDevice {
  device: string;
  /** Calls that mapped something, and their bytes. */
  maps: number;
  map_bytes: number;
  /** Unmaps of these. */
  unmaps: number;
  never_unmapped: number;
  failed_calls: number;
  first_failed: string | null;
  faults: number;
  swiotlb_bounces: number;
  /** Null: the capture does not tell. */
  translated: boolean | null;
  told_by: TranslationSign;
  /** Mappings with an iommu:map event of their own; without, at their physical address; without, elsewhere. */
  with_events: number;
  at_physical_address: number;
  elsewhere_without_events: number;
}

export interface BufferRow {
  device: string;
  form: CallForm;
  direction: string;
  dma_addr: number;
  /** Bytes. */
  size: number;
  /** Null: mapped before the capture. */
  mapped_at: string | null;
}

export interface FaultRow {
  place: string;
  device: string;
  driver: string;
  iova: number;
  flags: number;
  write: boolean;
  state: FaultState;
  /** Bytes from the begin of the buffer or range. */
  offset: number | null;
  buffer: BufferRow | null;
  /** Mapped by iommu:map events of no call. */
  range: { iova: number; size: number; mapped_at: string | null } | null;
  freed_at: string | null;
  freed_ago_ns: number | null;
  /** Another device's buffer at this address: a clue, since each domain has all addresses. */
  elsewhere: BufferRow | null;
}

/** Null where the line does not tell. */
export interface UnmapSideRow {
  form: CallForm;
  direction: string | null;
  dma_addr: number | null;
  size: number | null;
  entries: number | null;
}

export interface DifferentUnmapRow {
  place: string;
  device: string;
  what: UnmapDifference[];
  mapped_at: string | null;
  map: UnmapSideRow;
  unmap: UnmapSideRow;
}

export interface StrayUnmapRow extends UnmapSideRow {
  place: string;
  device: string;
  /** The unmap before; null if there is none. */
  unmapped_at: string | null;
  unmapped_ago_ns: number | null;
  /** Another device that has a buffer at this address. */
  held_by: string | null;
}

export interface KindRow {
  device: string;
  /** Bytes of each. */
  size: number;
  count: number;
  bytes: number;
  first: string[];
}

export interface NeverUnmappedRow extends KindRow {
  form: CallForm;
  direction: string;
}

export interface BounceRow extends KindRow {
  forced: boolean;
}

/** What a capture lacks. */
export interface LossSection {
  /** Lines that are no event, header or comment; the first three, escaped and cut. */
  lines_not_understood: { count: number; first: { place: string; text: string }[] };
  /** Events that the tracer overwrote before the file was written, by the header: from before the capture. */
  overwritten: number;
  /** Marks of events that were lost in the middle; `cpu` is null where they name none, `unknown` are marks without a number. */
  lost_by_cpu: { cpu: number | null; marks: number; events: number; unknown: number }[];
  /** Lists of which the tracer printed 128 entries only. */
  truncated_lists: { count: number; first: string[] };
  /** Calls of lists of which a bpftrace script printed no entry: they count as no calls. */
  lists_without_entries: number;
  /** Events with an earlier time than the one above them on their CPU. */
  clock_steps_back: { count: number; largest_ns: number; first: string[] };
  /** Events too far behind those of other CPUs to be put into the order of time. */
  out_of_order: number;
  /** By the header; null if there is none. */
  cpus: number | null;
  cpus_without_line: number[];
  /** Files whose last line has no end. */
  cut_files: string[];
}

/** Requests that are put together from iommu:map and iommu:unmap events without a call. */
export interface ReconstructedSection {
  requests: number;
  /** Events of these, and bytes. */
  iommu_maps: number;
  bytes: number;
  /** How their device is known: by the other calls of the task, by facts with one device, or not. */
  device_by_task: number;
  device_by_facts: number;
  device_unknown: number;
  /** Events without a call that make no request: unmaps of what is not mapped, and maps that are not unmapped. */
  unmaps_without_map: number;
  maps_not_unmapped: number;
  /** Requests in force for so long that they are replayed as if they had begun where they ended. */
  late: number;
}

/** Lines of the kernel log in the capture. */
export interface KernelLogSection {
  lines: number;
  faults: number;
  swiotlb_full: number;
  dma_api_debug: number;
  /** Of these three, the first 20. */
  first: {
    place: string;
    topic: string;
    time_ns: number | null;
    device: string | null;
    address: number | null;
    write: boolean | null;
    /** Of a full swiotlb: bytes asked for, slots in all and in use. */
    size: number | null;
    slots: number | null;
    slots_used: number | null;
    text: string;
  }[];
}

/** Of the files of one boot. Lists of single events hold the first 20, places are `file:line`. */
export interface CaptureSection {
  files: string[];
  /** Events that the tracer lost: an unmap without a map may be one of a lost map. */
  events_lost: number;
  iommu_map: IommuEventSection;
  iommu_unmap: IommuEventSection & {
    /** Events that unmapped less than they were asked for. */
    short: number;
  };
  devices: CaptureDevice[];
  faults: { count: number; by_state: Record<FaultState, number>; first: FaultRow[] };
  /** Unmaps that differ from their map. One may differ in several things. */
  different_unmaps: {
    count: number;
    in: Record<UnmapDifference, number>;
    first: DifferentUnmapRow[];
  };
  /** Unmaps of what was unmapped before and not mapped since. */
  second_unmaps: { count: number; first: StrayUnmapRow[] };
  /** Unmaps of what the capture never shows mapped. */
  unmaps_without_map: { count: number; first: StrayUnmapRow[] };
  /** By kind, the most frequent 100; `others` are of kinds that are not listed. */
  never_unmapped: {
    count: number;
    bytes: number;
    kinds: NeverUnmappedRow[];
    others: number;
  };
  syncs_without_map: {
    count: number;
    /** Of these, syncs after the unmap. */
    after_unmap: number;
    first: {
      place: string;
      device: string;
      dma_addr: number;
      unmapped_at: string | null;
      unmapped_ago_ns: number | null;
    }[];
  };
  swiotlb_bounces: { count: number; bytes: number; kinds: BounceRow[]; others: number };
  /** Events that no figure uses, by name. */
  other_events: { name: string; count: number; first: string }[];
  losses: LossSection;
  reconstructed: ReconstructedSection;
  kernel_log: KernelLogSection;
}
