// SPDX-License-Identifier: GPL-2.0-only
// What is seen of a run, each thing at the moment when it happens.

import type { Cpu } from './cpu';
import type { IoSlot } from './io-slot';
import { Latencies } from './latencies';
import { Occupancy } from './occupancy';
import type { SimDevice } from './sim-device';
import { SlotAges } from './slot-ages';
import { Step } from './timeline';

export class Observer {
  readonly latencies = new Latencies();
  readonly bounce = new Occupancy();
  readonly ages: SlotAges;
  /** Time in the DMA API's map and unmap calls, copies and waiting included. */
  mapNs = 0;
  unmapNs = 0;
  /** When the last I/O was reaped. */
  endedAt = 0;
  /** I/Os that were reaped, and their latencies together. */
  reaped = 0;
  latencyNs = 0;
  /** Time that went into submissions which were put off. */
  putOffNs = 0;
  /** I/Os between submission and reap, and their number integrated over time. */
  inFlight = 0;
  inFlightNs = 0;
  private inFlightSince = 0;

  constructor(private readonly device: SimDevice) {
    this.ages = new SlotAges(device);
  }

  /** @param kind one of Step; @param value of that step */
  readonly happens = (cpu: Cpu, kind: number, value: number, now: number): void => {
    switch (kind) {
      case Step.reaped:
        this.reapedBy(cpu, now);
        break;
      case Step.submitted:
        if (cpu.request !== null) cpu.request.io.submittedAt = now;
        this.inFlightChanges(now, 1);
        break;
      case Step.called:
        cpu.calledAt = now;
        break;
      case Step.returned:
        this.returned(cpu, now);
        break;
      case Step.level:
        this.bounce.set(now, value);
        break;
      case Step.evicted:
        this.ages.evicted(value, now);
        break;
      case Step.gone:
        this.device.meter.stale.gone(value, now);
        break;
    }
  };

  /** An I/O whose mapping failed is not in flight. */
  putOff(io: IoSlot, now: number): void {
    this.putOffNs += now - io.submittedAt;
    this.inFlightChanges(now, -1);
  }

  private reapedBy(cpu: Cpu, now: number): void {
    const ns = now - (cpu.reaped?.submittedAt ?? now);
    this.latencies.record(ns);
    this.latencyNs += ns;
    this.reaped++;
    this.inFlightChanges(now, -1);
    if (now > this.endedAt) this.endedAt = now;
  }

  /** A map or unmap does. */
  returned(cpu: Cpu, now: number): void {
    const ns = now - cpu.calledAt;
    if (cpu.event === 'complete') {
      this.unmapNs += ns;
      this.ages.unmapReturned(cpu.slot, now);
      if (cpu.stale >= 0) this.device.meter.stale.returned(cpu.stale, now);
    } else {
      this.mapNs += ns;
      this.ages.mapReturned(cpu.slot, now);
    }
  }

  private inFlightChanges(now: number, by: number): void {
    this.inFlightNs += this.inFlight * (now - this.inFlightSince);
    this.inFlight += by;
    this.inFlightSince = now;
  }
}
