// SPDX-License-Identifier: GPL-2.0-only
// The JSON document of `diff`. A figure that a capture cannot tell is null.

import type { whole_number } from '@iommu-bounce/linux-shim/options';
import type { Direction, OperationKind } from '@iommu-bounce/dma-trace';
import type { CaptureSection } from '../capture-document';

/**
 * In what two captures can differ. `operations`: one has more of a kind, or has it by another call or direction. `devices`:
 * operations of a device that has no counterpart. `order`: alike, at another place. `attributes`: DMA_ATTR_*. `unmaps`: one
 * capture shows the unmap of a mapping. `windows`: times from map to unmap. `requests`: iommu:map and iommu:unmap events.
 */
export type DifferenceKind =
  'operations' | 'devices' | 'order' | 'attributes' | 'unmaps' | 'windows' | 'requests';

/** The same figure of both captures; null where a capture does not tell it. */
export interface Both {
  /** Of the first capture. */
  readonly a: number | null;
  /** Of the second capture. */
  readonly b: number | null;
}

/** One of the two captures. */
export interface DiffCapture {
  /** Mappings and syncs. */
  readonly operations: whole_number;
  /** Map calls, and requests put together from iommu:* events. */
  readonly mappings: whole_number;
  /** From its first operation to its last, in ns. */
  readonly duration_ns: number;
  /** What it lacks, and what it shows beside its calls. */
  readonly capture: CaptureSection;
}

/** What the facts of the captures say differently, or one alone. */
export interface MachineRow {
  /** What it is. */
  readonly what: string;
  /** Of the first machine; null: its facts do not say. */
  readonly a: string | null;
  /** Of the second machine; null: its facts do not say. */
  readonly b: string | null;
}

export interface DiffDevices {
  /** Devices that were compared. */
  readonly pairs: readonly {
    /** Names in the first capture. */
    readonly a: readonly string[];
    /** Names in the second capture. */
    readonly b: readonly string[];
    /** What says that they are the same: equal names, or --device. */
    readonly by: 'name' | 'option';
  }[];
  /** Devices of the first capture that are not compared. */
  readonly only_a: readonly DeviceAlone[];
  /** Devices of the second capture that are not compared. */
  readonly only_b: readonly DeviceAlone[];
}

export interface DeviceAlone {
  /** The device's name. */
  readonly device: string;
  /** Its mappings and syncs. */
  readonly operations: whole_number;
}

/** Operations that are alike but for their place. */
export interface OperationRow {
  /** The device; its names in the first capture where they differ. */
  readonly device: string;
  /** The DMA API call that maps, or a sync. */
  readonly call: OperationKind;
  /** As the DMA API calls it. */
  readonly direction: Direction;
  /** Bytes. */
  readonly size: whole_number;
  /** In the first capture. */
  readonly a: whole_number;
  /** In the second capture. */
  readonly b: whole_number;
  /** In the first capture only. */
  readonly gone: whole_number;
  /** In the second capture only. */
  readonly added: whole_number;
  /** Pairs at another place in the order. */
  readonly elsewhere: whole_number;
  /** Of the first capture: paired with an operation of another row. */
  readonly otherwise_a: whole_number;
  /** Of the second capture: paired with an operation of another row. */
  readonly otherwise_b: whole_number;
}

/** Pairs of one device and size whose call or direction differs. */
export interface OtherwiseRow {
  /** The device. */
  readonly device: string;
  /** In the first capture. */
  readonly a: {
    /** The call. */
    readonly call: OperationKind;
    /** As the DMA API calls it. */
    readonly direction: Direction;
  };
  /** In the second capture. */
  readonly b: {
    /** The call. */
    readonly call: OperationKind;
    /** As the DMA API calls it. */
    readonly direction: Direction;
  };
  /** Whether both captures recorded the call; else one shows iommu:* events only, and that is no difference. */
  readonly recorded: boolean;
  /** Pairs. */
  readonly pairs: whole_number;
}

