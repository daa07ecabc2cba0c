// SPDX-License-Identifier: GPL-2.0-only
// Since when buffers of the pools are idle: one in use is never evicted, an idle one not before its time.

import type { Json } from '@iommu-bounce/integration';
import type { Invariants } from './invariants';
import type { Topology } from './topology';
import { Violation } from './violation';

const PAGE = 4096;
/** What an idle buffer has at least, ms: the worker's period, between its first sight of it and the second. */
const LEAST_IDLE = 5000;
const IN_USE = Infinity;

export class IdleBuffers {
  /** By group, of the first page that a buffer was mapped at: since when it is idle, ms, or IN_USE. */
  private readonly since = new Map<number, Map<number, number>>();

  constructor(
    private readonly topology: Topology,
    private readonly invariants: Invariants,
  ) {}

  /** The device's mapping begins at this address, which may be a buffer's. */
  use(device: number, address: number): void {
    this.enter(device, address, IN_USE);
  }

  /** The mapping at the address has ended. */
  leave(device: number, address: number, now: number): void {
    this.enter(device, address, now);
  }

  /**
   * What the worker took out of the tables.
   * @param calls of the driver. They do not tell the domain: of an address that is a buffer's in several, one must have been idle
   * @throws Violation for a buffer that is in use, or was used a moment ago
   */
  evicted(calls: Json | undefined, now: number): void {
    for (const [what, from, size] of (calls ?? []) as readonly (readonly [
      string,
      number,
      number,
    ])[]) {
      if (what !== 'unmap') continue;
      const latest = new Map<number, number>();
      for (const group of this.topology.kept())
        for (const [page, since] of this.of(group))
          if (page >= from && page < from + size)
            latest.set(page, Math.min(since, latest.get(page) ?? IN_USE));
      for (const since of latest.values()) {
        if (since <= now - LEAST_IDLE) continue;
        const when =
          since === IN_USE
            ? 'while it is in use'
            : `${String(now - since)} ms after its use, expected ${String(LEAST_IDLE)} at least`;
        throw new Violation(`a buffer is evicted ${when}`, { iommu: [] }, true);
      }
    }
  }

  private enter(device: number, address: number, since: number): void {
    const group = this.topology.groupOf(device);
    const isBuffer = this.invariants
      .poolOf(group)
      ?.classes.some(({ iova_base, iova_end }) => address >= iova_base && address < iova_end);
    if (isBuffer !== true) return;
    this.of(group).set(Math.floor(address / PAGE) * PAGE, since);
  }

  private of(group: number): Map<number, number> {
    let pages = this.since.get(group);
    if (!pages) this.since.set(group, (pages = new Map<number, number>()));
    return pages;
  }
}
