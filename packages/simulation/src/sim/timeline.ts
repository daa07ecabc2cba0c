// SPDX-License-Identifier: GPL-2.0-only
// What a CPU does in one event, step by step. The ported code runs at once and writes down times, locks and moments; order.ts
// then plays them among those of the other CPUs.

/** Kinds of steps, and what their value is. */
export const Step = {
  /** Time passes: nanoseconds. */
  spend: 0,
  /** A lock is asked for: its number times the number of phases, and the phase that waiting is booked to. */
  take: 1,
  /** It is given back: its number. */
  give: 2,
  /** The thread reaps a completed I/O. */
  reaped: 3,
  /** It submits the next. */
  submitted: 4,
  /** A map or unmap begins. */
  called: 5,
  /** It returns. */
  returned: 6,
  /** Bounce memory: bytes; of a capture, what they change by. */
  level: 7,
  /** The pool unmaps a buffer: its address. */
  evicted: 8,
  /** A mapping that was given back cannot be reached any more: its number in StaleClock. */
  gone: 9,
  /** What the next step is about, where a machine has several domains: the domain's number. */
  domain: 10,
} as const;

const FIRST_ROOM = 256;

export class Timeline {
  length = 0;
  private kinds = new Uint8Array(FIRST_ROOM);
  private values = new Float64Array(FIRST_ROOM);

  clear(): void {
    this.length = 0;
  }

  push(kind: number, value: number): void {
    if (this.length === this.kinds.length) this.grow();
    this.kinds[this.length] = kind;
    this.values[this.length++] = value;
  }

  kind(i: number): number {
    return this.kinds[i] as number;
  }

  value(i: number): number {
    return this.values[i] as number;
  }

  private grow(): void {
    const kinds = new Uint8Array(2 * this.length);
    const values = new Float64Array(2 * this.length);
    kinds.set(this.kinds);
    values.set(this.values);
    this.kinds = kinds;
    this.values = values;
  }
}
