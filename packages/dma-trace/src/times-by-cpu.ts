// SPDX-License-Identifier: GPL-2.0-only
// The latest time of each CPU: asked and set for each event, so without a number object per time, as a Map would keep.

import { MOST_CPUS } from './event-head';

const FEW = 64;

export class TimesByCpu {
  /** Of CPU i at i + 1; first those of lines without a CPU. */
  private times = new Float64Array(FEW).fill(-Infinity);
  /** Of numbers that no CPU has. */
  private readonly others = new Map<number, number>();

  /** Nanoseconds; -Infinity if none was set. */
  of(cpu: number | null): number {
    const at = cpu === null ? 0 : cpu + 1;
    return at < this.times.length ? (this.times[at] as number) : this.farOf(at);
  }

  set(cpu: number | null, timeNs: number): void {
    const at = cpu === null ? 0 : cpu + 1;
    if (at < this.times.length) this.times[at] = timeNs;
    else this.setFar(at, timeNs);
  }

  private farOf(at: number): number {
    return this.others.get(at) ?? -Infinity;
  }

  private setFar(at: number, timeNs: number): void {
    if (at > MOST_CPUS) {
      this.others.set(at, timeNs);
      return;
    }
    const more = new Float64Array(Math.max(at + 1, 2 * this.times.length)).fill(-Infinity);
    more.set(this.times);
    this.times = more;
    this.times[at] = timeNs;
  }
}
