// SPDX-License-Identifier: GPL-2.0-only
// Up to which size the pool costs less than mapping, of what a capture maps: by what was counted, and by the model.

import type { whole_number } from '@iommu-bounce/linux-shim/options';
import { type Direction, PAGE } from '@iommu-bounce/dma-trace';
import {
  BreakEvenModel,
  type BreakEvenSetup,
  type CostParameters,
  piecesPerIo,
} from '@iommu-bounce/simulation';
import type { SizeSteps } from '../drive/lane-costs';
import { sum } from '../show/sum';

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

type Side = 'read' | 'write';

const sideOf = (direction: Direction): Side => (direction === 'TO_DEVICE' ? 'write' : 'read');

/**
 * By direction; a direction without mappings is not there.
 * @param counted rows of the kernel before the series
 * @param model what the cost model needs; null: it is not asked
 */
export function breakEvens(
  counted: readonly SizeSteps[],
  bySize: readonly SizeVerdict[],
  model: (Omit<BreakEvenSetup, 'direction' | 'layout'> & { readonly costs: CostParameters }) | null,
): BreakEvenVerdict[] {
  return (['read', 'write'] as const).flatMap((direction) => {
    const own = counted.filter((one) => sideOf(one.direction) === direction);
    if (own.length === 0) return [];
    const rows = bySize.filter((one) => sideOf(one.direction) === direction);
    const modelled = (): number | null => {
      if (model === null) return null;
      const { costs, ...setup } = model;
      return new BreakEvenModel({ ...setup, direction, layout: piecesOf(own) }).find(costs).bytes;
    };
    return [breakEven(direction, rows, modelled)];
  });
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
