// SPDX-License-Identifier: GPL-2.0-only
// One C file in all states of the series: state n is the text after n patches.

/** A line of a state. */
export interface CLine {
  readonly text: string;
  /** In the file in this state, from 1. Where a file is known by its hunks only, numbers jump. */
  readonly number: number;
  /** The patch that wrote this line; 0: it was there before the series. */
  readonly patch: number;
}

/** A file in one state. */
export interface CText {
  readonly lines: readonly CLine[];
  /** False: only lines near a change are known. */
  readonly whole: boolean;
}

/** A row of what one patch does to a file: numbers in the state before and the state after, null where it has no line. */
export interface DeltaRow {
  readonly kind: 'context' | 'added' | 'removed';
  readonly text: string;
  readonly before: number | null;
  readonly after: number | null;
}

/** What one patch does to a file: one list of rows for each hunk. */
export interface CDelta {
  readonly patch: number;
  readonly hunks: readonly (readonly DeltaRow[])[];
  /** For each hunk the text after its second @@. Needed where a file is known by its hunks only. */
  readonly sections?: readonly string[];
}

/** A file of the series or of the kernel tree. */
export interface CFile {
  /** From the root of the kernel: drivers/iommu/io-buffer-pool.c. */
  readonly path: string;
  /** One for each state, from 0 to the number of patches; null where the file does not exist. */
  readonly states: readonly (CText | null)[];
  readonly deltas: readonly CDelta[];
}

/** All files, and what there is to say about them, one line each. */
export interface CTree {
  readonly files: readonly CFile[];
  /** What was not used: hunks that do not apply, files that are known in part. */
  readonly notes: readonly string[];
  /** For each file that is known as a whole: whether its states have the git ids of the series. */
  readonly versions: readonly string[];
  /** Hunks of the series, not of patches before it, that do not apply. */
  readonly unapplied: number;
}
