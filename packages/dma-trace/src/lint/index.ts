// SPDX-License-Identifier: GPL-2.0-only
// What a capture shows of wrong or fragile use of the DMA API.

export { Linter, type LintResult, type RuleState } from './linter';
export { LINT_RULES } from './table';
export { type Rule as LintRule, type Severity, type Need as LintNeed, SEVERITIES } from './rule';
export type { Finding as LintFinding, OnOccurrence } from './findings';
export type { Reading as LintReading } from './coverage';
