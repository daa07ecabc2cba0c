// SPDX-License-Identifier: GPL-2.0-only
// Which operation of one capture is which of another.
//
// Operations of one device, kind of call and direction have an order; what both captures have of it in order is found by
// their sizes (SequenceAligner). Of the rest, operations that are alike are paired wherever they stand: so what is left of
// each size is what one capture has more of, however the two interleave. Then operations of one device that only the call
// or the direction tells apart are paired. Swapped captures give the same pairs.

import type { DeviceMatch } from './devices';
import { type OperationLog, OPERATION_KINDS, isSyncKind } from './operations';
import { SequenceAligner } from './sequence';

/**
 * `in_order`: in the order of both. `moved`: alike, at another place. `reconstructed`: one capture has its iommu:* events only.
 * `changed`: by another call or direction.
 */
export type Pairing = 'none' | 'in_order' | 'moved' | 'reconstructed' | 'changed';
const PAIRINGS: readonly Pairing[] = ['none', 'in_order', 'moved', 'reconstructed', 'changed'];

const NOBODY = -1;
/** Steps of the edit script between two places that are taken for the same operation before all others are. */
const NEAR = 64;

export class Alignment {
  /** Of each operation: its partner in the other capture, or -1. */
  readonly ofA: Int32Array;
  readonly ofB: Int32Array;
  private readonly how: Uint8Array;
  private readonly aligner = new SequenceAligner();

  constructor(
    private readonly a: OperationLog,
    private readonly b: OperationLog,
    devices: DeviceMatch,
  ) {
    this.ofA = new Int32Array(a.length).fill(NOBODY);
    this.ofB = new Int32Array(b.length).fill(NOBODY);
    this.how = new Uint8Array(a.length);
    const [lanesA, lanesB] = [new LaneIndex(a), new LaneIndex(b)];
    for (const pair of devices.pairs) {
      const restA: number[] = [];
      const restB: number[] = [];
      for (const kind of OPERATION_KINDS)
        for (const dir of [0, 1, 2]) {
          const ofA = lanesA.of(pair.a, kind, dir);
          const ofB = lanesB.of(pair.b, kind, dir);
          if (ofA.length + ofB.length === 0) continue;
          this.lane(ofA, ofB);
          if (isSyncKind(kind)) continue;
          for (const i of ofA) if (this.ofA[i] === NOBODY) restA.push(i);
          for (const j of ofB) if (this.ofB[j] === NOBODY) restB.push(j);
        }
      this.otherCalls(restA.sort(byNumber), restB.sort(byNumber));
    }
  }

  /** How an operation of A found its partner. */
  howOf(i: number): Pairing {
    return PAIRINGS[this.how[i] ?? 0] ?? 'none';
  }

  private pair(i: number, j: number, how: Pairing): void {
    this.ofA[i] = j;
    this.ofB[j] = i;
    this.how[i] = PAIRINGS.indexOf(how);
  }

  private lane(ofA: Uint32Array, ofB: Uint32Array): void {
    const sizesA = Float64Array.from(ofA, (i) => this.a.sizeOf(i));
    const sizesB = Float64Array.from(ofB, (j) => this.b.sizeOf(j));
    // The same way round whichever comes first: of several shortest scripts the search takes one.
    const isSwapped = comesAfter(sizesA, sizesB);
    const [first, second] = isSwapped ? [sizesB, sizesA] : [sizesA, sizesB];
    const partner = new Int32Array(first.length).fill(NOBODY);
    const isTaken = new Uint8Array(second.length);
    const pair = (i: number, j: number, how: Pairing): void => {
      const [x, y] = isSwapped ? [j, i] : [i, j];
      this.pair(ofA[x] ?? 0, ofB[y] ?? 0, how);
    };
    this.aligner.align(first, second, (i, j) => {
      partner[i] = j;
      isTaken[j] = 1;
      pair(i, j, 'in_order');
    });
    pairMoved(first, second, partner, isTaken, (i, j) => {
      pair(i, j, 'moved');
    });
  }

  /** Of operations that are left: those that one capture tells by its iommu:* events only, then those of the same size. */
  private otherCalls(restA: readonly number[], restB: readonly number[]): void {
    const { a, b } = this;
    const isMade = (log: OperationLog, i: number): boolean =>
      log.laneOf(i).kind === 'reconstructed';
    const [madeA, madeB] = [restA.filter((i) => isMade(a, i)), restB.filter((j) => isMade(b, j))];
    const callsA = restA.filter((i) => !isMade(a, i));
    const callsB = restB.filter((j) => !isMade(b, j));
    this.alike(madeA, withoutSpare(b, callsB, sizesOf(a, madeA)), 'reconstructed');
    this.alike(withoutSpare(a, callsA, sizesOf(b, madeB)), madeB, 'reconstructed');
    this.alike(
      restA.filter((i) => !isMade(a, i) && this.ofA[i] === NOBODY),
      restB.filter((j) => !isMade(b, j) && this.ofB[j] === NOBODY),
      'changed',
    );
  }

  /** The first with the first of the same size; iommu:* events tell whole pages only. */
  private alike(
    ofA: readonly number[],
    ofB: readonly number[],
    how: 'reconstructed' | 'changed',
  ): void {
    if (ofA.length === 0 || ofB.length === 0) return;
    const size = (log: OperationLog, i: number): number =>
      how === 'reconstructed' ? log.extentOf(i) : log.sizeOf(i);
    const waiting = new Map<number, number[]>();
    for (const j of [...ofB].reverse()) {
      const key = size(this.b, j);
      const found = waiting.get(key);
      if (found) found.push(j);
      else waiting.set(key, [j]);
    }
    for (const i of ofA) {
      const j = waiting.get(size(this.a, i))?.pop();
      if (j !== undefined) this.pair(i, j, how);
    }
  }
}

