// SPDX-License-Identifier: GPL-2.0-only
// iommu:map and iommu:unmap events: how many belong to no call, and which ranges they made and ended.

import type { IommuMap, IommuUnmap } from '../../events';
import { PAGE, type Place, type RecordedMap, type RecordedUnmap } from '../step';
import { FIRST, type Seen, seen } from './seen';

/** Events that may still find their call: far more than lie between the lines of one. */
const MOST_UNCLAIMED = 4096;
/** Ranges kept, live and ended. */
const MOST_RANGES = 32768;

export interface IommuEvent extends Seen {
  readonly iova: number;
  /** Bytes. */
  readonly size: number;
}

/** A range of iommu:map, or several that one iommu:unmap ended. */
export interface IommuRange {
  readonly start: number;
  readonly end: number;
  /** Null: mapped before the capture. */
  readonly mapped: Place | null;
  readonly mappedNs: number;
  /** Where it ended; null while it is live. */
  readonly freed: Place | null;
  readonly freedNs: number;
  /** Its events belong to a call. */
  ofCall: boolean;
}

interface Unclaimed {
  readonly event: IommuEvent;
  readonly range: IommuRange;
}

/** All events of one kind. */
export class EventFigures {
  events = 0;
  /** Bytes: mapped, or really unmapped. */
  bytes = 0;
  withoutCall = 0;
  withoutCallBytes = 0;
  private readonly unclaimed = new Map<object, Unclaimed>();
  private readonly settled: IommuEvent[] = [];

  add(key: object, event: IommuEvent, range: IommuRange): void {
    this.events++;
    this.bytes += event.size;
    this.withoutCall++;
    this.withoutCallBytes += event.size;
    this.unclaimed.set(key, { event, range });
    if (this.unclaimed.size <= MOST_UNCLAIMED) return;
    for (const [oldest, its] of this.unclaimed) {
      this.unclaimed.delete(oldest);
      if (this.settled.length < FIRST) this.settled.push(its.event);
      break;
    }
  }

  /** A call was found for the event. */
  claim(key: object, size: number): void {
    this.withoutCall--;
    this.withoutCallBytes -= size;
    const its = this.unclaimed.get(key);
    if (!its) return;
    its.range.ofCall = true;
    this.unclaimed.delete(key);
  }

  /** The first events without a call. */
  get first(): IommuEvent[] {
    const found = [...this.settled];
    for (const { event } of this.unclaimed.values()) {
      if (found.length >= FIRST) break;
      found.push(event);
    }
    return found;
  }
}

export class IommuAccount {
  readonly maps = new EventFigures();
  readonly unmaps = new EventFigures();
  /** iommu:unmap events that unmapped less than they were asked for. */
  shortUnmaps = 0;
  /** Ranges that found no room: an address may have been in one. */
  forgotten = 0;
  private readonly live = new Map<number, IommuRange>();
  private readonly freed = new Map<number, IommuRange>();

  map(event: IommuMap, key: RecordedMap, file: string): void {
    const { iova, size, timeNs } = event;
    const at = seen(event, file);
    const range: IommuRange = {
      start: iova,
      end: iova + size,
      mapped: at.place,
      mappedNs: timeNs,
      freed: null,
      freedNs: 0,
      ofCall: false,
    };
    this.maps.add(key, { place: at.place, timeNs, task: at.task, iova, size }, range);
    this.keep(this.live, range);
  }

  unmap(event: IommuUnmap, key: RecordedUnmap, file: string): void {
    const { iova, size, unmapped, timeNs } = event;
    if (unmapped < size) this.shortUnmaps++;
    const at = seen(event, file);
    const ended = this.takeLive(iova, iova + unmapped);
    const range: IommuRange = {
      start: iova,
      end: iova + unmapped,
      mapped: ended[0]?.mapped ?? null,
      mappedNs: ended[0]?.mappedNs ?? 0,
      freed: at.place,
      freedNs: timeNs,
      ofCall: ended.length > 0 && ended.every((one) => one.ofCall),
    };
    this.unmaps.add(key, { place: at.place, timeNs, task: at.task, iova, size: unmapped }, range);
    this.keep(this.freed, range);
  }

  claimMaps(keys: readonly RecordedMap[]): void {
    for (const key of keys) this.maps.claim(key, key.size);
  }

  claimUnmap(key: RecordedUnmap): void {
    this.unmaps.claim(key, key.unmapped);
  }

  /** The range of events without a call that holds the address, or held it last. A walk. */
  around(address: number): IommuRange | null {
    for (const range of this.live.values())
      if (!range.ofCall && address >= range.start && address < range.end) return range;
    let found: IommuRange | null = null;
    for (const range of this.freed.values())
      if (
        !range.ofCall &&
        address >= range.start &&
        address < range.end &&
        range.freedNs >= (found?.freedNs ?? 0)
      )
        found = range;
    return found;
  }

  private takeLive(start: number, end: number): IommuRange[] {
    const { live } = this;
    const taken: IommuRange[] = [];
    const take = (range: IommuRange): void => {
      live.delete(range.start);
      taken.push(range);
    };
    // Step by step where that is shorter than a walk over all ranges.
    if ((end - start) / PAGE <= live.size + 1)
      for (let at = start; at < end;) {
        const range = live.get(at);
        if (range) take(range);
        at = Math.max(at + PAGE, range?.end ?? 0);
      }
    else
      for (const range of live.values()) if (range.start >= start && range.end <= end) take(range);
    return taken;
  }

  private keep(map: Map<number, IommuRange>, range: IommuRange): void {
    map.delete(range.start);
    map.set(range.start, range);
    if (map.size <= MOST_RANGES) return;
    for (const oldest of map.keys()) {
      map.delete(oldest);
      break;
    }
    this.forgotten++;
  }
}
