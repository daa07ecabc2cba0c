// SPDX-License-Identifier: GPL-2.0-only
// What `lint` prints with --json and what its text and its SARIF are made from.

import type { whole_number } from '@iommu-bounce/linux-shim/options';
import {
  type LintFinding,
  type LintResult,
  type LintRule,
  SEVERITIES,
  type Severity,
  type TraceCounters,
} from '@iommu-bounce/dma-trace';

import type { LossSection } from '../compare';
import { lossSection } from '../compare/losses';
import { plural } from '../show/format';

export interface LintDocument {
  /** In the order given. */
  readonly captures: readonly LintCapture[];
  /** Findings by severity, of all captures. */
  readonly findings: Readonly<Record<Severity, whole_number>>;
  /** The severity from which on the command fails; `never`: it does not. */
  readonly fail_on: Severity | 'never';
  /** Whether a finding of that severity, or above, is there. */
  readonly failed: boolean;
}

export interface LintCapture {
  /** Several are those of the CPUs of one recording. */
  readonly files: readonly string[];
  /** Lines of these files. */
  readonly lines: whole_number;
  /** Of these, not understood. */
  readonly unparsed: whole_number;
  /** The first three of them. */
  readonly unparsed_first: readonly UnparsedLine[];
  /** Events that the tracer says it lost, those overwritten included. */
  readonly lost: whole_number;
  /** Events with a time before that of the event above them on the same CPU. */
  readonly clock_steps_back: whole_number;
  /** What it lacks, as in the documents of all verbs that read captures. */
  readonly losses: LossSection;
  /** Map calls. */
  readonly maps: whole_number;
  /** Requests that only iommu:* events show, without a call: no rule about calls looks at them. */
  readonly requests_without_call: whole_number;
  /** iommu:map events. */
  readonly iommu_maps: whole_number;
  /** Of these, events that belong to no call. */
  readonly iommu_maps_without_call: whole_number;
  /** Why rules that join several lines give only notes here; null if they may give more. */
  readonly doubt: string | null;
  /** The worst first. */
  readonly findings: readonly FindingRow[];
  /** All that were asked for. */
  readonly rules: readonly RuleRow[];
}

export interface LintPlace {
  /** As it was given. */
  readonly file: string;
  /** From 1; of a compressed file, in its text. */
  readonly line: whole_number;
}

export interface UnparsedLine {
  /** Where it is. */
  readonly place: LintPlace;
  /** Its beginning, control characters escaped. */
  readonly text: string;
}

export interface FindingRow {
  /** The rule's id. */
  readonly rule: string;
  /** The rule's, or `note` where lines may be missing. */
  readonly severity: Severity;
  /** As the capture names it; null where it does not say. */
  readonly device: string | null;
  /** What happened, of the first occurrence or the worst one. */
  readonly message: string;
  /** Why it matters. */
  readonly why: string;
  /** What to do. */
  readonly fix: string;
  /** The first occurrence. */
  readonly first: LintPlace;
  /** The last occurrence. */
  readonly last: LintPlace;
  /** Occurrences. */
  readonly count: whole_number;
  /**
   * Calls of the kernel's rate limit that printed no line like it ("callbacks suppressed"), of any device. Not in `count`, which
   * is a lower bound then; of a fault one call is not always one fault. 0: none are known.
   */
  readonly suppressed: whole_number;
  /** Of the occurrences, how many may be none, since lines may be missing. */
  readonly uncertain: whole_number;
  /** Why; null if none is. */
  readonly doubt: string | null;
}

export interface RuleRow {
  /** Its id. */
  readonly id: string;
  /** Whether the capture has what the rule needs. */
  readonly checked: boolean;
  /** Null if it was checked. */
  readonly not_checked_because: string | null;
  /** Occurrences that are in no finding, since a rule keeps 64 kinds. */
  readonly others: whole_number;
}

/** With --rules. */
export interface LintRulesDocument {
  /** All rules, or those of --only and --ignore. */
  readonly rules: readonly RuleDescription[];
}

