// SPDX-License-Identifier: GPL-2.0-only
// Findings of `lint` as SARIF 2.1.0, which editors and code hosts show beside the lines.

import { isAbsolute, relative, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { escaped } from '@iommu-bounce/dma-trace';
import { VERSION } from '../package';
import type {
  FindingRow,
  LintCapture,
  LintDocument,
  LintPlace,
  RuleDescription,
} from '../tables/lint-document';

const HELP = 'https://github.com/iommu-bounce/iommu-bounce/blob/main/docs/lint.md';

/**
 * @param rules those that were asked for
 * @param folder what the addresses of files are relative to
 */
export function lintSarif(
  { captures }: LintDocument,
  rules: readonly RuleDescription[],
  folder: string,
): string {
  const index = new Map(rules.map(({ id }, i) => [id, i]));
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'iommu-bounce lint',
            version: VERSION,
            informationUri: HELP,
            rules: rules.map(descriptor),
          },
        },
        columnKind: 'utf16CodeUnits',
        invocations: [
          {
            executionSuccessful: true,
            toolExecutionNotifications: captures.flatMap(notifications),
          },
        ],
        results: captures.flatMap(({ findings }) =>
          findings.map((one) => result(one, folder, index.get(one.rule) ?? -1)),
        ),
      },
    ],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

function descriptor(rule: RuleDescription): object {
  return {
    id: rule.id,
    shortDescription: { text: rule.summary },
    fullDescription: { text: `${rule.summary} ${rule.why}` },
    help: { text: `${rule.fix} It cannot see: ${rule.cannot_see}` },
    helpUri: HELP,
    defaultConfiguration: { level: rule.severity },
  };
}

/** Rules that the capture cannot answer are no results. */
function notifications({ files, rules }: LintCapture): object[] {
  return rules
    .filter(({ checked }) => !checked)
    .map(({ id, not_checked_because: why }) => ({
      level: 'note',
      associatedRule: { id },
      message: { text: `${files.join(', ')}: ${id} was not checked: ${why ?? ''}` },
    }));
}

function result(finding: FindingRow, folder: string, ruleIndex: number): object {
  const { rule, severity, device, message, fix, count, uncertain, doubt } = finding;
  const { first, last } = finding;
  const lastAt = first.file === last.file ? 'line ' : `${escaped(last.file)}:`;
  const times =
    count > 1
      ? ` ${finding.suppressed > 0 ? 'At least ' : ''}${String(count)} times, the last at ${lastAt}${String(last.line)}.`
      : '';
  const unsure = doubt === null ? '' : ` Unsure: ${doubt}.`;
  const text = `${device === null ? '' : `${device}: `}${message}.${times}${unsure} ${fix}`;
  return {
    ruleId: rule,
    ruleIndex,
    level: severity,
    message: { text },
    locations: [location(finding.first, folder)],
    ...(count > 1 ? { relatedLocations: [location(finding.last, folder)] } : {}),
    occurrenceCount: count,
    properties: { device, uncertain },
  };
}

function location({ file, line: startLine }: LintPlace, folder: string): object {
  return {
    physicalLocation: { artifactLocation: { uri: uriOf(file, folder) }, region: { startLine } },
  };
}

/** Relative where the file lies in the folder: only then can others find it. */
function uriOf(file: string, folder: string): string {
  if (file === '-' || file === '/dev/stdin') return 'stdin';
  const path = resolve(folder, file);
  const inside = relative(folder, path);
  if (inside.startsWith('..') || isAbsolute(inside)) return pathToFileURL(path).href;
  return inside.split(sep).map(encodeURIComponent).join('/');
}
