// SPDX-License-Identifier: GPL-2.0-only
// The one error this reader throws: it names the file, the line where there is one, and what was expected.

const SHOWN_LENGTH = 120;

/** Text of unknown origin made fit for one line of a terminal: control characters escaped, cut to 120 characters. */
export function printable(text: string): string {
  return escaped(text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH)}…` : text);
}

/** The same, of any length. */
export function escaped(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (char) => {
    const code = char.codePointAt(0) ?? 0;
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
  });
}

export class TraceError extends Error {
  override readonly name = 'TraceError';

  /** `line` counts from 1; null when the complaint is about the whole file. */
  constructor(
    readonly file: string,
    readonly line: number | null,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(
      `${file.replace(/\p{Cc}/gu, '?')}${line === null ? '' : `:${String(line)}`}: ${reason}`,
      options,
    );
  }
}
