// SPDX-License-Identifier: GPL-2.0-only
// Below which size copying an I/O costs less CPU time than mapping it, and what that size depends on.

import { addCharge, type Charge, isBandwidth, timeOf } from './charge';
import { COST_PARAMETERS, type CostName, type CostParameters } from './parameters';
import { type PiecesLayout, piecesPerIo } from './pieces';
import type { IommuKind } from './presets';
import { round } from './calibration/summary';
import { type ComparedRow, type RowSetup, comparedRow } from './calibration/surrogate';

/** Sizes that are counted; the pool's largest class is the last. */
export const COUNTED_SIZES = [4096, 8192, 16384, 32768, 65536, 131072] as const;
const SMALLEST = 4096;
const LARGEST = 131072;
/** Farther than this nothing is said. */
const FARTHEST = 2 ** 30;

/** Charges of a pair of map and unmap. */
interface Pair {
  readonly bytes: number;
  readonly strict: Charge;
  readonly pool: Charge;
}

/** Sizes that were counted: models of one capture share them, as most of their devices map in the same pieces. */
export type CountedRows = Map<string, ComparedRow>;

export interface BreakEvenSetup {
  readonly iommu: IommuKind;
  /** Guest memory, or what was counted of it: the pieces that a block of `bytes` comes in, 1 to bytes / 4096. */
  readonly layout: PiecesLayout | ((bytes: number) => number);
  readonly direction: 'read' | 'write';
  /** What other models have counted, and where this one adds to it. Default: it counts all itself. */
  readonly counted?: CountedRows;
}

export interface BreakEven {
  /** 'below': up to `bytes`; 'always' and 'never' within what is looked at, 1 byte to 1 GiB. */
  readonly copyingWins: 'below' | 'always' | 'never';
  readonly bytes: number | null;
  /** Above the pool's largest class, by the slopes between its last two sizes: a larger class would be needed. */
  readonly extrapolated: boolean;
}

export interface Elasticity {
  readonly name: CostName;
  /** Percent that the quantity changes by, for one percent of the parameter. */
  readonly elasticity: number;
}

export interface SensitivityRow {
  readonly name: CostName;
  readonly at: readonly {
    readonly factor: number;
    readonly value: number;
    readonly break_even: BreakEven;
  }[];
}

/** Parameters of the table, by what an unmap waits for. */
const TABLE: Readonly<Record<IommuKind, readonly CostName[]>> = {
  'virtio-iommu': ['vmexitNs', 'unpinNs', 'copyColdBytesPerS', 'copyWarmBytesPerS'],
  'bare-metal': [
    'invalidateNs',
    'invalidatePageNs',
    'iommuUnmapPageNs',
    'copyColdBytesPerS',
    'copyWarmBytesPerS',
  ],
};
const FACTORS = [1 / 16, 1 / 4, 1 / 2, 1, 2, 4] as const;
/** Of a parameter, for the elasticity. */
const STEP = 0.01;

/** What mapping and copying cost at any size, on one machine. Counts a size when it is first asked for; cheap after that. */
export class BreakEvenModel {
  private readonly pairs: (Pair | undefined)[] = [];

  constructor(readonly setup: BreakEvenSetup) {}

  /** @param i of COUNTED_SIZES */
  private pair(i: number): Pair {
    return (this.pairs[i] ??= this.count(COUNTED_SIZES[i] as number));
  }

  private count(bytes: number): Pair {
    const { layout, direction, iommu } = this.setup;
    // The steps of an I/O hardly depend on how many there are: a quarter of them is counted in less time.
    const row = this.counted(
      typeof layout === 'string'
        ? { bytes, pieces: piecesPerIo(layout, bytes), direction, iommu }
        : { bytes, pieces: layout(bytes), direction, iommu, iodepth: 16 },
    );
    return {
      bytes,
      strict: addCharge(row.strict.map, row.strict.unmap),
      pool: addCharge(row.pool.map, row.pool.unmap),
    };
  }

