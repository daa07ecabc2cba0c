// SPDX-License-Identifier: GPL-2.0-only
// What the check has to say about one place.

export type DifferenceKind =
  'missing' | 'extra' | 'order' | 'flow' | 'call' | 'constant' | 'label' | 'return';

export type ExplainedBy = 'convention' | 'comment' | 'deviation' | 'not ported';

/** Why a difference is right. */
export interface Explanation {
  readonly by: ExplainedBy;
  /** What the convention, the `// JS:` comment or the deviation says; Markdown. */
  readonly text: string;
  /** Which entry of porting.md says so; null for a convention or comment. */
  readonly deviation: { readonly section: string; readonly number: number } | null;
}

/** Two sides that are not alike. */
export interface Difference {
  readonly kind: DifferenceKind;
  /** The function or other name. */
  readonly name: string;
  /** The last state that has it; 0 is before patch 1. */
  readonly state: number;
  readonly cPath: string;
  /** From 1, in the text of that state; null for what the C does not have. */
  readonly cLine: number | null;
  readonly tsPath: string | null;
  /** From 1; null for what the port does not have. */
  readonly tsLine: number | null;
  /** One sentence: what the C does and the TypeScript does not, or the other way round. */
  readonly text: string;
  /** Null if nobody has explained it. */
  readonly explanation: Explanation | null;
}

/** All of it, in the order of the C. */
export interface CheckResult {
  readonly functions: number;
  readonly differences: readonly Difference[];
}