export interface OperationsSection {
  /** Of compared devices in the first capture. */
  readonly a: whole_number;
  /** Of compared devices in the second capture. */
  readonly b: whole_number;
  /** Pairs in the order of both captures. */
  readonly in_order: whole_number;
  /** Pairs of alike operations at another place in the order. */
  readonly elsewhere: whole_number;
  /** Pairs of which one capture shows iommu:* events only. */
  readonly told_otherwise: whole_number;
  /** Pairs with another call or direction. */
  readonly changed: whole_number;
  /** In the first capture only. */
  readonly gone: whole_number;
  /** In the second capture only. */
  readonly added: whole_number;
  /** Of those gone, operations after the last one that has a partner. */
  readonly gone_at_end: whole_number;
  /** Of those added, operations after the last one that has a partner. */
  readonly added_at_end: whole_number;
  /** Pairs with other attributes (DMA_ATTR_*). */
  readonly attributes_differ: whole_number;
  /** Pairs of which only the first capture shows the unmap. */
  readonly unmapped_in_a_only: whole_number;
  /** Pairs of which only the second capture shows the unmap. */
  readonly unmapped_in_b_only: whole_number;
  /** By kind: those that differ first, then the most frequent; the first 200. */
  readonly rows: readonly OperationRow[];
  /** Kinds that are not listed. */
  readonly other_rows: whole_number;
  /** What is called otherwise. */
  readonly otherwise: readonly OtherwiseRow[];
}

/** Of paired mappings, in ns. */
export interface WindowFigures {
  /** Half of them are not longer. */
  readonly median_ns: number;
  /** 99 % of them are not longer. */
  readonly p99_ns: number;
  /** The longest. */
  readonly longest_ns: number;
}

/** Times from map to unmap of mappings that both captures show mapped and unmapped. */
export interface WindowRow {
  /** The device; null: all devices. */
  readonly device: string | null;
  /** The call of the first capture; null: all calls. */
  readonly call: OperationKind | null;
  /** The direction in the first capture; null: all. */
  readonly direction: Direction | null;
  /** Pairs of mappings. */
  readonly pairs: whole_number;
  /** Pairs whose window is longer in the second capture, by more than the tolerance. */
  readonly longer: whole_number;
  /** Pairs whose window is shorter in the second capture, by more than the tolerance. */
  readonly shorter: whole_number;
  /** In the first capture. */
  readonly a: WindowFigures;
  /** In the second capture. */
  readonly b: WindowFigures;
}

export interface WindowsSection {
  /** Share of the longer one by which two windows may differ. */
  readonly tolerance: number;
  /** Time by which any two windows may differ: tracers print whole microseconds. */
  readonly floor_ns: number;
  /** Why nothing is known; null if something is. */
  readonly unknown: string | null;
  /** Paired mappings of which not both windows are known. */
  readonly pairs_unknown: whole_number;
  /** All pairs, then by device, call and direction; empty without pairs. */
  readonly rows: readonly WindowRow[];
  /** By powers of two of a microsecond: mappings with a window up to this and above the one before. */
  readonly histogram: readonly {
    /** In ns. */
    readonly up_to_ns: number;
    /** Of the first capture. */
    readonly a: whole_number;
    /** Of the second capture. */
    readonly b: whole_number;
  }[];
}

/** What the mappings of one call asked of the IOMMU. */
export interface RequestFigures {
  /** Mappings whose iommu:map events are known. */
  readonly mappings: whole_number;
  /** iommu:map events of these. */
  readonly iommu_maps: whole_number;
  /** The same per mapping: pieces; null without such mappings. */
  readonly maps_per_mapping: number | null;
  /** Bytes per iommu:map event, whole pages; null without events. */
  readonly bytes_per_map: number | null;
  /** Unmaps whose iommu:unmap events are known. */
  readonly unmaps: whole_number;
  /** iommu:unmap events of these. */
  readonly iommu_unmaps: whole_number;
  /** The same per unmap; null without such unmaps. */
  readonly unmaps_per_unmap: number | null;
  /** Mappings whose iommu:map events are not known. */
  readonly unknown: whole_number;
}

