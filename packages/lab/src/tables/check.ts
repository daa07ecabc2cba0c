// SPDX-License-Identifier: GPL-2.0-only
// `read --check`: what differs between the C and the TypeScript, unexplained first.

import type { CheckResult, Difference } from '@iommu-bounce/reader';
import { oneLine } from '../errors';

export function checkText({ functions, differences }: CheckResult): string {
  const unexplained = differences.filter((d) => d.reason === null);
  const explained = differences.filter((d) => d.reason !== null);
  const out = [
    `${String(functions)} functions compared: ${String(unexplained.length)} differences unexplained, ${String(explained.length)} explained`,
  ];
  if (unexplained.length > 0) out.push('', 'Unexplained:', ...unexplained.map(line));
  if (explained.length > 0) {
    out.push('', 'Explained:');
    for (const [reason, of] of byReason(explained))
      out.push(`  ${oneLine(reason)}`, ...of.map((d) => `  ${line(d)}`));
  }
  return `${out.join('\n')}\n`;
}

function byReason(differences: readonly Difference[]): Map<string, Difference[]> {
  const groups = new Map<string, Difference[]>();
  for (const d of differences) {
    const group = groups.get(d.reason ?? '');
    if (group) group.push(d);
    else groups.set(d.reason ?? '', [d]);
  }
  return groups;
}

/** `FILE:LINE NAME: text`, with the states it is in. */
function line(d: Difference): string {
  const place =
    d.tsPath !== null
      ? `${d.tsPath}${d.tsLine === null ? '' : `:${String(d.tsLine)}`}`
      : `${d.cPath}${d.cLine === null ? '' : `:${String(d.cLine)}`}`;
  return oneLine(`  ${place}: ${d.name}: ${d.text} (after patch ${String(d.state)})`);
}
