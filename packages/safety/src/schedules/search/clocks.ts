// SPDX-License-Identifier: GPL-2.0-only
// What happens before what in a run: a vector clock for each step, and the races, pairs of steps that could also have come
// in the other order.

import type { Executor } from '../executor';
import { RELEASE, WRITE, conflict } from '../touch';

/** Steps that a search has room for at first, and for more when a run has more: most are over soon. */
const USUAL_STEPS = 64;

export class Clocks {
  /** Of step d: how many steps of thread t come before it or are it, at d * nr + t. */
  clock: Int32Array<ArrayBuffer>;
  /** Its level in the Foata normal form, from 0 on. */
  readonly level: number[] = [];
  /** The steps that the latest analysed one could have changed places with, `races` of them. */
  readonly racing: number[] = [];
  races = 0;
  private readonly own: Int32Array;
  private readonly candidates: number[] = [];
  private readonly sources: number[] = [];

  constructor(private readonly rt: Executor) {
    this.clock = new Int32Array(USUAL_STEPS * rt.nr);
    this.own = new Int32Array(rt.nr);
  }

  /** Whether step e comes before step d in every equivalent run. */
  before(e: number, d: number): boolean {
    const { rt } = this;
    const t = rt.thread[e] as number;
    return (rt.local[e] as number) < (this.clock[d * rt.nr + t] as number);
  }

  /** Computes step d's clock from those of the steps before it, and its races. */
  add(d: number): void {
    const { rt } = this;
    const t = rt.thread[d] as number;
    this.analyse(d, t, rt.a[d] as number, rt.b[d] as number, rt.c[d] as number);
    this.clock[d * rt.nr + t] = (rt.local[d] as number) + 1;
    if (rt.readyBy[d] !== -1) this.dropRace(rt.readyBy[d] as number);
  }

  /** The races of what a thread that is stuck before step d wants to do. Step d is to be added after that. */
  addWanted(t: number, d: number): void {
    const { rt } = this;
    const at = (d * rt.nr + t) * 3;
    this.analyse(
      d,
      t,
      rt.wanted[at] as number,
      rt.wanted[at + 1] as number,
      rt.wanted[at + 2] as number,
    );
    this.dropRace(this.readySince(t, d));
  }

  /** The step that made a thread ready that is so before step d; else d. */
  readySince(t: number, d: number): number {
    const bit = 1 << t;
    let since = d;
    while (since >= 0 && (this.rt.ready[since] as number) & bit) since--;
    return since;
  }

  /** All clocks, with room for that of step d. */
  private clockOf(d: number): Int32Array {
    if ((d + 1) * this.rt.nr > this.clock.length) {
      const more = new Int32Array(this.clock.length * 2);
      more.set(this.clock);
      this.clock = more;
    }
    return this.clock;
  }

  private dropRace(e: number): void {
    for (let i = 0; i < this.races; i++)
      if (this.racing[i] === e) this.racing[i] = this.racing[--this.races] as number;
  }

  private analyse(d: number, t: number, a: number, b: number, c: number): void {
    const { rt, own } = this;
    const { nr } = rt;
    const clock = this.clockOf(d);
    const row = d * nr;
    let before = d - 1;
    while (before >= 0 && rt.thread[before] !== t) before--;
    let level = before >= 0 ? (this.level[before] as number) + 1 : 0;
    for (let i = 0; i < nr; i++)
      clock[row + i] = own[i] = before >= 0 ? (clock[before * nr + i] as number) : 0;

    let count = 0;
    // Bit u: all earlier steps of thread u come before d.
    let known = 1 << t;
    const all = 2 ** nr - 1;
    for (let j = d - 1; j >= 0; j--) {
      const u = rt.thread[j] as number;
      if ((known & (1 << u)) !== 0) continue;
      if ((rt.local[j] as number) < (clock[row + u] as number)) {
        known |= 1 << u;
        if (known === all) break;
        continue;
      }
      const on = this.common(j, a, b, c);
      if (on < 0) continue;
      if ((this.level[j] as number) >= level) level = (this.level[j] as number) + 1;
      for (let i = 0; i < nr; i++) {
        const other = clock[j * nr + i] as number;
        if (other > (clock[row + i] as number)) clock[row + i] = other;
      }
      this.candidates[count] = (on & 3) === RELEASE ? this.taken(j, on >> 2) : j;
      this.sources[count++] = j;
    }
    this.level[d] = level;
    this.races = 0;
    for (let i = 0; i < count; i++) {
      const e = this.candidates[i] as number;
      if (e >= 0 && this.isRace(e, count)) this.racing[this.races++] = e;
    }
  }

  /** Not if it comes before for another reason than that the two touch the same. */
  private isRace(e: number, count: number): boolean {
    const { rt } = this;
    const t = rt.thread[e] as number;
    const local = rt.local[e] as number;
    if (local < (this.own[t] as number)) return false;
    for (let i = 0; i < count; i++)
      if (this.candidates[i] !== e && this.before(e, this.sources[i] as number)) return false;
    for (let i = 0; i < this.races; i++) if (this.racing[i] === e) return false;
    return true;
  }

  /** What step j touches that a, b or c touch too, in conflict; -1 for nothing. */
  private common(j: number, a: number, b: number, c: number): number {
    const { rt } = this;
    const ja = rt.a[j] as number;
    if (ja >= 0 && (conflict(ja, a) || conflict(ja, b) || conflict(ja, c))) return ja;
    const jb = rt.b[j] as number;
    if (jb >= 0 && (conflict(jb, a) || conflict(jb, b) || conflict(jb, c))) return jb;
    const jc = rt.c[j] as number;
    if (jc >= 0 && (conflict(jc, a) || conflict(jc, b) || conflict(jc, c))) return jc;
    return -1;
  }

  /** The step that took what step j gives back. */
  private taken(j: number, object: number): number {
    const { rt } = this;
    const of = object * 4 + WRITE;
    for (let k = j - 1; k >= 0; k--)
      if (rt.thread[k] === rt.thread[j] && (rt.a[k] === of || rt.b[k] === of || rt.c[k] === of))
        return k;
    return -1;
  }
}

/** Two numbers of 32 bits that are the same for equivalent runs, and hardly ever for others. */
export function foataHash(rt: Executor, clocks: Clocks): string {
  let one = 0;
  let two = 0;
  for (let d = 0; d < rt.depth; d++) {
    const key =
      ((clocks.level[d] as number) * 32 + (rt.thread[d] as number)) * 4096 +
      (rt.local[d] as number);
    one = (one + mix(key, 0x9e3779b1)) | 0;
    two = (two + mix(key, 0x85ebca77)) | 0;
  }
  return hex(one) + hex(two);
}

function mix(key: number, seed: number): number {
  let h = Math.imul(key ^ seed, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 16), 0x27d4eb2f);
  return h ^ (h >>> 15);
}

function hex(n: number): string {
  return (n >>> 0).toString(16).padStart(8, '0');
}