export interface RuleDescription {
  /** Its id. */
  readonly id: string;
  /** Of its findings, where no line is missing. */
  readonly severity: Severity;
  /** What it finds. */
  readonly summary: string;
  /** What CONFIG_DMA_API_DEBUG says of it; null if it does not know it. */
  readonly dma_api_debug: string | null;
  /** What a capture must have. */
  readonly needs: readonly string[];
  /** Where events may be missing it gives notes only. */
  readonly joins_lines: boolean;
  /** What it does not find. */
  readonly cannot_see: string;
  /** Why it matters. */
  readonly why: string;
  /** What to do. */
  readonly fix: string;
}

export interface Linted {
  readonly files: readonly string[];
  /** As of a Recording. */
  readonly byContent: boolean;
  readonly result: LintResult;
  /** Of each file. */
  readonly counters: readonly TraceCounters[];
  /** Of the machine, by the headers; null: they do not say. */
  readonly cpus: number | null;
}

export function lintDocument(
  linted: readonly Linted[],
  failOn: LintDocument['fail_on'],
): LintDocument {
  const captures = linted.map(capture);
  const all = captures.flatMap((one) => one.findings);
  const of = (severity: Severity): number => all.filter((f) => f.severity === severity).length;
  const findings = { error: of('error'), warning: of('warning'), note: of('note') };
  const failing = failOn === 'never' ? [] : SEVERITIES.slice(0, SEVERITIES.indexOf(failOn) + 1);
  const failed = failing.some((severity) => findings[severity] > 0);
  return { captures, findings, fail_on: failOn, failed };
}

function capture({ files, byContent, result, counters, cpus }: Linted): LintCapture {
  const { maps, iommuMaps, doubt, findings, rules } = result;
  const sum = (of: (one: TraceCounters) => number): number =>
    counters.reduce((total, one) => total + of(one), 0);
  return {
    files,
    lines: sum((one) => one.lines),
    unparsed: sum((one) => one.unparsed),
    unparsed_first: counters
      .flatMap(({ unparsedLines }, i) =>
        unparsedLines.map(({ line, text }) => ({ place: { file: files[i] ?? '', line }, text })),
      )
      .slice(0, 3),
    lost: sum((one) => one.lost + one.dropped),
    clock_steps_back: sum((one) => one.backwards),
    losses: lossSection({
      files: files.map((file) => ({ file, byContent })),
      counters,
      cpus,
      losses: result.losses,
    }),
    maps,
    requests_without_call: result.requestsWithoutCall,
    iommu_maps: iommuMaps.all,
    iommu_maps_without_call: iommuMaps.withoutCall,
    doubt,
    findings: findings.map(row),
    rules: rules.map(({ rule, notChecked, others }) => ({
      id: rule.id,
      checked: notChecked === null,
      not_checked_because: notChecked,
      others,
    })),
  };
}

function row({ rule, first, last, ...rest }: LintFinding): FindingRow {
  return {
    rule: rule.id,
    severity: rest.severity,
    device: rest.device,
    message: rest.message,
    why: rule.why,
    fix: rule.fix,
    first,
    last,
    count: rest.count,
    suppressed: rest.suppressed,
    uncertain: rest.uncertain,
    doubt: rest.doubt,
  };
}

/** How often a finding occurred: a lower bound where the kernel left out lines. */
export function timesOf({ count, suppressed }: Pick<FindingRow, 'count' | 'suppressed'>): string {
  return `${suppressed > 0 ? 'at least ' : ''}${plural(count, 'time')}`;
}

/** Why it is a lower bound; null: it is none. */
export function suppressedText({ suppressed }: Pick<FindingRow, 'suppressed'>): string | null {
  return suppressed === 0
    ? null
    : `The rate limit of the kernel left out more, of any device: ${plural(suppressed, 'callback')} suppressed.`;
}

export function describeRule(rule: LintRule): RuleDescription {
  return {
    id: rule.id,
    severity: rule.severity,
    summary: rule.summary,
    dma_api_debug: rule.dmaDebug,
    needs: rule.needs,
    joins_lines: rule.pairing,
    cannot_see: rule.cannotSee,
    why: rule.why,
    fix: rule.fix,
  };
}
