// SPDX-License-Identifier: GPL-2.0-only
// Rows of the tables of `diff`.

import { type WindowRow, operationName } from '../compare';
import { count } from '../show/format';
import { cell } from './capture-words';

/** Rows of a table on a terminal and a page; the document has more. */
const MOST_ROWS = 20;

/** Device, call and direction; a request of iommu:* events has no direction. */
export function laneName({
  device,
  form,
  direction,
}: Pick<WindowRow, 'device' | 'form' | 'direction'>): string {
  if (device === null || form === null) return 'all';
  return `${cell(device)} ${operationName(form)}${form === 'reconstructed' ? '' : ` ${direction ?? ''}`}`;
}

/** @param others rows that are not here */
export function cut(rows: string[][], others = 0): string[][] {
  const more = Math.max(0, rows.length - MOST_ROWS) + others;
  if (more === 0) return rows;
  const [width = []] = rows;
  return [...rows.slice(0, MOST_ROWS), [`… ${count(more)} more`, ...width.slice(1).map(() => '')]];
}
