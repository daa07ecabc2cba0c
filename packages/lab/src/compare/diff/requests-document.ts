// SPDX-License-Identifier: GPL-2.0-only
// Requests to the IOMMU in the JSON document of `diff`: iommu:map and iommu:unmap events.

import type { whole_number } from '@iommu-bounce/linux-shim/options';
import type { OperationKind } from '@iommu-bounce/dma-trace';

/** The same figure of both captures; null where a capture does not tell it. */
export interface Both {
  /** Of the first capture. */
  readonly a: number | null;
  /** Of the second capture. */
  readonly b: number | null;
}

/** What the mappings of one call asked of the IOMMU. */
export interface RequestFigures {
  /** Mappings whose iommu:map events are known. */
  readonly mappings: whole_number;
  /** iommu:map events of these. */
  readonly iommu_maps: whole_number;
  /** The same per mapping: pieces; null without such mappings. */
  readonly iommu_maps_per_mapping: number | null;
  /** Bytes per iommu:map event, whole pages; null without events. */
  readonly bytes_per_iommu_map: number | null;
  /** Unmaps whose iommu:unmap events are known. */
  readonly unmaps: whole_number;
  /** iommu:unmap events of these. */
  readonly iommu_unmaps: whole_number;
  /** The same per unmap; null without such unmaps. */
  readonly iommu_unmaps_per_unmap: number | null;
  /** Mappings whose iommu:map events are not known. */
  readonly unknown: whole_number;
}

export interface RequestRow {
  /** The device. */
  readonly device: string;
  /** The call. */
  readonly form: OperationKind;
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
  readonly shortest_ns: number | null;
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
