// SPDX-License-Identifier: GPL-2.0-only
// The bytes of packets: written on one side, looked for on the other. Every 64th byte and the last one carry a value
// that tells the packet and the place, whatever pages the packet lies in.

import { PAGE_SIZE } from '@iommu-bounce/linux-shim';
import type { SimDevice } from '../../sim';

const EVERY = 64;

export class PacketData {
  /** Packets looked at, those that were wrong, accesses without translation. */
  checked = 0;
  wrong = 0;
  faults = 0;
  private readonly ram: Uint8Array;

  constructor(private readonly device: SimDevice) {
    this.ram = device.mm.ram;
  }

  /** The CPU fills its buffer. */
  cpuWrites(physical: number, bytes: number, serial: number): void {
    this.fill(physical, 0, bytes, bytes, serial);
  }

  cpuChecks(physical: number, bytes: number, serial: number): void {
    this.checked++;
    if (this.differs(physical, 0, bytes, bytes, serial)) this.wrong++;
  }

  deviceWrites(address: number, bytes: number, serial: number): void {
    for (let done = 0; done < bytes;) {
      const n = inPage(address + done, bytes - done);
      const physical = this.device.translate(address + done, true);
      if (physical < 0) this.faults++;
      else this.fill(physical, done, n, bytes, serial);
      done += n;
    }
  }

  deviceChecks(address: number, bytes: number, serial: number): void {
    this.checked++;
    let wrong = false;
    for (let done = 0; done < bytes;) {
      const n = inPage(address + done, bytes - done);
      const physical = this.device.translate(address + done, false);
      if (physical < 0) this.faults++;
      else wrong = this.differs(physical, done, n, bytes, serial) || wrong;
      done += n;
    }
    if (wrong) this.wrong++;
  }

  /** Bytes from..from+n-1 of a packet of `bytes`. */
  private fill(physical: number, from: number, n: number, bytes: number, serial: number): void {
    const start = physical - from;
    for (let i = firstMark(from); i < from + n; i += EVERY) this.ram[start + i] = mark(serial, i);
    if (from + n === bytes) this.ram[start + bytes - 1] = mark(serial, bytes - 1);
  }

  private differs(
    physical: number,
    from: number,
    n: number,
    bytes: number,
    serial: number,
  ): boolean {
    const start = physical - from;
    for (let i = firstMark(from); i < from + n; i += EVERY)
      if (i !== bytes - 1 && this.ram[start + i] !== mark(serial, i)) return true;
    return from + n === bytes && this.ram[start + bytes - 1] !== mark(serial, bytes - 1);
  }
}

function inPage(address: number, left: number): number {
  return Math.min(left, PAGE_SIZE - (address % PAGE_SIZE));
}

function firstMark(from: number): number {
  return Math.ceil(from / EVERY) * EVERY;
}

/** Neighbouring packets differ everywhere, and so do neighbouring places. */
function mark(serial: number, i: number): number {
  return 1 + ((serial * 7 + Math.floor(i / EVERY) * 3 + (i % EVERY)) % 251);
}
