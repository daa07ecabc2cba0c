// SPDX-License-Identifier: GPL-2.0-only
// Bits and alignment on unsigned numbers up to 2^53 - 1.
// C: include/linux/log2.h, align.h, bitops.h, asm-generic/bitops. A bitwise operator takes the low 32 bits of its operands,
// exactly, whatever is above: enough for all masks below 2^31, where a division and a floor cost 23 cycles (a plain pair of
// map and unmap of 4 KiB had 20 of them: 243 ns in place of 188). Above that, powers of two divide exactly; `%` beyond 2^31 would call fmod.

import { PAGE_SIZE, U32_MAX, U64_MAX } from './types';

const TWO32 = 2 ** 32;
/** Units up to this one have a mask that a bitwise operator takes whole. */
const TWO30 = 2 ** 30;

/** 2^n for n in 0..53 from a table; `2 ** n` calls pow. */
const POW2: readonly number[] = Array.from({ length: 54 }, (_, n) => 2 ** n);

/** 1 << n for n in 0..53. */
export function BIT(n: number): number {
  return POW2[n] ?? 2 ** n;
}

/** Index of the highest set bit; `x` > 0 (as in C, zero has no answer: -1 here). */
export function __fls(x: number): number {
  return x < TWO32 ? 31 - Math.clz32(x) : 63 - Math.clz32(Math.floor(x / TWO32));
}

/** Index of the lowest set bit; `x` > 0. */
export function __ffs(x: number): number {
  const lo = x | 0;
  return lo !== 0 ? 31 - Math.clz32(lo & -lo) : ffs_of_high(x);
}

// Out of line, so that __ffs is small enough to be inlined everywhere.
function ffs_of_high(x: number): number {
  const hi = x / TWO32;
  return 63 - Math.clz32(hi & -hi);
}

/** One more than the lowest set bit of a 32-bit value; 0 for 0. */
export function ffs(x: number): number {
  return 32 - Math.clz32(x & -x);
}

/** One more than the highest set bit; 0 for 0. */
export function fls_long(x: number): number {
  return x === 0 ? 0 : __fls(x) + 1;
}

export function is_power_of_2(n: number): boolean {
  return n !== 0 && BIT(__fls(n)) === n;
}

/** The next power of two >= n; n >= 1. */
export function roundup_pow_of_two(n: number): number {
  return n <= 1 ? 1 : BIT(__fls(n - 1) + 1);
}

/** ceil(log2(n)); 0 for 0 and 1. */
export function order_base_2(n: number): number {
  return n > 1 ? __fls(n - 1) + 1 : 0;
}

/** `x & (a - 1)`, a a power of two. */
export function mod_pow2(x: number, a: number): number {
  return a <= TWO30 ? x & (a - 1) : x - Math.floor(x / a) * a;
}

/** `x & ~(a - 1)`, a a power of two. */
export function ALIGN_DOWN(x: number, a: number): number {
  return a <= TWO30 ? x - (x & (a - 1)) : Math.floor(x / a) * a;
}

/** x rounded up to a multiple of a power of two. */
export function ALIGN(x: number, a: number): number {
  return a <= TWO30 ? x + (-x & (a - 1)) : Math.ceil(x / a) * a;
}

export function IS_ALIGNED(x: number, a: number): boolean {
  return a <= TWO30 ? (x & (a - 1)) === 0 : Math.floor(x / a) * a === x;
}

/** All three are multiples of a power of two. C: IS_ALIGNED(x | y | z, a) */
export function ALL_ALIGNED(x: number, y: number, z: number, a: number): boolean {
  return a <= TWO30
    ? ((x | y | z) & (a - 1)) === 0
    : IS_ALIGNED(x, a) && IS_ALIGNED(y, a) && IS_ALIGNED(z, a);
}

export function PAGE_ALIGN(x: number): number {
  return x + (-x & (PAGE_SIZE - 1));
}

export function offset_in_page(x: number): number {
  return x & (PAGE_SIZE - 1);
}

/** The allocation order that holds `size` bytes; size 0 gives 52, as on a 64-bit kernel. */
export function get_order(size: number): number {
  return size === 0 ? 52 : order_base_2(Math.ceil(size / PAGE_SIZE));
}

export function DIV_ROUND_UP(n: number, d: number): number {
  return Math.ceil(n / d);
}

/** n low bits set; 64 (and anything from 53 on) is all ones. C: include/linux/dma-mapping.h */
export function DMA_BIT_MASK(n: number): number {
  return n >= 53 ? U64_MAX : BIT(n) - 1;
}

export function min_not_zero(x: number, y: number): number {
  return x === 0 ? y : y === 0 ? x : Math.min(x, y);
}

/** `a & b` of two 64-bit values; the all-ones value keeps every bit. */
export function and64(a: number, b: number): number {
  return (Math.floor(a / TWO32) & Math.floor(b / TWO32)) * TWO32 + ((a & b) >>> 0);
}

/** `a | b` of two 64-bit values. */
export function or64(a: number, b: number): number {
  return (Math.floor(a / TWO32) | Math.floor(b / TWO32)) * TWO32 + ((a | b) >>> 0);
}

/** `a & ~b` of two 64-bit values. */
export function andnot64(a: number, b: number): number {
  return a - and64(a, b);
}

/** a + b, wrapping past the all-ones value to 0 as an unsigned 64-bit sum does. */
export function u64_add(a: number, b: number): number {
  return b > U64_MAX - a ? b - (U64_MAX - a) - 1 : a + b;
}

/** a - b, wrapping below 0 to the all-ones value. */
export function u64_sub(a: number, b: number): number {
  return a >= b ? a - b : U64_MAX - (b - a) + 1;
}

export function upper_32_bits(n: number): number {
  return n === U64_MAX ? U32_MAX : Math.floor(n / TWO32);
}

export function lower_32_bits(n: number): number {
  return n >>> 0;
}
