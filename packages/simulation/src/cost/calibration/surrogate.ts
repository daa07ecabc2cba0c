// SPDX-License-Identifier: GPL-2.0-only
// The simulation's result without the simulation: counts x costs, and the narrowest place of one job on one CPU.

import { type Charge, addCharge, chargeOf, isRate } from '../charge';
import { type CountedPolicy, countIo } from '../counts';
import type { CostName, CostParameters } from '../parameters';
import { type PiecesLayout, piecesPerIo } from '../pieces';
import type { IommuKind } from '../presets';

/** I/Os of the run over which the first use of the bounce buffers is spread: what a run of the simulation has. */
export const RUN_IOS = 100_000;
/** The cover letter's. */
export const IODEPTH = 64;

/** Charges of an I/O. */
export interface IoCharge {
  /** Inside iommu_dma_map_* and iommu_dma_unmap_*, copies included. */
  readonly map: Charge;
  readonly unmap: Charge;
}

export interface RowSetup {
  readonly bytes: number;
  readonly pieces: number;
  readonly direction: 'read' | 'write';
  readonly iommu: IommuKind;
  /** I/Os in flight. Default: the cover letter's 64. */
  readonly iodepth?: number;
}

/** What the ported code's work for an I/O is charged. */
export function ioCharge(policy: CountedPolicy, row: RowSetup): IoCharge {
  const counts = countIo({ iodepth: IODEPTH, ...row, policy });
  // A read's bytes come from the device and are copied on unmap, a write's from the CPU and on map.
  const from = row.direction === 'read' ? 'device' : 'cpu';
  const fill = chargeOf(counts.fill, 'map', from);
  return {
    map: addCharge(chargeOf(counts.map, 'map', from), fill, counts.fills / RUN_IOS),
    unmap: chargeOf(counts.unmap, 'unmap', from),
  };
}

/** Before and after the series, at one block size. */
export interface ComparedRow {
  readonly bytes: number;
  readonly strict: IoCharge;
  readonly pool: IoCharge;
}

export function comparedRow(row: RowSetup): ComparedRow {
  return { bytes: row.bytes, strict: ioCharge('strict', row), pool: ioCharge('pool', row) };
}

/** The cover letter's block sizes. */
export const COVER_LETTER_SIZES = [4096, 16384, 65536, 131072] as const;

/** The cover letter's experiment, counted: reads at its four sizes. Some hundred milliseconds. */
export function coverLetterRows(layout: PiecesLayout = 'fresh'): ComparedRow[] {
  return COVER_LETTER_SIZES.map((bytes) =>
    comparedRow({
      bytes,
      pieces: piecesPerIo(layout, bytes),
      direction: 'read',
      iommu: 'virtio-iommu',
    }),
  );
}

/** What the cover letter prints of a block size, and what it is made of. */
export interface RowFigures {
  readonly bytes: number;
  /** Throughput with the pool by throughput without. */
  readonly speedup: number;
  /** Of the time per byte in unmap and in map, as fractions. */
  readonly unmapReduction: number;
  readonly mapReduction: number;
  /** Nanoseconds of an I/O. */
  readonly strict: RowTimes;
  readonly pool: RowTimes;
}

export interface RowTimes {
  readonly mapNs: number;
  readonly unmapNs: number;
  /** CPU time: submission, interrupt, completion, map and unmap. */
  readonly cpuNs: number;
  /** From one I/O's end to the next: the longest of what cannot overlap. */
  readonly intervalNs: number;
  readonly bound: 'cpu' | 'iops' | 'bandwidth' | 'latency';
}

/** Sums of costs that a row's figures are made of, and behind those of all rows, what they share. */
const OF_ROW = { strictMap: 0, strictUnmap: 1, poolMap: 2, poolUnmap: 3, count: 4 } as const;
const SHARED = { io: 0, perIo: 1, perByte: 2, latency: 3, count: 4 } as const;

/**
 * Works out rows for many parameter sets, in less than a microsecond. Two steps: sums that are linear in the costs (a rate
 * is a cost by its inverse: ns per I/O, ns per byte), and from them the figures.
 */
export class Surrogate {
  /** Every parameter that a row may depend on, in the order of the vectors that are taken here. */
  readonly names: readonly CostName[];
  /** How many sums there are. */
  readonly sumCount: number;
  /** Speed-up, unmap reduction and map reduction of each row in turn, of the last evaluation. */
  readonly figures: Float64Array;
  /** Of each sum: which names, and how often. */
  private readonly at: Int32Array[];
  private readonly n: Float64Array[];
  private readonly rate: Uint8Array;
  private readonly sums: Float64Array;
  private readonly bytes: Float64Array;