export interface RequestRow {
  /** The device. */
  readonly device: string;
  /** The call. */
  readonly call: OperationKind;
  /** In the first capture; null: it does not tell. */
  readonly a: RequestFigures | null;
  /** In the second capture; null: it does not tell. */
  readonly b: RequestFigures | null;
}

/** How long an address stays unused. */
export interface AddressReuse {
  /** Mappings at an address that the capture shows unmapped before. */
  readonly again: whole_number;
  /** Time since that unmap: half of them are not longer, in ns; null without such mappings. */
  readonly median_ns: number | null;
  /** The shortest, in ns; null without such mappings. */
  readonly least_ns: number | null;
}

export interface RequestsSection {
  /** Which events the first capture lacks, so that its requests are not known; null: none. */
  readonly unknown_a: string | null;
  /** Which events the second capture lacks, so that its requests are not known; null: none. */
  readonly unknown_b: string | null;
  /** iommu:map events of the whole capture. */
  readonly iommu_maps: Both;
  /** iommu:unmap events of the whole capture. */
  readonly iommu_unmaps: Both;
  /** Both kinds of events of the whole capture by its mappings. */
  readonly per_mapping: Both;
  /** By device and call; events that belong to no mapping are not in here. */
  readonly rows: readonly RequestRow[];
  /** Mappings by their iommu:map events: up to so many, and more than in the row before. */
  readonly pieces: readonly {
    /** iommu:map events. */
    readonly up_to: whole_number;
    /** Mappings of the first capture. */
    readonly a: whole_number;
    /** Mappings of the second capture. */
    readonly b: whole_number;
  }[];
  /** Pairs of which both captures tell the events. */
  readonly pairs: whole_number;
  /** Pairs with more events in the second capture. */
  readonly more: whole_number;
  /** Pairs with fewer events in the second capture. */
  readonly fewer: whole_number;
  /** When addresses come back, by device: late under a flush queue (lazy mode). */
  readonly addresses: readonly {
    /** The device. */
    readonly device: string;
    /** In the first capture. */
    readonly a: AddressReuse;
    /** In the second capture. */
    readonly b: AddressReuse;
  }[];
}

/** One thing that differs. */
export interface DifferenceRow {
  /** In what. */
  readonly kind: DifferenceKind;
  /** In words. */
  readonly what: string;
  /** The device. */
  readonly device: string;
  /** `file:line` in the first capture; null: it is not there. */
  readonly a: string | null;
  /** `file:line` in the second capture; null: it is not there. */
  readonly b: string | null;
  /** Of what only one capture has: `file:line` of the operation before it in the other one; null: there is none. */
  readonly after: string | null;
}

export interface DiffDocument {
  /** Whether nothing that counts differs. */
  readonly equal: boolean;
  /** Kinds of differences that do not count. */
  readonly ignored: readonly DifferenceKind[];
  /** How many there are of each kind. */
  readonly counts: Readonly<Record<DifferenceKind, whole_number>>;
  /** The first capture. */
  readonly a: DiffCapture;
  /** The second capture. */
  readonly b: DiffCapture;
  /** What the facts of the captures say differently. */
  readonly machine: readonly MachineRow[];
  /** Which devices were compared. */
  readonly devices: DiffDevices;
  /** Mappings and syncs. */
  readonly operations: OperationsSection;
  /** Times from map to unmap. */
  readonly windows: WindowsSection;
  /** iommu:map and iommu:unmap events. */
  readonly requests: RequestsSection;
  /** The first of each kind, in the order of the captures. */
  readonly differences: readonly DifferenceRow[];
  /** What is not known, and why. */
  readonly notes: readonly string[];
}
