// SPDX-License-Identifier: GPL-2.0-only
// Whether a kernel log goes on at a line, or begins again.
import type { KernelLog } from './events';

export class LogTimes {
  private lastNs = -Infinity;
  /** The first line without an uptime: its date, or what stands in its place, belongs to it. */
  private firstDated: string | null = null;

  /** @returns nanoseconds by which the uptime steps back; 1 where the first line with a date is there again, 0 otherwise */
  stepBack({ timeNs, text: message }: KernelLog, text: string): number {
    if (timeNs === null) {
      // A message alone may come twice.
      if (text.length === message.length) return 0;
      if (this.firstDated === null) this.firstDated = text;
      else if (this.firstDated === text) return 1;
      return 0;
    }
    const step = this.lastNs - timeNs;
    this.lastNs = timeNs;
    return step > 0 ? step : 0;
  }
}
