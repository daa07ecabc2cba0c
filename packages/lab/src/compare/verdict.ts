// SPDX-License-Identifier: GPL-2.0-only
// What the series would do for the mix of a capture: the steps that the replay counted, paid with the costs of a machine.

import type { whole_number } from '@iommu-bounce/linux-shim/options';
import { type Direction, PAGE } from '@iommu-bounce/dma-trace';
import {
  BreakEvenModel,
  type BreakEvenSetup,
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
  piecesPerIo,
  presetInfo,
  timeOf,
  timesOf,
  uncertainCosts,
} from '@iommu-bounce/simulation';
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

/** Mappings of one direction and size, in both states. */
export interface SizeVerdict {
  /** As the DMA API calls it. */
  direction: Direction;
  /** Bytes: a power of two; more than half of it is used. */
  size_up_to: whole_number;
  /** Mappings that ask the pool. */
  mappings: whole_number;
  /** Of them; without any, the times are those of the map alone. */
  unmaps: whole_number;
  /** Of them, through the pool. */
  pool_mappings: whole_number;
  /** Nanoseconds of CPU time of a map and its unmap before the series. */
  before_ns: number;
  /** The same with the whole series, without the eviction worker. */
  series_ns: number;
}

/** Mappings of one direction, by what was counted for their size; and where copying costs as much as mapping. */
export interface BreakEvenVerdict {
  /** The device writes (read), or reads what the CPU has written (write). */
  direction: 'read' | 'write';
  /** Bytes, by the cost model with the pieces of this capture; null: no such size, or the counted rows say otherwise. */
  bytes: whole_number | null;
  /** Bytes: up to this size of `by_size` the series costs less at each; 0: at none. */
  pays_up_to: whole_number;
  /** Mappings at sizes that cost less with the series. */
  mappings_cheaper: whole_number;
  /** Mappings at sizes that cost more. */
  mappings_dearer: whole_number;
  /** Mappings at sizes that no buffer of the pool served. */
  mappings_past_pool: whole_number;
  /** Mappings at sizes without an unmap. */
  mappings_without_unmap: whole_number;
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
type Side = 'read' | 'write';

const sideOf = (direction: Direction): Side => (direction === 'TO_DEVICE' ? 'write' : 'read');

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
    break_even: (['read', 'write'] as const).flatMap((direction) => {
      const plain = rows.map(({ before: one }) => one);
      const own = plain.filter((one) => sideOf(one.direction) === direction);
      const counted = bySize.filter((one) => sideOf(one.direction) === direction);
      if (own.length === 0) return [];
      // The model knows strict mapping only, and takes a while.
      const model = (): number | null =>
        strict ? modelled(own, { direction, iommu, counted: shared }, costs) : null;
      return [breakEven(direction, counted, model)];
    }),
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

/** What was counted decides; the model's size is named where it agrees. */
function breakEven(
  direction: Side,
  rows: readonly SizeVerdict[],
  model: () => number | null,
): BreakEvenVerdict {
  const count = (of: (row: SizeVerdict) => boolean): number =>
    sum(rows, (row) => (of(row) ? row.mappings : 0));
  const isServed = (row: SizeVerdict): boolean => row.pool_mappings > 0 && row.unmaps > 0;
  const isCheaper = (row: SizeVerdict): boolean => isServed(row) && row.series_ns < row.before_ns;
  const served = rows.filter(isServed).sort((a, b) => a.size_up_to - b.size_up_to);
  const firstDearer = served.findIndex((row) => !isCheaper(row));
  const leading = firstDearer < 0 ? served : served.slice(0, firstDearer);
  const paysUpTo = leading.at(-1)?.size_up_to ?? 0;
  const next = served[leading.length]?.size_up_to ?? Infinity;
  // Rows end at powers of two, so the size lies between half the last that pays and the first that does not.
  const bytes = served.slice(leading.length).some(isCheaper) ? null : model();
  const agrees = bytes !== null && bytes >= paysUpTo / 2 && bytes <= next;
  return {
    direction,
    bytes: agrees ? Math.round(bytes) : null,
    pays_up_to: paysUpTo,
    mappings_cheaper: count(isCheaper),
    mappings_dearer: count((row) => isServed(row) && !isCheaper(row)),
    mappings_past_pool: count((row) => row.pool_mappings === 0),
    mappings_without_unmap: count((row) => row.pool_mappings > 0 && row.unmaps === 0),
  };
}

/** Bytes at which copying costs as much as mapping; null if there is no such size. */
function modelled(
  rows: readonly SizeSteps[],
  setup: Omit<BreakEvenSetup, 'layout'>,
  costs: CostParameters,
): number | null {
  return new BreakEvenModel({ ...setup, layout: piecesOf(rows) }).find(costs).bytes;
}

/**
 * In how many pieces a mapping comes that was counted: a request of the kernel before the series is for one piece. Between
 * the sizes of a capture, by the share of pages that begin a piece; without larger sizes than a page, as fresh memory is.
 */
export function piecesOf(
  rows: readonly (Pick<SizeSteps, 'size_up_to' | 'bytes' | 'maps'> & {
    readonly map: { readonly mapRequests: number };
  })[],
): (bytes: number) => number {
  const known = rows
    .filter((row) => row.size_up_to > PAGE && row.map.mapRequests > 0)
    .map((row) => {
      const pages = row.bytes / row.maps / PAGE;
      const begun = (row.map.mapRequests / row.maps - 1) / Math.max(1, pages - 1);
      return { bytes: row.size_up_to, begun: Math.min(1, Math.max(0, begun)) };
    });
  return (bytes) => {
    const pages = bytes / PAGE;
    const [first, ...others] = known;
    if (pages <= 1 || !first) return piecesPerIo('fresh', bytes);
    const distance = (size: number): number => Math.abs(Math.log(size / bytes));
    const nearest = others.reduce(
      (best, one) => (distance(one.bytes) < distance(best.bytes) ? one : best),
      first,
    );
    return Math.min(pages, 1 + nearest.begun * (pages - 1));
  };
}
