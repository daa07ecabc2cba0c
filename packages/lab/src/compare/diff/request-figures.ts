// SPDX-License-Identifier: GPL-2.0-only
// Where the requests to the IOMMU go: iommu:map and iommu:unmap events by call, pieces of a mapping, addresses that come back.

import type { OperationLog } from '@iommu-bounce/dma-trace';
import type { Pairing } from './pairing';
import type { CaptureRead } from './read-capture';
import type {
  AddressReuse,
  RequestFigures,
  RequestRow,
  RequestsSection,
} from './requests-document';
import { quantile } from './window-figures';

/** Sums of one device and call. */
interface Sums {
  mappings: number;
  maps: number;
  bytes: number;
  unmaps: number;
  ends: number;
  unknown: number;
}

type Side = 'a' | 'b';

export function requestsSection(pairing: Pairing): RequestsSection {
  const { a, b } = pairing;
  const rows = new Map<string, { device: string; form: string } & Partial<Record<Side, Sums>>>();
  const pieces = new Map<number, Record<Side, number>>();
  const idle = new Map<string, Record<Side, number[]>>();
  const collect = (side: Side, log: OperationLog, label: (i: number) => string | null): void => {
    for (let i = 0; i < log.length; i++) {
      const device = label(i);
      if (device === null || log.isSync(i)) continue;
      const form = log.laneOf(i).kind;
      const key = `${device}\0${form}`;
      let row = rows.get(key);
      if (!row) rows.set(key, (row = { device, form }));
      const maps = add((row[side] ??= newSums()), log, i);
      if (!Number.isNaN(maps)) {
        const power = maps <= 1 ? maps : 2 ** Math.ceil(Math.log2(maps));
        const counted = pieces.get(power) ?? { a: 0, b: 0 };
        counted[side]++;
        pieces.set(power, counted);
      }
      const ns = log.idleOf(i);
      if (Number.isNaN(ns)) continue;
      let times = idle.get(device);
      if (!times) idle.set(device, (times = { a: [], b: [] }));
      times[side].push(ns);
    }
  };
  collect('a', a.log, (i) => pairing.labelOfA(i));
  collect('b', b.log, (j) => pairing.labelOfB(j));
  const [toldA, toldB] = [toldOf(a), toldOf(b)];
  const both = (
    of: (capture: CaptureRead, told: Told) => number | null,
  ): { a: number | null; b: number | null } => ({ a: of(a, toldA), b: of(b, toldB) });
  return {
    unknown_a: toldA.why,
    unknown_b: toldB.why,
    iommu_maps: both(({ section }, told) => (told.maps ? section.iommu_map.events : null)),
    iommu_unmaps: both(({ section }, told) => (told.unmaps ? section.iommu_unmap.events : null)),
    per_mapping: both(({ section, log }, told) =>
      told.why === null
        ? (section.iommu_map.events + section.iommu_unmap.events) / mappingsOf(log)
        : null,
    ),
    rows: [...rows.values()].map((row) => ({
      device: row.device,
      form: row.form as RequestRow['form'],
      a: toldA.maps || toldA.unmaps ? figures(row.a) : null,
      b: toldB.maps || toldB.unmaps ? figures(row.b) : null,
    })),
    pieces: [...pieces]
      .sort(([one], [two]) => one - two)
      .map(([upTo, counted]) => ({ up_to: upTo, ...counted })),
    ...comparePairs(pairing),
    addresses: [...idle].map(([device, times]) => ({
      device,
      a: addressFigures(times.a),
      b: addressFigures(times.b),
    })),
  };
}

/** Mappings, without syncs. */
export function mappingsOf(log: OperationLog): number {
  let found = 0;
  for (let i = 0; i < log.length; i++) if (!log.isSync(i)) found++;
  return found;
}

/** Which events a capture tells of. */
interface Told {
  readonly maps: boolean;
  readonly unmaps: boolean;
  /** What is missing; null if nothing is. */
  readonly why: string | null;
}

/** Where there is no event of a kind nobody knows, unless of each mapping it is known that it has none. */
function toldOf({ section, log }: CaptureRead): Told {
  if (mappingsOf(log) === 0) return { maps: false, unmaps: false, why: 'it has no mapping' };
  let maps = true;
  let unmaps = true;
  // Without any unmap nobody knows what the unmaps would have asked for.
  let hasUnmaps = section.iommu_unmap.events > 0;
  for (let i = 0; i < log.length; i++) {
    if (log.isSync(i)) continue;
    if (Number.isNaN(log.mapsOf(i))) maps = false;
    if (!log.isUnmapped(i)) continue;
    hasUnmaps = true;
    if (Number.isNaN(log.unmapsOf(i))) unmaps = false;
  }
  maps ||= section.iommu_map.events > 0;
  unmaps = hasUnmaps && (unmaps || section.iommu_unmap.events > 0);
  const missing = [
    ...(maps ? [] : ['iommu:map event']),
    ...(hasUnmaps ? [] : ['unmap call']),
    ...(unmaps ? [] : ['iommu:unmap event']),
  ];
  return {
    maps,
    unmaps,
    why: missing.length === 0 ? null : `it has no ${missing.join(' and no ')}`,
  };
}

function newSums(): Sums {
  return { mappings: 0, maps: 0, bytes: 0, unmaps: 0, ends: 0, unknown: 0 };
}

/** @returns its iommu:map events; NaN: not known */
function add(sums: Sums, log: OperationLog, i: number): number {
  const maps = log.mapsOf(i);
  const ends = log.unmapsOf(i);
  if (Number.isNaN(maps)) sums.unknown++;
  else {
    sums.mappings++;
    sums.maps += maps;
    if (maps > 0) sums.bytes += log.extentOf(i);
  }
  if (!Number.isNaN(ends)) {
    sums.unmaps++;
    sums.ends += ends;
  }
  return maps;
}

function figures(sums = newSums()): RequestFigures {
  return {
    mappings: sums.mappings,
    iommu_maps: sums.maps,
    iommu_maps_per_mapping: sums.mappings === 0 ? null : sums.maps / sums.mappings,
    bytes_per_iommu_map: sums.maps === 0 ? null : sums.bytes / sums.maps,
    unmaps: sums.unmaps,
    iommu_unmaps: sums.ends,
    iommu_unmaps_per_unmap: sums.unmaps === 0 ? null : sums.ends / sums.unmaps,
    unknown: sums.unknown,
  };
}

function comparePairs(pairing: Pairing): Pick<RequestsSection, 'pairs' | 'more' | 'fewer'> {
  const found = { pairs: 0, more: 0, fewer: 0 };
  const { ofA } = pairing.alignment;
  for (let i = 0; i < ofA.length; i++) {
    const j = ofA[i] ?? -1;
    const compared = j < 0 ? null : pairing.compareRequests(i, j);
    if (compared === null) continue;
    found.pairs++;
    if (compared !== 'alike') found[compared]++;
  }
  return found;
}

function addressFigures(times: readonly number[]): AddressReuse {
  const sorted = Float64Array.from(times).sort();
  const isEmpty = sorted.length === 0;
  return {
    again: sorted.length,
    median_ns: isEmpty ? null : quantile(sorted, 0.5),
    shortest_ns: isEmpty ? null : (sorted[0] ?? null),
  };
}
