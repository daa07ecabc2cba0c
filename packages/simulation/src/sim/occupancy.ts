// SPDX-License-Identifier: GPL-2.0-only
// A level over virtual time in a bounded number of samples: when the time outgrows them, neighbours are joined.

import type { whole_number } from '@iommu-bounce/linux-shim/options';

const SAMPLES = 256;
const FIRST_WIDTH_NS = 1000;

export interface OccupancyCurve {
  /** Nanoseconds between samples. */
  readonly interval_ns: number;
  /** The highest level in each interval, in bytes; empty if there never was any. */
  readonly bytes: readonly whole_number[];
}

export class Occupancy {
  peak = 0;
  private readonly levels = new Float64Array(SAMPLES);
  private width = FIRST_WIDTH_NS;
  private at = 0;
  private level = 0;
  private sum = 0;
  private since = 0;

  /** The level changes, or does not. Times do not go back. */
  set(now: number, level: number): void {
    if (level === this.level) return;
    this.reach(now);
    this.level = level;
    this.peak = Math.max(this.peak, level);
    this.levels[this.at] = Math.max(this.levels[this.at] as number, level);
  }

  private reach(now: number): void {
    if (now > this.since) {
      this.sum += (now - this.since) * this.level;
      this.since = now;
    }
    while (now >= this.width * SAMPLES) this.widen();
    for (const end = Math.floor(now / this.width); this.at < end;)
      this.levels[++this.at] = this.level;
  }

  private widen(): void {
    for (let i = 0; i < SAMPLES; i += 2)
      this.levels[i / 2] = Math.max(this.levels[i] as number, this.levels[i + 1] as number);
    this.levels.fill(0, SAMPLES / 2);
    this.width *= 2;
    this.at = Math.floor(this.at / 2);
  }

  /** The mean level until `now`. */
  mean(now: number): number {
    this.reach(now);
    return this.since > 0 ? this.sum / this.since : 0;
  }

  /** @param now where it ends; without it, at the last change */
  curve(now = 0): OccupancyCurve {
    this.reach(now);
    const samples = this.peak > 0 ? this.at + 1 : 0;
    return { interval_ns: this.width, bytes: Array.from(this.levels.subarray(0, samples)) };
  }
}
