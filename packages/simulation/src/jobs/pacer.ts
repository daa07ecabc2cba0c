// SPDX-License-Identifier: GPL-2.0-only
// rate and rate_iops: when a job may issue its next read or write. C: fio 3.33 backend.c usec_for_io

import type { Rates } from './job';

export class Pacer {
  /** When the job began, virtual nanoseconds. */
  startedAt = 0;
  private readonly issued = { read: 0, write: 0 };
  /** How far a block was issued before its time, bytes; 0 unless the simulation is wrong. */
  ahead = 0;

  constructor(private readonly rates: Rates) {}

  /** @returns virtual nanoseconds; the beginning where that direction has no rate */
  at(isRead: boolean): number {
    const direction = isRead ? 'read' : 'write';
    const rate = this.rates[direction];
    return rate === null ? this.startedAt : this.startedAt + (this.issued[direction] * 1e9) / rate;
  }

  issues(isRead: boolean, bytes: number, now: number): void {
    const direction = isRead ? 'read' : 'write';
    const rate = this.rates[direction] ?? Infinity;
    const due = this.at(isRead);
    // A difference below a nanosecond is rounding.
    if (due > now + 1) this.ahead = Math.max(this.ahead, ((due - now) * rate) / 1e9);
    this.issued[direction] += bytes;
  }
}
