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
}
