// SPDX-License-Identifier: GPL-2.0-only
// Tells the format of a capture by its lines, never by its name. One line may have another than the line above it.
import type { EventHead } from '../event-head';
import type { LostEvents } from '../events';
import type { Scanner } from '../scanner';
import { bpftrace } from './bpftrace';
import type { Format } from './format';
import { ftrace } from './ftrace';
import { perf } from './perf';
import { traceCmd } from './trace-cmd';

/** Each takes fewer lines than those after it; trace-cmd's head takes ftrace's lines as well. */
const FORMATS: readonly Format[] = [bpftrace, ftrace, perf, traceCmd];

/** Lines that one format alone has. trace-cmd pads the names of events, ftrace does not. */
const SIGNS: readonly (readonly [Format, RegExp])[] = [
  [ftrace, /^# tracer: |^#####? CPU \d+ buffer started|^CPU:\d+ \[LOST /],
  [
    traceCmd,
    /^cpus=\d+$|^version = \d|^CPU:\d+ \[.*EVENTS DROPPED\]$|^[^:]+: +(?:\([+-]\d+\) +)?\w+: {2,}\S/,
  ],
  [perf, /^# captured on |^'trace' not valid for /],
  [bpftrace, /^Attach(?:ing|ed) \d+ probes?/],
];
/** A sign stands at the beginning of a line. */
const SIGN_LIMIT = 160;

/** A line with a head; or the mark of lost events, nothing (null) or `unparsed` of one without. */
export type Told =
  | { readonly head: EventHead; readonly format: Format }
  | LostEvents
  | null
  | 'unparsed';

export class FormatDetector {
  private current: Format | null = null;

  /** Of the lines so far; null before the first that tells. */
  get format(): Format | null {
    return this.current;
  }

  /** The head of a line in the format of the line above it: the quick way. Null means ask tell(). */
  head(scan: Scanner, line: number): EventHead | null {
    return this.current?.head(scan, line) ?? null;
  }

  /** What a line is that does not continue the format so far. */
  tell(scan: Scanner, line: number): Told {
    const { text } = scan;
    const sign = text.slice(0, SIGN_LIMIT);
    const signed = SIGNS.find(([, pattern]) => pattern.test(sign))?.[0] ?? null;
    const order = signed === null ? FORMATS : [signed, ...FORMATS];
    for (const format of order) {
      scan.pos = 0;
      scan.ok = true;
      const head = format.head(scan, line);
      if (head === null) continue;
      this.current = format;
      return { head, format };
    }
    scan.ok = true;
    if (signed !== null) this.current ??= signed;
    for (const format of order) {
      const other = format.other(text, line);
      if (other !== 'unparsed') return other;
    }
    return 'unparsed';
  }
}
