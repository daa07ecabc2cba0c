// SPDX-License-Identifier: GPL-2.0-only
// What differs, one by one: how many there are of each kind, and the first with their places.

import {
  type OperationKind,
  type OperationLog,
  formName,
  isSyncKind,
  showPlace,
} from '@iommu-bounce/dma-trace';
import { count, plural, time } from '../../show/format';
import { DIFFERENCE_KINDS, type DifferenceKind } from './difference-kinds';
import type { DiffCapture, DifferenceRow } from './diff-document';
import { type Pairing, formOf, directionOf } from './pairing';

/** Operations looked at before one that only the other capture has, for its neighbour. */
const FURTHEST = 4096;

interface Listed extends DifferenceRow {
  /** Where it stands: operations of the first capture, then those that only the second has, by their neighbour. */
  readonly at: number;
}

export class Differences {
  readonly counts = byKind(() => 0);
  private readonly listed = byKind((): Listed[] => []);

  /** @param most rows of each kind */
  constructor(
    private readonly pairing: Pairing,
    private readonly most: number,
  ) {
    const { a, b, alignment } = pairing;
    for (let i = 0; i < a.log.length; i++) {
      const j = alignment.ofA[i] ?? -1;
      if (pairing.labelOfA(i) === null) this.counts.devices++;
      else if (j < 0) this.alone('a', i);
      else this.pair(i, j);
    }
    // Those of the second capture have places of their own among the first.
    const added: number[] = [];
    for (let j = 0; j < b.log.length; j++)
      if (pairing.labelOfB(j) === null) this.counts.devices++;
      else if ((alignment.ofB[j] ?? -1) < 0) {
        this.counts.operations++;
        if (added.length < most) added.push(j);
      }
    for (const j of added) this.list(this.aloneRow('b', j));
  }

  /** By kind, in the order of the captures. */
  get rows(): DifferenceRow[] {
    return DIFFERENCE_KINDS.flatMap((kind) =>
      this.listed[kind]
        .sort((one, two) => one.at - two.at)
        .slice(0, this.most)
        .map(({ at: _, ...row }): DifferenceRow => row),
    );
  }

  private alone(side: 'a' | 'b', i: number): void {
    if (this.counts.operations++ < this.most) this.list(this.aloneRow(side, i));
  }

  private pair(i: number, j: number): void {
    const { pairing } = this;
    const { a, b, alignment } = pairing;
    const how = alignment.howOf(i);
    // Each side by its own name, unless it is the same.
    const what = (): string => {
      const [inA, inB] = [describe(a.log, i), describe(b.log, j)];
      return inA === inB ? inA : `${inA} in A, ${inB} in B`;
    };
    if (how === 'changed') this.add('operations', i, j, what);
    else if (how === 'moved') this.add('moved', i, j, () => `${what()}: moved`);
    if (pairing.haveOtherAttributes(i, j))
      this.add(
        'attributes',
        i,
        j,
        () =>
          `${what()}: attributes ${attrs(a.log.attrsOf(i))} in A, ${attrs(b.log.attrsOf(j))} in B`,
      );
    const unmapped = pairing.compareUnmaps(i, j);
    if (unmapped !== null)
      this.add('unmaps', i, j, () => `${what()}: unmapped in ${unmapped.toUpperCase()} only`);
    const window = pairing.compareWindows(i, j);
    if (window === 'longer' || window === 'shorter')
      this.add(
        'windows',
        i,
        j,
        () => `${what()}: ${time(a.log.windowOf(i))} in A, ${time(b.log.windowOf(j))} in B`,
      );
    const requests = pairing.compareRequests(i, j);
    if (requests === 'more' || requests === 'fewer')
      this.add(
        'requests',
        i,
        j,
        () => `${what()}: ${events(a.log, i)} in A, ${events(b.log, j)} in B`,
      );
  }

  /** @param what is only made where it is listed */
  private add(kind: DifferenceKind, i: number, j: number, what: () => string): void {
    if (this.counts[kind]++ >= this.most) return;
    const { a, b } = this.pairing;
    this.list({
      kind,
      what: what(),
      device: this.pairing.labelOfA(i) ?? '',
      a: showPlace(a.log.placeOf(i)),
      b: showPlace(b.log.placeOf(j)),
      after: null,
      at: i,
    });
  }

  private list(row: Listed): void {
    this.listed[row.kind].push(row);
  }

  private aloneRow(side: 'a' | 'b', i: number): Listed {
    const { a, b, alignment } = this.pairing;
    const isA = side === 'a';
    const [own, other] = isA ? [a.log, b.log] : [b.log, a.log];
    const partners = isA ? alignment.ofA : alignment.ofB;
    const place = showPlace(own.placeOf(i));
    const before = neighbour(own, partners, i);
    return {
      kind: 'operations',
      what: `${describe(own, i)}: in ${isA ? 'A' : 'B'} only`,
      device: (isA ? this.pairing.labelOfA(i) : this.pairing.labelOfB(i)) ?? '',
      a: isA ? place : null,
      b: isA ? null : place,
      after: before === null ? null : showPlace(other.placeOf(before)),
      at: isA ? i : (before ?? -1) + 0.5,
    };
  }
}

/** The partner of the operation of the same kind before it, else of any; null: none is near. */
function neighbour(log: OperationLog, partners: Int32Array, i: number): number | null {
  const lane = log.laneIndex(i);
  let any: number | null = null;
  for (let n = i - 1; n >= Math.max(0, i - FURTHEST); n--) {
    const partner = partners[n] ?? -1;
    if (partner < 0) continue;
    if (log.laneIndex(n) === lane) return partner;
    any ??= partner;
  }
  return any;
}

function describe(log: OperationLog, i: number): string {
  const form = formOf(log, i);
  const direction = form === 'reconstructed' ? '' : ` ${directionOf(log, i)}`;
  return `${log.laneOf(i).call ?? operationName(form)}${direction} of ${plural(log.sizeOf(i), 'byte')}`;
}

/**
 * As a driver's author knows it, by the name that the recorded kernel gives it.
 * @param captures those that have it; where they differ, both names
 */
export function operationName(
  form: OperationKind,
  ...captures: readonly Pick<DiffCapture, 'calls'>[]
): string {
  if (isSyncKind(form)) return form === 'sync_for_cpu' ? 'sync for CPU' : 'sync for device';
  const names = captures.flatMap(({ calls }) => calls.filter((one) => one.form === form));
  return [...new Set(names.map(({ name }) => name))].join('/') || formName(form);
}

function byKind<T>(value: () => T): Record<DifferenceKind, T> {
  return Object.fromEntries(DIFFERENCE_KINDS.map((kind) => [kind, value()])) as Record<
    DifferenceKind,
    T
  >;
}

function attrs(mask: number): string {
  return mask === 0 ? 'none' : `0x${mask.toString(16)}`;
}

function events(log: OperationLog, i: number): string {
  const said = [
    [log.mapsOf(i), 'iommu:map'],
    [log.unmapsOf(i), 'iommu:unmap'],
  ] as const;
  return said
    .flatMap(([n, name]) => (Number.isNaN(n) ? [] : [`${count(n)} ${name}`]))
    .join(' and ');
}
