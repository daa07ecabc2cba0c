// SPDX-License-Identifier: GPL-2.0-only
// What ends a command: bad usage or bad input (status 2), each with one line that says what was expected.

/** Shown as one line on stderr, status 2. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}

/** One line without control characters: what came from outside must not write on the terminal as it likes. */
export function oneLine(text: string): string {
  // eslint's no-control-regex asks for care: the control characters are the point here.
  return Array.from(text, (c) => (c < ' ' || (c >= '\x7f' && c <= '\x9f') ? ' ' : c))
    .join('')
    .slice(0, 2000);
}
