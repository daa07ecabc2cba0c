// SPDX-License-Identifier: GPL-2.0-only
// What the margin of a function has: findings, deviations, and the tests that reach it.

/** A finding of docs/findings.md. */
export interface Finding {
  readonly number: number;
  readonly title: string;
  /** Its text as Markdown, without the heading. */
  readonly text: string;
  /** The line of its heading in the document, from 1. */
  readonly line: number;
}

/** A numbered deviation of docs/porting.md. */
export interface Deviation {
  /** The heading above it: io-buffer-pool. */
  readonly section: string;
  readonly number: number;
  /** As Markdown, on one line. */
  readonly text: string;
  /** Its line in the document, from 1. */
  readonly line: number;
}

/** Where in the TypeScript a finding or deviation applies. */
export interface Mark {
  readonly kind: 'finding' | 'deviation';
  readonly number: number;
  /** Of a deviation; null for a finding. */
  readonly section: string | null;
  readonly path: string;
  /** The line of code, from 1: not that of a comment above it. */
  readonly line: number;
  /** The function or method that the line is in; null outside of one. */
  readonly function: string | null;
}

/** Who reaches a function, recorded when the tests ran under coverage. */
export interface Reach {
  /** Names of shipped transcripts: unit/01-first-map-allocates-slot.jsonl. */
  readonly transcripts: readonly string[];
  /** Names of test files, from the root of the repository. */
  readonly tests: readonly string[];
  /** Lines with a statement that were executed, and all lines with a statement. */
  readonly linesHit: number;
  readonly linesFound: number;
}

export interface Margin {
  readonly findings: readonly Finding[];
  readonly deviations: readonly Deviation[];
  /** In the order of the sources, then of the lines. */
  readonly marks: readonly Mark[];
  /** The key is `PATH#FUNCTION`; `PATH#CLASS.FUNCTION` where a file has two functions of one name. */
  readonly reach: ReadonlyMap<string, Reach>;
}
