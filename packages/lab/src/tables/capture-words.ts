// SPDX-License-Identifier: GPL-2.0-only
// Places, amounts and buffers of a capture in words.

import type { BufferRow, CaptureSection } from '../compare';
import { oneLine } from '../errors';
import { count, plural } from '../show/format';

/** To the byte: a sum of these can be checked by hand. */
export function bytes(n: number): string {
  return plural(n, 'byte');
}

/** `line 7`; with its file where the capture has several. */
export function where(
  place: string | null,
  { files }: { readonly files: readonly string[] },
): string {
  if (place === null) return 'a place before the capture';
  const line = place.slice(place.lastIndexOf(':') + 1);
  return files.length === 1 ? `line ${line}` : oneLine(place);
}

/** The first `most` of some things. */
export function list(items: readonly string[], most: number): string {
  const more = items.length - most;
  return items.slice(0, most).join(', ') + (more > 0 ? ` and ${count(more)} more` : '');
}

/** Lines of a list that are shown. */
export const MOST_LINES = 5;

/**
 * The first of some lines.
 * @param all how many there are
 */
export function cutLines(lines: readonly string[], all = lines.length): readonly string[] {
  const shown = lines.slice(0, MOST_LINES);
  const more = all - shown.length;
  return more > 0 ? [...shown, `… and ${count(more)} more`] : shown;
}

const FORMS: Readonly<Record<BufferRow['form'], string>> = {
  page: 'a buffer',
  resource: 'device registers',
  sg: 'a list',
  coherent: 'a coherent buffer',
  pages: 'pages (dma_alloc_pages)',
  noncontiguous: 'a noncontiguous buffer',
  iova: 'a request of dma_iova_link',
  reconstructed: 'a request of iommu:map events',
};

/** `a buffer of 4,096 bytes, mapped FROM_DEVICE (line 7)`. */
export function buffer(row: BufferRow, capture: CaptureSection): string {
  const mapped =
    row.mapped_at === null
      ? 'mapped before the capture'
      : `mapped ${row.direction} (${where(row.mapped_at, capture)})`;
  const call = row.form === 'resource' ? ` (${row.call})` : '';
  return `${FORMS[row.form]}${call} of ${bytes(row.size)}, ${mapped}`;
}

/** A name from outside, cut so that a table stays narrow. */
export function cell(text: string): string {
  const line = oneLine(text);
  return line.length > WIDEST_CELL ? `${line.slice(0, WIDEST_CELL - 1)}…` : line;
}

const WIDEST_CELL = 28;