  /** @param queueDepth I/Os that the drive takes at once, where it is not in the sets */
  constructor(
    readonly rows: readonly ComparedRow[],
    private readonly queueDepth = 1023,
  ) {
    const charges: Charge[] = rows.flatMap(({ strict, pool }) => [
      strict.map,
      strict.unmap,
      pool.map,
      pool.unmap,
    ]);
    charges.push({ submitNs: 1, completeNs: 1, interruptNs: 1 });
    charges.push({ nvmeIops: 1 }, { nvmeBytesPerS: 1 }, { nvmeLatencyNs: 1 });
    const used = new Set(charges.flatMap((charge) => Object.keys(charge) as CostName[]));
    this.names = [...used].sort();
    this.at = charges.map((charge) =>
      Int32Array.from(Object.keys(charge), (name) => this.names.indexOf(name as CostName)),
    );
    this.n = charges.map((charge) => Float64Array.from(Object.values(charge)));
    this.rate = Uint8Array.from(this.names, (name) => (isRate(name) ? 1 : 0));
    this.sumCount = charges.length;
    this.sums = new Float64Array(this.sumCount);
    this.figures = new Float64Array(3 * rows.length);
    this.bytes = Float64Array.from(rows, (row) => row.bytes);
  }

  /** Values of the names as costs, and back: rates by their inverse, in ns. */
  toCosts(values: ArrayLike<number>): Float64Array {
    return Float64Array.from(this.names, (_, i) => {
      const value = values[i] ?? NaN;
      return this.rate[i] === 1 ? 1e9 / value : value;
    });
  }

  vector(costs: CostParameters): Float64Array {
    return Float64Array.from(this.names, (name) => costs[name]);
  }

  /** @param values in the order of `names`; the result is in `figures` until the next call */
  evaluate(values: ArrayLike<number>): Float64Array {
    this.sum(this.toCosts(values), this.sums);
    return this.figuresOf(this.sums);
  }

  /** The linear step. @param costs in the order of `names` */
  sum(costs: ArrayLike<number>, into: Float64Array): void {
    for (let s = 0; s < this.sumCount; s++) {
      const at = this.at[s] as Int32Array;
      const n = this.n[s] as Float64Array;
      let ns = 0;
      for (let i = 0; i < at.length; i++)
        ns += (n[i] as number) * (costs[at[i] as number] as number);
      into[s] = ns;
    }
  }

  /** The other step. The result is in `figures` until the next call. */
  figuresOf(sums: Float64Array): Float64Array {
    for (let row = 0; row < this.bytes.length; row++) {
      const at = row * OF_ROW.count;
      const strictMap = sums[at + OF_ROW.strictMap] as number;
      const strictUnmap = sums[at + OF_ROW.strictUnmap] as number;
      const poolMap = sums[at + OF_ROW.poolMap] as number;
      const poolUnmap = sums[at + OF_ROW.poolUnmap] as number;
      this.figures[3 * row] =
        this.interval(sums, strictMap + strictUnmap, row) /
        this.interval(sums, poolMap + poolUnmap, row);
      this.figures[3 * row + 1] = 1 - poolUnmap / strictUnmap;
      this.figures[3 * row + 2] = 1 - poolMap / strictMap;
    }
    return this.figures;
  }

  /** The figures of a set with everything that they are made of. */
  explain(costs: CostParameters): RowFigures[] {
    const figures = Array.from(this.evaluate(this.vector(costs)));
    const times = (row: number, map: number, unmap: number): RowTimes => {
      const at = row * OF_ROW.count;
      return this.times(this.sums[at + map] as number, this.sums[at + unmap] as number, row);
    };
    return this.rows.map(({ bytes }, row) => ({
      bytes,
      speedup: figures[3 * row] ?? NaN,
      unmapReduction: figures[3 * row + 1] ?? NaN,
      mapReduction: figures[3 * row + 2] ?? NaN,
      strict: times(row, OF_ROW.strictMap, OF_ROW.strictUnmap),
      pool: times(row, OF_ROW.poolMap, OF_ROW.poolUnmap),
    }));
  }

  /**
   * From one I/O's end to the next. One CPU submits and completes, so its time adds up, and an I/O has an interrupt of its
   * own: with completions before submissions, one I/O ends for each that begins. The drive works beside it; so does
   * latency, as many times over as I/Os are in flight.
   */
  private interval(sums: Float64Array, dmaNs: number, row: number): number {
    const shared = this.sumCount - SHARED.count;
    const cpu = dmaNs + (sums[shared + SHARED.io] as number);
    const perIo = sums[shared + SHARED.perIo] as number;
    const transfer = (this.bytes[row] as number) * (sums[shared + SHARED.perByte] as number);
    const drive = Math.max(perIo, transfer);
    const latency = sums[shared + SHARED.latency] as number;
    return Math.max(cpu, drive, (cpu + drive + latency) / Math.min(IODEPTH, this.queueDepth));
  }

  private times(mapNs: number, unmapNs: number, row: number): RowTimes {
    const shared = this.sumCount - SHARED.count;
    const cpuNs = mapNs + unmapNs + (this.sums[shared + SHARED.io] as number);
    const intervalNs = this.interval(this.sums, mapNs + unmapNs, row);
    const perIo = this.sums[shared + SHARED.perIo] as number;
    const transfer = (this.bytes[row] as number) * (this.sums[shared + SHARED.perByte] as number);
    const bound =
      intervalNs === cpuNs
        ? 'cpu'
        : intervalNs === perIo
          ? 'iops'
          : intervalNs === transfer
            ? 'bandwidth'
            : 'latency';
    return { mapNs, unmapNs, cpuNs, intervalNs, bound };
  }
}
