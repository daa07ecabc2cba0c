// SPDX-License-Identifier: GPL-2.0-only
// What stands in the margin of a function: findings, deviations, and the tests that reach it.

/** A finding of docs/findings.md. */
export interface Finding {
  readonly number: number;
  readonly title: string;
  /** Its text as Markdown, without the heading. */
  readonly text: string;
}

/** A numbered deviation of docs/porting.md. */
export interface Deviation {
  /** The heading it stands under: io-buffer-pool. */
  readonly section: string;
  readonly number: number;
  readonly text: string;
}

/** Where in the TypeScript a finding or deviation applies. */
export interface Mark {
  readonly kind: 'finding' | 'deviation';
  readonly number: number;
  /** Of a deviation; null for a finding. */
  readonly section: string | null;
  readonly path: string;
  readonly line: number;
  readonly function: string | null;
}

/** Who reaches a function, recorded when the tests ran under coverage. */
export interface Reach {
  /** Names of shipped transcripts. */
  readonly transcripts: readonly string[];
  /** Names of test files, from the root of the repository. */
  readonly tests: readonly string[];
  /** Lines that were executed, and lines that could be. */
  readonly linesHit: number;
  readonly linesFound: number;
}

export interface Margin {
  readonly findings: readonly Finding[];
  readonly deviations: readonly Deviation[];
  readonly marks: readonly Mark[];
  /** The key is `PATH#FUNCTION`. */
  readonly reach: ReadonlyMap<string, Reach>;
}
