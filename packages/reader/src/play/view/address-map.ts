// SPDX-License-Identifier: GPL-2.0-only
// The IOVA space to scale: one bar for the whole of it, and a magnified bar for each place where something is.

import type { Frame } from '../frame';
import { hex, sizeText } from '../../words';

export interface Region {
  readonly start: number;
  /** The first address after it. */
  readonly end: number;
  readonly kind: 'class' | 'mapped';
  readonly label: string;
  /** Of a mapped one. */
  readonly access: 'RO' | 'WO' | 'RW' | null;
  readonly wanted: boolean;
}

/** A region within a bar, as shares of its width. */
export interface Mark {
  readonly x: number;
  readonly width: number;
  readonly region: Region;
}

export interface Bar {
  readonly start: number;
  readonly end: number;
  readonly title: string;
  /** Where this bar lies within the bar of the whole space, as shares; the whole itself has 0 and 1. */
  readonly from: number;
  readonly to: number;
  readonly marks: readonly Mark[];
}

/** Neighbours closer than this many of their own sizes share a magnified bar. */
const GAP = 4;
const MOST_BARS = 6;
/** Share of a bar's width that is less than a pixel. */
const FINE = 0.0007;

/** Of one domain: each has its own space. */
export function regionsOf(frame: Frame, domain: string): Region[] {
  const pools = frame.pools.filter((pool) => pool.domain === domain);
  const classes = pools.flatMap((pool) =>
    pool.classes.map((cls): Region => ({
      start: cls.iovaBase,
      end: cls.iovaBase + cls.bufferSize * cls.slots.length,
      ...{ kind: 'class', access: null, wanted: true },
      label: `${sizeText(cls.bufferSize)} class`,
    })),
  );
  const ranges = frame.ranges.filter((range) => range.domain === domain);
  const mapped = ranges.map((range): Region => ({
    ...{ start: range.iova, end: range.iova + range.size, kind: 'mapped' },
    ...{ access: range.access, wanted: range.wanted },
    label: `${hex(range.iova)}, ${sizeText(range.size)}, ${range.access}`,
  }));
  return [...classes, ...mapped];
}

/** The power of two after the last region, from 4 GiB on: what an aperture would be. */
export function spaceEnd(regions: readonly Region[]): number {
  let end = 2 ** 32;
  for (const region of regions) while (end < region.end) end *= 2;
  return end;
}

interface Span {
  readonly start: number;
  readonly end: number;
}

/** Spans that are far from each other: first the closest neighbours are joined, until few are left. */
export function clusters(spans: readonly Span[], most = MOST_BARS): Span[] {
  const sorted = [...spans].sort((a, b) => a.start - b.start || a.end - b.end);
  const found: Span[] = [];
  for (const span of sorted) {
    const last = found.at(-1);
    const size = Math.max(span.end - span.start, last ? last.end - last.start : 0);
    if (last && span.start - last.end <= GAP * size)
      found[found.length - 1] = { start: last.start, end: Math.max(last.end, span.end) };
    else found.push(span);
  }
  while (found.length > most) {
    let closest = 1;
    const gap = (i: number): number => (found[i]?.start ?? 0) - (found[i - 1]?.end ?? 0);
    for (let i = 2; i < found.length; i++) if (gap(i) < gap(closest)) closest = i;
    const [a, b] = [found[closest - 1], found[closest]];
    if (a && b) found.splice(closest - 1, 2, { start: a.start, end: Math.max(a.end, b.end) });
  }
  return found;
}

/** Two mapped marks that nobody could tell apart, as one: thousands of them would be slow to draw. */
function joined(a: Mark, b: Mark): Mark | null {
  const [one, two] = [a.region, b.region];
  const same = one.kind === 'mapped' && one.access === two.access && one.wanted === two.wanted;
  const end = b.x + b.width;
  const isFine = b.width < FINE && b.x >= a.x && b.x - (a.x + a.width) < FINE;
  if (!same || two.kind !== 'mapped' || !isFine) return null;
  const label = `${hex(one.start)} to ${hex(two.end)}, ${one.access ?? ''}`;
  return { x: a.x, width: end - a.x, region: { ...one, end: two.end, label } };
}

function marksIn(start: number, end: number, regions: readonly Region[]): Mark[] {
  const size = end - start;
  const marks: Mark[] = [];
  for (const region of regions) {
    if (region.start >= end || region.end <= start) continue;
    const from = Math.max(region.start, start);
    const mark = {
      x: (from - start) / size,
      width: (Math.min(region.end, end) - from) / size,
      region,
    };
    const last = marks.at(-1);
    const joint = last && joined(last, mark);
    if (joint) marks[marks.length - 1] = joint;
    else marks.push(mark);
  }
  return marks;
}

/** A bar a little larger than what it shows, in whole pages. */
function widened(span: Span, spaceSize: number): Span {
  const page = 4096;
  const room = Math.max(page, Math.ceil((span.end - span.start) / 8 / page) * page);
  return {
    start: Math.max(0, span.start - room),
    end: Math.min(spaceSize, Math.max(span.end + room, span.start + 8 * page)),
  };
}

/** The domains that have something to show, in the frame's order. */
export function domainsOf(frame: Frame): string[] {
  return [...new Set([...frame.pools, ...frame.ranges].map(({ domain }) => domain))];
}

/**
 * The whole space first, then the classes together, then each place with mapped pages.
 *
 * @param end of the space; the power of two after the last region if not known
 */
export function addressBars(frame: Frame, domain: string, end?: number): Bar[] {
  const regions = regionsOf(frame, domain);
  const whole = Math.max(end ?? 0, spaceEnd(regions));
  const bar = (span: Span, title: string): Bar => ({
    ...span,
    title,
    from: span.start / whole,
    to: span.end / whole,
    marks: marksIn(span.start, span.end, regions),
  });
  const bars = [bar({ start: 0, end: whole }, `the whole space, ${sizeText(whole)}`)];
  for (const span of clusters(regions.filter(({ kind }) => kind === 'class'))) {
    const wide = widened(span, whole);
    bars.push(bar(wide, `the pool, ${sizeText(wide.end - wide.start)} from ${hex(wide.start)}`));
  }
  for (const span of clusters(regions.filter(({ kind }) => kind === 'mapped'))) {
    const wide = widened(span, whole);
    bars.push(bar(wide, `${sizeText(wide.end - wide.start)} from ${hex(wide.start)}`));
  }
  return bars;
}
