// SPDX-License-Identifier: GPL-2.0-only
// How a scenario's table shows bytes, addresses and lists.

import type { list_head } from '@iommu-bounce/linux-shim';
import type { io_buffer_class, io_buffer_slot } from '@iommu-bounce/io-buffer-pool';

/** Runs of equal bytes: `11 x10, aa x90`; null, where the device faults: `fault`. */
export function runs(bytes: Uint8Array | null): string {
  if (bytes === null) return 'fault';
  const parts: string[] = [];
  for (let i = 0; i < bytes.length;) {
    let end = i + 1;
    while (end < bytes.length && bytes[end] === bytes[i]) end++;
    parts.push(`${hexByte(bytes[i])}${end - i > 1 ? ` x${String(end - i)}` : ''}`);
    i = end;
  }
  return parts.length === 0 ? 'none' : parts.join(', ');
}

function hexByte(byte = 0): string {
  return byte.toString(16).padStart(2, '0');
}

/** 0x… */
export function hex(address: number): string {
  return `0x${address.toString(16)}`;
}

export function yesNo(value: boolean): string {
  return value ? 'yes' : 'no';
}

/** After so many entries a list has no end. */
const MOST = 16;

/** What a walk of a list meets: `slot 1, slot 0`, or how it goes astray. */
export function walk(list: list_head<io_buffer_slot> | undefined): string {
  if (!list) return 'no pool';
  const met: string[] = [];
  for (let at = list.next; at !== list; at = at.next) {
    const slot = at.owner;
    if (slot === null) return [...met, 'another list'].join(', ');
    met.push(`slot ${String(slot.index)}`);
    if (at.next === at) return [...met, `${met.at(-1) ?? ''} again, without end`].join(', ');
    if (met.length === MOST) return [...met, 'without end'].join(', ');
  }
  return met.length === 0 ? 'empty' : met.join(', ');
}

/** The lists of one class: `to the device: slot 0; from: empty; both: empty; free: slot 1`. */
export function lists(klass: io_buffer_class | undefined): string {
  if (!klass) return 'no pool';
  const [ro, wo, rw] = klass.cached_slots;
  return `to the device: ${walk(ro)}; from it: ${walk(wo)}; both: ${walk(rw)}; free: ${walk(klass.empty_slots)}`;
}
