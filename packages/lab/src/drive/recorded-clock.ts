// SPDX-License-Identifier: GPL-2.0-only
// The jiffies of a recorded machine: HZ, and when the timer wheel's buckets begin, as its eviction runs tell.
//
// The eviction timer runs only where a bucket of the wheel begins, at a multiple of 8^level jiffies. So the time stamps of the
// runs, taken modulo the bucket's width, lie together behind one phase, as far as the workers began late.

import { INITIAL_JIFFIES, LVL_GRAN, LVL_START } from '@iommu-bounce/linux-shim';
import { EVICT_PERIOD_MSEC } from '@iommu-bounce/io-buffer-pool';

/** Where HZ comes from: the facts beside the trace, the runs (no other fits), or nowhere. */
export type HzSource = 'facts' | 'runs' | 'assumed';

/** What distributions choose. */
const USUAL_HZ = 250;
const HZ_CHOICES = [250, 1000, 300, 100] as const;
/** Runs lie together if they take less of a bucket than this. */
const TOGETHER = 0.25;
/** Two runs farther apart are not of one series, in which a run arms the next. */
const SERIES_NS = 6e9;
/** From this many series on, runs that all lie in buckets of 512 ms are no coincidence: HZ is 1000, not 250. */
const ENOUGH_SERIES = 5;
/** Time stamps are whole microseconds. */
const STAMP_NS = 1000;
/** A multiple of every bucket. */
const BASE_JIFFIES = 2 ** 33;

export class RecordedClock {
  readonly hz: number;
  readonly hzFrom: HzSource;
  /** Runs that it was found from. */
  readonly runs: number;
  /** Jiffies that a bucket of the eviction timer is wide. */
  readonly bucketJiffies: number;
  /** When such a bucket began, on the trace's clock; null without runs. */
  readonly phaseNs: number | null;
  /** How long after a bucket's begin the latest run came; null without runs. */
  readonly spreadNs: number | null;

  /** @param hz of the facts, if they say */
  constructor(runTimesNs: readonly number[], hz: number | null) {
    const times = [...runTimesNs].sort((a, b) => a - b);
    const fitting = hzThatFit(times);
    this.hz = hz ?? fitting[0] ?? USUAL_HZ;
    this.hzFrom = hz !== null ? 'facts' : fitting.length === 1 ? 'runs' : 'assumed';
    this.runs = times.length;
    this.bucketJiffies = bucketJiffies(this.hz);
    const found = phaseOf(times, this.bucketNs);
    this.phaseNs = found?.phaseNs ?? null;
    this.spreadNs = found?.spreadNs ?? null;
  }

  get bucketNs(): number {
    return (this.bucketJiffies * 1e9) / this.hz;
  }

  /** `jiffies` at a time of the trace, and the milliseconds since they were counted. */
  at(ns: number): { jiffies: number; restMs: number } {
    const [base, begin] = this.origin;
    const ticks = ((ns - begin) * this.hz) / 1e9;
    const whole = Math.floor(ticks);
    return { jiffies: base + whole, restMs: ((ticks - whole) * 1000) / this.hz };
  }

  /** When a jiffy begins, on the trace's clock. */
  nsOf(jiffies: number): number {
    const [base, begin] = this.origin;
    return begin + ((jiffies - base) * 1e9) / this.hz;
  }

  /** A jiffy, and when it begins. */
  private get origin(): readonly [jiffies: number, ns: number] {
    // Without runs the phase is unknown; a clock that began with the trace's is as good as any.
    return this.phaseNs === null ? [INITIAL_JIFFIES(this.hz), 0] : [BASE_JIFFIES, this.phaseNs];
  }
}

/** How wide the bucket is that a period of the eviction worker goes into. C: calc_wheel_index */
function bucketJiffies(hz: number): number {
  const delay = Math.ceil((EVICT_PERIOD_MSEC * hz) / 1000);
  let level = 0;
  while (delay >= LVL_START(level + 1)) level++;
  return LVL_GRAN(level);
}

/** Of the usual HZ, those whose buckets the runs lie in, the likeliest first. */
function hzThatFit(times: readonly number[]): number[] {
  if (times.length === 0) return [];
  const series = times.filter((time, i) => time - (times[i - 1] ?? -Infinity) > SERIES_NS).length;
  const fitting = HZ_CHOICES.filter((hz) => {
    const bucketNs = (bucketJiffies(hz) * 1e9) / hz;
    return (phaseOf(times, bucketNs)?.spreadNs ?? 0) < TOGETHER * bucketNs;
  });
  // A bucket of 512 ms begins with one of 256 ms.
  if (series >= ENOUGH_SERIES && fitting.includes(1000)) return [1000];
  return series >= ENOUGH_SERIES ? fitting.filter((hz) => hz !== 1000) : fitting;
}

/** The shortest stretch of a bucket that holds all runs. */
function phaseOf(
  times: readonly number[],
  bucketNs: number,
): { phaseNs: number; spreadNs: number } | null {
  const rests = times.map((time) => time % bucketNs).sort((a, b) => a - b);
  const last = rests.at(-1);
  if (last === undefined) return null;
  let before = last - bucketNs;
  let widest = -1;
  let phaseNs = 0;
  for (const rest of rests) {
    if (rest - before > widest) [widest, phaseNs] = [rest - before, rest];
    before = rest;
  }
  return { phaseNs: phaseNs - STAMP_NS, spreadNs: bucketNs - widest };
}
