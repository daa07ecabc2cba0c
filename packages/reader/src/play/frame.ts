// SPDX-License-Identifier: GPL-2.0-only
// What the page shows after one step of a playback: plain data, so that a test can compare it.

/** A slot of a class: the state decides its colour. */
export interface SlotFrame {
  readonly index: number;
  readonly state: 'empty' | 'cached' | 'in-use' | 'lost';
  /** Of a slot with pages: what the device may do. */
  readonly access: 'RO' | 'WO' | 'RW' | null;
  /** Of a cached slot: the eviction worker has seen it unused. */
  readonly old: boolean;
  readonly iova: number;
}

/** One class of buffers with its lists, as indices of slots, first entry first. */
export interface ClassFrame {
  readonly bufferSize: number;
  readonly iovaBase: number;
  readonly slots: readonly SlotFrame[];
  readonly empty: readonly number[];
  readonly cachedRo: readonly number[];
  readonly cachedWo: readonly number[];
  readonly cachedRw: readonly number[];
}

/** A range that the device can reach; addresses and sizes in bytes. */
export interface RangeFrame {
  readonly iova: number;
  readonly size: number;
  readonly phys: number;
  readonly access: 'RO' | 'WO' | 'RW';
  /** Whether a live mapping of a driver stands behind it: what the device should reach. */
  readonly wanted: boolean;
}

/** A mapping that a driver holds. */
export interface MappingFrame {
  readonly device: string;
  readonly dmaAddress: number;
  readonly size: number;
  readonly direction: 'to-device' | 'from-device' | 'both';
  readonly bounced: boolean;
  /** The bytes of the driver's memory and of what the device reaches, at most 64 of each. */
  readonly original: readonly number[];
  readonly reached: readonly number[];
}

/** A copy during the step. */
export interface CopyFrame {
  readonly from: 'original' | 'bounce';
  readonly bytes: number;
}

/** What it cost until now. */
export interface CountFrame {
  readonly requests: number;
  readonly exits: number;
  readonly copiedBytes: number;
}

/** A line of the port that was executed. */
export interface ExecutedLine {
  readonly path: string;
  readonly line: number;
}

/** After one step. */
export interface Frame {
  /** 0: before the first. */
  readonly step: number;
  readonly timeMs: number;
  /** The call as a driver would write it, and its result; '' for frame 0. */
  readonly call: string;
  readonly result: string;
  readonly pools: readonly { readonly domain: string; readonly classes: readonly ClassFrame[] }[];
  readonly ranges: readonly RangeFrame[];
  readonly mappings: readonly MappingFrame[];
  readonly copies: readonly CopyFrame[];
  readonly counts: CountFrame;
  /** The same calls without the pool. */
  readonly countsWithout: CountFrame;
  /** In the order of execution; the same line twice if it ran twice, at most 2,000. */
  readonly executed: readonly ExecutedLine[];
}
