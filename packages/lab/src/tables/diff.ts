// SPDX-License-Identifier: GPL-2.0-only
// What `diff` shows, part by part: the same for a terminal and for a page.

import type {
  DiffDocument,
  OperationRow,
  RequestFigures,
  WindowFigures,
  WindowRow,
} from '../compare';
import { callName } from '../compare';
import { oneLine } from '../errors';
import { count, decimalSize, percent, plural, time } from '../show/format';
import { INDENT, type Part, type TablePart, partText } from '../show/parts';
import { PAPER, type Screen } from '../show/text';
import { lossLines } from './capture-losses';
import { cell } from './capture-words';
import { capturesLines, diffAnswer } from './diff-answer';

/** A group of parts under a title. */
export interface DiffSection {
  /** What a link to it names. */
  readonly id: string;
  readonly title: string;
  readonly parts: readonly Part[];
}

/** Rows of a table on a terminal and a page; the document has more. */
const MOST_ROWS = 20;
const UNKNOWN = 'not known';

export function diffText(document: DiffDocument, screen: Screen = PAPER): string {
  const blocks = [
    [diffAnswer(document)],
    [capturesLines(document)],
    ...diffSections(document).map(({ title, parts }) => [title, ...parts]),
  ];
  return `${blocks
    .map((block) => block.map((part) => partText(part, screen, INDENT)).join('\n'))
    .join('\n\n')}\n`;
}

/** In the order of reading; what there is nothing to say of is left out. */
export function diffSections(document: DiffDocument): DiffSection[] {
  const sections: DiffSection[] = [
    { id: 'losses', title: 'What the captures lack', parts: losses(document) },
    { id: 'notes', title: 'What is not known or not compared', parts: notes(document) },
    { id: 'machine', title: 'What the facts say differently', parts: machine(document) },
    { id: 'operations', title: 'Operations', parts: operations(document) },
    { id: 'windows', title: 'Time from map to unmap', parts: windows(document) },
    { id: 'requests', title: 'Requests to the IOMMU', parts: requests(document) },
    { id: 'differences', title: 'First differences', parts: differences(document) },
  ];
  return sections.filter(({ parts }) => parts.length > 0);
}

/** Before any figure. */
function losses({ a, b }: DiffDocument): Part[] {
  const of = (name: string, { capture }: DiffDocument['a']): readonly string[] => {
    const [first = '', ...rest] = lossLines(capture);
    return [`${name}: ${first}`, ...rest];
  };
  return [of('A', a), of('B', b)];
}

function notes(document: DiffDocument): Part[] {
  return document.notes.length > 0 ? [document.notes] : [];
}

function machine({ machine: rows }: DiffDocument): Part[] {
  if (rows.length === 0) return [];
  const said = (text: string | null): string => (text === null ? 'not said' : oneLine(text));
  return [
    {
      title: '',
      head: ['', 'A', 'B'],
      rows: rows.map(({ what, a, b }) => [what, said(a), said(b)]),
      numbersFrom: 3,
    },
  ];
}

function operations({ operations: of }: DiffDocument): Part[] {
  const sums = [
    `${plural(of.in_order, 'pair')} in order, ${count(of.elsewhere)} alike at another place, ${count(of.told_otherwise)} told otherwise, ${count(of.changed)} by another call or direction; ${count(of.gone)} gone, ${count(of.added)} added.`,
    ...(of.attributes_differ > 0
      ? [`${plural(of.attributes_differ, 'pair')} with other attributes (DMA_ATTR_*).`]
      : []),
    ...(of.unmapped_in_a_only + of.unmapped_in_b_only > 0
      ? [
          `Unmapped in one capture only: ${count(of.unmapped_in_a_only)} in A, ${count(of.unmapped_in_b_only)} in B.`,
        ]
      : []),
  ];
  return [sums, operationTable(of.rows, of.other_rows), ...otherwise(of.otherwise)];
}

function operationTable(rows: readonly OperationRow[], others: number): TablePart {
  const hasOtherwise = rows.some((row) => row.otherwise_a + row.otherwise_b > 0);
  const made = rows.map((row) => [
    laneName(row),
    count(row.size),
    count(row.a),
    count(row.b),
    count(row.gone),
    count(row.added),
    count(row.elsewhere),
    ...(hasOtherwise ? [count(row.otherwise_a + row.otherwise_b)] : []),
  ]);
  return {
    title: '',
    head: [
      ...['device, call', 'bytes', 'in A', 'in B', 'gone', 'added', 'moved'],
      ...(hasOtherwise ? ['otherwise'] : []),
    ],
    rows: cut(made, others),
    numbersFrom: 1,
  };
}

function otherwise(rows: DiffDocument['operations']['otherwise']): Part[] {
  if (rows.length === 0) return [];
  const made = rows.map((row) => [
    cell(row.device),
    sideName(row.a),
    sideName(row.b),
    row.recorded ? 'yes' : 'not told',
    count(row.pairs),
  ]);
  return [
    {
      title: 'Pairs that are called otherwise',
      head: ['device', 'in A', 'in B', 'differ', 'pairs'],
      rows: cut(made),
      numbersFrom: 4,
      keys: 1,
    },
  ];
}

