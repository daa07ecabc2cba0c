// SPDX-License-Identifier: GPL-2.0-only
// Exposures of one kind of access, byte by byte: since when, for how long, how many. An episode begins when a byte gets a
// kind and ends when it gets another one, or none.

import { PAGE_SIZE } from '@iommu-bounce/linux-shim';
import { KINDS } from './kinds';
import type { RunList } from './runs';

/** Runs of bytes of a frame with the same kind since the same time. */
class Episodes {
  /** Number of runs: the arrays may be longer. */
  count = 0;
  readonly ends: number[] = [];
  readonly kinds: number[] = [];
  readonly since: number[] = [];

  push(end: number, kind: number, since: number): void {
    const { count } = this;
    if (count > 0 && this.kinds[count - 1] === kind && this.since[count - 1] === since) {
      this.ends[count - 1] = end;
      return;
    }
    this.ends[count] = end;
    this.kinds[count] = kind;
    this.since[count] = since;
    this.count = count + 1;
  }

  /** Whether these runs have the same kinds. */
  have({ count, ends, values }: RunList): boolean {
    if (count !== this.count) return false;
    for (let i = 0; i < count; i++)
      if (ends[i] !== this.ends[i] || values[i] !== this.kinds[i]) return false;
    return true;
  }
}

/** Of a frame of which nothing is exposed; never written to. */
const NOTHING = new Episodes();
NOTHING.push(PAGE_SIZE, 0, 0);

export class Exposures {
  /** By kind: bytes of all episodes that are over, their bytes times nanoseconds, and the longest one in nanoseconds. */
  readonly bytes = new Float64Array(KINDS);
  readonly byteNs = new Float64Array(KINDS);
  readonly longest = new Float64Array(KINDS);
  /** Counted in another way: the sum over time of the bytes that are exposed then. */
  area = 0;
  private exposed = 0;
  private at = 0;
  private readonly frames = new Map<number, Episodes>();
  private spare = new Episodes();

  isKnown(frame: number): boolean {
    return this.frames.has(frame);
  }

  /** The bytes of a frame have these kinds now. */
  set(frame: number, kinds: RunList, now: number): void {
    this.pass(now);
    const before = this.frames.get(frame) ?? NOTHING;
    if (before.have(kinds)) return;
    const after = this.spare;
    after.count = 0;
    let isAny = false;
    for (let start = 0, old = 0, neu = 0; start < PAGE_SIZE;) {
      const oldEnd = before.ends[old] as number;
      const newEnd = kinds.ends[neu] as number;
      const end = Math.min(oldEnd, newEnd);
      const was = before.kinds[old] as number;
      const is = kinds.values[neu] as number;
      let since = before.since[old] as number;
      if (was !== is) {
        if (was !== 0) this.end(was, end - start, since, now);
        if (is !== 0) this.exposed += end - start;
        since = now;
      }
      if (is === 0) since = 0;
      else isAny = true;
      after.push(end, is, since);
      if (oldEnd === end) old++;
      if (newEnd === end) neu++;
      start = end;
    }
    this.spare = before === NOTHING ? new Episodes() : before;
    if (isAny) this.frames.set(frame, after);
    else {
      this.frames.delete(frame);
      this.spare = after;
    }
  }

  /** What is exposed as one kind in bytes from..to-1 of a frame has been another kind since it began. */
  recast(frame: number, from: number, to: number, was: number, is: number): void {
    const before = this.frames.get(frame);
    if (!before?.kinds.includes(was)) return;
    const after = new Episodes();
    const push = (end: number, kind: number, since: number): void => {
      if (end > (after.ends[after.count - 1] ?? 0)) after.push(end, kind, since);
    };
    for (let i = 0; i < before.count; i++) {
      const end = before.ends[i] as number;
      const kind = before.kinds[i] as number;
      const since = before.since[i] as number;
      if (kind === was) {
        push(Math.min(end, from), kind, since);
        push(Math.min(end, to), is, since);
      }
      push(end, kind, since);
    }
    this.frames.set(frame, after);
  }

  /** All that is exposed still is over now. */
  finish(now: number): void {
    this.pass(now);
    for (const { count, ends, kinds, since } of this.frames.values())
      for (let i = 0, start = 0; i < count; start = ends[i] as number, i++)
        if (kinds[i] !== 0)
          this.end(kinds[i] as number, (ends[i] as number) - start, since[i] as number, now);
    this.frames.clear();
  }

  /** Bytes that are exposed now. */
  now(): number {
    return this.exposed;
  }

  private pass(now: number): void {
    this.area += this.exposed * (now - this.at);
    this.at = now;
  }

  private end(kind: number, bytes: number, since: number, now: number): void {
    this.exposed -= bytes;
    const ns = now - since;
    if (ns <= 0) return;
    this.bytes[kind] = (this.bytes[kind] as number) + bytes;
    this.byteNs[kind] = (this.byteNs[kind] as number) + bytes * ns;
    this.longest[kind] = Math.max(this.longest[kind] as number, ns);
  }
}
