// SPDX-License-Identifier: GPL-2.0-only
// What a layout of guest memory is: it gives a job's buffers their page frames.

/** What one layout draws frames from. */
export interface Arena {
  /** First page frame number. */
  readonly firstPfn: number;
  /** How many there are; `framesNeeded()` says how many a layout wants. */
  readonly frames: number;
}

/** Gives each I/O's buffer its page frames. One buffer per slot of iodepth, allocated once, as fio does. */
export interface BufferLayout {
  /** `recorded` for the buffers of a trace: see recordedLayout(). */
  readonly name: LayoutName | 'recorded';
  /**
   * Buffers of one job, side by side in its virtual memory; each begins at a page's start. Frames of one call are
   * distinct; calls follow each other as a seeded sequence, so that two jobs of one machine do not lie alike.
   *
   * @param count of buffers: the job's iodepth
   * @param bytes of each, at least 1
   * @returns the page frame numbers of each buffer, in the order of its bytes
   * @throws RangeError if the arena has fewer than framesNeeded() frames
   */
  buffers(count: number, bytes: number, arena: Arena): Float64Array[];
  /** Frames that an arena must have, wherever it begins. */
  framesNeeded(count: number, bytes: number): number;
}

/** Named in docs/fio-jobs.md with the figures that they reproduce. */
export const LAYOUT_NAMES = ['contiguous', 'thp', 'fresh', 'fragmented'] as const;
export type LayoutName = (typeof LAYOUT_NAMES)[number];
