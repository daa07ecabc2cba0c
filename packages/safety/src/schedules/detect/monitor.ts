// SPDX-License-Identifier: GPL-2.0-only
// Who is told of the steps of a run while it runs.

export interface Monitor {
  /** A run begins; the program is at its beginning. */
  begin(): void;
  /** Step d is next, and is the first of a thread that begins now: what comes before the step follows. */
  chosen(d: number): void;
  /** Step d was chosen and is about to take effect. */
  step(d: number): void;
  /** A thread came to its end. */
  end(thread: number): void;
  /** All threads came to their ends. */
  finish(): void;
}
