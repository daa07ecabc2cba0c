// SPDX-License-Identifier: GPL-2.0-only
// What `lint` prints: findings, then what was not checked and why.

import { escaped } from '@iommu-bounce/dma-trace';
import { count, plural } from '../show/format';
import { joinedText } from './capture-losses';
import { PAPER, type Screen, narrower, wrapped } from '../show/text';
import {
  type FindingRow,
  type LintCapture,
  type LintDocument,
  type LintPlace,
  type RuleDescription,
  suppressedText,
  timesOf,
} from './lint-document';

/** @param verbose with the names of the rules that found nothing, or were not checked */
export function lintText(
  { captures, findings }: LintDocument,
  verbose: boolean,
  screen = PAPER,
): string {
  const { line } = linesOn(screen);
  const parts = captures.map((capture) => captureText(capture, verbose, screen));
  if (captures.length > 1) parts.push(line(`All captures: ${severities(findings)}.`));
  return `${parts.join('\n\n')}\n`;
}

function captureText(capture: LintCapture, verbose: boolean, screen: Screen): string {
  const { line } = linesOn(screen);
  const of = (severity: string): number =>
    capture.findings.filter((one) => one.severity === severity).length;
  const all = { error: of('error'), warning: of('warning'), note: of('note') };
  const head = [
    `${capture.files.map(escaped).join(', ')}: ${plural(capture.lines, 'line')}, ${plural(capture.maps, 'map call')}`,
    ...(capture.unparsed > 0 ? [`${plural(capture.unparsed, 'line')} not understood`] : []),
    ...(capture.lost > 0 ? [`${plural(capture.lost, 'event')} lost`] : []),
    ...(capture.clock_steps_back > 0
      ? [`the clock steps back ${plural(capture.clock_steps_back, 'time')}`]
      : []),
    severities(all),
  ].join('; ');
  const paragraphs = [line(`${head}.`)];
  if (capture.unparsed_first.length > 0) paragraphs.push(notUnderstood(capture, screen));
  if (capture.files_joined_by_content) paragraphs.push(line(joinedText(capture.files.length)));
  const unseen = unseenText(capture);
  if (unseen !== null) paragraphs.push(line(unseen));
  if (capture.doubt !== null)
    paragraphs.push(
      line(`Unsure: ${capture.doubt}. Rules that join several lines give only notes.`),
    );
  paragraphs.push(
    ...capture.findings.map((finding) => findingText(finding, screen)),
    ...coverage(capture, verbose, screen),
  );
  return paragraphs.join('\n\n');
}

/** Requests that no rule about calls has looked at; null without any. */
export function unseenText(capture: LintCapture): string | null {
  const {
    requests_without_call: requests,
    iommu_maps: all,
    iommu_maps_without_call: none,
  } = capture;
  if (requests === 0) return null;
  return (
    `Not looked at: ${plural(requests, 'request')} of which the capture shows no call ` +
    `(${count(none)} of ${count(all)} iommu:map events), so rules about calls say nothing about them. ` +
    'From about Linux 6.17 on, block drivers map through dma_iova_*: docs/capture.md has the probes.'
  );
}

/** As `replay` says it. */
function notUnderstood({ unparsed_first: first }: LintCapture, screen: Screen): string {
  const { item } = linesOn(screen);
  return [
    'Not understood, the first:',
    ...first.map(({ place: at, text }) => item(`${place(at)}: `, text)),
  ].join('\n');
}

function severities({ error, warning, note }: LintDocument['findings']): string {
  return `${plural(error, 'error')}, ${plural(warning, 'warning')}, ${plural(note, 'note')}`;
}

function findingText(finding: FindingRow, screen: Screen): string {
  const { line, item } = linesOn(screen);
  const { severity, rule, device, message, first, last } = finding;
  const of = device === null ? '' : `, ${device}`;
  const lines = [
    line(`${severity} ${rule}${of}, ${timesOf(finding)}`),
    item('', message),
    item(
      '',
      first.line === last.line ? place(first) : `first ${place(first)}, last ${place(last)}`,
    ),
  ];
  const left = suppressedText(finding);
  if (left !== null) lines.push(item('', left));
  if (finding.doubt !== null)
    lines.push(
      item(
        finding.uncertain < finding.count ? `${count(finding.uncertain)} unsure: ` : 'Unsure: ',
        finding.doubt,
      ),
    );
  lines.push(item('Why: ', finding.why), item('Fix: ', finding.fix));
  return lines.join('\n');
}

function place({ file, line: n }: LintPlace): string {
  return `${escaped(file)}:${String(n)}`;
}

/** Rules without a finding: how many, and why they were not checked. */
function coverage({ rules, findings }: LintCapture, verbose: boolean, screen: Screen): string[] {
  const { line, item } = linesOn(screen);
  const found = new Set(findings.map(({ rule }) => rule));
  const reasons = new Map<string, string[]>();
  for (const { id, not_checked_because: why } of rules)
    if (why !== null) reasons.set(why, [...(reasons.get(why) ?? []), id]);
  const unchecked = rules.filter(({ checked }) => !checked).length;
  const clean = rules.filter(({ id, checked }) => checked && !found.has(id)).map(({ id }) => id);
  const others = rules.filter((one) => one.others > 0);
  const named = (ids: readonly string[]): string => (verbose ? ids.join(', ') : count(ids.length));
  const more = verbose ? '' : ' (--verbose names them)';
  const parts = others.map(({ id, others: n }) => line(`${id}: ${count(n)} more, of other kinds.`));
  if (unchecked > 0)
    parts.push(
      [
        line(`Not checked, ${plural(unchecked, 'rule')}${more}:`),
        ...[...reasons].map(([why, ids]) => item(`${named(ids)}: `, why)),
      ].join('\n'),
    );
  if (clean.length > 0)
    parts.push(
      line(`Checked, nothing found: ${verbose ? clean.join(', ') : plural(clean.length, 'rule')}.`),
    );
  return parts;
}

export function lintRulesText(rules: readonly RuleDescription[], screen = PAPER): string {
  return `${rules.map((rule) => ruleText(rule, screen)).join('\n\n')}\n`;
}

function ruleText(rule: RuleDescription, screen: Screen): string {
  const { line, item } = linesOn(screen);
  return [
    line(`${rule.id} (${rule.severity})`),
    item('', rule.summary),
    item('DMA_API_DEBUG: ', rule.dma_api_debug ?? 'does not know it'),
    item('Needs: ', rule.needs.join(', ')),
    item('Cannot see: ', rule.cannot_see),
    item('Why: ', rule.why),
    item('Fix: ', rule.fix),
  ].join('\n');
}

interface Lines {
  readonly line: (text: string) => string;
  /** Under a line, with its name before it. */
  readonly item: (name: string, text: string) => string;
}

function linesOn(screen: Screen): Lines {
  const inner = narrower(screen, 2);
  return {
    line: (text) => wrapped(text, screen, '  '),
    item: (name, text) => `  ${wrapped(name + text, inner, '    ')}`,
  };
}
