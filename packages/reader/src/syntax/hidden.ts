// SPDX-License-Identifier: GPL-2.0-only
// Characters of a text from outside that nobody sees, or that change how others are shown.

/** Control characters, bidi controls, letters of no width, private ones, halves of pairs; tab and line end are none. */
export const HIDDEN =
  /(?![\t\n])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}\p{Default_Ignorable_Code_Point}]/gu;

/** @param c one character, or half of a pair @returns `U+202E` */
export function codePoint(c: string): string {
  return `U+${(c.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}

/** Text with `[U+202E]` in the place of a hidden character. */
export function visible(text: string): string {
  return text.replace(HIDDEN, bracketed);
}

/** The same on one line: tabs and line ends too. */
export function visibleLine(text: string): string {
  return visible(text).replace(/[\t\n]/g, bracketed);
}

function bracketed(c: string): string {
  return `[${codePoint(c)}]`;
}
