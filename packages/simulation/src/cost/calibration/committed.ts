// SPDX-License-Identifier: GPL-2.0-only
// The calibration that the preset laptop-virtio comes from, as it was printed: `iommu-bounce calibrate --json`.

import calibration from './calibration.json';
import type { Calibration } from './document';
import type { Interval } from '../cover-letter';
import { type CostParameters, COST_PARAMETERS } from '../parameters';

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

/** A figure of the cover letter, and what sets that were fitted to two other columns alone say of it. */
export interface PredictedFigure {
  /** The block size. */
  readonly bytes: number;
  readonly of: 'speedup' | 'unmap_reduction';
  readonly published: number;
  /** 5-95 % of the sets. */
  readonly predicted: Interval;
  /** Whether the published figure lies in there, rounding allowed. */
  readonly met: boolean;
}

/** All figures that are predicted so, by size. */
export function predictionsFromTwo(): PredictedFigure[] {
  return CALIBRATION.two_columns.predicted.flatMap((row) =>
    (['speedup', 'unmap_reduction'] as const).map((of) => ({
      ...{ bytes: row.bytes, of, published: row[of].published },
      predicted: [row[of].p5, row[of].p95] as const,
      met: row[of].within_5_95,
    })),
  );
}

/** Whether these costs are those that were fitted to the cover letter's figures: all of them, unchanged. */
export function isFitted(cost: CostParameters): boolean {
  const fitted: CostParameters = CALIBRATION.preset;
  return COST_PARAMETERS.every(({ name }) => cost[name] === fitted[name]);
}
