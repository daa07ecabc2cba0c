// SPDX-License-Identifier: GPL-2.0-only
// What a format of captures is: how its lines begin, and which of its lines hold no event.
import type { EventHead } from '../event-head';
import type { LostEvents } from '../events';
import type { Scanner } from '../scanner';

export type FormatName = 'ftrace' | 'trace-cmd' | 'perf' | 'bpftrace';

export interface Format {
  readonly name: FormatName;
  /** The most events that one is printed behind a later one: these are held back and put into the order of time. */
  readonly disorder: number;
  /** Reads up to the event's name, or gives null and leaves the cursor anywhere. */
  head(scan: Scanner, line: number): EventHead | null;
  /** Of a line without a head: a mark of lost events, null if it means nothing, `unparsed` if it is not of this format. */
  other(text: string, line: number): LostEvents | null | 'unparsed';
}

export function lost(
  line: number,
  cpu: string | undefined,
  count: string | undefined,
  overwritten = false,
): LostEvents {
  return {
    kind: 'lost',
    line,
    cpu: cpu === undefined ? null : Number(cpu),
    count: count === undefined ? null : Number(count),
    overwritten,
  };
}
