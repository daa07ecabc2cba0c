// SPDX-License-Identifier: GPL-2.0-only
// Mappings of a trace by device, kind of call, direction and size: what was asked for, whatever a kernel makes of it.

import type { whole_number } from '@iommu-bounce/linux-shim/options';
import {
  type CallForm,
  DIRECTIONS,
  type Direction,
  type Mapping,
  PAGE,
} from '@iommu-bounce/dma-trace';

export interface MappingRow {
  /** The device's name. */
  readonly device: string;
  /** The pair of DMA API calls. */
  readonly form: CallForm;
  /** As the DMA API calls it. */
  readonly direction: Direction;
  /** Bytes; a power of two of at least a page, and more than half of it is used (4096: up to a page). */
  readonly size_up_to: whole_number;
  /** Mappings. */
  mappings: whole_number;
  /** Their bytes, together. */
  bytes: whole_number;
}

/** The power of two, of at least a page, that so many bytes need. */
export function sizeUpTo(bytes: number): number {
  return Math.max(PAGE, 2 ** Math.ceil(Math.log2(bytes)));
}

export class RecordedFigures {
  private readonly byKey = new Map<string, MappingRow>();

  mapped(mapping: Mapping): void {
    const size_up_to = sizeUpTo(mapping.size);
    const direction = DIRECTIONS[mapping.dir];
    this.count({
      device: mapping.device,
      form: mapping.form,
      direction,
      size_up_to,
      mappings: 1,
      bytes: mapping.size,
    });
  }

  /** Adds the figures of another trace. */
  merge(rows: readonly MappingRow[]): void {
    for (const row of rows) this.count(row);
  }

  /** In the order of device, kind, direction and size. */
  rows(): MappingRow[] {
    return [...this.byKey.values()].sort(
      (a, b) =>
        compare(a.device, b.device) ||
        compare(a.form, b.form) ||
        compare(a.direction, b.direction) ||
        a.size_up_to - b.size_up_to,
    );
  }

  private count(row: MappingRow): void {
    const key = `${row.device} ${row.form} ${row.direction} ${String(row.size_up_to)}`;
    const found = this.byKey.get(key);
    if (found) {
      found.mappings += row.mappings;
      found.bytes += row.bytes;
    } else this.byKey.set(key, { ...row });
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
