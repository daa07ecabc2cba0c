// SPDX-License-Identifier: GPL-2.0-only
// What a calibration says: what `iommu-bounce calibrate --json` prints.

import type { whole_number } from '@iommu-bounce/linux-shim/options';
import type { Interval } from '../cover-letter';
import type { CostName, CostParameters, CostUnit } from '../parameters';
import type { MovedRange, PressedEnd } from './ends';
import type { Identified, Spread } from './summary';

/** How a fit went. */
export interface FitReport {
  /** Accepted parameter sets. */
  readonly sets: whole_number;
  /** Populations that were started apart. */
  readonly populations: whole_number;
  /** Sets that move at once. */
  readonly walkers: whole_number;
  /** Sets that were tried. */
  readonly evaluations: whole_number;
  /** Share of these that were accepted. */
  readonly acceptance: number;
  /** The worst parameter's: populations from different starts agree where this is near 1. */
  readonly r_hat_max: number;
  /** The worst parameter's: so many independent sets they are worth. */
  readonly effective_sets_min: number;
}

export interface ParameterReport {
  /** The parameter or sum. */
  readonly name: string;
  /** Of all its values. */
  readonly unit: CostUnit;
  /** The prior: any value of this range alike on a logarithmic scale; for a sum, 5 and 95 % of what it is then. */
  readonly prior: Interval;
  /** Its values in the accepted sets. */
  readonly accepted: Spread;
  /** Share of the prior's range that is left, on a logarithmic scale. */
  readonly width_left: number;
  /** Whether the figures tell its value. */
  readonly identified: Identified;
}

export interface Prediction extends Spread {
  /** The published figure. */
  readonly published: number;
  /** Whether its rounding interval meets what the accepted sets give. */
  readonly within_all: boolean;
  /** Whether it meets 5 to 95 % of them. */
  readonly within_5_95: boolean;
}

export interface Calibration {
  /** Of the draws. */
  readonly seed: whole_number;
  /** How the buffers lie in guest memory: as after a fresh boot. */
  readonly layout: 'fresh';
  /** Of the fit to all figures. */
  readonly fit: FitReport;
  /** What the figures say of each cost parameter. */
  readonly parameters: readonly ParameterReport[];
  /** What they say of sums of parameters, which they identify better. */
  readonly sums: readonly ParameterReport[];
  /** What moves when an end that the sets press against is moved: each alone. */
  readonly ends: readonly (PressedEnd & {
    /** How the fit with this end moved went. */
    readonly fit: FitReport;
    /** What it gives for each quantity. */
    readonly ranges: readonly MovedRange[];
  })[];
  /** Parameters that the cover letter's figures do not depend on. */
  readonly not_exercised: readonly CostName[];
  /** The eight figures, with the parameters of `preset`. */
  readonly figures: readonly {
    /** Bytes of a read. */
    readonly bytes: whole_number;
    /** Throughput with the pool by throughput without. */
    readonly speedup: number;
    /** That of the cover letter. */
    readonly speedup_published: number;
    /** Fraction of the time in unmaps that the pool saves. */
    readonly unmap_reduction: number;
    /** That of the cover letter. */
    readonly unmap_reduction_published: number;
    /** The same of maps. */
    readonly map_reduction: number;
    /** What bounds throughput with the pool. */
    readonly bound: 'cpu' | 'iops' | 'bandwidth' | 'latency';
  }[];
  /** The accepted set nearest to the centre: what --out writes. */
  readonly preset: CostParameters;
  /** What two columns of the cover letter predict for the others. */
  readonly two_columns: {
    /** Bytes of the reads of these columns. */
    readonly from: readonly whole_number[];
    /** Of the fit to these columns. */
    readonly fit: FitReport;
    /** One for each other column. */
    readonly predicted: readonly {
      /** Bytes of a read. */
      readonly bytes: whole_number;
      /** Throughput with the pool by throughput without. */
      readonly speedup: Prediction;
      /** Fraction of the time in unmaps that the pool saves. */
      readonly unmap_reduction: Prediction;
    }[];
  };
}
