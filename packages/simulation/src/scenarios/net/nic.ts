// SPDX-License-Identifier: GPL-2.0-only
// The card in virtual time: a wire each way, so many packets and bytes a second. The other side never waits: it sends
// as long as a buffer is posted, and takes all that comes.

import type { NicParameters } from './parameters';

export class Wire {
  private freeAt = 0;
  private bookedNs = 0;

  constructor(
    private readonly perPacket: number,
    private readonly perByte: number,
  ) {}

  /** When a packet that can begin at `from` is over. */
  pass(from: number, bytes: number): number {
    const takes = Math.max(this.perPacket, bytes * this.perByte);
    this.freeAt = Math.max(from, this.freeAt) + takes;
    this.bookedNs += takes;
    return this.freeAt;
  }

  /** Nanoseconds that it was busy until `now`: it is booked ahead, without a gap, as far as buffers are posted. */
  busyNs(now: number): number {
    return this.bookedNs - Math.max(0, this.freeAt - now);
  }
}

export class Nic {
  readonly rx: Wire;
  readonly tx: Wire;
  private readonly latency: number;

  constructor({ nicBytesPerS, nicPacketsPerS, nicLatencyNs }: NicParameters) {
    this.rx = new Wire(1e9 / nicPacketsPerS, 1e9 / nicBytesPerS);
    this.tx = new Wire(1e9 / nicPacketsPerS, 1e9 / nicBytesPerS);
    this.latency = nicLatencyNs;
  }

  /** When a packet is in a buffer that was posted at `posted`; buffers are filled in the order of posting. */
  received(posted: number, bytes: number): number {
    return this.rx.pass(posted, bytes) + this.latency;
  }

  /** When a packet handed over at `now` has left. */
  sent(now: number, bytes: number): number {
    return this.tx.pass(now, bytes) + this.latency;
  }
}
