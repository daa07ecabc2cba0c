// SPDX-License-Identifier: GPL-2.0-only
// Numbers as text, with their units; the same on every machine, whatever its locale.

const KIB = 1024;
const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

/** 32000 -> `32,000`. */
export function count(n: number): string {
  return String(n).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

/** `1 event`, `2 events`. */
export function plural(n: number, noun: string, several = `${noun}s`): string {
  return `${count(n)} ${n === 1 ? noun : several}`;
}

/** `is` or `are`: the verb behind so many things. */
export function are(n: number): string {
  return n === 1 ? 'is' : 'are';
}

/** `0x1000`; a minus before it below zero. */
export function hex(n: number): string {
  return n < 0 ? `-0x${(-n).toString(16)}` : `0x${n.toString(16)}`;
}

/** With so many significant digits at most: 0.25 stays `0.25`. */
export function significant(x: number, digits: number): string {
  return String(Number(x.toPrecision(digits)));
}

/** `+1.50`; a zero has a plus, too. */
export function signed(x: number, digits: number): string {
  return `${x >= 0 ? '+' : ''}${x.toFixed(digits)}`;
}

/** `1/4` or `4`. */
export function factor(x: number): string {
  return x < 1 ? `1/${String(1 / x)}` : String(x);
}

/** `5.42 x`. */
export function times(ratio: number, digits = 2): string {
  return `${ratio.toFixed(digits)} x`;
}

export function percent(fraction: number, digits = 1): string {
  return `${(100 * fraction).toFixed(digits)} %`;
}

/** Never rounded up: `99.9 %` of 9,999 in 10,000, so a single difference shows. */
export function percentDown(fraction: number, digits = 1): string {
  // A float may lie below the number that it stands for.
  const unit = 10 ** (digits + 2);
  return percent(Math.floor(fraction * unit + 1e-9) / unit, digits);
}

/** `-99.2 %`; empty where there is nothing to compare with. */
export function change(before: number, after: number): string {
  if (before === 0) return '';
  const fraction = (after - before) / before;
  return `${fraction > 0 ? '+' : ''}${(fraction * 100).toFixed(1)} %`;
}

/** Of 30 compared, 30 equal: `30 of 30 (100.00 %)`. */
export function share(equal: number, compared: number): string {
  if (compared === 0) return 'none compared';
  return `${count(equal)} of ${count(compared)} (${percentDown(equal / compared, 2)})`;
}

/** Both ends, as `show` writes them; empty where there is no interval. */
export function interval(
  ends: readonly [number, number] | undefined,
  show: (x: number) => string,
): string {
  return ends ? ends.map(show).join('…') : '';
}

/** Both ends of some values, at least one: `1.00 to 2.50`; once where they are shown alike. */
export function range(values: readonly number[], show: (x: number) => string): string {
  const [least, most] = [show(Math.min(...values)), show(Math.max(...values))];
  return least === most ? least : `${least} to ${most}`;
}

/** `a, b and c`. */
export function listed(names: readonly string[]): string {
  const last = names.at(-1) ?? '';
  return names.length < 2 ? last : `${names.slice(0, -1).join(', ')} and ${last}`;
}

/** As fio writes it: `4k`; else in bytes. */
export function blockSize(bytes: number): string {
  return bytes % KIB === 0 ? `${String(bytes / KIB)}k` : `${count(bytes)} B`;
}

/** A power of two, from 4 KiB on. */
export function sizeLimit(bytes: number): string {
  return bytes < MIB ? `${String(bytes / KIB)} KiB` : `${String(bytes / MIB)} MiB`;
}

/** An amount of data as a whole number; a unit serves up to 10 of the next one: `9,216 B`, `10 KiB`, `9,000 KiB`. */
export function wholeBytes(bytes: number): string {
  if (bytes < 10 * KIB) return `${count(bytes)} B`;
  if (bytes < 10 * MIB) return `${count(Math.round(bytes / KIB))} KiB`;
  if (bytes < 10 * GIB) return `${count(Math.round(bytes / MIB))} MiB`;
  return `${count(Math.round(bytes / GIB))} GiB`;
}

/** A size at a limit is not rounded to the limit: `256 KiB`, `262,145 bytes`. */
export function exactBytes(bytes: number): string {
  return bytes % KIB === 0 ? wholeBytes(bytes) : plural(bytes, 'byte');
}

/** Memory that comes in pages: whole KiB below 1 MiB, then MiB or GiB with one decimal. */
export function memory(bytes: number): string {
  if (bytes === 0) return '0';
  return bytes < MIB ? `${(bytes / KIB).toFixed(0)} KiB` : decimalMib(bytes);
}

/** A size between those there are: whole bytes below 1 KiB, then one decimal. */
export function decimalSize(bytes: number): string {
  if (bytes < KIB) return `${bytes.toFixed(0)} B`;
  return bytes < MIB ? `${(bytes / KIB).toFixed(1)} KiB` : decimalMib(bytes);
}

/** A unit serves up to 10 of the next one: `9,216.5 MiB`, `16.0 GiB`. */
function decimalMib(bytes: number): string {
  const isGib = bytes >= 10 * GIB;
  const [whole = '', tenths = ''] = (bytes / (isGib ? GIB : MIB)).toFixed(1).split('.');
  return `${count(Number(whole))}.${tenths} ${isGib ? 'GiB' : 'MiB'}`;
}

/** Megabytes (10⁶ bytes), without the unit. */
export function megabytes(bytes: number): string {
  return count(Math.round(bytes / 1e6));
}

export function gigabytesPerS(bytesPerS: number, digits = 1): string {
  return `${(bytesPerS / 1e9).toFixed(digits)} GB/s`;
}

/** Nanoseconds as microseconds, without the unit. */
export function micros(ns: number, digits = 2): string {
  return (ns / 1000).toFixed(digits);
}

/** Nanoseconds as microseconds with three significant digits, without the unit. */
export function shortMicros(ns: number): string {
  return significant(ns / 1000, 3);
}

/** Nanoseconds with the unit that leaves few digits. */
export function time(ns: number): string {
  if (ns === 0) return '0';
  if (ns < 10_000) return `${micros(ns, 1)} µs`;
  if (ns < 1e6) return `${micros(ns, 0)} µs`;
  if (ns < 1e9) return `${(ns / 1e6).toFixed(1)} ms`;
  return `${(ns / 1e9).toFixed(1)} s`;
}

/** How long a page stays reachable for a device; null: without a translation it always is. */
export function stale(ns: number | null): string {
  return ns === null ? 'always' : time(ns);
}
