// SPDX-License-Identifier: GPL-2.0-only
// "swiotlb buffer is full" in a kernel log: which cause the numbers of the lines show.

import { disjointRuns } from '@iommu-bounce/dma-trace/parse';
import { IO_TLB_SIZE } from '@iommu-bounce/linux-shim';
import { LONGEST_BOUNCE } from './swiotlb-load';

/**
 * too_large: no area can hold such a piece. fragmented: as many slots as asked for were free, but not in one run. run_free:
 * so few slots were in use that a run was free, so the cause is another. leaked: full, and the slots in use never became
 * fewer. full: more was asked for than was free. unknown: the line has no numbers of slots.
 */
export type SwiotlbCause = 'too_large' | 'fragmented' | 'run_free' | 'leaked' | 'full' | 'unknown';

/** One line. */
export interface SwiotlbFullLine {
  readonly device: string | null;
  /** Bytes asked for; slots of 2 KiB there are and in use. Null: the line does not say. */
  readonly size: number | null;
  readonly total: number | null;
  readonly used: number | null;
  /** Of the log's clock; null: none. */
  readonly timeNs: number | null;
  /** `file:line`. */
  readonly place: string;
}

/** Lines of one cause and device. */
export interface SwiotlbFullGroup {
  readonly cause: SwiotlbCause;
  readonly device: string | null;
  count: number;
  /** Bytes asked for, at most; null: no line says. */
  largest: number | null;
  /** Slots in use and asked for together, at most: a lower bound of what is needed; null: not known. */
  mostSlots: number | null;
  /** Slots that there are; null: not known. */
  total: number | null;
  readonly first: string;
}

/** A leak shows in so many lines over so long a time; a burst of a second has as many lines. */
const LEAK_LINES = 5;
const LEAK_NS = 10e9;
/** Devices kept apart. */
const MOST_GROUPS = 256;

/** Lines of one boot and one area. */
class Span {
  readonly groups = new Map<string, SwiotlbFullGroup>();
  total: number | null = null;
  private firstNs: number | null = null;
  lastNs: number | null = null;
  private lines = 0;
  private lastUsed = 0;
  private fell = false;

  add(line: SwiotlbFullLine): void {
    const { total, used, timeNs } = line;
    this.group(line, causeOf(line));
    if (timeNs !== null) {
      this.firstNs ??= timeNs;
      this.lastNs = timeNs;
    }
    if (total === null || used === null) return;
    this.total = total;
    this.lines++;
    if (used < this.lastUsed) this.fell = true;
    this.lastUsed = used;
  }

  get isLeak(): boolean {
    const time = this.firstNs === null || this.lastNs === null ? 0 : this.lastNs - this.firstNs;
    return !this.fell && this.lines >= LEAK_LINES && time >= LEAK_NS;
  }

  private group(line: SwiotlbFullLine, cause: SwiotlbCause): void {
    const { size, used, total } = line;
    const device = this.groups.size < MOST_GROUPS ? line.device : null;
    const key = `${cause} ${device ?? ''}`;
    let group = this.groups.get(key);
    if (!group) {
      group = { cause, device, count: 0, largest: null, mostSlots: null, total, first: line.place };
      this.groups.set(key, group);
    }
    group.count++;
    group.largest = most(group.largest, size);
    group.total = most(group.total, total);
    if (size !== null && used !== null)
      group.mostSlots = most(group.mostSlots, used + Math.ceil(size / IO_TLB_SIZE));
  }
}

/** All lines of a log, in its order; memory stays the same however many there are. */
export class SwiotlbFull {
  private readonly spans: Span[] = [];

  add(line: SwiotlbFullLine): void {
    const last = this.spans.at(-1);
    // The clock of a log begins anew with each boot; an area has one size until then.
    const isNew =
      !last ||
      (line.timeNs !== null && last.lastNs !== null && line.timeNs < last.lastNs) ||
      (line.total !== null && last.total !== null && line.total !== last.total);
    const span = isNew && this.spans.length < MOST_GROUPS ? new Span() : (last ?? new Span());
    if (span !== last) this.spans.push(span);
    span.add(line);
  }

  /** The most frequent first. */
  groups(): SwiotlbFullGroup[] {
    const all = new Map<string, SwiotlbFullGroup>();
    for (const span of this.spans)
      for (const group of span.groups.values()) {
        const cause = group.cause === 'full' && span.isLeak ? 'leaked' : group.cause;
        const key = `${cause} ${group.device ?? ''}`;
        const before = all.get(key);
        all.set(key, before ? merged(before, group) : { ...group, cause });
      }
    return [...all.values()].sort((a, b) => b.count - a.count);
  }
}

function causeOf({ size, total, used }: SwiotlbFullLine): SwiotlbCause {
  if (size !== null && size > LONGEST_BOUNCE) return 'too_large';
  if (size === null || total === null || used === null) return 'unknown';
  const slots = Math.ceil(size / IO_TLB_SIZE);
  if (used + slots > total) return 'full';
  return used < disjointRuns(total, slots) ? 'run_free' : 'fragmented';
}

function merged(a: SwiotlbFullGroup, b: SwiotlbFullGroup): SwiotlbFullGroup {
  return {
    ...a,
    count: a.count + b.count,
    largest: most(a.largest, b.largest),
    mostSlots: most(a.mostSlots, b.mostSlots),
    total: most(a.total, b.total),
  };
}

function most(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.max(a, b);
}
