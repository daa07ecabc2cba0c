// SPDX-License-Identifier: GPL-2.0-only
// The calibration that the preset laptop-virtio comes from, as it was printed: `iommu-bounce calibrate --json`.

import calibration from './calibration.json';
import type { Calibration } from './calibrate';
import type { Interval } from '../cover-letter';

export const CALIBRATION = calibration as unknown as Calibration;

/** 5-95 % of what all sets that give the 4k and 128k columns say of another column; null for those two. */
export interface PredictedFromTwo {
  readonly speedup: Interval;
  readonly unmap_reduction: Interval;
}

/** @param bytes a block size; null for one that the cover letter does not have, or that was fitted to */
export function predictedFromTwo(bytes: number): PredictedFromTwo | null {
  const row = CALIBRATION.two_columns.predicted.find((one) => one.bytes === bytes);
  if (!row) return null;
  return {
    speedup: [row.speedup.p5, row.speedup.p95],
    unmap_reduction: [row.unmap_reduction.p5, row.unmap_reduction.p95],
  };
}
