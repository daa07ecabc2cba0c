// SPDX-License-Identifier: GPL-2.0-only
// What the device can reach beside what it should, and since when: the difference is what a pool costs in safety.

import type { Frame, RangeFrame } from '../frame';
import { sizeText, timeText } from '../../words';

export interface ReachRow {
  readonly range: RangeFrame;
  /** Null: a driver mapping uses it. */
  readonly unwanted: Age | null;
  /** `reachable, but no driver mapping uses it, for 120 ms`. */
  readonly text: string;
  /** Whether the step made it reachable, or freed it of its mapping. */
  readonly fresh: boolean;
}

/** How long a range has been reachable without a pause although no mapping uses it, in virtual milliseconds. */
export interface Age {
  /** All of it. */
  readonly wholeMs: number;
  /** The part of it for which that is longest. */
  readonly oldestMs: number;
  /** The search ended before the time when it began: it is longer. */
  readonly atLeast: boolean;
}

export interface ReachView {
  readonly rows: readonly ReachRow[];
  /** Ranges that are not among the rows. */
  readonly hidden: number;
  readonly wantedBytes: number;
  readonly unwantedBytes: number;
  /** Both in a sentence. */
  readonly summary: string;
}

type Interval = readonly [start: number, end: number];

/** Steps that are looked back: each one is a frame to be made. */
export const MOST_BACK = 100;

function bytesIn(parts: readonly Interval[]): number {
  return parts.reduce((sum, [start, end]) => sum + end - start, 0);
}

/** Index of the first range that ends after an address; they are in order and do not overlap. */
function firstBehind(ranges: readonly RangeFrame[], address: number): number {
  let [low, high] = [0, ranges.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const one = ranges[middle];
    if (one && one.iova + one.size <= address) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Looks at the ranges of a recording's frames, each frame's once put into order. */
export class Reach {
  private readonly byDomain = new WeakMap<Frame, Map<string, readonly RangeFrame[]>>();

  /** @param frame any frame of the recording, by its step */
  constructor(private readonly frame: (step: number) => Frame) {}

  /**
   * What should not be reachable comes first in each domain: it is the point.
   *
   * @param most rows that are wanted; the sums are those of all ranges
   */
  view(step: number, most = Infinity): ReachView {
    const now = this.frame(step);
    const before = step > 0 ? this.frame(step - 1) : now;
    const sorted = [...this.indexed(now).values()].flatMap((ranges) => [
      ...ranges.filter(({ wanted }) => !wanted),
      ...ranges.filter(({ wanted }) => wanted),
    ]);
    const rows = sorted.slice(0, most).map((range): ReachRow => {
      const unwanted = range.wanted ? null : this.age(range, step);
      const known = this.within([[range.iova, range.iova + range.size]], range, before);
      const text =
        unwanted === null
          ? 'a driver mapping uses it'
          : `reachable, but no driver mapping uses it${ageText(unwanted)}`;
      return { range, unwanted, text, fresh: bytesIn(known) < range.size };
    });
    const bytes = (wanted: boolean): number =>
      now.ranges.filter((r) => r.wanted === wanted).reduce((sum, r) => sum + r.size, 0);
    const [wantedBytes, unwantedBytes] = [bytes(true), bytes(false)];
    const names = [...now.pools, ...now.ranges].flatMap(({ domain }) => domain.split(', '));
    const summary = summaryOf(wantedBytes, unwantedBytes, new Set(names).size);
    return { rows, hidden: sorted.length - rows.length, wantedBytes, unwantedBytes, summary };
  }

  private age(range: RangeFrame, step: number): Age {
    const now = this.frame(step).timeMs;
    let parts: readonly Interval[] = [[range.iova, range.iova + range.size]];
    let [whole, oldest] = [now, now];
    const last = Math.max(0, step - MOST_BACK);
    let at = step - 1;
    for (; at >= last; at--) {
      const earlier = this.frame(at);
      parts = this.within(parts, range, earlier);
      if (parts.length === 0) break;
      oldest = earlier.timeMs;
      if (bytesIn(parts) === range.size) whole = earlier.timeMs;
    }
    return { wholeMs: now - whole, oldestMs: now - oldest, atLeast: at < last && last > 0 };
  }

  /** The parts of some intervals that lie in a range of a frame that is the same in all but its ends. */
  private within(parts: readonly Interval[], of: RangeFrame, frame: Frame): Interval[] {
    const ranges = this.indexed(frame).get(of.domain) ?? [];
    const found: Interval[] = [];
    for (const [start, end] of parts)
      for (let i = firstBehind(ranges, start); i < ranges.length; i++) {
        const one = ranges[i] as RangeFrame;
        if (one.iova >= end) break;
        const { access, wanted, iova, size, phys } = one;
        if (access === of.access && wanted === of.wanted && phys - iova === of.phys - of.iova)
          found.push([Math.max(start, iova), Math.min(end, iova + size)]);
      }
    return found;
  }

  private indexed(frame: Frame): Map<string, readonly RangeFrame[]> {
    let found = this.byDomain.get(frame);
    if (!found) {
      const made = new Map<string, RangeFrame[]>();
      for (const range of frame.ranges) {
        const own = made.get(range.domain);
        if (own) own.push(range);
        else made.set(range.domain, [range]);
      }
      for (const own of made.values()) own.sort((a, b) => a.iova - b.iova);
      found = made;
      this.byDomain.set(frame, found);
    }
    return found;
  }
}

function ageText({ wholeMs, oldestMs, atLeast }: Age): string {
  const least = atLeast ? 'at least ' : '';
  if (oldestMs === 0) return ', since this step';
  if (wholeMs === oldestMs) return `, for ${least}${timeText(oldestMs)}`;
  return `, a part of it for ${least}${timeText(oldestMs)}`;
}

function summaryOf(wanted: number, unwanted: number, devices: number): string {
  const subject = devices > 1 ? 'The devices' : 'The device';
  if (wanted + unwanted === 0) return `${subject} can reach nothing.`;
  if (unwanted === 0) return `${subject} can reach ${sizeText(wanted)}, and should.`;
  const more = `${sizeText(unwanted)} that no driver mapping wants`;
  if (wanted === 0) return `${subject} should reach nothing, but can reach ${more}.`;
  return `${subject} should reach ${sizeText(wanted)}, but can also reach ${more}.`;
}
