// SPDX-License-Identifier: GPL-2.0-only
// Reads a capture by all rules.

import type { Check } from './check';
import type { TraceEvent } from '../events';
import type { LossAccount } from '../calls/account/loss-account';
import { Assembler } from '../calls/assembler';
import type { TraceFacts } from '../facts';
import { type Reading, doubtOfAll, notChecked } from './coverage';
import type { Finding, OnOccurrence } from './findings';
import type { Rule } from './rule';
import { LINT_RULES, newChecks } from './table';
import { LintWatch } from './watch';

export interface RuleState {
  readonly rule: Rule;
  /** Why the capture cannot answer it; null if it can. */
  readonly notChecked: string | null;
  /** Occurrences beyond the kinds that are kept: they are in no finding. */
  readonly others: number;
}

export interface LintResult {
  /** The worst first. */
  readonly findings: readonly Finding[];
  /** In the order of the table. */
  readonly rules: readonly RuleState[];
  /** Why rules that join several lines give only notes here; null if they may give more. */
  readonly doubt: string | null;
  /** What the lines of the capture tell of what it lacks. */
  readonly losses: LossAccount;
  /** Mappings of calls. */
  readonly maps: number;
  /** Requests that only iommu:* events show: no rule about calls looks at them. */
  readonly requestsWithoutCall: number;
  /** iommu:map events, and those of them that belong to no call. */
  readonly iommuMaps: { readonly all: number; readonly withoutCall: number };
}

/** One capture: a file, or those of the CPUs of one recording. */
export class Linter {
  private readonly checks: readonly Check[] = newChecks();
  private readonly watch: LintWatch;
  private readonly assembler: Assembler;

  /**
   * @param facts what is known of the machine
   * @param onOccurrence told of each occurrence of a finding as it is found
   */
  constructor(facts: TraceFacts | null = null, onOccurrence: OnOccurrence | null = null) {
    this.watch = new LintWatch(facts, this.checks, onOccurrence);
    this.assembler = new Assembler(null, undefined, this.watch);
  }

  /** What follows is of this file. */
  beginFile(file: string): void {
    this.assembler.beginFile(file);
  }

  add(events: readonly TraceEvent[]): void {
    this.assembler.add(events);
  }

  /**
   * Once, after the last event.
   * @param readings of each file
   * @param rules those asked for
   */
  finish(readings: readonly Reading[], rules: readonly Rule[] = LINT_RULES): LintResult {
    this.assembler.finish();
    const { context } = this.watch;
    const { counts, reconstructed } = this.assembler;
    const { losses } = this.watch;
    const doubts = readings.map((one) => doubtOfAll(one, context, counts, losses));
    const doubt = doubts.find((one) => one !== null) ?? null;
    if (doubt !== null) context.findings.doubtSince(-Infinity, doubt);
    context.doubtWithoutMaps();
    // What is unmapped twice may have been mapped in between.
    if (context.kinds.maps === 0)
      for (const rule of rules)
        if (rule.pairing && rule.needs.includes('maps')) context.findings.drop(rule, () => true);
    const findings = context.findings.sorted(rules);
    const sure = findings.filter(({ count, uncertain }) => uncertain < count);
    const found = new Set(sure.map(({ rule }) => rule));
    return {
      findings,
      rules: rules.map((rule) => ({
        rule,
        // What it found for sure it found, whatever else it would need.
        notChecked: found.has(rule) ? null : notChecked(rule, context),
        others: context.findings.others.get(rule) ?? 0,
      })),
      doubt,
      losses,
      maps: counts.mapCalls,
      requestsWithoutCall: reconstructed.requests,
      iommuMaps: { all: counts.iommuMaps, withoutCall: counts.iommuMaps - counts.matchedMaps },
    };
  }
}
