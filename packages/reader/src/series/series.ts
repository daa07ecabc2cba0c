// SPDX-License-Identifier: GPL-2.0-only
// A series of patches, as its mails say it.

/** Where a text is in the reader's own copy; `line` begins at 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
}

/** One hunk. Line numbers begin at 1; `lines` have ' ', '+' or '-' in front and no line end. */
export interface Hunk {
  readonly oldStart: number;
  readonly oldLines: number;
  readonly newStart: number;
  readonly newLines: number;
  /** The text after the second @@: the function that the hunk is in, as diff guesses it. */
  readonly section: string;
  readonly lines: readonly string[];
  readonly at: Place;
}

/** What a patch does to one file. */
export interface FilePatch {
  /** From the root of the kernel, without `a/` or `b/`. */
  readonly path: string;
  readonly created: boolean;
  readonly removed: boolean;
  /** The ids of git's index line, as long as they are there; null without one. */
  readonly oldId: string | null;
  readonly newId: string | null;
  readonly hunks: readonly Hunk[];
}

/** One patch of a series. */
export interface Patch {
  /** 1 to `of`. */
  readonly number: number;
  readonly of: number;
  /** Without the bracket in front. */
  readonly subject: string;
  /** Without angle brackets; null if the copy has none. */
  readonly messageId: string | null;
  readonly files: readonly FilePatch[];
  readonly at: Place;
}

/** A series, complete: each patch once, in order. */
export interface Series {
  /** 1, or n of "PATCH vn". */
  readonly version: number;
  readonly subject: string;
  /** The cover letter's id, if the copy has one. */
  readonly cover: { readonly subject: string; readonly messageId: string | null } | null;
  readonly patches: readonly Patch[];
  /** Patches of earlier series in the same copy that the series needs, in the order of their application. */
  readonly before: readonly Patch[];
  /** What of the copy was not used, and why: one line each. */
  readonly notes: readonly string[];
}