  private counted(setup: RowSetup): ComparedRow {
    const key = JSON.stringify(setup);
    const row = this.setup.counted?.get(key) ?? comparedRow(setup);
    this.setup.counted?.set(key, row);
    return row;
  }

  /** Nanoseconds of a pair, both ways. @param bytes 1 or more */
  times(bytes: number, costs: CostParameters): { readonly strict: number; readonly pool: number } {
    if (bytes < SMALLEST) {
      // A page is mapped whole, but copied only as far as it is used.
      const { strict, pool } = this.pair(0);
      return { strict: timeOf(strict, costs), pool: timeOf(shortened(pool, bytes), costs) };
    }
    let i = COUNTED_SIZES.findIndex((counted) => counted >= bytes);
    if (i < 0) i = COUNTED_SIZES.length - 1;
    if (i === 0) i = 1;
    const [a, b] = [this.pair(i - 1), this.pair(i)];
    const share = (bytes - a.bytes) / (b.bytes - a.bytes);
    const between = (from: Charge, to: Charge): number =>
      timeOf(from, costs) * (1 - share) + timeOf(to, costs) * share;
    return { strict: between(a.strict, b.strict), pool: between(a.pool, b.pool) };
  }

  /** Strict by pool at a size. */
  advantage(bytes: number, costs: CostParameters): number {
    const { strict, pool } = this.times(bytes, costs);
    return strict / pool;
  }

  find(costs: CostParameters): BreakEven {
    const wins = (bytes: number): boolean => this.advantage(bytes, costs) >= 1;
    if (!wins(1)) return { copyingWins: 'never', bytes: null, extrapolated: false };
    let hi = 2;
    while (hi <= FARTHEST && wins(hi)) hi *= 2;
    if (hi > FARTHEST) return { copyingWins: 'always', bytes: null, extrapolated: true };
    let lo = hi / 2;
    for (let i = 0; i < 50; i++) {
      const middle = (lo + hi) / 2;
      if (wins(middle)) lo = middle;
      else hi = middle;
    }
    return { copyingWins: 'below', bytes: lo, extrapolated: lo > LARGEST };
  }

  /** Of the break-even size, or where there is none of the advantage at 128 KiB; the strongest first. */
  elasticities(costs: CostParameters): {
    readonly of: 'break_even_bytes' | 'advantage_at_131072';
    readonly list: readonly Elasticity[];
  } {
    const finite = this.find(costs).bytes !== null;
    const quantity = (c: CostParameters): number =>
      Math.log(finite ? (this.find(c).bytes ?? NaN) : this.advantage(LARGEST, c));
    const list = COST_PARAMETERS.map(({ name }) => {
      const at = (factor: number): number => quantity({ ...costs, [name]: costs[name] * factor });
      const slope = (at(1 + STEP) - at(1 / (1 + STEP))) / (2 * Math.log(1 + STEP));
      return { name, elasticity: Math.round(slope * 1000) / 1000 };
    });
    return {
      of: finite ? 'break_even_bytes' : 'advantage_at_131072',
      list: list
        .filter((one) => one.elasticity !== 0)
        .sort((a, b) => Math.abs(b.elasticity) - Math.abs(a.elasticity)),
    };
  }

  sensitivity(costs: CostParameters): SensitivityRow[] {
    const unused: CostName =
      this.setup.direction === 'read' ? 'copyWarmBytesPerS' : 'copyColdBytesPerS';
    return TABLE[this.setup.iommu]
      .filter((name) => name !== unused)
      .map((name) => ({
        name,
        at: FACTORS.map((factor) => {
          const value = costs[name] * factor;
          return {
            factor,
            value: round(value),
            break_even: this.find({ ...costs, [name]: value }),
          };
        }),
      }));
  }
}

function shortened(charge: Charge, bytes: number): Charge {
  return Object.fromEntries(
    Object.entries(charge).map(([name, n]) => [
      name,
      isBandwidth(name as CostName) ? (n * bytes) / SMALLEST : n,
    ]),
  );
}
