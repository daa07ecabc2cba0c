// SPDX-License-Identifier: GPL-2.0-only
// What a boot did over time, as data for a page. It is not in the JSON document: thousands of bins for each device.

import type { Direction } from '@iommu-bounce/dma-trace';
import type { LevelBins } from '../bins/time-bins';

export type { LevelBins };

/** A capture in up to 2,048 bins of time; each list has a value for each bin. */
export interface OverTimeFigures {
  readonly files: readonly string[];
  /** Of a bin, nanoseconds. */
  readonly width_ns: number;
  /** Recorded iommu:map and iommu:unmap events. */
  readonly recorded: readonly number[];
  /** Mappings in force, as recorded. */
  readonly mappings: LevelBins;
  /** Their bytes. */
  readonly bytes: LevelBins;
  /** By the kernels that replay. */
  readonly states: readonly StateOverTime[];
  /** By name; those beyond the first 32 are the last one. */
  readonly devices: readonly DeviceOverTime[];
}

export interface StateOverTime {
  /** How many patches are applied. */
  readonly patches: number;
  /** Times that it passed iommu:map and iommu:unmap. */
  readonly requests: readonly number[];
  /** Bytes of bounce buffers. */
  readonly bounce: LevelBins;
}

export interface DeviceOverTime {
  /** Null: all that are not kept apart. */
  readonly device: string | null;
  /** Maps that did not fail. */
  readonly maps: number;
  readonly mappings: LevelBins;
  readonly bytes: LevelBins;
  /** Bytes of a mapping. */
  readonly sizes: readonly HistogramFigures[];
  /** From map to unmap, nanoseconds; where the capture has both. */
  readonly lifetimes: readonly HistogramFigures[];
  readonly states: readonly StateOverTime[];
}

/** By powers of two. */
export interface HistogramFigures {
  readonly direction: Direction;
  /** Of each bin: the highest value that it can hold. */
  readonly limits: readonly number[];
  readonly counts: readonly number[];
  /** The limit of the bin with the value in the middle. */
  readonly median: number;
}
