// SPDX-License-Identifier: GPL-2.0-only
// The kit: every rule, tried on an implementation of the DMA API.

import { Bench, Broken } from './bench';
import type { Rule, RuleKind } from './rule';
import { CORRECT_RULES } from './rules-correct';
import { PROTECT_RULES } from './rules-protect';
import type { DmaSubject } from './subject';

export const CONFORMANCE_RULES: readonly Rule[] = [...CORRECT_RULES, ...PROTECT_RULES];

export interface RuleResult {
  readonly id: string;
  readonly kind: RuleKind;
  readonly says: string;
  readonly holds: boolean;
  /** What was seen instead; null: it holds. */
  readonly evidence: string | null;
}

export interface Conformance {
  /** All rules of kind correct hold. */
  readonly correct: boolean;
  /** All rules of kind since-v5.17 hold. */
  readonly sinceV517: boolean;
  /** All rules of kind protects hold. */
  readonly protects: boolean;
  readonly rules: readonly RuleResult[];
}

/**
 * Tries each rule, on a subject of its own.
 * @param make makes the implementation, with nothing mapped
 */
export function conformance(make: () => DmaSubject): Conformance {
  const rules = CONFORMANCE_RULES.map((rule): RuleResult => {
    const evidence = tried(rule, make);
    const { id, kind, says } = rule;
    return { id, kind, says, holds: evidence === null, evidence };
  });
  const holdAll = (kind: RuleKind): boolean =>
    rules.every((rule) => rule.kind !== kind || rule.holds);
  return {
    correct: holdAll('correct'),
    sinceV517: holdAll('since-v5.17'),
    protects: holdAll('protects'),
    rules,
  };
}

/** What breaks the rule; an error of the subject does, too. */
function tried(rule: Rule, make: () => DmaSubject): string | null {
  try {
    rule.check(new Bench(make()));
    return null;
  } catch (error) {
    if (error instanceof Broken) return error.message;
    return `it threw ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`;
  }
}
