// SPDX-License-Identifier: GPL-2.0-only
// What the check has to say about one place.

import type { whole_number } from '@iommu-bounce/linux-shim/options';

export type DifferenceKind =
  | 'missing'
  | 'extra'
  | 'order'
  | 'flow'
  | 'call'
  | 'constant'
  | 'label'
  | 'return';

export type ExplainedBy = 'convention' | 'comment' | 'deviation' | 'not ported';

/** Why a difference is right. */
export interface Explanation {
  /** What explains it. */
  readonly by: ExplainedBy;
  /** What the convention, the `// JS:` comment or the deviation says; Markdown. */
  readonly text: string;
  /** Which entry of porting.md says so; null for a convention or comment. */
  readonly deviation: {
    /** The heading of the section. */
    readonly section: string;
    /** The number in that section. */
    readonly number: whole_number;
  } | null;
}

/** Two sides that are not alike. */
export interface Difference {
  /** What differs. */
  readonly kind: DifferenceKind;
  /** The function or other name. */
  readonly name: string;
  /** The last state that has it; 0 is before patch 1. */
  readonly state: whole_number;
  /** The C file, in the kernel. */
  readonly cPath: string;
  /** From 1, in the text of that state; null for what the C does not have. */
  readonly cLine: whole_number | null;
  /** The TypeScript file, in the port; null if it has none. */
  readonly tsPath: string | null;
  /** From 1; null for what the port does not have. */
  readonly tsLine: whole_number | null;
  /** One sentence: what the C does and the TypeScript does not, or the other way round. */
  readonly text: string;
  /** Null if nobody has explained it. */
  readonly explanation: Explanation | null;
}

/** All of it, in the order of the C. */
export interface CheckResult {
  /** Functions that were compared. */
  readonly functions: whole_number;
  /** In the order of the C. */
  readonly differences: readonly Difference[];
}
