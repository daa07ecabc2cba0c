// SPDX-License-Identifier: GPL-2.0-only
// What the cover letter prints, as the intervals that its rounding leaves.

/** Both ends inclusive. */
export type Interval = readonly [lo: number, hi: number];

export interface CoverLetterRow {
  readonly bytes: number;
  readonly speedup: number;
  readonly unmapReduction: number;
}

/** Patch 0/4, 7 July 2021, message-id 20210707075505.2896824-1-stevensd@google.com: i5-10210U, one job, iodepth 64. */
export const COVER_LETTER: readonly CoverLetterRow[] = [
  { bytes: 4096, speedup: 2.8, unmapReduction: 0.97 },
  { bytes: 16384, speedup: 4.7, unmapReduction: 0.94 },
  { bytes: 65536, speedup: 3.6, unmapReduction: 0.9 },
  { bytes: 131072, speedup: 3.6, unmapReduction: 0.87 },
];

/** Half of the last printed digit. */
export const SPEEDUP_ROUNDING = 0.05;
export const REDUCTION_ROUNDING = 0.005;
/** "> 99 %" */
export const MAP_REDUCTION: Interval = [0.99, 1];

export interface RowIntervals {
  readonly bytes: number;
  readonly speedup: Interval;
  readonly unmapReduction: Interval;
  readonly mapReduction: Interval;
}

export const COVER_LETTER_INTERVALS: readonly RowIntervals[] = COVER_LETTER.map((row) => ({
  bytes: row.bytes,
  speedup: [row.speedup - SPEEDUP_ROUNDING, row.speedup + SPEEDUP_ROUNDING],
  unmapReduction: [
    row.unmapReduction - REDUCTION_ROUNDING,
    row.unmapReduction + REDUCTION_ROUNDING,
  ],
  mapReduction: MAP_REDUCTION,
}));