function sideName({
  call,
  direction,
}: DiffDocument['operations']['otherwise'][number]['a']): string {
  return call === 'reconstructed' ? callName(call) : `${callName(call)} ${direction}`;
}

function windows({ windows: of }: DiffDocument): Part[] {
  if (of.unknown !== null) return [`Not known: ${of.unknown}.`];
  const without =
    of.pairs_unknown > 0
      ? ` Of ${plural(of.pairs_unknown, 'further pair')} not both times are known.`
      : '';
  const rows = of.rows.map((row) => [
    laneName(row),
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
      title: 'How many mappings last up to',
      head: ['up to', 'A', 'B'],
      rows: of.histogram.map((row) => [time(row.up_to_ns), count(row.a), count(row.b)]),
      numbersFrom: 0,
      keys: 1,
    },
  ];
}

/** Device, call and direction; a request of iommu:* events has no direction. */
function laneName({
  device,
  call,
  direction,
}: Pick<WindowRow, 'device' | 'call' | 'direction'>): string {
  if (device === null || call === null) return 'all';
  return `${cell(device)} ${call}${call === 'reconstructed' ? '' : ` ${direction ?? ''}`}`;
}

function beside({ a, b }: WindowRow, of: (figures: WindowFigures) => number): string[] {
  return [time(of(a)), time(of(b))];
}

function requests(document: DiffDocument): Part[] {
  const { requests: of } = document;
  if (of.unknown_a !== null && of.unknown_b !== null) return ['Not known of either capture.'];
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
            head: ['up to', 'A', 'B'],
            rows: of.pieces.map((row) => [count(row.up_to), count(row.a), count(row.b)]),
            numbersFrom: 0,
            keys: 1,
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
  if (maps === null || unmaps === null || per === null) return `${name}: ${UNKNOWN}.`;
  return `${name}: ${count(maps)} iommu:map and ${plural(unmaps, 'iommu:unmap event')}, ${per.toFixed(2)} for each of ${plural(mappings, 'mapping')}.`;
}

function requestTable({ requests: of }: DiffDocument): TablePart {
  const rows = of.rows.map((row) => {
    const both = (show: (figures: RequestFigures) => string): string[] =>
      [row.a, row.b].map((one) => {
        if (one === null) return UNKNOWN;
        return one.mappings + one.unknown === 0 ? 'none' : show(one);
      });
    const per = (n: number | null): string => (n === null ? UNKNOWN : n.toFixed(2));
    return [
      `${cell(row.device)} ${row.call}`,
      ...both((one) => count(one.iommu_maps)),
      ...both((one) => per(one.maps_per_mapping)),
      ...both((one) => (one.bytes_per_map === null ? UNKNOWN : decimalSize(one.bytes_per_map))),
      ...both((one) => count(one.iommu_unmaps)),
      ...both((one) => per(one.unmaps_per_unmap)),
    ];
  });
  return {
    title: '',
    head: [
      ...['device, call', 'maps A', 'maps B', 'per mapping A', 'per mapping B'],
      ...['map size A', 'map size B', 'unmaps A', 'unmaps B', 'per unmap A', 'per unmap B'],
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
      head: ['device', 'times A', 'times B', 'median A', 'median B', 'earliest A', 'earliest B'],
      rows: cut(
        rows.map(({ device, a, b }) => [
          cell(device),
          count(a.again),
          count(b.again),
          at(a.median_ns),
          at(b.median_ns),
          at(a.least_ns),
          at(b.least_ns),
        ]),
      ),
      numbersFrom: 1,
    },
  ];
}

function differences({ differences: rows, counts, ignored }: DiffDocument): Part[] {
  const parts: Part[] = [];
  for (const [kind, n] of Object.entries(counts)) {
    if (n === 0) continue;
    const own = rows.filter((row) => row.kind === kind);
    const title = `${kind}: ${count(n)}${own.length < n && own.length > 0 ? `, the first ${count(own.length)}` : ''}${ignored.some((one) => one === kind) ? ' (ignored)' : ''}`;
    parts.push(title);
    for (const row of own)
      parts.push([
        `  ${row.device}: ${row.what}`,
        ...[sidePlace('A', row.a, row.after), sidePlace('B', row.b, row.after)],
      ]);
  }
  return parts;
}

function sidePlace(name: string, place: string | null, after: string | null): string {
  if (place !== null) return `    ${name}: ${place}`;
  return `    ${name}: not there${after === null ? '' : `, would follow ${after}`}`;
}

/** @param others rows that are not here */
function cut(rows: string[][], others = 0): string[][] {
  const more = Math.max(0, rows.length - MOST_ROWS) + others;
  if (more === 0) return rows;
  const [width = []] = rows;
  return [...rows.slice(0, MOST_ROWS), [`… ${count(more)} more`, ...width.slice(1).map(() => '')]];
}
