// SPDX-License-Identifier: GPL-2.0-only
// Operations by kind: in both captures, gone and added.

import { DIRECTIONS, type OperationLog } from '@iommu-bounce/dma-trace';
import type { OperationRow, OperationsSection, OtherwiseRow } from './diff-document';
import { type Pairing, formOf, directionOf } from './pairing';

/** Kinds kept apart: a capture with more has a size of its own in each call. */
const MOST_KINDS = 65536;
/** Kinds in the document. */
const MOST_ROWS = 200;

/** While it is counted. */
type Counted<T> = { -readonly [K in keyof T]: T[K] };
type Row = Counted<OperationRow>;

export function operationsSection(pairing: Pairing): OperationsSection {
  const { a, b, alignment } = pairing;
  const kinds = new Kinds();
  const otherwise = new Map<string, Counted<OtherwiseRow>>();
  const sums = {
    ...{
      a: 0,
      b: 0,
      in_order: 0,
      moved: 0,
      reconstructed_in_one: 0,
      changed: 0,
      gone: 0,
      added: 0,
    },
    ...{ attributes_differ: 0, unmapped_in_a_only: 0, unmapped_in_b_only: 0 },
  };
  for (let i = 0; i < a.log.length; i++) {
    const device = pairing.labelOfA(i);
    if (device === null) continue;
    const row = kinds.of(device, a.log, i);
    sums.a++;
    row.a++;
    const j = alignment.ofA[i] ?? -1;
    if (j < 0) {
      row.gone++;
      sums.gone++;
      continue;
    }
    const how = alignment.howOf(i);
    if (how === 'in_order') sums.in_order++;
    else if (how === 'moved') {
      sums.moved++;
      row.moved++;
    } else {
      row.paired_with_other_row_a++;
      if (how === 'reconstructed') sums.reconstructed_in_one++;
      else sums.changed++;
      count(otherwise, pairing, device, i, j);
    }
    if (pairing.haveOtherAttributes(i, j)) sums.attributes_differ++;
    const unmapped = pairing.compareUnmaps(i, j);
    if (unmapped === 'a') sums.unmapped_in_a_only++;
    else if (unmapped === 'b') sums.unmapped_in_b_only++;
  }
  for (let j = 0; j < b.log.length; j++) {
    const device = pairing.labelOfB(j);
    if (device === null) continue;
    const row = kinds.of(device, b.log, j);
    sums.b++;
    row.b++;
    const i = alignment.ofB[j] ?? -1;
    if (i < 0) {
      row.added++;
      sums.added++;
    } else if (['reconstructed', 'changed'].includes(alignment.howOf(i)))
      row.paired_with_other_row_b++;
  }
  const rows = kinds.sorted();
  return {
    ...sums,
    gone_at_end: atEnd(a.log, alignment.ofA, (i) => pairing.labelOfA(i) !== null),
    added_at_end: atEnd(b.log, alignment.ofB, (j) => pairing.labelOfB(j) !== null),
    rows: rows.slice(0, MOST_ROWS),
    other_rows: Math.max(0, rows.length - MOST_ROWS) + kinds.forgotten,
    otherwise: [...otherwise.values()].sort((one, two) => two.pairs - one.pairs),
  };
}

/** Compared operations behind the last one that has a partner. */
function atEnd(
  log: OperationLog,
  partners: Int32Array,
  isCompared: (i: number) => boolean,
): number {
  let found = 0;
  for (let i = log.length - 1; i >= 0; i--) {
    if (!isCompared(i)) continue;
    if ((partners[i] ?? -1) >= 0) break;
    found++;
  }
  return found;
}

function count(
  rows: Map<string, Counted<OtherwiseRow>>,
  { a, b, alignment }: Pairing,
  device: string,
  i: number,
  j: number,
): void {
  const sideA = { form: formOf(a.log, i), direction: directionOf(a.log, i) };
  const sideB = { form: formOf(b.log, j), direction: directionOf(b.log, j) };
  const key = [device, sideA.form, sideA.direction, sideB.form, sideB.direction].join('\0');
  const found = rows.get(key);
  if (found) found.pairs++;
  else
    rows.set(key, {
      device,
      a: sideA,
      b: sideB,
      recorded: alignment.howOf(i) === 'changed',
      pairs: 1,
    });
}

/** Rows by kind of operation. */
class Kinds {
  /** Kinds that found no room. */
  forgotten = 0;
  private count = 0;
  private readonly rows = new Map<string, Map<number, Row>>();

  of(device: string, log: OperationLog, i: number): Row {
    const { kind, dir } = log.laneOf(i);
    const lane = `${device}\0${kind}\0${String(dir)}`;
    let sizes = this.rows.get(lane);
    if (!sizes) this.rows.set(lane, (sizes = new Map<number, Row>()));
    const size = log.sizeOf(i);
    let row = sizes.get(size);
    if (!row) {
      row = {
        ...{ device, form: kind, direction: DIRECTIONS[dir], size_bytes: size },
        ...{ a: 0, b: 0, gone: 0, added: 0, moved: 0 },
        ...{ paired_with_other_row_a: 0, paired_with_other_row_b: 0 },
      };
      if (this.count < MOST_KINDS) {
        this.count++;
        sizes.set(size, row);
      } else this.forgotten++;
    }
    return row;
  }

  /** Those that differ first, then the most frequent; the rest by name, so that the order is the same each time. */
  sorted(): Row[] {
    return [...this.rows.values()]
      .flatMap((sizes) => [...sizes.values()])
      .sort(
        (one, two) =>
          two.gone + two.added - (one.gone + one.added) ||
          Math.max(two.a, two.b) - Math.max(one.a, one.b) ||
          order(one.device, two.device) ||
          order(one.form, two.form) ||
          order(one.direction, two.direction) ||
          one.size_bytes - two.size_bytes,
      );
  }
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
