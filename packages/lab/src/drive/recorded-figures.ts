// SPDX-License-Identifier: GPL-2.0-only
// Mappings of a trace by device, kind of call, direction and size: what was asked for, whatever a kernel makes of it.

import { roundup_pow_of_two } from '@iommu-bounce/linux-shim';
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
  return Math.max(PAGE, roundup_pow_of_two(bytes));
}

export class RecordedFigures {
  /** A device has so few that a walk over them is shorter than to make a key. */
  private readonly byDevice = new Map<string, MappingRow[]>();

  mapped({ device, form, dir, size }: Mapping): void {
    const row = this.row(device, form, DIRECTIONS[dir], sizeUpTo(size));
    row.mappings++;
    row.bytes += size;
  }

  /** Adds the figures of another trace. */
  merge(rows: readonly MappingRow[]): void {
    for (const { device, form, direction, size_up_to, mappings, bytes } of rows) {
      const row = this.row(device, form, direction, size_up_to);
      row.mappings += mappings;
      row.bytes += bytes;
    }
  }

  /** In the order of device, kind, direction and size. */
  rows(): MappingRow[] {
    return [...this.byDevice.values()]
      .flat()
      .sort(
        (a, b) =>
          compare(a.device, b.device) ||
          compare(a.form, b.form) ||
          compare(a.direction, b.direction) ||
          a.size_up_to - b.size_up_to,
      );
  }

  private row(
    device: string,
    form: CallForm,
    direction: Direction,
    size_up_to: number,
  ): MappingRow {
    const rows = this.byDevice.get(device) ?? [];
    for (const row of rows)
      if (row.size_up_to === size_up_to && row.direction === direction && row.form === form)
        return row;
    const made = { device, form, direction, size_up_to, mappings: 0, bytes: 0 };
    this.byDevice.set(device, rows);
    rows.push(made);
    return made;
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
