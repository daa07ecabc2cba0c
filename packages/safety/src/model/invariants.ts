// SPDX-License-Identifier: GPL-2.0-only
// What holds after each operation, and what the kernel has to hold for a group: lists of the pool, pages, pins, addresses.

import { type TranscriptRun, iovasInUse } from '@iommu-bounce/integration';
import { PoolView } from '@iommu-bounce/simulation';
import { type io_buffer_pool, io_buffer_pool_stats, pool_of } from '@iommu-bounce/io-buffer-pool';
import type { ModelMachine } from './machine-kind';
import { slotsInUse } from './pool-lists';
import type { Topology } from './topology';
import { Violation } from './violation';

const PAGE = 4096;

/** A count that the port has, and the one that it should have. */
export interface Count {
  readonly is: number;
  readonly expected: number;
}

/** What is wrong with the lists of a pool. */
export interface Broken {
  readonly what: string;
  /** Whose pool it is. */
  readonly group: number;
}

export class Invariants {
  private readonly used = new Map<number, readonly number[]>();

  constructor(
    private readonly run: TranscriptRun,
    private readonly machine: ModelMachine,
    private readonly topology: Topology,
  ) {}

  poolOf(group: number): io_buffer_pool | null {
    const domain = this.run.domainOfGroup(group);
    return domain ? pool_of(domain) : null;
  }

  /** Whether the address is one of the pool's. */
  inPool(group: number, address: number): boolean {
    return new PoolView(this.run.domainOfGroup(group) ?? null).slotOf(address) >= 0;
  }

  /** A call is over: nothing is held, and each slot of a pool is in its place; what is not so. */
  broken(): Broken | null {
    const { locks_held, preempt_count, irqs_disabled } = this.run.machine.k.usage();
    if (locks_held > 0 || preempt_count > 0 || irqs_disabled)
      throw new Violation('the call returns in atomic context');
    for (const group of this.topology.kept()) {
      const pool = this.poolOf(group);
      const used = pool ? slotsInUse(pool) : [];
      if (typeof used === 'string') return { what: used, group };
      this.used.set(group, used);
    }
    return null;
  }

  /** Pages that VFIO holds: each device of a domain has a container of its own, with the domain's mappings. */
  pins(): Count {
    const { iommu, devices } = this.run;
    if (this.machine.driver === 'table') return { is: 0, expected: 0 };
    let expected = 0;
    for (const [dev, device] of devices)
      if (!this.topology.lent.has(this.topology.groupOf(dev)))
        expected += iommu.mappedPages(this.run.domainOf(device));
    return { is: iommu.pinnedPages(), expected };
  }

  /** Addresses of a group's domain that are in use: those that it has from its set-up on, and those of mappings. */
  addresses(group: number): number {
    const domain = this.run.domainOfGroup(group);
    return domain ? iovasInUse(domain) : 0;
  }

  /** Pages of slots in use. */
  pagesInUse(group: number): number {
    const used = this.used.get(group) ?? [];
    return (this.poolOf(group)?.classes ?? []).reduce(
      (sum, { buffer_size }, i) => sum + (used[i] ?? 0) * (buffer_size / PAGE),
      0,
    );
  }

  /** Pages of slots that are cached. */
  cachedPages(group: number): number {
    return io_buffer_pool_stats(this.poolOf(group)).reduce(
      (sum, { ro, wo, rw, buffer_size }) => sum + (ro + wo + rw) * (buffer_size / PAGE),
      0,
    );
  }
}
