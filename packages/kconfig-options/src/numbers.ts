// SPDX-License-Identifier: GPL-2.0-only
// Numbers as texts, as scripts/kconfig takes them: which count as values, what strtoll makes of one, how two compare.

/** 10 for int, 16 for hex (prefix optional), 0 for "by its prefix". */
export type Base = 0 | 10 | 16;

const INT = /^-?(?:0|[1-9][0-9]*)$/;
const HEX = /^(?:0[xX])?[0-9a-fA-F]+$/;
const PREFIXES: Record<Base, RegExp> = {
  10: /^\s*([+-]?)([0-9]+)/,
  16: /^\s*([+-]?)(?:0[xX](?=[0-9a-fA-F]))?([0-9a-fA-F]+)/,
  0: /^\s*([+-]?)(0[xX][0-9a-fA-F]+|[0-9]+)/,
};
const MIN = -(2n ** 63n);
const MAX = 2n ** 63n - 1n;

/** Whether a .config may give an int (10) or a hex (16) this value: sym_string_valid(). */
export function isNumberText(text: string, base: 10 | 16): boolean {
  return (base === 10 ? INT : HEX).test(text);
}

/** strtoll(): the number that `text` begins with, 0 if there is none, within 64 bits. */
export function leadingNumber(text: string, base: Base): bigint {
  const { value } = scan(text, base);
  return value < MIN ? MIN : value > MAX ? MAX : value;
}

/** A number to compare, all of `text`: expr_parse_string(). Null makes the comparison one of texts. */
export function wholeNumber(text: string, base: Base): bigint | null {
  const { value, length } = scan(text, base);
  if (length === 0 || length !== text.length) return null;
  if (base !== 16) return value < MIN || value > MAX ? null : value;
  // strtoull() takes a sign and wraps.
  return value < -(2n ** 64n) || value >= 2n ** 64n ? null : BigInt.asUintN(64, value);
}

function scan(text: string, base: Base): { value: bigint; length: number } {
  const match = PREFIXES[base].exec(text);
  if (!match) return { value: 0n, length: 0 };
  const [all, sign = '', digits = ''] = match;
  const { value: magnitude, unread } = magnitudeOf(digits, base);
  return { value: sign === '-' ? -magnitude : magnitude, length: all.length - unread };
}

/** Without a base, a leading 0 makes an octal number, which ends at the first 8 or 9. */
function magnitudeOf(digits: string, base: Base): { value: bigint; unread: number } {
  if (base === 16) return { value: BigInt(`0x${digits}`), unread: 0 };
  if (base === 10 || !/^0[0-9]/.test(digits)) return { value: BigInt(digits), unread: 0 };
  const octal = /^0[0-7]*/.exec(digits)?.[0] ?? '0';
  return { value: BigInt(`0o${octal}`), unread: digits.length - octal.length };
}

export function formatNumber(value: bigint, base: Base): string {
  return base === 10 ? value.toString() : `0x${BigInt.asUintN(64, value).toString(16)}`;
}

/** Order of two texts by code points, as strcmp() orders UTF-8: negative, 0 or positive. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const left = Array.from(a, (char) => char.codePointAt(0) ?? 0);
  const right = Array.from(b, (char) => char.codePointAt(0) ?? 0);
  for (const [i, code] of left.entries()) {
    const other = right[i];
    if (other === undefined) return 1;
    if (code !== other) return code - other;
  }
  return left.length - right.length;
}
