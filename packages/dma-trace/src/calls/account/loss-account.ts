// SPDX-License-Identifier: GPL-2.0-only
// What a capture lacks, as its lines tell: lost events, lists that were cut, a clock that steps back, CPUs without a line.

import type { LostEvents, TraceEvent } from '../../events';
import { TimesByCpu } from '../../times-by-cpu';
import type { Place } from '../step';
import { FIRST } from './seen';

/** Marks of lost events of one CPU. */
export interface LostOfCpu {
  /** Null: the marks do not say which CPU. */
  readonly cpu: number | null;
  marks: number;
  /** Of the marks that say how many were lost. */
  events: number;
  /** Marks that do not. */
  unknown: number;
}

/** Something that happened at several lines, with the first of these. */
export interface Places {
  count: number;
  readonly first: Place[];
}

export class LossAccount {
  /** Lists of which the tracer printed the first entries only. */
  readonly truncated: Places = { count: 0, first: [] };
  /** Events whose time is before that of the event above them on the same CPU; by how much at most, nanoseconds. */
  readonly stepsBack: Places & { largestNs: number } = { count: 0, first: [], largestNs: 0 };
  /** CPUs that have a line. */
  readonly cpus = new Set<number>();
  private readonly marks = new Map<number | null, LostOfCpu>();
  /** Of each CPU, by file: files of one boot need not follow each other, and those of CPUs are read in turns. */
  private readonly timesOfFiles = new Map<string, TimesByCpu>();
  private lastTimes = new TimesByCpu();
  private lastCpu: number | null = null;
  private file = '';

  beginFile(file: string): void {
    this.file = file;
    this.lastTimes = this.timesOfFiles.get(file) ?? new TimesByCpu();
    this.timesOfFiles.set(file, this.lastTimes);
  }

  event(event: TraceEvent): void {
    if (event.kind === 'kernelLog') return;
    if (event.cpu !== null && event.cpu !== this.lastCpu) {
      this.lastCpu = event.cpu;
      this.cpus.add(event.cpu);
    }
    if (event.kind === 'lost') {
      this.lost(event);
      return;
    }
    const before = this.lastTimes.of(event.cpu);
    if (event.timeNs < before) {
      this.stepsBack.largestNs = Math.max(this.stepsBack.largestNs, before - event.timeNs);
      this.add(this.stepsBack, event.line);
    }
    this.lastTimes.set(event.cpu, event.timeNs);
    if (event.kind === 'mapSg' && event.truncated) this.add(this.truncated, event.line);
  }

  /** By CPU, those of an unknown one last. */
  get lostByCpu(): LostOfCpu[] {
    return [...this.marks.values()].sort((a, b) => (a.cpu ?? Infinity) - (b.cpu ?? Infinity));
  }

  private lost({ cpu, count, overwritten }: LostEvents): void {
    // What was overwritten before the trace begins leaves no gap in it; the header counts it.
    if (overwritten) return;
    let of = this.marks.get(cpu);
    if (!of) this.marks.set(cpu, (of = { cpu, marks: 0, events: 0, unknown: 0 }));
    of.marks++;
    if (count === null) of.unknown++;
    else of.events += count;
  }

  private add(places: Places, line: number): void {
    places.count++;
    if (places.first.length < FIRST) places.first.push({ file: this.file, line });
  }
}
