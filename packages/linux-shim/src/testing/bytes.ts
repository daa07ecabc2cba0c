// SPDX-License-Identifier: GPL-2.0-only
// Bytes in the RAM of a machine under test, by physical address, as a device would reach them.

import type { machine } from '../machine';
import type { phys_addr_t } from '../types';
import { random } from './random';

/** `len` bytes that depend on the seed and on nothing else; a shorter pattern is the start of a longer one. */
export function pattern(len: number, seed: number): Uint8Array {
  const source = random(seed);
  const bytes = new Uint8Array(len);
  for (let i = 0; i < len; i++) bytes[i] = source.next();
  return bytes;
}

/** Writes pattern(len, seed) and returns a copy of it. */
export function fill_pattern(k: machine, phys: phys_addr_t, len: number, seed: number): Uint8Array {
  const bytes = pattern(len, seed);
  k.mm.bytes_at(phys, len).set(bytes);
  return bytes;
}

export function write_bytes(k: machine, phys: phys_addr_t, bytes: ArrayLike<number>): void {
  k.mm.bytes_at(phys, bytes.length).set(bytes);
}

/** A copy, which later writes do not change. */
export function read_bytes(k: machine, phys: phys_addr_t, len: number): Uint8Array {
  return k.mm.bytes_at(phys, len).slice();
}
