// SPDX-License-Identifier: GPL-2.0-only
// What a caller asked for that cannot be: a name that is none, a value outside its range, a file with a fault.

/** One line that names what is wrong and what was expected; it knows nothing of a command's options. */
export class InputError extends Error {
  override readonly name: string = 'InputError';
}
