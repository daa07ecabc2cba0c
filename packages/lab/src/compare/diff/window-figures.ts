// SPDX-License-Identifier: GPL-2.0-only
// Times from map to unmap, of pairs that both captures show mapped and unmapped.

import { DIRECTIONS } from '@iommu-bounce/dma-trace';
import { PowersOfTwo } from '../../bins/powers-of-two';
import type { WindowFigures, WindowRow, WindowsSection } from './diff-document';
import { FLOOR_NS, type Pairing } from './pairing';

const MICROSECOND = 1000;

interface Sorted {
  readonly a: Float64Array;
  readonly b: Float64Array;
}

/** Pairs of one device, and of one call and direction in each capture. */
interface Group {
  readonly row: Pick<WindowRow, 'device' | 'form' | 'direction' | 'form_b' | 'direction_b'>;
  /** Of each pair, its operation of the first capture. */
  readonly of: number[];
  longer: number;
  shorter: number;
}

export function windowsSection(pairing: Pairing): WindowsSection {
  const { a, b, alignment, tolerance } = pairing;
  const groups = new Map<string, Group>();
  let unknown = 0;
  for (let i = 0; i < a.log.length; i++) {
    const j = alignment.ofA[i] ?? -1;
    const device = pairing.labelOfA(i);
    if (j < 0 || device === null || a.log.isSync(i)) continue;
    const compared = pairing.compareWindows(i, j);
    if (compared === null) {
      unknown++;
      continue;
    }
    const { kind: form, dir } = a.log.laneOf(i);
    const { kind: form_b, dir: dirB } = b.log.laneOf(j);
    const key = [device, form, dir, form_b, dirB].join('\0');
    let group = groups.get(key);
    if (!group) {
      const directions = { direction: DIRECTIONS[dir], direction_b: DIRECTIONS[dirB] };
      const row = { device, form, form_b, ...directions };
      groups.set(key, (group = { row, of: [], longer: 0, shorter: 0 }));
    }
    group.of.push(i);
    if (compared === 'longer') group.longer++;
    else if (compared === 'shorter') group.shorter++;
  }
  const found = [...groups.values()];
  const sorted = (of: readonly number[]): Sorted => ({
    a: Float64Array.from(of, (i) => a.log.windowOf(i)).sort(),
    b: Float64Array.from(of, (i) => b.log.windowOf(alignment.ofA[i] ?? 0)).sort(),
  });
  const all = {
    row: { device: null, form: null, direction: null, form_b: null, direction_b: null },
    of: found.flatMap((group) => group.of),
    longer: found.reduce((sum, group) => sum + group.longer, 0),
    shorter: found.reduce((sum, group) => sum + group.shorter, 0),
  };
  const ofAll = sorted(all.of);
  return {
    tolerance,
    floor_ns: FLOOR_NS,
    unknown: all.of.length > 0 ? null : whyUnknown(pairing, unknown),
    pairs_unknown: unknown,
    rows:
      all.of.length === 0
        ? []
        : [rowOf(all, ofAll), ...found.map((group) => rowOf(group, sorted(group.of)))],
    histogram: histogram(ofAll),
  };
}

function whyUnknown({ a, b }: Pairing, pairs: number): string {
  const without = [a, b].flatMap(({ log }, i) => (log.unmaps === 0 ? [i === 0 ? 'A' : 'B'] : []));
  if (without.length > 0) return `${without.join(' and ')} shows no unmap`;
  return pairs === 0 ? 'no mapping is paired' : 'of no pair both captures show map and unmap';
}

function rowOf({ row, of, longer, shorter }: Group, windows: Sorted): WindowRow {
  const [a, b] = [figures(windows.a), figures(windows.b)];
  return { ...row, pairs: of.length, longer, shorter, a, b };
}

function figures(sorted: Float64Array): WindowFigures {
  return {
    median_ns: quantile(sorted, 0.5),
    p99_ns: quantile(sorted, 0.99),
    longest_ns: sorted.at(-1) ?? 0,
  };
}

/** The smallest value that so many of them do not exceed; 0 of none. */
export function quantile(sorted: Float64Array, share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}

function histogram({ a, b }: Sorted): WindowsSection['histogram'] {
  const [ofA, ofB] = [a, b].map((times) => {
    const found = new PowersOfTwo(MICROSECOND);
    for (const ns of times) found.add(ns);
    return found;
  }) as [PowersOfTwo, PowersOfTwo];
  if (ofA.total === 0) return [];
  // Of the same pairs, so neither is empty.
  const from = Math.min(ofA.range[0], ofB.range[0]);
  const to = Math.max(ofA.range[1], ofB.range[1]);
  return Array.from({ length: to - from }, (_, n) => ({
    up_to_ns: ofA.limit(from + n),
    a: ofA.count(from + n),
    b: ofB.count(from + n),
  }));
}
