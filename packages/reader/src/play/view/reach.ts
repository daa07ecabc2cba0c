// SPDX-License-Identifier: GPL-2.0-only
// What the device can reach beside what it should, and since when: the difference is what a pool costs in safety.

import type { Frame, RangeFrame } from '../frame';
import { sizeText, timeText } from './words';

export interface ReachRow {
  readonly range: RangeFrame;
  /** Null: a driver mapping wants it. */
  readonly unwanted: Age | null;
  /** `reachable, though no driver mapping wants it, for 120 ms`. */
  readonly text: string;
  /** Whether the step made it reachable, or freed it of its mapping. */
  readonly fresh: boolean;
}

/** How long a range has been reachable without a pause although no mapping wants it, in virtual milliseconds. */
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
  readonly wantedBytes: number;
  readonly unwantedBytes: number;
  /** Both in a sentence. */
  readonly summary: string;
}

type Interval = readonly [start: number, end: number];

/** Steps that are looked back: each one is a frame to be made. */
const MOST_BACK = 100;

/** The parts of some intervals that lie in a range of a frame that is the same in all but its ends. */
function within(parts: readonly Interval[], of: RangeFrame, frame: Frame): Interval[] {
  const same = frame.ranges.filter(
    ({ domain, access, wanted, iova, phys }) =>
      domain === of.domain &&
      access === of.access &&
      wanted === of.wanted &&
      phys - iova === of.phys - of.iova,
  );
  return parts.flatMap(([start, end]) =>
    same
      .map(({ iova, size }): Interval => [Math.max(start, iova), Math.min(end, iova + size)])
      .filter(([from, to]) => from < to),
  );
}

function bytesIn(parts: readonly Interval[]): number {
  return parts.reduce((sum, [start, end]) => sum + end - start, 0);
}

/** @param range of `frame(step)` */
export function ageOf(range: RangeFrame, frame: (step: number) => Frame, step: number): Age {
  const now = frame(step).timeMs;
  let parts: readonly Interval[] = [[range.iova, range.iova + range.size]];
  let [whole, oldest] = [now, now];
  const last = Math.max(0, step - MOST_BACK);
  let at = step - 1;
  for (; at >= last; at--) {
    const earlier = frame(at);
    parts = within(parts, range, earlier);
    if (parts.length === 0) break;
    oldest = earlier.timeMs;
    if (bytesIn(parts) === range.size) whole = earlier.timeMs;
  }
  return { wholeMs: now - whole, oldestMs: now - oldest, atLeast: at < last && last > 0 };
}

function ageText({ wholeMs, oldestMs, atLeast }: Age): string {
  const least = atLeast ? 'at least ' : '';
  if (oldestMs === 0) return ', as of now';
  if (wholeMs === oldestMs) return `, for ${least}${timeText(oldestMs)}`;
  return `, a part of it for ${least}${timeText(oldestMs)}`;
}

/** @param frame any frame from 0 to `step` */
export function reachView(frame: (step: number) => Frame, step: number): ReachView {
  const now = frame(step);
  const before = step > 0 ? frame(step - 1) : now;
  const rows = now.ranges.map((range): ReachRow => {
    const unwanted = range.wanted ? null : ageOf(range, frame, step);
    const known = within([[range.iova, range.iova + range.size]], range, before);
    const text =
      unwanted === null
        ? 'a driver mapping wants it'
        : `reachable, though no driver mapping wants it${ageText(unwanted)}`;
    return { range, unwanted, text, fresh: bytesIn(known) < range.size };
  });
  const bytes = (wanted: boolean): number =>
    now.ranges.filter((r) => r.wanted === wanted).reduce((sum, r) => sum + r.size, 0);
  const [wantedBytes, unwantedBytes] = [bytes(true), bytes(false)];
  const names = [...now.pools, ...now.ranges].flatMap(({ domain }) => domain.split(', '));
  const devices = new Set(names).size;
  return {
    rows,
    wantedBytes,
    unwantedBytes,
    summary: summaryOf(wantedBytes, unwantedBytes, devices),
  };
}

function summaryOf(wanted: number, unwanted: number, devices: number): string {
  const subject = devices > 1 ? 'The devices' : 'The device';
  if (wanted + unwanted === 0) return `${subject} can reach nothing.`;
  if (unwanted === 0) return `${subject} can reach ${sizeText(wanted)}, and should.`;
  const more = `${sizeText(unwanted)} that no driver mapping wants`;
  if (wanted === 0) return `${subject} should reach nothing, but can reach ${more}.`;
  return `${subject} should reach ${sizeText(wanted)}, but can also reach ${more}.`;
}
