// SPDX-License-Identifier: GPL-2.0-only
// iommu:map and iommu:unmap events: how many belong to no call, and which ranges they made and ended.

import type { IommuMap, IommuUnmap } from '../../events';
import type { EventHead } from '../../event-head';
import { ByAddress } from '../by-address';
import { Chain } from '../chain';
import { forgetFirst } from '../forget-first';
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

/** An event without a call so far: what a line of the account needs of it, should none be found. */
export interface UnclaimedEvent {
  readonly open: Claimable;
  readonly event: EventHead;
  readonly file: string;
  /** Bytes: mapped, or really unmapped. */
  readonly size: number;
  readonly range: IommuRange;
  before: UnclaimedEvent | null;
  after: UnclaimedEvent | null;
}

/** An event of which the account knows whether a call was found for it. */
export interface Claimable {
  /** Null: none is looked for any longer. */
  unclaimed: UnclaimedEvent | null;
}

/** All events of one kind. */
export class EventFigures {
  events = 0;
  /** Bytes: mapped, or really unmapped. */
  bytes = 0;
  withoutCall = 0;
  withoutCallBytes = 0;
  private readonly unclaimed = new Chain<UnclaimedEvent>();
  private readonly settled: IommuEvent[] = [];

  /** @param size bytes: mapped, or really unmapped */
  add(open: Claimable, event: EventHead, size: number, range: IommuRange, file: string): void {
    this.events++;
    this.bytes += size;
    this.withoutCall++;
    this.withoutCallBytes += size;
    const its = { open, event, file, size, range, before: null, after: null };
    open.unclaimed = its;
    this.unclaimed.add(its);
    const oldest = this.unclaimed.size > MOST_UNCLAIMED ? this.unclaimed.first : null;
    if (!oldest) return;
    this.unclaimed.remove(oldest);
    oldest.open.unclaimed = null;
    if (this.settled.length < FIRST) this.settled.push(shown(oldest));
  }

  /** A call was found for the event. */
  claim(open: Claimable, size: number): void {
    this.withoutCall--;
    this.withoutCallBytes -= size;
    const its = open.unclaimed;
    open.unclaimed = null;
    if (!its) return;
    its.range.ofCall = true;
    this.unclaimed.remove(its);
  }

  /** The first events without a call. */
  get first(): IommuEvent[] {
    const found = [...this.settled];
    for (const its of this.unclaimed) {
      if (found.length >= FIRST) break;
      found.push(shown(its));
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
  private readonly live = new ByAddress<IommuRange>();
  private readonly freed = new ByAddress<IommuRange>();

  map(event: IommuMap, open: Claimable, file: string): void {
    const { iova, size, timeNs } = event;
    const range: IommuRange = {
      start: iova,
      end: iova + size,
      mapped: { file, line: event.line },
      mappedNs: timeNs,
      freed: null,
      freedNs: 0,
      ofCall: false,
    };
    this.maps.add(open, event, size, range, file);
    this.keep(this.live, range);
  }

  unmap(event: IommuUnmap, open: Claimable, file: string): void {
    const { iova, size, unmapped, timeNs } = event;
    if (unmapped < size) this.shortUnmaps++;
    const ended = this.takeLive(iova, iova + unmapped);
    const range: IommuRange = {
      start: iova,
      end: iova + unmapped,
      mapped: ended[0]?.mapped ?? null,
      mappedNs: ended[0]?.mappedNs ?? 0,
      freed: { file, line: event.line },
      freedNs: timeNs,
      ofCall: ended.length > 0 && ended.every((one) => one.ofCall),
    };
    this.unmaps.add(open, event, unmapped, range, file);
    this.keep(this.freed, range);
  }

  claimMaps(maps: readonly (RecordedMap & Claimable)[]): void {
    for (const map of maps) this.maps.claim(map, map.size);
  }

  claimUnmap(unmap: RecordedUnmap & Claimable): void {
    this.unmaps.claim(unmap, unmap.unmapped);
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
    const isShort = (end - start) / PAGE <= live.size + 1;
    const first = live.get(start);
    // The usual case: one range, and all of it.
    if (isShort && first && start < end && end <= first.end) {
      live.delete(start);
      return [first];
    }
    const taken: IommuRange[] = [];
    const take = (range: IommuRange): void => {
      live.delete(range.start);
      taken.push(range);
    };
    // Step by step where that is shorter than a walk over all ranges.
    if (isShort)
      for (let at = start; at < end;) {
        const range = live.get(at);
        if (range) take(range);
        at = Math.max(at + PAGE, range?.end ?? 0);
      }
    else
      for (const range of live.values()) if (range.start >= start && range.end <= end) take(range);
    return taken;
  }

  private keep(map: ByAddress<IommuRange>, range: IommuRange): void {
    map.delete(range.start);
    map.set(range.start, range);
    if (map.size <= MOST_RANGES) return;
    forgetFirst(map);
    this.forgotten++;
  }
}

function shown({ event, file, size, range }: UnclaimedEvent): IommuEvent {
  return { ...seen(event, file), iova: range.start, size };
}
