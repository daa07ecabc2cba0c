// SPDX-License-Identifier: GPL-2.0-only
// What ends a command: bad usage or bad input (status 2), each with one line that says what was expected.

/** Shown as one line on stderr, status 2. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}

/**
 * One line without control characters, those for the direction of writing included: what came from outside must not
 * write on the terminal as it likes.
 */
export function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu, ' ').slice(0, 2000);
}
