// SPDX-License-Identifier: GPL-2.0-only
// What a caller asked for that cannot be: a name that is none, a value outside its range, a file with a fault.

/** One line that names what is wrong and what was expected; it knows nothing of a command's options. */
export class InputError extends Error {
  override readonly name: string = 'InputError';
}

/** The longest text of an input that a message repeats. */
const SHOWN = 60;

/** A text of the input, as a message repeats it: cut where it is long. */
export function shown(text: string): string {
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}

export function quoted(text: string): string {
  return `'${shown(text)}'`;
}
