// SPDX-License-Identifier: GPL-2.0-only
// When findings occur, in bins: memory does not grow with the capture.

import type { LintFinding, Severity, TraceEvent } from '@iommu-bounce/dma-trace';
import { type Sums, TimeBins } from '../../bins/time-bins';

/** Each kind of finding has bins of its own until its severity is known. */
const BINS = 512;

export interface FindingFigures {
  /** Of a bin, nanoseconds. */
  readonly widthNs: number;
  /** Occurrences in each bin. */
  readonly occurrences: Readonly<Record<Severity, readonly number[]>>;
}

export class FindingsOverTime {
  private readonly time = new TimeBins(BINS);
  private readonly kinds = new Map<string, Sums>();

  /** All lines of the capture, as they come. */
  see(events: readonly TraceEvent[]): void {
    for (const event of [events[0], events.at(-1)])
      if (event !== undefined && event.kind !== 'lost' && event.kind !== 'kernelLog')
        this.time.at(event.timeNs);
  }

  /** An occurrence. Before the first event with a time there is none to tell. */
  readonly found = (key: string, ns: number): void => {
    if (ns <= 0) return;
    let sums = this.kinds.get(key);
    if (!sums) this.kinds.set(key, (sums = this.time.sums()));
    sums.add(ns);
  };

  figures(findings: readonly LintFinding[]): FindingFigures {
    const of = (severity: Severity): number[] => {
      const total = new Array<number>(this.time.used).fill(0);
      for (const one of findings)
        if (one.severity === severity)
          this.kinds
            .get(one.key)
            ?.read()
            .forEach((n, bin) => (total[bin] = (total[bin] ?? 0) + n));
      return total;
    };
    const occurrences = { error: of('error'), warning: of('warning'), note: of('note') };
    return { widthNs: this.time.widthNs, occurrences };
  }
}
