// SPDX-License-Identifier: GPL-2.0-only
// What is seen of a capture's run as its steps are played: bounce memory, what stays reachable.

import { type Cpu, Occupancy, Step } from '../sim';
import type { CaptureDomain } from './capture-device';

/** In place of a domain's number: memory that swiotlb has grown to, which belongs to no device. */
export const GROWN = -1;

export class CaptureObserver {
  /** Bounce memory of all devices, bytes. */
  readonly bounce = new Occupancy();
  /** Mappings of all devices that were given back and can still be reached. */
  readonly stale = new Occupancy();
  private reachable = 0;
  /** Bytes of bounce buffers, as played. */
  private bytes = 0;
  /** The domain that the next step is about, by CPU. */
  private readonly about = new Map<Cpu, number>();

  /** @param growing swiotlb grows: what devices use is a part of what there is */
  constructor(
    private readonly domains: readonly CaptureDomain[],
    private readonly growing: boolean,
  ) {}

  readonly happens = (cpu: Cpu, kind: number, value: number, now: number): void => {
    if (kind === Step.domain) {
      this.about.set(cpu, value);
      return;
    }
    const about = this.about.get(cpu) ?? 0;
    if (about === GROWN) {
      this.total(now, value);
      return;
    }
    const domain = this.domains[about] as CaptureDomain;
    switch (kind) {
      case Step.returned:
        this.returned(cpu, domain, now);
        break;
      case Step.level:
        domain.bytes += value;
        domain.bounce.set(now, Math.max(0, domain.bytes));
        if (!this.growing) this.total(now, value);
        break;
      case Step.evicted:
        domain.ages.evicted(value, now);
        break;
      case Step.gone:
        if (domain.stale.gone(value, now)) this.stale.set(now, --this.reachable);
        break;
      default:
    }
  };

  private total(now: number, change: number): void {
    this.bytes += change;
    this.bounce.set(now, Math.max(0, this.bytes));
  }

  private returned(cpu: Cpu, { ages, stale }: CaptureDomain, now: number): void {
    if (cpu.event === 'complete') {
      ages.unmapReturned(cpu.slot, now);
      if (cpu.stale >= 0 && stale.returned(cpu.stale, now)) this.stale.set(now, ++this.reachable);
    } else ages.mapReturned(cpu.slot, now);
  }
}
