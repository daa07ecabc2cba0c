// SPDX-License-Identifier: GPL-2.0-only
// How far simulated figures are off the cover letter's.

import { type FioComparison, REDUCTION_ROUNDING, SPEEDUP_ROUNDING } from '@iommu-bounce/simulation';

/** Added to the rounding of the printed figure: a tenth of the speed-up, or of the time left in unmap. */
const TOLERANCE = 0.1;

/** A figure of the cover letter and its simulated counterpart. */
export interface Residual {
  readonly bs: number;
  readonly of: 'speed-up' | 'unmap';
  readonly simulated: number;
  readonly published: number;
  /** Simulated less published. */
  readonly residual: number;
  readonly allowed: number;
}

export function residualsOf(rows: readonly FioComparison[]): Residual[] {
  return rows.flatMap((row) => {
    const { bs, speedup: s, speedup_published: sp } = row;
    const { unmap_reduction: u, unmap_reduction_published: up } = row;
    return [
      ...(sp === null ? [] : [residual(bs, 'speed-up', s, sp, SPEEDUP_ROUNDING + TOLERANCE * sp)]),
      ...(up === null
        ? []
        : [residual(bs, 'unmap', u, up, REDUCTION_ROUNDING + TOLERANCE * (1 - up))]),
    ];
  });
}

function residual(
  bs: number,
  of: Residual['of'],
  simulated: number,
  published: number,
  allowed: number,
): Residual {
  return { bs, of, simulated, published, residual: simulated - published, allowed };
}

export function isWithin({ residual: off, allowed }: Residual): boolean {
  return Math.abs(off) <= allowed;
}
