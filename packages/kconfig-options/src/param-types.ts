// SPDX-License-Identifier: GPL-2.0-only
// Texts of kernel parameters to values, as the C does it: kstrtouint, kstrtou8 and kstrtobool.

export type ParamType = 'uint' | 'byte' | 'bool';

/** What each type takes, for messages. */
export const PARAM_EXPECTED: Record<ParamType, string> = {
  uint: 'an unsigned integer from 0 to 4294967295 (decimal, 0x hexadecimal or 0 octal)',
  byte: 'an unsigned integer from 0 to 255 (decimal, 0x hexadecimal or 0 octal)',
  bool: 'a bool (y, Y, 1 or on; n, N, 0 or off)',
};

const LIMIT = { uint: 4294967295n, byte: 255n };

/** lib/kstrtox.c, _kstrtoull with base 0: an optional plus, the digits, at most one newline after them. */
export function parseUnsigned(text: string, type: 'uint' | 'byte'): number | null {
  const match = /^\+?(?:0[xX]([0-9a-fA-F]+)|(0[0-7]*)|([1-9][0-9]*))\n?$/.exec(text);
  if (!match) return null;
  const [, hex, octal, decimal] = match;
  const value =
    hex !== undefined
      ? BigInt(`0x${hex}`)
      : octal !== undefined
        ? BigInt(`0o${octal}`)
        : BigInt(decimal ?? '');
  return value <= LIMIT[type] ? Number(value) : null;
}

/** lib/kstrtox.c, kstrtobool: only the first character counts, the first two of on and off. */
export function parseBool(text: string): boolean | null {
  if (/^(?:[yY1]|[oO][nN])/.test(text)) return true;
  if (/^(?:[nN0]|[oO][fF])/.test(text)) return false;
  return null;
}
