// SPDX-License-Identifier: GPL-2.0-only
// Values of options and files as commands read them: one line that says what was expected, if they are not that.

import { readFileSync } from 'node:fs';
import { UsageError } from '../errors';
import { LAYOUT_NAMES, type LayoutName } from '../jobs';

/** @throws UsageError */
export function wholeNumber(option: string, text: string, least: number, most: number): number {
  const n = Number(text);
  if (!/^\d+$/.test(text) || n < least || n > most)
    throw new UsageError(
      `${option}: expected a whole number from ${String(least)} to ${String(most)}, got '${text}'`,
    );
  return n;
}

/** @throws UsageError */
export function layoutNamed(text: string): LayoutName {
  const found = LAYOUT_NAMES.find((name) => name === text);
  if (!found) throw new UsageError(`--layout: expected ${LAYOUT_NAMES.join(', ')}, got '${text}'`);
  return found;
}

/**
 * @param expected what the file should be
 * @throws UsageError
 */
export function readText(path: string, expected: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new UsageError(`${path}: cannot be read (${code}), expected ${expected}`);
  }
}

/** An option that may be given several times. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}
