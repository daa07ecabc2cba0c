// SPDX-License-Identifier: GPL-2.0-only
// What the series would do for the mix of a capture: the steps that the replay counted, paid with the costs of a machine.

import type { whole_number } from '@iommu-bounce/linux-shim/options';
import { PAGE } from '@iommu-bounce/dma-trace';
import {
  type CountedRows,
  type Charge,
  type CostParameters,
  type IommuKind,
  type PresetName,
  addCharge,
  addSteps,
  chargeOf,
  drawCosts,
  noSteps,
  presetInfo,
  timeOf,
  timesOf,
  uncertainCosts,
} from '@iommu-bounce/simulation';
import { type BreakEvenVerdict, type SizeVerdict, breakEvens } from './break-even';
import type { SizeSteps } from '../drive/lane-costs';
import type { Lane } from '../drive/lane';
import type { VerdictCosts } from './recorded-on';
import type { SeriesState } from './series-state';
import type { Session } from './session';
import { sum } from '../show/sum';

/** Nanoseconds: with the costs given, and 5 to 95 % of what drawn sets of costs give. */
export interface NsRange {
  /** With the costs given. */
  ns: number;
  /** 5 % of the drawn sets of costs give less. */
  p5: number;
  /** 95 % of them give less. */
  p95: number;
}

export interface VerdictSection {
  /** The machine whose cost parameters were used, before any were changed. */
  preset: PresetName;
  /** What stands between the guest's driver and the IOMMU. */
  iommu: IommuKind;
  /** Mappings that ask the pool (dma_map_page, dma_map_sg); 0, and nothing follows. */
  mappings: whole_number;
  /**
   * Their unmaps; 0: the times are those of maps alone. A mapping that is left mapped counts as a map and not as an unmap: the time
   * per map and unmap is the mean map plus the mean unmap.
   */
  unmaps: whole_number;
  /** IOTLBs are flushed at each unmap (iommu.strict). */
  strict: boolean;
  /** Of these, through the pool of the whole series. */
  pool_mappings: whole_number;
  /** CPU time per map and unmap before the series, all sizes included. */
  before: NsRange;
  /** The same with the whole series, the eviction worker included. */
  series: NsRange;
  /** Of the drawn sets of costs, the share in which the series takes less CPU time, 0 to 1. */
  series_wins: number;
  /** Sets of costs that were drawn. */
  drawn_sets: whole_number;
  /** What the sets are drawn from, see `uncertainCosts`. */
  uncertainty: 'calibration' | 'around';
  /** By direction and size. */
  by_size: SizeVerdict[];
  /** By direction. */
  break_even: BreakEvenVerdict[];
}

/** Of fewer mappings or unmaps nothing is said about CPU time: fills and the first addresses weigh too much. */
export const ENOUGH = 100;
const DRAWS = 2000;
const SEED = 1;
export function isEnough({
  mappings,
  unmaps,
}: Pick<VerdictSection, 'mappings' | 'unmaps'>): boolean {
  return Math.min(mappings, unmaps) >= ENOUGH;
}

/**
 * Where the pool copies more than pays: bits of class_sizes up to the size at which all that it serves costs less.
 * 0: none does. Null: all do.
 */
export function payingClasses({
  break_even: found,
}: Pick<VerdictSection, 'break_even'>): number | null {
  if (!found.some((one) => one.mappings_dearer > 0)) return null;
  const served = found.filter((one) => one.mappings_cheaper + one.mappings_dearer > 0);
  const largest = Math.min(...served.map((one) => one.pays_up_to));
  // Bit n is the class of a page times two to the n.
  return largest < PAGE ? 0 : (2 * largest) / PAGE - 1;
}

/** Costs drawn from the ranges of those that are uncertain, always the same ones. */
export function drawnCosts({ preset, costs }: VerdictCosts): {
  readonly basis: ReturnType<typeof uncertainCosts>['basis'];
  readonly sets: readonly CostParameters[];
} {
  const { basis, ranges } = uncertainCosts(preset, costs);
  return { basis, sets: [...drawCosts(costs, ranges, DRAWS, SEED)] };
}

/** A time, and between what nine of ten drawn ones lie. */
export function nsRange(ns: number, drawn: readonly number[]): NsRange {
  const sorted = Float64Array.from(drawn).sort();
  const at = (share: number): number =>
    Math.round(sorted[Math.floor(share * sorted.length)] ?? NaN);
  return { ns: Math.round(ns), p5: at(0.05), p95: at(0.95) };
}

/**
 * Null if not both the kernel before the series and the whole series were run.
 * @param shared for several break-even sizes of one command
 */
