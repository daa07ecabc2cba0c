// SPDX-License-Identifier: GPL-2.0-only
// Sizes, addresses, times and counts as pages write them.

/** `4 KiB`, `1.5 MiB`, `100 bytes`. */
export function sizeText(bytes: number): string {
  if (bytes < 1024) return count(bytes, 'byte');
  const units = ['KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  let value = bytes / 1024;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  if (!Number.isInteger(value * 10)) {
    // An exact number of bytes says more than a rounded one.
    return unit === 0 ? `${grouped(bytes)} bytes` : `${value.toFixed(1)} ${units[unit] ?? ''}`;
  }
  return `${String(value)} ${units[unit] ?? ''}`;
}

/** An address of up to 53 bits: `0xffffff7ff000`. */
export function hex(address: number): string {
  return `0x${address.toString(16)}`;
}

/** One byte: `0a`. */
export function hexByte(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}

/** `5.0 s`, `120 ms`. */
export function timeText(ms: number): string {
  return ms >= 1000 ? `${(ms / 1000).toFixed(ms % 100 === 0 ? 1 : 3)} s` : `${String(ms)} ms`;
}

/** `1,024`. */
export function grouped(value: number): string {
  return value.toString().replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

/** `1 request`, `1,025 requests`. */
export function count(value: number, noun: string, plural = `${noun}s`): string {
  return `${grouped(value)} ${value === 1 ? noun : plural}`;
}

/** What one of the requests is called that `label` (of `Steps`) names. */
export function requestNoun(label: string): string {
  return label.startsWith('requests') ? 'request' : 'driver call';
}

/** A direction inside a sentence. */
export function directionText(direction: 'to-device' | 'from-device' | 'both'): string {
  return { 'to-device': 'to device', 'from-device': 'from device', both: 'both ways' }[direction];
}

/** What a device may do with pages. */
export function accessText(access: 'RO' | 'WO' | 'RW'): string {
  return { RO: 'read', WO: 'write', RW: 'read and write' }[access];
}
