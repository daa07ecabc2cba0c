// SPDX-License-Identifier: GPL-2.0-only
// The JSON document of `diff`. A figure that a capture cannot tell is null.

import type { whole_number } from '@iommu-bounce/linux-shim/options';
import type { Direction, OperationKind } from '@iommu-bounce/dma-trace';
import type { CaptureSection } from '../capture-document';
import type { DifferenceKind } from './difference-kinds';
import type { RequestsSection } from './requests-document';

/** One of the two captures. */
export interface DiffCapture {
  /** Mappings and syncs. */
  readonly operations: whole_number;
  /** Map calls, and requests put together from iommu:* events. */
  readonly mappings: whole_number;
  /** From its first operation to its last, in ns. */
  readonly duration_ns: number;
  /** Its map calls, by the names that its kernel gives them: `dma_map_phys` has taken the place of `dma_map_page`. */
  readonly calls: readonly {
    /** The call. */
    readonly form: OperationKind;
    /** Its name. */
    readonly name: string;
  }[];
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
  /** Devices of the first capture that were not compared. */
  readonly only_a: readonly DeviceAlone[];
  /** Devices of the second capture that were not compared. */
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
  readonly form: OperationKind;
  /** As the DMA API calls it. */
  readonly direction: Direction;
  /** Bytes. */
  readonly size_bytes: whole_number;
  /** In the first capture. */
  readonly a: whole_number;
  /** In the second capture. */
  readonly b: whole_number;
  /** In the first capture only. */
  readonly gone: whole_number;
  /** In the second capture only. */
  readonly added: whole_number;
  /** Pairs at another place in the order. */
  readonly moved: whole_number;
  /** Of the first capture: paired with an operation of another row. */
  readonly paired_with_other_row_a: whole_number;
  /** Of the second capture: paired with an operation of another row. */
  readonly paired_with_other_row_b: whole_number;
}

/** Pairs of one device and size whose call or direction differs. */
export interface OtherwiseRow {
  /** The device. */
  readonly device: string;
  /** In the first capture. */
  readonly a: {
    /** The call. */
    readonly form: OperationKind;
    /** As the DMA API calls it. */
    readonly direction: Direction;
  };
  /** In the second capture. */
  readonly b: {
    /** The call. */
    readonly form: OperationKind;
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
  readonly moved: whole_number;
  /** Pairs that are known from iommu:* events only in one capture. */
  readonly reconstructed_in_one: whole_number;
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
  /** Pairs with another call or direction, and those that are known from iommu:* events only in one capture. */
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
  readonly form: OperationKind | null;
  /** The direction in the first capture; null: all. */
  readonly direction: Direction | null;
  /** The call of the second capture; null: all calls. */
  readonly form_b: OperationKind | null;
  /** The direction in the second capture; null: all. */
  readonly direction_b: Direction | null;
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
  /** All pairs, then by device, call and direction of both captures; empty without pairs. */
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