/** How many there are of each size in whole pages. */
function sizesOf(log: OperationLog, operations: readonly number[]): Map<number, number> {
  const found = new Map<number, number>();
  for (const i of operations) {
    const size = log.extentOf(i);
    found.set(size, (found.get(size) ?? 0) + 1);
  }
  return found;
}

/**
 * Calls that may be those of requests. A request is made of what is unmapped: where there are more calls of a size than
 * requests, the last calls without an unmap are left out.
 */
function withoutSpare(
  log: OperationLog,
  calls: readonly number[],
  requests: ReadonlyMap<number, number>,
): number[] {
  const spare = sizesOf(log, calls);
  for (const [size, n] of spare) spare.set(size, n - (requests.get(size) ?? 0));
  const kept = [...calls].reverse().filter((i) => {
    const size = log.extentOf(i);
    const left = spare.get(size) ?? 0;
    if (left <= 0 || log.isUnmapped(i)) return true;
    spare.set(size, left - 1);
    return false;
  });
  return kept.reverse();
}

/** Operations of one size that have no partner, and where in the edit script they stand. */
interface Unpaired {
  readonly first: number[];
  readonly second: number[];
  readonly firstAt: number[];
  readonly secondAt: number[];
}

/** Pairs what is alike and not in order: near ones, then the first with the first. */
function pairMoved(
  first: Float64Array,
  second: Float64Array,
  partner: Int32Array,
  isTaken: Uint8Array,
  pair: (i: number, j: number) => void,
): void {
  const bySize = new Map<number, Unpaired>();
  const of = (size: number): Unpaired => {
    let found = bySize.get(size);
    if (!found) bySize.set(size, (found = { first: [], second: [], firstAt: [], secondAt: [] }));
    return found;
  };
  let at = 0;
  for (let i = 0, j = 0; i < first.length || j < second.length; at++)
    if (i < first.length && partner[i] === NOBODY) {
      const left = of(first[i] ?? 0);
      if (at - (left.secondAt.at(-1) ?? -Infinity) <= NEAR) {
        left.secondAt.pop();
        pair(i, left.second.pop() ?? 0);
      } else {
        left.first.push(i);
        left.firstAt.push(at);
      }
      i++;
    } else if (j < second.length && isTaken[j] === 0) {
      const left = of(second[j] ?? 0);
      if (at - (left.firstAt.at(-1) ?? -Infinity) <= NEAR) {
        left.firstAt.pop();
        pair(left.first.pop() ?? 0, j);
      } else {
        left.second.push(j);
        left.secondAt.push(at);
      }
      j++;
    } else {
      i++;
      j++;
    }
  for (const left of bySize.values())
    left.first.slice(0, left.second.length).forEach((i, n) => {
      pair(i, left.second[n] ?? 0);
    });
}

/** An order of all sequences: by length, then by what comes first. */
function comesAfter(a: Float64Array, b: Float64Array): boolean {
  if (a.length !== b.length) return a.length > b.length;
  const i = a.findIndex((size, n) => size !== b[n]);
  return i >= 0 && (a[i] ?? 0) > (b[i] ?? 0);
}

function byNumber(a: number, b: number): number {
  return a - b;
}

/** The operations of each lane, in order. */
class LaneIndex {
  private readonly order: Uint32Array;
  private readonly starts: Uint32Array;
  private readonly ofDevices = new Map<string, number[]>();

  constructor(private readonly log: OperationLog) {
    const { length, lanes, devices } = log;
    lanes.forEach(({ device }, at) => {
      const name = devices[device] ?? '';
      const found = this.ofDevices.get(name);
      if (found) found.push(at);
      else this.ofDevices.set(name, [at]);
    });
    this.starts = new Uint32Array(lanes.length + 1);
    for (let i = 0; i < length; i++) {
      const next = log.laneIndex(i) + 1;
      this.starts[next] = (this.starts[next] ?? 0) + 1;
    }
    for (let lane = 0; lane < lanes.length; lane++)
      this.starts[lane + 1] = (this.starts[lane + 1] ?? 0) + (this.starts[lane] ?? 0);
    const fill = this.starts.slice();
    this.order = new Uint32Array(length);
    for (let i = 0; i < length; i++) {
      const lane = log.laneIndex(i);
      const at = fill[lane] ?? 0;
      this.order[at] = i;
      fill[lane] = at + 1;
    }
  }

  /** Of several devices together in the order of time. */
  of(devices: readonly string[], kind: string, dir: number): Uint32Array {
    const { lanes } = this.log;
    const found = devices
      .flatMap((name) => this.ofDevices.get(name) ?? [])
      .filter((at) => lanes[at]?.kind === kind && lanes[at].dir === dir)
      .map((at) => this.order.subarray(this.starts[at], this.starts[at + 1]));
    const [only] = found;
    if (found.length === 1 && only) return only;
    const all = new Uint32Array(found.reduce((sum, one) => sum + one.length, 0));
    let at = 0;
    for (const one of found) {
      all.set(one, at);
      at += one.length;
    }
    return all.sort();
  }
}
