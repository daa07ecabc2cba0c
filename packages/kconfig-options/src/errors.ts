// SPDX-License-Identifier: GPL-2.0-only
// The one error of this package: where it is, and what was expected there.

import type { whole_number } from '@iommu-bounce/linux-shim/options';

/** Thrown for every bad input. `message` is one line: `file:line: detail` (no line when it is 0). */
export class KconfigError extends Error {
  override readonly name = 'KconfigError';

  constructor(
    readonly file: string,
    /** Counted from 1; 0 when the whole file is meant. */
    readonly line: number,
    readonly detail: string,
  ) {
    super(`${file}${line > 0 ? `:${String(line)}` : ''}: ${detail}`);
  }
}

/** A line of a file. */
export interface Place {
  /** The path, as it was read. */
  readonly file: string;
  /** From 1. */
  readonly line: whole_number;
}

export function errorAt(place: Place, detail: string): KconfigError {
  return new KconfigError(place.file, place.line, detail);
}

export function placeText(place: Place): string {
  return `${place.file}:${String(place.line)}`;
}

/** Runs `work`; where it exhausts the stack, the input is too deep, not the program wrong. */
export function limitDepth<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new KconfigError(file, 0, 'expected shorter chains of dependencies: too deep to follow');
  }
}
