// SPDX-License-Identifier: GPL-2.0-only
// What the check has to say about one place.

export type DifferenceKind =
  'missing' | 'extra' | 'order' | 'flow' | 'call' | 'constant' | 'label' | 'return';

/** Two sides that are not alike. */
export interface Difference {
  readonly kind: DifferenceKind;
  /** The function or other name. */
  readonly name: string;
  readonly state: number;
  readonly cPath: string;
  readonly cLine: number | null;
  readonly tsPath: string | null;
  readonly tsLine: number | null;
  /** One sentence: what the C does and the TypeScript does not, or the other way round. */
  readonly text: string;
  /** Why it is right: a numbered deviation, a convention or a `// JS:` comment; null if nobody has explained it. */
  readonly reason: string | null;
  readonly explainedBy: 'convention' | 'comment' | 'deviation' | 'not ported' | null;
}

/** All of it, in the order of the C. */
export interface CheckResult {
  readonly functions: number;
  readonly differences: readonly Difference[];
}
