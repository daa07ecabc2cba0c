// SPDX-License-Identifier: GPL-2.0-only
// Which slot a decision is about when its lines do not agree: the addresses tell, once it is known where a class begins.
//
// What a pool was like before a recording is worked out from all of it. One wrong number must stay one difference there
// and not turn into another beginning.

import type { MapDecision } from './step';

export class LikelySlots {
  /** Where the classes begin, by device and size. */
  private readonly bases = new Map<string, number>();

  taken(device: string, dmaAddr: number, decision: MapDecision): void {
    const { classSize, map, fill } = decision;
    const said = map ?? fill;
    if (said === null || said.slot === decision.slot) {
      this.learn(device, classSize, dmaAddr, decision.slot);
      return;
    }
    decision.likelySlot = this.slotOf(device, classSize, dmaAddr) ?? said.slot;
  }

  returned(
    device: string,
    line: { readonly classSize: number; readonly dmaAddr: number; readonly slot: number },
  ): number {
    return this.slotOf(device, line.classSize, line.dmaAddr) ?? line.slot;
  }

  private learn(device: string, classSize: number, dmaAddr: number, slot: number): void {
    const key = `${device} ${String(classSize)}`;
    if (!this.bases.has(key)) this.bases.set(key, floorTo(dmaAddr, classSize) - slot * classSize);
  }

  private slotOf(device: string, classSize: number, dmaAddr: number): number | null {
    const base = this.bases.get(`${device} ${String(classSize)}`);
    if (base === undefined) return null;
    const slot = (floorTo(dmaAddr, classSize) - base) / classSize;
    return Number.isInteger(slot) && slot >= 0 ? slot : null;
  }
}

function floorTo(n: number, unit: number): number {
  return n - (n % unit);
}
