// SPDX-License-Identifier: GPL-2.0-only
// Text to values, as module parameters and the command line take it. C: lib/kstrtox.c

/** y, Y, 1, on are true; n, N, 0, of(f) are false; anything else, and no text, is null (-EINVAL in C). */
export function kstrtobool(s: string | null): boolean | null {
  switch (s?.[0]) {
    case 'y':
    case 'Y':
    case '1':
      return true;
    case 'n':
    case 'N':
    case '0':
      return false;
    case 'o':
    case 'O':
      if (s[1] === 'n' || s[1] === 'N') return true;
      if (s[1] === 'f' || s[1] === 'F') return false;
      return null;
    default:
      return null;
  }
}
