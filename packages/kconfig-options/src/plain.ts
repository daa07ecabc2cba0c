// SPDX-License-Identifier: GPL-2.0-only
// Texts from files as a terminal may show them: without characters that steer it.

/** `text` with control characters and those that turn the direction of writing as `\\x1b` or `\\u202e`. */
export function plain(text: string): string {
  return text.replace(/[\p{Cc}\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu, (char) => {
    const code = char.charCodeAt(0);
    return code < 0x100
      ? `\\x${code.toString(16).padStart(2, '0')}`
      : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}
