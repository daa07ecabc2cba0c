// SPDX-License-Identifier: GPL-2.0-only
// Bytes of the port beside those of the reference, as the CPU and as a device sees them.

import { crc32 } from '@iommu-bounce/integration';
import type { Performer } from './performer';
import {
  type Bytes,
  type Piece,
  type Reference,
  type ReferenceMapping,
  mayRead,
} from './reference';
import { Violation } from './violation';

/** Runs of defined bytes of a range that a device reads: a hole ends one. */
const MOST_RUNS = 4;

export class ByteChecks {
  constructor(
    private readonly performer: Performer,
    private readonly reference: Reference,
  ) {}

  ofAllBuffers(): void {
    this.reference.buffers.forEach(({ length }, buffer) => {
      this.ofCpu([{ buffer, offset: 0, length }]);
    });
  }

  /** Looks at what is defined of some pieces, and lets the CPU read the first byte that is wrong. */
  ofCpu(pieces: readonly Piece[]): void {
    const { buffers, machine } = this.performer.live.run;
    for (const { buffer: buf, offset, length } of pieces) {
      const { value, defined } = this.reference.buffer(buf);
      const at = buffers.get(buf);
      if (!at) throw new Error(`no buffer ${String(buf)}`);
      const ram = machine.k.mm.bytes_at(at.phys, at.bytes);
      const end = offset + length;
      for (let off = firstUnequal(ram, value, offset, end); off < end;) {
        if (defined[off] === 1) {
          this.performer.perform({ op: 'cpu_read', buf, off, len: 1 });
          throw new Violation('the CPU reads other bytes', {
            crc32: crc32(value.subarray(off, off + 1)),
          });
        }
        const next = defined.indexOf(1, off);
        off = next < 0 ? end : firstUnequal(ram, value, next, end);
      }
    }
  }

  ofDevice(mapping: ReferenceMapping, offset: number, length: number): void {
    if (!mayRead(mapping)) return;
    eachRun(mapping.seen, offset, length, (off, bytes) => {
      const expected = crc32(bytes);
      const op = { op: 'dev_read', map: mapping.id, off, len: bytes.length };
      const { ret, crc32: got } = this.performer.perform(op);
      if (ret !== 'ok') throw new Violation('a device faults where it may read', { ret: 'ok' });
      if (got !== expected)
        throw new Violation('the device reads other bytes', { crc32: expected });
    });
  }
}

const wordsOf = ({ buffer, byteOffset, length }: Uint8Array): Uint32Array =>
  new Uint32Array(buffer, byteOffset, length >>> 2);

/**
 * The first byte from..to-1 in which two arrays of a whole number of words differ, or a place from `to` on. Most are
 * equal, so words are compared first.
 */
function firstUnequal(a: Uint8Array, b: Uint8Array, from: number, to: number): number {
  const words = wordsOf(a);
  const others = wordsOf(b);
  let at = from;
  while (at < to && (at & 3) !== 0 && a[at] === b[at]) at++;
  if ((at & 3) !== 0) return Math.min(at, to);
  let word = at >>> 2;
  while (4 * word + 4 <= to && words[word] === others[word]) word++;
  at = 4 * word;
  while (at < to && a[at] === b[at]) at++;
  return at;
}

function eachRun(
  { value, defined }: Bytes,
  offset: number,
  length: number,
  visit: (offset: number, bytes: Uint8Array) => void,
): void {
  const end = offset + length;
  for (let at = offset, runs = 0; at < end && runs < MOST_RUNS; runs++) {
    const from = defined.indexOf(1, at);
    if (from < 0 || from >= end) return;
    const hole = defined.indexOf(0, from);
    const to = hole < 0 || hole > end ? end : hole;
    visit(from, value.subarray(from, to));
    at = to;
  }
}
