// SPDX-License-Identifier: GPL-2.0-only
// What a reader counts in a capture, to compare two of them.

import { LossAccount, type TraceEvent, type TraceReader } from '@iommu-bounce/dma-trace';

export class EventAccount {
  readonly losses = new LossAccount();
  private readonly kinds = new Map<string, number>();

  /** @param file of the events that follow */
  constructor(file: string) {
    this.losses.beginFile(file);
  }

  add(event: TraceEvent): void {
    this.losses.event(event);
    this.kinds.set(event.kind, (this.kinds.get(event.kind) ?? 0) + 1);
  }

  /** Counts by name: what was read of the whole file, and its events by kind. */
  finish({ counters, header, format }: TraceReader): Map<string, number> {
    const counted = new Map<string, number>();
    for (const [name, value] of Object.entries(counters))
      if (typeof value === 'number') counted.set(name, value);
    counted.set('files cut in their last line', counters.unterminated ? 1 : 0);
    counted.set('CPUs', header.cpus ?? 0);
    counted.set('entries', header.entries ?? 0);
    counted.set(`files of ${format ?? 'no tool'}`, 1);
    for (const [kind, count] of this.kinds) counted.set(`${kind} events`, count);
    return counted;
  }
}

/** Names whose counts differ, in words. */
export function differencesOf(
  was: ReadonlyMap<string, number>,
  is: ReadonlyMap<string, number>,
): string[] {
  return [...new Set([...was.keys(), ...is.keys()])]
    .filter((name) => (was.get(name) ?? 0) !== (is.get(name) ?? 0))
    .map(
      (name) => `${name}: ${String(was.get(name) ?? 0)} before, ${String(is.get(name) ?? 0)} after`,
    );
}
