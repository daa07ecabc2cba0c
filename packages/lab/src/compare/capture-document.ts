// SPDX-License-Identifier: GPL-2.0-only
// The part of the JSON document that says what a capture shows beside the calls that are compared.

import type { whole_number } from '@iommu-bounce/linux-shim/options';
import type {
  CallForm,
  Direction,
  FaultState,
  TranslationSign,
  UnmapDifference,
} from '@iommu-bounce/dma-trace';
import type { KernelLogSection, LossSection, ReconstructedSection } from './loss-document';

/** iommu:map or iommu:unmap. Bytes are those mapped, or really unmapped. */
export interface IommuEventSection {
  /** Events. */
  events: whole_number;
  /** Bytes mapped, or really unmapped. */
  bytes: whole_number;
  /** Events that belong to no call of the capture. */
  without_call: whole_number;
  /** Their bytes. */
  without_call_bytes: whole_number;
  /** The first 20 of them. */
  first_without_call: {
    /** `file:line`. */
    place: string;
    /** The task, and its process number, that the tracer saw. */
    task: string;
    /** Address for the device. */
    iova: whole_number;
    /** Bytes. */
    size: whole_number;
  }[];
}

export interface CaptureDevice {
  /** The device's name. */
  device: string;
  /** Calls that mapped something. */
  maps: whole_number;
  /** Their bytes. */
  map_bytes: whole_number;
  /** Unmaps of these. */
  unmaps: whole_number;
  /** Mappings whose unmap the capture does not show. */
  never_unmapped: whole_number;
  /** Maps that failed. */
  failed_calls: whole_number;
  /** `file:line` of the first; null if there is none. */
  first_failed: string | null;
  /** Faults of the device. */
  faults: whole_number;
  /** Mappings that went through swiotlb. */
  swiotlb_bounces: whole_number;
  /** Whether an IOMMU translates its addresses; null: the capture does not tell. */
  translated: boolean | null;
  /** What tells; `facts`: its group is of type identity. */
  told_by: TranslationSign | 'facts';
  /** Mappings with an iommu:map event of their own. */
  with_events: whole_number;
  /** Mappings without one, at their physical address. */
  at_physical_address: whole_number;
  /** Mappings without one, elsewhere. */
  elsewhere_without_events: whole_number;
}

export interface BufferRow {
  /** The device's name. */
  device: string;
  /** The pair of DMA API calls. */
  form: CallForm;
  /** The map call by the name that the recorded kernel gives it. */
  call: string;
  /** As the DMA API calls it. */
  direction: Direction;
  /** Address for the device. */
  dma_addr: whole_number;
  /** Bytes. */
  size: whole_number;
  /** `file:line`; null: mapped before the capture. */
  mapped_at: string | null;
}

export interface FaultRow {
  /** `file:line`. */
  place: string;
  /** The device's name. */
  device: string;
  /** Its driver. */
  driver: string;
  /** Address of the access. */
  iova: whole_number;
  /** As in the event; bit 0: a write. */
  flags: whole_number;
  /** Whether the device wrote. */
  write: boolean;
  /** What was mapped there. */
  state: FaultState;
  /** Bytes from the begin of the buffer or range; null without one. */
  offset: number | null;
  /** The buffer that is or was mapped there; null: none is known. */
  buffer: BufferRow | null;
  /** Mapped by iommu:map events of no call; null: none is known. */
  range: {
    /** Address for the device. */
    iova: whole_number;
    /** Bytes. */
    size: whole_number;
    /** `file:line`; null: mapped before the capture. */
    mapped_at: string | null;
  } | null;
  /** `file:line` of its unmap; null: there was none. */
  freed_at: string | null;
  /** Nanoseconds from the unmap to the fault. */
  freed_ago_ns: number | null;
  /** Another device's buffer at this address: a clue, since each domain has all addresses. */
  elsewhere: BufferRow | null;
}

/** Null where the line does not tell. */
export interface UnmapSideRow {
  /** The pair of DMA API calls. */
  form: CallForm;
  /** As the DMA API calls it. */
  direction: Direction | null;
  /** Address for the device. */
  dma_addr: whole_number | null;
  /** Bytes. */
  size: whole_number | null;
  /** Entries of the list. */
  entries: whole_number | null;
}

export interface DifferentUnmapRow {
  /** `file:line` of the unmap. */
  place: string;
  /** The device's name. */
  device: string;
  /** In what they differ. */
  what: UnmapDifference[];
  /** `file:line`; null: mapped before the capture. */
  mapped_at: string | null;
  /** What was mapped. */
  map: UnmapSideRow;
  /** What was unmapped. */
  unmap: UnmapSideRow;
}

