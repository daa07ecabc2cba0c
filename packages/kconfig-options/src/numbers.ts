// SPDX-License-Identifier: GPL-2.0-only
// Numbers as texts: which texts count as int and hex values, and how two texts compare.

/** 10 for int, 16 for hex (prefix optional), 0 for "by its prefix". */
export type Base = 0 | 10 | 16;

const DECIMAL = /^([+-]?)([0-9]+(?:_[0-9]+)*)$/;
const HEXADECIMAL = /^([+-]?)(?:0[xX]_?)?([0-9a-fA-F]+(?:_[0-9a-fA-F]+)*)$/;
const PREFIXED = /^([+-]?)(0[xX]_?[0-9a-fA-F_]+|0[oO]_?[0-7_]+|0[bB]_?[01_]+|[1-9][0-9_]*|0[0_]*)$/;

/**
 * The number that `text` spells, or null. The accepted forms are the oracle's, which are wider than
 * the kernel's (sign, leading zeros, single underscores between digits); README, "Where it differs".
 */
export function parseNumber(text: string, base: Base): bigint | null {
  const trimmed = text.trim();
  if (base !== 0) {
    const match = (base === 10 ? DECIMAL : HEXADECIMAL).exec(trimmed);
    if (!match) return null;
    const digits = (match[2] ?? '').replaceAll('_', '');
    const magnitude = BigInt(base === 10 ? digits : `0x${digits}`);
    return match[1] === '-' ? -magnitude : magnitude;
  }
  const match = PREFIXED.exec(trimmed);
  const body = match?.[2];
  if (body === undefined || body.includes('__') || body.endsWith('_')) return null;
  const magnitude = BigInt(body.replaceAll('_', '').toLowerCase());
  return match?.[1] === '-' ? -magnitude : magnitude;
}

export function formatNumber(value: bigint, base: Base): string {
  if (base === 10) return value.toString();
  return value < 0n ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}`;
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
