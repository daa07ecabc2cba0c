// SPDX-License-Identifier: GPL-2.0-only
// What the driver of the IOMMU is called for: with the permissions that the mapping has, and for no address whose translation a
// device may still remember.

import type { Json, JsonObject, TranscriptRun } from '@iommu-bounce/integration';
import type { Topology } from './topology';
import { Violation } from './violation';

/** Addresses that were unmapped; the end is exclusive. */
interface Range {
  readonly from: number;
  readonly to: number;
}

/** Operations that map for one device. */
const MAPS: readonly Json[] = ['map_page', 'map_sg', 'alloc_coherent'];

export class DriverCalls {
  /** By group, what was unmapped since the last flush of its domain: in lazy mode a device may reach it still. */
  private readonly stale = new Map<number, Range[]>();
  /** Group of each mapping, by id. */
  private readonly groups = new Map<number, number>();

  constructor(
    private readonly topology: Topology,
    private readonly run: TranscriptRun,
  ) {}

  /** What is wrong in the calls that an operation made; null: nothing. */
  check(op: Readonly<JsonObject>, observed: Readonly<JsonObject>): Violation | null {
    const calls = (observed['iommu'] ?? []) as readonly (readonly [
      string,
      number,
      number,
      string,
    ])[];
    const group = this.groupOf(op);
    const isFlushed = 'iotlb' in observed;
    if (isFlushed && group === null) this.stale.clear();
    else if (isFlushed && group !== null) this.stale.delete(group);
    const stale = group === null ? [] : this.staleOf(group);
    const isMap = MAPS.includes(op['op'] ?? null);
    const prot = isMap ? this.permission(op) : null;
    for (const [what, from, size, got] of calls) {
      if (what === 'unmap') {
        if (!isFlushed && this.isLazy) stale.push({ from, to: from + size });
        continue;
      }
      if (prot !== null && got !== prot)
        return new Violation(`the driver is to map with ${got}, expected ${prot}`, {
          iommu: calls.map((call) => (call[0] === 'map' ? [...call.slice(0, 3), prot] : [...call])),
        });
      if (stale.some((range) => from < range.to && range.from < from + size))
        return new Violation(
          'an address is used again before its last translation is flushed',
          op['op'] === 'map_sg' ? { dma: [] } : { ret: 0 },
          isMap,
        );
    }
    return null;
  }

  private permission({ dev, dir }: Readonly<JsonObject>): string {
    const { coherent } = this.topology.device(typeof dev === 'number' ? dev : 0);
    const reads = dir !== 'from_device' ? 'r' : '';
    const writes = dir !== 'to_device' ? 'w' : '';
    return `${reads}${writes}${coherent ? 'c' : ''}`;
  }

  /** Whose domain an operation is about; null: any, where time goes by. */
  private groupOf({ dev, id, group }: Readonly<JsonObject>): number | null {
    if (typeof group === 'number') return group;
    if (typeof dev !== 'number')
      return typeof id === 'number' ? (this.groups.get(id) ?? null) : null;
    const own = this.topology.groupOf(dev);
    if (typeof id === 'number') this.groups.set(id, own);
    return own;
  }

  private staleOf(group: number): Range[] {
    let found = this.stale.get(group);
    if (!found) this.stale.set(group, (found = []));
    return found;
  }

  private get isLazy(): boolean {
    const { strict, driver } = this.run.transcript.header;
    return !strict && driver === 'table';
  }
}
