// SPDX-License-Identifier: GPL-2.0-only
// Numbers as fio writes them: sizes and counts with suffixes, times. What fio would read as something else than it
// says (fractions, unknown suffixes) is refused here.

import type { Place } from './place';

/** What a suffix of sizes multiplies by is 1024 or 1000, as kb_base says. */
export type KbBase = 1000 | 1024;

const POWERS = 'kmgtp';
const SIZE = /^(?<digits>0[xX][0-9a-fA-F]+|\d+)(?<unit>[a-zA-Z]*)$/;
const TIME = /^(?<digits>\d+)(?<unit>[a-zA-Z]*)$/;

const NS_PER_UNIT: Readonly<Record<string, number>> = {
  us: 1e3,
  usec: 1e3,
  ms: 1e6,
  msec: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
  d: 86400e9,
};

/**
 * A whole number with fio's suffixes k, m, g, t, p (and kb, ki, kib …), in either case.
 *
 * With kb_base 1024, fio's default, `4k` and `4ki` are 4096 and `4kib` is 4000: its parser knows no `ki` and reads the
 * `k` of it, and KiB it takes for the other base. C: fio 3.33 parse.c __get_mult_bytes
 * @returns 0 to 2^53 - 1
 * @throws JobError for anything else
 */
export function parseCount(text: string, kbBase: KbBase, at: Place): number {
  const { digits, unit } = matched(SIZE, text, at, 'a whole number such as 4096, 4k or 1g');
  if (unit !== '' && digits.startsWith('0x')) throw at.error('a hexadecimal number has no suffix');
  const value = Number(digits) * suffix(unit, kbBase, at);
  if (!Number.isSafeInteger(value)) throw at.error('the number is too large (2^53 and more)');
  return value;
}

function suffix(unit: string, kbBase: KbBase, at: Place): number {
  const lower = unit.toLowerCase();
  if (lower === '' || lower === 'b') return 1;
  const power = POWERS.indexOf(lower.charAt(0)) + 1;
  if (power === 0 || !['', 'b', 'i', 'ib'].includes(lower.slice(1)))
    throw at.error(`unknown suffix '${unit}'; expected k, m, g, t or p`);
  const other = kbBase === 1024 ? 1000 : 1024;
  return (lower.endsWith('ib') ? other : kbBase) ** power;
}

/**
 * A time in nanoseconds: seconds or microseconds, or with a suffix us, ms, s, m, h or d, in either case.
 * @param bare what a number without a suffix counts
 * @throws JobError for anything else
 */
export function parseTime(text: string, at: Place, bare: 's' | 'us' = 's'): number {
  const expected = `a whole number of ${bare === 's' ? 'seconds' : 'microseconds'}, or with us, ms, s, m, h or d`;
  const { digits, unit } = matched(TIME, text, at, expected);
  const ns = NS_PER_UNIT[unit === '' ? bare : unit.toLowerCase()];
  if (ns === undefined)
    throw at.error(
      `unknown suffix '${unit}', which fio takes for microseconds; expected ${expected}`,
    );
  const value = Number(digits) * ns;
  if (!Number.isSafeInteger(value)) throw at.error('the time is too long (104 days and more)');
  return value;
}

function matched(
  pattern: RegExp,
  text: string,
  at: Place,
  expected: string,
): { digits: string; unit: string } {
  const value = text.trimStart();
  const found = pattern.exec(value)?.groups;
  if (found === undefined) throw at.error(complaint(value, expected));
  const { digits = '', unit = '' } = found;
  // fio looks for the suffix before it skips the blank, finds none, and reads '= 4k' as 4.
  if (unit !== '' && value !== text)
    throw at.error(
      `fio does not see the suffix behind a blank; expected '${value}' right after the =`,
    );
  return { digits: digits.toLowerCase(), unit };
}

function complaint(value: string, expected: string): string {
  if (value.startsWith('-')) return `is negative; expected ${expected}`;
  if (value.endsWith('%')) return `a percentage is for size and io_size; expected ${expected}`;
  if (value.startsWith('(')) return `arithmetic is not evaluated here; expected ${expected}`;
  if (/\d[.]\d/.test(value)) return `fio reads no fractions; expected ${expected}`;
  return `expected ${expected}`;
}
