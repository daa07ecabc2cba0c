// SPDX-License-Identifier: GPL-2.0-only
// What `diff` shows, part by part: the same for a terminal and for a page.

import type { DiffDocument, DifferenceRow, OperationRow } from '../compare';
import { DIFFERENCE_KINDS } from '../compare';
import { oneLine } from '../errors';
import { count, plural } from '../show/format';
import { type Part, type TablePart, type TitledParts, titledText } from '../show/parts';
import { PAPER, type Screen } from '../show/text';
import { lossLines } from './capture-losses';
import { cell } from './capture-words';
import { capturesLines, diffAnswer } from './diff-answer';
import { requestParts, windowParts } from './diff-figures';
import { callName, cut, laneName } from './diff-rows';

export function diffText(document: DiffDocument, screen: Screen = PAPER): string {
  const lead = [diffAnswer(document), capturesLines(document)];
  return titledText(lead, diffSections(document), screen);
}

/** In the order of reading; what there is nothing to say of is left out. */
export function diffSections(document: DiffDocument): TitledParts[] {
  const sections: TitledParts[] = [
    { id: 'losses', title: 'What the captures lack', parts: losses(document) },
    { id: 'notes', title: 'What is not known or not compared', parts: notes(document) },
    { id: 'machine', title: 'What the facts say differently', parts: machine(document) },
    { id: 'operations', title: 'Operations', parts: operations(document) },
    { id: 'windows', title: 'Time from map to unmap', parts: windowParts(document) },
    {
      id: 'requests',
      title: 'Requests to the IOMMU: iommu:map and iommu:unmap events',
      parts: requestParts(document),
    },
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

function operations(document: DiffDocument): Part[] {
  const { operations: of } = document;
  const sums = [
    `${plural(of.in_order, 'pair')} in order, ${count(of.moved)} moved, ${count(of.reconstructed_in_one)} known from iommu:* events only in one capture, ${count(of.changed)} by another call or direction; ${count(of.gone)} gone, ${count(of.added)} added.`,
    ...(of.attributes_differ > 0
      ? [`${plural(of.attributes_differ, 'pair')} with other attributes (DMA_ATTR_*).`]
      : []),
    ...(of.unmapped_in_a_only + of.unmapped_in_b_only > 0
      ? [
          `Unmapped in one capture only: ${count(of.unmapped_in_a_only)} in A, ${count(of.unmapped_in_b_only)} in B.`,
        ]
      : []),
  ];
  return [sums, operationTable(of.rows, of.other_rows, document), ...otherwise(document)];
}

function operationTable(
  rows: readonly OperationRow[],
  others: number,
  document: DiffDocument,
): TablePart {
  const otherRow = (row: OperationRow): number =>
    row.paired_with_other_row_a + row.paired_with_other_row_b;
  const hasOtherRow = rows.some((row) => otherRow(row) > 0);
  const made = rows.map((row) => [
    laneName(row, document),
    count(row.size_bytes),
    count(row.a),
    count(row.b),
    count(row.gone),
    count(row.added),
    count(row.moved),
    ...(hasOtherRow ? [count(otherRow(row))] : []),
  ]);
  return {
    title: '',
    head: [
      ...['device, call', 'bytes', 'in A', 'in B', 'gone', 'added', 'moved'],
      ...(hasOtherRow ? ['paired with another row'] : []),
    ],
    rows: cut(made, others),
    numbersFrom: 1,
  };
}

function otherwise(document: DiffDocument): Part[] {
  const { otherwise: rows } = document.operations;
  if (rows.length === 0) return [];
  const made = rows.map((row) => [
    cell(row.device),
    callName(row.a.form, row.a.direction, document.a),
    callName(row.b.form, row.b.direction, document.b),
    row.recorded ? 'yes' : 'not known',
    count(row.pairs),
  ]);
  return [
    {
      title: 'Pairs with another call or direction',
      head: ['device', 'in A', 'in B', 'differ', 'pairs'],
      rows: cut(made),
      numbersFrom: 4,
      keys: 1,
    },
  ];
}

function differences(document: DiffDocument): Part[] {
  return differencesByKind(document).flatMap(({ title, rows }): Part[] => [
    title,
    ...rows.map((row) => [
      `  ${row.device}: ${row.what}`,
      `    A: ${sidePlace(row.a, row.after)}`,
      `    B: ${sidePlace(row.b, row.after)}`,
    ]),
  ]);
}

/** Kinds that there are, with the rows that the document has of them. */
export function differencesByKind({
  differences: rows,
  counts,
  ignored,
}: DiffDocument): { readonly title: string; readonly rows: readonly DifferenceRow[] }[] {
  return DIFFERENCE_KINDS.filter((kind) => counts[kind] > 0).map((kind) => {
    const own = rows.filter((row) => row.kind === kind);
    const all = counts[kind];
    const first = own.length > 0 && own.length < all ? `, the first ${count(own.length)}` : '';
    const counted = ignored.includes(kind) ? ' (not counted)' : '';
    return { title: `${kind}: ${count(all)}${first}${counted}`, rows: own };
  });
}

/** @param after where it would stand */
export function sidePlace(place: string | null, after: string | null): string {
  if (place !== null) return place;
  return after === null ? 'not there' : `not there, would follow ${after}`;
}
