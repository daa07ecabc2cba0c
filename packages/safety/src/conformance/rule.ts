// SPDX-License-Identifier: GPL-2.0-only
// A rule of the kit.

import type { Bench } from './bench';

/** correct: without it drivers break; protects: without it a hostile device does more than its mappings say. */
export type RuleKind = 'correct' | 'protects';

export interface Rule {
  readonly id: string;
  readonly kind: RuleKind;
  /** What holds. */
  readonly says: string;
  /** @throws Broken if it does not */
  readonly check: (bench: Bench) => void;
}
