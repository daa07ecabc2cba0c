// SPDX-License-Identifier: GPL-2.0-only
// The checks at the edge, and their one error.

import { type kind, type shape_of, fields } from './kinds';

/** What was given is not what is documented. The message names it, and says what was expected. */
export class OptionError extends RangeError {
  override readonly name = 'OptionError';
}

/**
 * Checks an options object: no unknown field, each value of its kind.
 * @param what the function that was given it
 * @throws OptionError `machine: no option 'cpus'; it has memory, nr_cpus, …`
 */
export function check_options<T extends object>(
  what: string,
  options: T,
  shape: shape_of<T>,
): void {
  check_value(what, '', options, fields(shape));
}

/**
 * Checks one value.
 * @param name the parameter
 * @throws OptionError `mod_timer: expires is NaN: expected a whole number from 0 on`
 */
export function check_value(what: string, name: string, value: unknown, of: kind): void {
  const wrong = of(value, name);
  if (wrong !== null) throw new OptionError(`${what}: ${wrong}`);
}
