// SPDX-License-Identifier: GPL-2.0-only
// What the streaming mappings of a lane cost, step by step, by direction and size.

import { order_base_2 } from '@iommu-bounce/linux-shim';
import { DIRECTIONS, type Direction, type Mapping, isList } from '@iommu-bounce/dma-trace';
import { sizeUpTo } from './recorded-figures';
import { type StepCounter, type StepCounts, noSteps } from '@iommu-bounce/simulation';

/** Mappings of one direction that need the same power of two of bytes. */
export interface SizeSteps {
  /** As in the trace: TO_DEVICE, FROM_DEVICE, BIDIRECTIONAL. */
  readonly direction: Direction;
  /** Bytes: a power of two of at least a page. */
  readonly size_up_to: number;
  maps: number;
  unmaps: number;
  /** Of the maps: through the pool. */
  pool_maps: number;
  /** In map calls, and in syncs for the device. */
  readonly map: StepCounts;
  /** In unmap calls, and in syncs for the CPU. */
  readonly unmap: StepCounts;
  /** Bytes of all that were mapped. */
  bytes: number;
}

/** Calls that ask the pool, for memory that the driver had already. */
function isStreaming({ form }: Mapping): boolean {
  return form === 'page' || isList(form);
}

export class LaneCosts {
  /** Outside of the calls: the eviction worker, timers. */
  readonly elsewhere = noSteps();
  private readonly bySize = new Map<number, SizeSteps>();
  /** Of what no figure is asked for: coherent memory. */
  private readonly others = noSteps();

  constructor(private readonly counter: StepCounter) {}

  /** To be called before each call. */
  begin(): void {
    this.counter.drain(this.elsewhere);
  }

  /**
   * After the map call of a mapping.
   * @returns MAP requests of it; 0 for what no figure is asked for
   */
  mapped(mapping: Mapping, throughPool: boolean): number {
    const row = this.rowOf(mapping);
    if (!row) return 0;
    const before = row.map.mapRequests;
    row.bytes += mapping.size;
    row.maps++;
    if (throughPool) row.pool_maps++;
    row.map[throughPool ? 'poolCalls' : 'plainCalls']++;
    this.counter.drain(row.map);
    return row.map.mapRequests - before;
  }

  /** After its unmap call. */
  unmapped(mapping: Mapping, throughPool: boolean): void {
    const row = this.rowOf(mapping);
    if (!row) return;
    row.unmaps++;
    row.unmap[throughPool ? 'poolCalls' : 'plainCalls']++;
    this.counter.drain(row.unmap);
  }

  /** After a sync. */
  synced(mapping: Mapping, forDevice: boolean): void {
    const row = this.rowOf(mapping);
    if (row) this.counter.drain(forDevice ? row.map : row.unmap);
  }

  /** After a call that is no part of the mix, for instance a map that failed when it was recorded. */
  ignored(): void {
    this.counter.drain(this.others);
  }

  /** Forgets what was counted, as when a pool was brought into a state. */
  reset(): void {
    this.bySize.clear();
    Object.assign(this.elsewhere, noSteps());
    this.counter.drain(noSteps());
  }

  /** In the order of direction and size. */
  rows(): SizeSteps[] {
    return [...this.bySize.entries()].sort(([a], [b]) => a - b).map(([, row]) => row);
  }

  /** The row of a mapping; null, and its steps are let go, if no pool could serve it. */
  private rowOf(mapping: Mapping): SizeSteps | null {
    if (!isStreaming(mapping)) {
      this.ignored();
      return null;
    }
    const size_up_to = sizeUpTo(mapping.size);
    const key = mapping.dir * 64 + order_base_2(size_up_to);
    let row = this.bySize.get(key);
    if (!row) {
      const direction = DIRECTIONS[mapping.dir];
      row = {
        ...{ direction, size_up_to, maps: 0, unmaps: 0, pool_maps: 0 },
        ...{ bytes: 0, map: noSteps(), unmap: noSteps() },
      };
      this.bySize.set(key, row);
    }
    return row;
  }
}
