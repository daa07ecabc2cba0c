// SPDX-License-Identifier: GPL-2.0-only
// How far a run is and how long it will take, told while it goes on.

import type { CommandIo } from './io';

/** What long work calls: what it is at, `2 of 8: pool`, and the share of all that is done, 0 to 1. */
export type OnProgress = (what: string, share: number) => void;

/** Before this, an estimate says little. */
const FIRST_MS = 3000;
/** A terminal is drawn on no more often. */
const DRAWN_EACH_MS = 100;
/** Where no terminal draws progress, one line says so much, and only if more than this is left. */
const TOLD_AFTER_MS = 10_000;
const LONG_MS = 30_000;
/** Goes to the beginning of the line and clears it. */
export const CLEAR = '\r\x1b[K';

interface Mark {
  /** Milliseconds since the start. */
  readonly spent: number;
  readonly share: number;
}

const START: Mark = { spent: 0, share: 0 };

/** Draws the progress of work that is done when it returns, and clears it; also where it throws. */
export function withProgress<T>(io: CommandIo, label: string, work: (show: OnProgress) => T): T {
  const progress = new Progress(io, label);
  try {
    return work(progress.show);
  } finally {
    progress.done();
  }
}

export class Progress {
  private readonly startedAt: number;
  /** Where the rate of the estimate is measured from, and where it will be from next: the beginning is forgotten. */
  private since = START;
  private next = START;
  private drawnAt = -Infinity;
  private told = false;

  /** @param now milliseconds: a clock */
  constructor(
    private readonly io: CommandIo,
    private readonly label: string,
    private readonly now: () => number = Date.now,
  ) {
    this.startedAt = now();
  }

  readonly show: OnProgress = (what, share) => {
    const now = this.now();
    const spent = now - this.startedAt;
    const left = this.left(spent, share);
    const percent = `${(100 * share).toFixed(0)} % done`;
    if (this.io.errIsTerminal) {
      if (now - this.drawnAt < DRAWN_EACH_MS) return;
      this.drawnAt = now;
      this.draw(`; ${percent}${left === null ? '' : `, ${inWords(left)} left`}`, what);
    } else if (!this.told && left !== null && spent >= TOLD_AFTER_MS && left >= LONG_MS) {
      this.told = true;
      this.io.err(`${this.label}: ${percent}, ${inWords(left)} left\n`);
    }
  };

  /** Milliseconds from the rate of the second half of the time so far; null: too early to say. */
  private left(spent: number, share: number): number | null {
    if (spent < FIRST_MS) return null;
    if (spent >= 2 * this.next.spent) {
      this.since = this.next;
      this.next = { spent, share };
    }
    const from = share > this.since.share ? this.since : START;
    return share > 0 ? ((spent - from.spent) * (1 - share)) / (share - from.share) : null;
  }

  done(): void {
    if (this.io.errIsTerminal && this.drawnAt > -Infinity) this.io.err(CLEAR);
    this.drawnAt = -Infinity;
  }

  /** On one line: what does not fit is left out of the middle. */
  private draw(end: string, what: string): void {
    const room =
      (this.io.errColumns ?? this.io.columns ?? 80) - this.label.length - 2 - end.length - 1;
    const shown = what.length > room ? `${what.slice(0, Math.max(0, room - 3))}...` : what;
    this.io.err(`${CLEAR}${this.label}: ${shown}${end}`);
  }
}

function inWords(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  if (seconds < 90) return `about ${String(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `about ${String(minutes)} min` : `about ${(minutes / 60).toFixed(1)} h`;
}
