// SPDX-License-Identifier: GPL-2.0-only
// Two captures with their operations paired: what all figures of `diff` are made of.

import {
  Alignment,
  DIRECTIONS,
  type DeviceMatch,
  type Direction,
  type OperationKind,
  type OperationLog,
} from '@iommu-bounce/dma-trace';
import type { CaptureRead } from './read-capture';

/** Two windows may differ by so much, whatever they are: the lines of both have whole microseconds. */
export const FLOOR_NS = 2000;

export class Pairing {
  readonly alignment: Alignment;
  private readonly labels = new Map<string, string>();
  private readonly labelsOfB = new Map<string, string>();

  /** @param tolerance share of the longer one by which two windows may differ, 0 to 1 */
  constructor(
    readonly a: CaptureRead,
    readonly b: CaptureRead,
    devices: DeviceMatch,
    readonly tolerance: number,
  ) {
    for (const pair of devices.pairs) {
      const label = pair.a.join(', ');
      for (const name of pair.a) this.labels.set(name, label);
      for (const name of pair.b) this.labelsOfB.set(name, label);
    }
    this.alignment = new Alignment(a.log, b.log, devices);
  }

  /** The name of an operation's device in the first capture; null: it is not compared. */
  labelOfA(i: number): string | null {
    return this.labels.get(this.a.log.deviceOf(i)) ?? null;
  }

  labelOfB(j: number): string | null {
    return this.labelsOfB.get(this.b.log.deviceOf(j)) ?? null;
  }

  /** Which window of a pair is longer, beyond the tolerance; null: not both are known. */
  compareWindows(i: number, j: number): 'longer' | 'shorter' | 'alike' | null {
    const [ofA, ofB] = [this.a.log.windowOf(i), this.b.log.windowOf(j)];
    if (Number.isNaN(ofA) || Number.isNaN(ofB)) return null;
    const most = Math.max(FLOOR_NS, this.tolerance * Math.max(ofA, ofB));
    if (Math.abs(ofA - ofB) <= most) return 'alike';
    return ofB > ofA ? 'longer' : 'shorter';
  }

  /** Which of a pair has more iommu:map and iommu:unmap events together; null: not both are known. */
  compareRequests(i: number, j: number): 'more' | 'fewer' | 'alike' | null {
    const maps = this.b.log.mapsOf(j) - this.a.log.mapsOf(i);
    const unmaps = this.b.log.unmapsOf(j) - this.a.log.unmapsOf(i);
    if (Number.isNaN(maps) && Number.isNaN(unmaps)) return null;
    const change = (Number.isNaN(maps) ? 0 : maps) + (Number.isNaN(unmaps) ? 0 : unmaps);
    if (change === 0) return 'alike';
    return change > 0 ? 'more' : 'fewer';
  }

  /** Which of a pair is unmapped, where one is and both captures show unmaps. */
  compareUnmaps(i: number, j: number): 'a' | 'b' | null {
    const { a, b } = this;
    if (a.log.isSync(i) || a.log.unmaps === 0 || b.log.unmaps === 0) return null;
    const [inA, inB] = [a.log.isUnmapped(i), b.log.isUnmapped(j)];
    if (inA === inB) return null;
    return inA ? 'a' : 'b';
  }

  /** Whether the attributes of a pair differ, where both captures recorded its call. */
  haveOtherAttributes(i: number, j: number): boolean {
    const how = this.alignment.howOf(i);
    return how !== 'reconstructed' && this.a.log.attrsOf(i) !== this.b.log.attrsOf(j);
  }
}

export function directionOf(log: OperationLog, i: number): Direction {
  return DIRECTIONS[log.laneOf(i).dir];
}

export function formOf(log: OperationLog, i: number): OperationKind {
  return log.laneOf(i).kind;
}
