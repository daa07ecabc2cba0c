// SPDX-License-Identifier: GPL-2.0-only
// A recorded device under a policy: what was counted for it, and the domain that it shares with those of its group.

import type { whole_number } from '@iommu-bounce/linux-shim/options';
import { type IovaUse, IovaView, type Plugged } from '../policies';
import { Occupancy, SlotAges, StaleClock } from '../sim';
import { type CallCounts, addCallCounts, noCallCounts } from './call-counts';

/** Counts of a policy, for one device or for all. */
export interface CaptureCounts extends CallCounts {
  /** Times that the guest was left in calls; 0 on bare metal. */
  vmexits: whole_number;
  /** Copies to and from bounce buffers. */
  copies: whole_number;
  /** Nanoseconds of CPU time in map calls and syncs for the device, without waiting for locks. */
  map_ns: number;
  /** The same in unmap calls and syncs for the CPU. */
  unmap_ns: number;
}

export function noCounts(): CaptureCounts {
  return { ...noCallCounts(), vmexits: 0, copies: 0, map_ns: 0, unmap_ns: 0 };
}

export function addCaptureCounts(to: CaptureCounts, from: CaptureCounts): void {
  addCallCounts(to, from);
  to.vmexits += from.vmexits;
  to.copies += from.copies;
  to.map_ns += from.map_ns;
  to.unmap_ns += from.unmap_ns;
}

/** What is watched of a domain, or of a device without one. */
export class CaptureDomain {
  readonly stale: StaleClock;
  readonly ages: SlotAges;
  readonly bounce = new Occupancy();
  /** Its addresses, when the holes took the largest share that was seen. */
  iova: IovaUse | null = null;
  /** Bytes of its bounce buffers, as steps have been played. */
  bytes = 0;
  private readonly addresses: IovaView;

  /** @param first the device that what happens beside calls is counted for */
  constructor(
    readonly id: number,
    readonly plugged: Plugged,
    readonly first: CaptureDevice,
  ) {
    this.stale = new StaleClock(id);
    this.ages = new SlotAges(plugged.pool);
    this.addresses = new IovaView(plugged.domain);
  }

  /** Looks at its addresses. */
  lookAtAddresses(): void {
    const use = this.addresses.use();
    if (use && (!this.iova || use.fragmentation >= this.iova.fragmentation)) this.iova = use;
  }
}

export class CaptureDevice {
  readonly counts = noCounts();
  domain!: CaptureDomain;

  constructor(
    readonly name: string,
    readonly plugged: Plugged,
  ) {}
}
