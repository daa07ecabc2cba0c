// SPDX-License-Identifier: GPL-2.0-only
// The drive: so many I/Os and bytes a second, a latency behind them, and only so many I/Os at once.

import type { CostParameters } from '../cost';

export class Nvme {
  /** When the drive can start the next I/O. */
  private freeAt = 0;
  private readonly perIo: number;
  private readonly perByte: number;
  private readonly latency: number;
  /** When each of the last `queueDepth` I/Os is done, a ring. */
  private readonly done: Float64Array;
  private next = 0;
  /** Nanoseconds that it was at work. */
  busyNs = 0;

  constructor(cost: CostParameters) {
    this.perIo = 1e9 / cost.nvmeIops;
    this.perByte = 1e9 / cost.nvmeBytesPerS;
    this.latency = cost.nvmeLatencyNs;
    this.done = new Float64Array(cost.nvmeQueueDepth);
  }

  /** When an I/O that is handed over at `now` is done. */
  submit(now: number, bytes: number): number {
    const start = Math.max(now, this.freeAt, this.done[this.next] as number);
    const takes = Math.max(this.perIo, bytes * this.perByte);
    this.busyNs += takes;
    this.freeAt = start + takes;
    const doneAt = this.freeAt + this.latency;
    this.done[this.next] = doneAt;
    if (++this.next === this.done.length) this.next = 0;
    return doneAt;
  }
}
