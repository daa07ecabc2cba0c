// SPDX-License-Identifier: GPL-2.0-only
// `read --check`: what differs between the C and the TypeScript, unexplained first.

import type { CheckResult, Difference, Explanation } from '@iommu-bounce/reader';
import { oneLine } from '../errors';

export function checkText({ functions, differences }: CheckResult): string {
  const unexplained = differences.filter((d) => d.explanation === null);
  const explained = differences.length - unexplained.length;
  const out = [
    `${String(functions)} functions compared: ${String(unexplained.length)} differences unexplained, ${String(explained)} explained`,
  ];
  if (unexplained.length > 0) out.push('', 'Unexplained:', ...unexplained.map(line));
  if (explained > 0) {
    out.push('', 'Explained:');
    for (const [sentence, of] of byExplanation(differences))
      out.push(`  ${oneLine(sentence)}`, ...of.map((d) => `  ${line(d)}`));
  }
  return `${out.join('\n')}\n`;
}

function byExplanation(differences: readonly Difference[]): Map<string, Difference[]> {
  const groups = new Map<string, Difference[]>();
  for (const d of differences) {
    if (d.explanation === null) continue;
    const sentence = sentenceOf(d.explanation);
    const group = groups.get(sentence);
    if (group) group.push(d);
    else groups.set(sentence, [d]);
  }
  return groups;
}

function sentenceOf({ by, text, deviation }: Explanation): string {
  const entry = deviation ? `deviation ${String(deviation.number)} of ${deviation.section}` : by;
  return `${by === 'not ported' ? `${by}, ` : ''}${entry}: ${text}`;
}

/** `TSPATH:LINE CPATH:LINE: NAME: text`, with the last state that has it. */
function line(d: Difference): string {
  const places = [
    [d.tsPath, d.tsLine],
    [d.cLine === null ? null : d.cPath, d.cLine],
  ]
    .filter(([path]) => path !== null)
    .map(([path, at]) => `${String(path)}${at === null ? '' : `:${String(at)}`}`);
  return oneLine(`  ${places.join(' ')}: ${d.name}: ${d.text} (state ${String(d.state)})`);
}
