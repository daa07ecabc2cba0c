// SPDX-License-Identifier: GPL-2.0-only
// Times from map to unmap and requests to the IOMMU of two captures, as tables.

import type { DiffDocument, RequestFigures, WindowFigures, WindowRow } from '../compare';
import { operationName } from '../compare';
import { count, decimalSize, percent, plural, time } from '../show/format';
import type { Part, TablePart } from '../show/parts';
import { cell } from './capture-words';
import { cut, laneName } from './diff-rows';

const UNKNOWN = 'not known';

export function windowParts(document: DiffDocument): Part[] {
  const { windows: of } = document;
  if (of.unknown !== null) return [`Not known: ${of.unknown}.`];
  const without =
    of.pairs_unknown > 0
      ? ` Of ${plural(of.pairs_unknown, 'further pair')} not both times are known.`
      : '';
  const rows = of.rows.map((row) => [
    laneName(row, document),
    count(row.pairs),
    ...beside(row, (figures) => figures.median_ns),
    ...beside(row, (figures) => figures.p99_ns),
    ...beside(row, (figures) => figures.longest_ns),
    count(row.longer),
    count(row.shorter),
  ]);
  return [
    `Of pairs that both captures show mapped and unmapped. Longer and shorter: in B, by more than ${percent(of.tolerance, 0)} of the longer time and ${time(of.floor_ns)}.${without}`,
    {
      title: '',
      head: [
        ...['device, call', 'pairs', 'median A', 'median B', '99 % A', '99 % B'],
        ...['longest A', 'longest B', 'longer', 'shorter'],
      ],
      rows: cut(rows),
      numbersFrom: 1,
      cuts: [2, 4, 6, 8],
    },
    {
      title: 'Mappings by the time from map to unmap',
      head: ['time up to', 'A', 'B'],
      rows: of.histogram.map((row) => [time(row.up_to_ns), count(row.a), count(row.b)]),
      numbersFrom: 1,
    },
  ];
}

function beside({ a, b }: WindowRow, of: (figures: WindowFigures) => number): string[] {
  return [time(of(a)), time(of(b))];
}

export function requestParts(document: DiffDocument): Part[] {
  const { requests: of } = document;
  if (of.rows.every((row) => row.a === null && row.b === null))
    return ['Not known of either capture.'];
  const lines = [
    eventsLine('A', of.iommu_maps.a, of.iommu_unmaps.a, of.per_mapping.a, document.a.mappings),
    eventsLine('B', of.iommu_maps.b, of.iommu_unmaps.b, of.per_mapping.b, document.b.mappings),
    ...(of.pairs > 0
      ? [
          `Of ${plural(of.pairs, 'pair')} with known events ${count(of.more)} have more in B, ${count(of.fewer)} fewer.`,
        ]
      : []),
  ];
  return [
    lines,
    requestTable(document),
    ...(of.pieces.length > 0
      ? [
          {
            title: 'Mappings by their iommu:map events (pieces that are not contiguous)',
            head: ['iommu:map up to', 'A', 'B'],
            rows: of.pieces.map((row) => [count(row.up_to), count(row.a), count(row.b)]),
            numbersFrom: 1,
          },
        ]
      : []),
    ...addresses(document),
  ];
}

function eventsLine(
  name: string,
  maps: number | null,
  unmaps: number | null,
  per: number | null,
  mappings: number,
): string {
  if (maps === null && unmaps === null) return `${name}: ${UNKNOWN}.`;
  const said = (n: number | null): string => (n === null ? 'an unknown number of' : count(n));
  const each = per === null ? '' : `, ${per.toFixed(2)} for each of ${plural(mappings, 'mapping')}`;
  return `${name}: ${said(maps)} iommu:map and ${said(unmaps)} iommu:unmap events${each}.`;
}

function requestTable({ requests: of, a, b }: DiffDocument): TablePart {
  const rows = of.rows.map((row) => {
    const both = (show: (figures: RequestFigures) => string): string[] =>
      [row.a, row.b].map((one) => {
        if (one === null) return UNKNOWN;
        return one.mappings + one.unknown === 0 ? 'none' : show(one);
      });
    const per = (n: number | null): string => (n === null ? UNKNOWN : n.toFixed(2));
    return [
      `${cell(row.device)} ${operationName(row.form, a, b)}`,
      ...both((one) => (one.mappings === 0 ? UNKNOWN : count(one.iommu_maps))),
      ...both((one) => per(one.iommu_maps_per_mapping)),
      ...both((one) =>
        one.bytes_per_iommu_map === null ? UNKNOWN : decimalSize(one.bytes_per_iommu_map),
      ),
      ...both((one) => (one.unmaps === 0 ? UNKNOWN : count(one.iommu_unmaps))),
      ...both((one) => per(one.iommu_unmaps_per_unmap)),
    ];
  });
  return {
    title: '',
    head: [
      ...['device, call', 'iommu:map A', 'iommu:map B', 'per mapping A', 'per mapping B'],
      ...['map size A', 'map size B', 'iommu:unmap A', 'iommu:unmap B'],
      ...['per unmap A', 'per unmap B'],
    ],
    rows: cut(rows),
    numbersFrom: 1,
    cuts: [5, 7],
  };
}

function addresses({ requests: { addresses: rows } }: DiffDocument): Part[] {
  if (rows.length === 0) return [];
  const at = (ns: number | null): string => (ns === null ? 'none' : time(ns));
  return [
    {
      title:
        'When an address is mapped again, after its unmap (late under a flush queue, as in lazy mode)',
      head: ['device', 'reused A', 'reused B', 'median A', 'median B', 'shortest A', 'shortest B'],
      rows: cut(
        rows.map(({ device, a, b }) => [
          cell(device),
          count(a.again),
          count(b.again),
          at(a.median_ns),
          at(b.median_ns),
          at(a.shortest_ns),
          at(b.shortest_ns),
        ]),
      ),
      numbersFrom: 1,
    },
  ];
}
