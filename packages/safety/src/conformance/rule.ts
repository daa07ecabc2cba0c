// SPDX-License-Identifier: GPL-2.0-only
// A rule of the kit.

import type { Bench } from './bench';

/**
 * correct: without it drivers break; since-v5.17: swiotlb keeps it since then, and drivers have come to need it, but the DMA
 * API of v5.14 does not say it; protects: without it a hostile device does more than its mappings say.
 */
export type RuleKind = 'correct' | 'since-v5.17' | 'protects';

export interface Rule {
  readonly id: string;
  readonly kind: RuleKind;
  /** What holds. */
  readonly says: string;
  /** @throws Broken if it does not */
  readonly check: (bench: Bench) => void;
}
