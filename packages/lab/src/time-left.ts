// SPDX-License-Identifier: GPL-2.0-only
// How long a run will take, told while it goes on.

import { type CommandIo, Progress } from './io';

/** Before this, an estimate says little. */
const FIRST_MS = 3000;
/** Where no terminal draws progress, one line says so much, and only if more than this is left. */
const TOLD_AFTER_MS = 10_000;
const LONG_MS = 30_000;

export class TimeLeft {
  private readonly progress: Progress;
  private readonly startedAt: number;
  private told = false;

  /** @param now milliseconds: a clock */
  constructor(
    private readonly io: CommandIo,
    private readonly label: string,
    private readonly now: () => number = Date.now,
  ) {
    this.progress = new Progress(io, label);
    this.startedAt = now();
  }

  /** @param share of the work that is done, 0 to 1 */
  show(what: string, share: number): void {
    const spent = this.now() - this.startedAt;
    const left = share > 0 && spent >= FIRST_MS ? (spent * (1 - share)) / share : null;
    const percent = `${(100 * share).toFixed(0)} % done`;
    if (this.io.errIsTerminal) {
      this.progress.show(`${what}; ${percent}${left === null ? '' : `, ${inWords(left)} left`}`);
    } else if (!this.told && left !== null && spent >= TOLD_AFTER_MS && left >= LONG_MS) {
      this.told = true;
      this.io.err(`${this.label}: ${percent}, ${inWords(left)} left\n`);
    }
  }

  done(): void {
    this.progress.done();
  }
}

function inWords(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  if (seconds < 90) return `about ${String(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `about ${String(minutes)} min` : `about ${(minutes / 60).toFixed(1)} h`;
}
