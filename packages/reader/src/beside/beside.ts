// SPDX-License-Identifier: GPL-2.0-only
// Two texts beside each other.

import type { Definition } from '../syntax/definition';
import type { PortDefinition } from '../port/port';
import type { DeltaRow } from '../tree/c-file';

/** A row: line numbers from 1, null where a side has nothing to show. */
export interface Row {
  readonly c: number | null;
  readonly ts: number | null;
  /**
   * Of two lines: they are counterparts; false if they only stand beside each other. Of one line: its counterpart is the
   * other side's line in the nearest row above that has both; false if it has none.
   */
  readonly matched: boolean;
}

/** One name on both sides; null where a side does not have it. */
export interface Pair {
  readonly name: string;
  readonly c: Definition | null;
  readonly ts: PortDefinition | null;
  /** The rows of the file that belong to it: first, and one past the last. */
  readonly rows: readonly [number, number];
}

/** A C file in one state beside the file of the port that mirrors it. */
export interface FileBeside {
  readonly cPath: string;
  readonly tsPath: string | null;
  /** After so many patches: 0 is before patch 1. */
  readonly state: number;
  readonly rows: readonly Row[];
  readonly pairs: readonly Pair[];
}

/** A function that a patch changed, on both sides. */
export interface ChangedFunction {
  readonly name: string;
  readonly cPath: string;
  readonly c: readonly DeltaRow[];
  /** The same with the lines between and around the hunks; as `c` where the file is not known as a whole. */
  readonly whole: readonly DeltaRow[];
  /** Lines of the C and of the TypeScript that are counterparts, in the state before the patch and in that after it. */
  readonly matches: {
    readonly before: readonly (readonly [c: number, ts: number])[];
    readonly after: readonly (readonly [c: number, ts: number])[];
  };
  /** The TypeScript before and after, with the paths of the files that have it; empty if the text did not change. */
  readonly ts: readonly DeltaRow[];
  readonly tsBefore: string | null;
  readonly tsAfter: string | null;
}