export function verdictOf(
  sessions: readonly Pick<Session, 'lanes' | 'kernelParams'>[],
  { preset, costs }: VerdictCosts,
  shared: CountedRows = new Map(),
): VerdictSection | null {
  const before = lanesOf(sessions, 0);
  const series = lanesOf(sessions, 4);
  if (before.length === 0 || series.length === 0) return null;
  const { iommu } = presetInfo(preset);
  const rows = mergedRows(before, series);
  const mappings = sum(rows, ({ before: one }) => one.maps);
  const strict = sessions.every(({ kernelParams }) => kernelParams.strict);
  const pair = [before, series].map((lanes) => chargePerPair(lanes)) as [Charge, Charge];
  const { basis, sets } = drawnCosts({ preset, costs });
  const plainTimes = timesOf(pair[0], sets);
  const poolTimes = timesOf(pair[1], sets);
  const bySize = rows.map(({ before: plain, series: pool }) => ({
    direction: plain.direction,
    size_up_to: plain.size_up_to,
    mappings: plain.maps,
    unmaps: plain.unmaps,
    pool_mappings: pool.pool_maps,
    before_ns: Math.round(timeOf(chargeOfRow(plain), costs)),
    series_ns: Math.round(timeOf(chargeOfRow(pool), costs)),
  }));
  return {
    ...{ preset, iommu, mappings, strict },
    unmaps: sum(rows, ({ before: one }) => one.unmaps),
    pool_mappings: sum(rows, ({ series: one }) => one.pool_maps),
    before: nsRange(timeOf(pair[0], costs), plainTimes),
    series: nsRange(timeOf(pair[1], costs), poolTimes),
    series_wins: poolTimes.filter((ns, i) => ns < (plainTimes[i] ?? 0)).length / sets.length,
    drawn_sets: sets.length,
    uncertainty: basis,
    by_size: bySize,
    break_even: breakEvens(
      rows.map(({ before: one }) => one),
      bySize,
      // The model knows strict mapping only, and takes a while.
      strict ? { iommu, counted: shared, costs } : null,
    ),
  };
}

/** Machines of one state, of all boots. */
export function lanesOf(sessions: readonly Pick<Session, 'lanes'>[], patches: SeriesState): Lane[] {
  return sessions.flatMap(({ lanes }) =>
    lanes.filter((one) => one.patches === patches).map(({ lane }) => lane),
  );
}

interface RowPair {
  readonly before: SizeSteps;
  readonly series: SizeSteps;
}

/** Rows of both states by direction and size; the states did the same calls. */
function mergedRows(before: readonly Lane[], series: readonly Lane[]): RowPair[] {
  const keyOf = (row: SizeSteps): string => `${row.direction} ${String(row.size_up_to)}`;
  const merged = (lanes: readonly Lane[]): Map<string, SizeSteps> => {
    const all = new Map<string, SizeSteps>();
    for (const row of lanes.flatMap(({ costs }) => costs.rows())) {
      const found = all.get(keyOf(row));
      all.set(keyOf(row), found ? addedRow(found, row) : row);
    }
    return all;
  };
  const others = merged(series);
  return [...merged(before)].flatMap(([key, row]) => {
    const other = others.get(key);
    return other && row.maps > 0 ? [{ before: row, series: other }] : [];
  });
}

function addedRow(a: SizeSteps, b: SizeSteps): SizeSteps {
  const row = { ...a, map: { ...a.map }, unmap: { ...a.unmap } };
  for (const name of ['maps', 'unmaps', 'pool_maps', 'bytes'] as const) row[name] += b[name];
  addSteps(row.map, b.map);
  addSteps(row.unmap, b.unmap);
  return row;
}

/** What a mapping of a row is charged on average: its map, and its unmap. */
function chargeOfRow({ map, unmap, maps, unmaps }: SizeSteps): Charge {
  const charge = addCharge({}, chargeOf(map, 'map', 'cpu'), 1 / maps);
  return unmaps === 0 ? charge : addCharge(charge, chargeOf(unmap, 'unmap', 'device'), 1 / unmaps);
}

/** The same over all sizes, with what the machines did between the calls. */
export function chargePerPair(lanes: readonly Lane[]): Charge {
  const [map, unmap, elsewhere] = [noSteps(), noSteps(), noSteps()] as const;
  let maps = 0;
  let unmaps = 0;
  for (const { costs } of lanes) {
    for (const row of costs.rows()) {
      addSteps(map, row.map);
      addSteps(unmap, row.unmap);
      maps += row.maps;
      unmaps += row.unmaps;
    }
    addSteps(elsewhere, costs.elsewhere);
  }
  const perMap = addCharge(chargeOf(map, 'map', 'cpu'), chargeOf(elsewhere, 'unmap', 'device'));
  const perUnmap = chargeOf(unmap, 'unmap', 'device');
  return addCharge(addCharge({}, perMap, 1 / Math.max(1, maps)), perUnmap, 1 / Math.max(1, unmaps));
}
