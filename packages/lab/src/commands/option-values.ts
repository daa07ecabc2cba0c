// SPDX-License-Identifier: GPL-2.0-only
// Values of options and files as commands read them: one line that says what was expected, if they are not that.

import { type Command, Option } from 'commander';
import {
  InputError,
  LAYOUT_NAMES,
  type LayoutName,
  type Policy,
  poolWithFixes,
} from '@iommu-bounce/simulation';
import { OptionError } from '@iommu-bounce/linux-shim';
import { UsageError } from '../errors';

/** @throws UsageError */
export function wholeNumber(option: string, text: string, least: number, most: number): number {
  const n = Number(text);
  if (!/^\d+$/.test(text) || n < least || n > most)
    throw new UsageError(
      `${option}: expected a whole number from ${String(least)} to ${String(most)}, got '${text}'`,
    );
  return n;
}

/** The name of a layout, where an older one is given. */
export function layoutName(text: string): string {
  return text === 'fresh-boot' ? 'fresh' : text;
}

/** @throws UsageError */
export function layoutNamed(text: string): LayoutName {
  const found = LAYOUT_NAMES.find((name) => name === layoutName(text));
  if (!found) throw new UsageError(`--layout: expected ${LAYOUT_NAMES.join(', ')}, got '${text}'`);
  return found;
}

/**
 * What a library makes of an option's value; its errors do not know the option.
 * @throws UsageError with the option in front
 */
export function option<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof InputError || error instanceof OptionError)
      throw new UsageError(`${name}: ${error.message}`);
    throw error;
  }
}

/** `--report`. @param more the end of its explanation */
export function reportOption(more = ''): Option {
  return new Option('--report <file.html>', `write a report${more}; makes its folder`);
}

/** Adds `--fix`. */
export function withFixOption(command: Command): Command {
  return command.option(
    '--fix <names>',
    'also run the pool with these fixes for findings, e.g. copy-in,zero-slack; iommu-bounce check --list has all',
  );
}

/** `--fix`: the pool with these fixes, or nothing. */
export function fixedPolicies(names: string | undefined): Policy[] {
  return names === undefined ? [] : [option('--fix', () => poolWithFixes(names))];
}

/** An option that may be given several times. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}
