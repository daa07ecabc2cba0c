// SPDX-License-Identifier: GPL-2.0-only
// Which lines of the port ran. Only the copy of the port in the page's bundle has probes; elsewhere nothing is hit.

import type { ExecutedLine } from './frame';

/** Lines kept of a step. */
const MOST_LINES = 2000;

export class Probe {
  /** Whether lines are kept; a probe looks at it before anything else. */
  on = false;
  private lines: ExecutedLine[] = [];

  /** Called by the port's copy before each of its statements. */
  hit(path: string, line: number): void {
    if (this.lines.length < MOST_LINES) this.lines.push({ path, line });
  }

  /** Runs something with the probes on; the lines of the port that ran, in order. */
  linesOf(action: () => void): readonly ExecutedLine[] {
    this.lines = [];
    this.on = true;
    try {
      action();
    } finally {
      this.on = false;
    }
    const { lines } = this;
    this.lines = [];
    return lines;
  }
}

/** One for all machines of a bundle: they run one after the other. */
export const probe = new Probe();
