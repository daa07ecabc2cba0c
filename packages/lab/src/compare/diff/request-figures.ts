// SPDX-License-Identifier: GPL-2.0-only
// Where the requests to the IOMMU go: iommu:map and iommu:unmap events by call, pieces of a mapping, addresses that come back.

import type { OperationLog } from '@iommu-bounce/dma-trace';
import type { AddressFigures, RequestFigures, RequestRow, RequestsSection } from './diff-document';
import type { Pairing } from './pairing';
import type { CaptureRead } from './read-capture';
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
  const rows = new Map<string, { device: string; call: string } & Partial<Record<Side, Sums>>>();
  const pieces = new Map<number, Record<Side, number>>();
  const idle = new Map<string, Record<Side, number[]>>();
  const collect = (side: Side, log: OperationLog, label: (i: number) => string | null): void => {
    for (let i = 0; i < log.length; i++) {
      const device = label(i);
      if (device === null || log.isSync(i)) continue;
      const call = log.laneOf(i).kind;
      const key = `${device}\0${call}`;
      let row = rows.get(key);
      if (!row) rows.set(key, (row = { device, call }));
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
  const [unknownA, unknownB] = [whyUnknown(a), whyUnknown(b)];
  const both = (of: (capture: CaptureRead) => number): { a: number | null; b: number | null } => ({
    a: unknownA === null ? of(a) : null,
    b: unknownB === null ? of(b) : null,
  });
  return {
    unknown_a: unknownA,
    unknown_b: unknownB,
    iommu_maps: both((one) => one.section.iommu_map.events),
    iommu_unmaps: both((one) => one.section.iommu_unmap.events),
    per_mapping: both(
      (one) =>
        (one.section.iommu_map.events + one.section.iommu_unmap.events) / mappingsOf(one.log),
    ),
    rows: [...rows.values()].map((row) => ({
      device: row.device,
      call: row.call as RequestRow['call'],
      a: unknownA === null ? figures(row.a) : null,
      b: unknownB === null ? figures(row.b) : null,
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

/** Without events nobody knows, unless no device is translated: then there are none. */
function whyUnknown({ section, log }: CaptureRead): string | null {
  if (section.iommu_map.events + section.iommu_unmap.events > 0) return null;
  if (mappingsOf(log) === 0) return 'it has no mapping';
  const used = section.devices.filter((one) => one.maps > 0);
  if (used.every((one) => one.translated === false)) return null;
  return 'it has no iommu:map and no iommu:unmap event';
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
    maps_per_mapping: sums.mappings === 0 ? null : sums.maps / sums.mappings,
    bytes_per_map: sums.maps === 0 ? null : sums.bytes / sums.maps,
    unmaps: sums.unmaps,
    iommu_unmaps: sums.ends,
    unmaps_per_unmap: sums.unmaps === 0 ? null : sums.ends / sums.unmaps,
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

function addressFigures(times: readonly number[]): AddressFigures {
  const sorted = Float64Array.from(times).sort();
  const isEmpty = sorted.length === 0;
  return {
    again: sorted.length,
    median_ns: isEmpty ? null : quantile(sorted, 0.5),
    least_ns: isEmpty ? null : (sorted[0] ?? null),
  };
}