export interface StrayUnmapRow extends UnmapSideRow {
  /** `file:line`. */
  place: string;
  /** The device's name. */
  device: string;
  /** `file:line` of the unmap before; null if there is none. */
  unmapped_at: string | null;
  /** Nanoseconds since that unmap. */
  unmapped_ago_ns: number | null;
  /** Another device that has a buffer at this address. */
  held_by: string | null;
}

export interface KindRow {
  /** The device's name. */
  device: string;
  /** Bytes of each. */
  size: whole_number;
  /** Mappings of this kind. */
  count: whole_number;
  /** Their bytes, together. */
  bytes: whole_number;
  /** `file:line` of the first ones. */
  first: string[];
}

export interface NeverUnmappedRow extends KindRow {
  /** The pair of DMA API calls. */
  form: CallForm;
  /** As the DMA API calls it. */
  direction: Direction;
}

export interface BounceRow extends KindRow {
  /** Whether swiotlb was forced for the device. */
  forced: boolean;
}

/** Of the files of one boot. Lists of single events hold the first 20, places are `file:line`. */
export interface CaptureSection {
  /** The files of the boot. */
  files: string[];
  /** Events that the tracer lost: an unmap without a map may be one of a lost map. */
  events_lost: whole_number;
  /** iommu:map events. */
  iommu_map: IommuEventSection;
  /** iommu:unmap events. */
  iommu_unmap: IommuEventSection & {
    /** Events that unmapped less than they were asked for. */
    short: whole_number;
  };
  /** By device. */
  devices: CaptureDevice[];
  /** Accesses that the IOMMU refused. */
  faults: {
    /** Faults. */
    count: whole_number;
    /** The same by what was mapped there. */
    by_state: Record<FaultState, whole_number>;
    /** The first ones. */
    first: FaultRow[];
  };
  /** Unmaps that differ from their map. One may differ in several things. */
  different_unmaps: {
    /** Unmaps. */
    count: whole_number;
    /** The same by what differs. */
    in: Record<UnmapDifference, whole_number>;
    /** The first ones. */
    first: DifferentUnmapRow[];
  };
  /** Unmaps of what was unmapped before and not mapped since. */
  second_unmaps: {
    /** Unmaps. */
    count: whole_number;
    /** The first ones. */
    first: StrayUnmapRow[];
  };
  /** Unmaps of what the capture never shows mapped. */
  unmaps_without_map: {
    /** Unmaps. */
    count: whole_number;
    /** The first ones. */
    first: StrayUnmapRow[];
  };
  /** Mappings whose unmap the capture does not show, by kind: the most frequent 100. */
  never_unmapped: {
    /** Mappings. */
    count: whole_number;
    /** Their bytes. */
    bytes: whole_number;
    /** The most frequent kinds. */
    kinds: NeverUnmappedRow[];
    /** Mappings of kinds that are not listed. */
    others: whole_number;
  };
  /** Syncs of what is not mapped. */
  syncs_without_map: {
    /** Syncs. */
    count: whole_number;
    /** Of these, syncs after the unmap. */
    after_unmap: whole_number;
    /** The first ones. */
    first: {
      /** `file:line`. */
      place: string;
      /** The device's name. */
      device: string;
      /** Address for the device. */
      dma_addr: whole_number;
      /** `file:line` of the unmap before; null if there is none. */
      unmapped_at: string | null;
      /** Nanoseconds since that unmap. */
      unmapped_ago_ns: number | null;
    }[];
  };
  /** Mappings that went through swiotlb, by kind: the most frequent 100. */
  swiotlb_bounces: {
    /** Mappings. */
    count: whole_number;
    /** Their bytes. */
    bytes: whole_number;
    /** The most frequent kinds. */
    kinds: BounceRow[];
    /** Mappings of kinds that are not listed. */
    others: whole_number;
  };
  /** Events that no figure uses, by name. */
  other_events: {
    /** The event. */
    name: string;
    /** Events of this name. */
    count: whole_number;
    /** `file:line` of the first. */
    first: string;
  }[];
  /** What the capture lacks. */
  losses: LossSection;
  /** Requests put together from iommu events without a call. */
  reconstructed: ReconstructedSection;
  /** Lines of the kernel log. */
  kernel_log: KernelLogSection;
}
