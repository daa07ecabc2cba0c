// SPDX-License-Identifier: GPL-2.0-only
// What a reader of files can have got wrong.

/** Input that cannot be read as what it should be: one line that names the file, the line and what was expected. */
export class ReadError extends Error {
  override readonly name = 'ReadError';
}

/** What something that was thrown says. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
