// SPDX-License-Identifier: GPL-2.0-only
// Rows of the tables of `diff`.

import { type DiffCapture, type DiffDocument, type WindowRow, operationName } from '../compare';
import { count } from '../show/format';
import { cell } from './capture-words';

/** Rows of a table on a terminal and a page; the document has more. */
const MOST_ROWS = 20;

type Captures = Pick<DiffDocument, 'a' | 'b'>;

interface LaneName {
  readonly device: string | null;
  readonly form: WindowRow['form'];
  readonly direction: WindowRow['direction'];
  /** Of the second capture, where a row is of pairs. */
  readonly form_b?: WindowRow['form'];
  readonly direction_b?: WindowRow['direction'];
}

/** Device, call and direction, of both captures where they differ; a request of iommu:* events has no direction. */
export function laneName(
  { device, form, direction, form_b, direction_b }: LaneName,
  { a, b }: Captures,
): string {
  if (device === null || form === null) return 'all';
  const [inA, inB] = form_b
    ? [callName(form, direction, a), callName(form_b, direction_b ?? null, b)]
    : [callName(form, direction, a, b), null];
  return `${cell(device)} ${inA}${inB === null || inA === inB ? '' : ` in A, ${inB} in B`}`;
}

/** A call and its direction, by the names of the captures that have it. */
export function callName(
  form: NonNullable<WindowRow['form']>,
  direction: WindowRow['direction'],
  ...captures: readonly DiffCapture[]
): string {
  return `${operationName(form, ...captures)}${form === 'reconstructed' ? '' : ` ${direction ?? ''}`}`;
}

/** @param others rows that are not here */
export function cut(rows: string[][], others = 0): string[][] {
  const more = Math.max(0, rows.length - MOST_ROWS) + others;
  if (more === 0) return rows;
  const [width = []] = rows;
  return [...rows.slice(0, MOST_ROWS), [`… ${count(more)} more`, ...width.slice(1).map(() => '')]];
}
