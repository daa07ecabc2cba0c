// SPDX-License-Identifier: GPL-2.0-only
// `read --check`: what differs between the C and the TypeScript, unexplained first.

import type { CheckResult, Difference, Explanation } from '@iommu-bounce/reader';
import { type Screen, placed } from '../show/text';

const INDENT = '    ';
const TOOL: Screen = { columns: Infinity, ascii: false };

/**
 * The verdict, the unexplained differences, and the verdict again where something stands between.
 * @param all the explained ones too, by what explains them
 */
export function checkText(
  { functions, differences }: CheckResult,
  all: boolean,
  screen = TOOL,
): string {
  const unexplained = differences.filter((d) => d.explanation === null);
  const explained = differences.length - unexplained.length;
  const verdict = `${String(functions)} functions compared: ${String(unexplained.length)} differences unexplained, ${String(explained)} explained`;
  const out: string[] = [];
  if (unexplained.length > 0) out.push('', 'Unexplained:', ...lines(unexplained));
  if (explained > 0 && all) {
    out.push('', 'Explained:');
    for (const [sentence, of] of byExplanation(differences))
      out.push(`  ${sentence}`, ...lines(of).map((text) => `  ${text}`));
  }
  const more = explained > 0 && !all ? '; --check --explained lists those' : '';
  const parts = out.length > 0 ? [verdict, ...out, '', verdict + more] : [verdict + more];
  return `${parts.map((part) => placed(part, screen, INDENT)).join('\n')}\n`;
}

/** One line for each; what one function has several times in a state has one, with the places of the first. */
function lines(differences: readonly Difference[]): string[] {
  const groups = new Map<string, Difference[]>();
  for (const d of differences) {
    const key = JSON.stringify([d.cPath, d.name, d.text, d.state]);
    const group = groups.get(key);
    if (group) group.push(d);
    else groups.set(key, [d]);
  }
  return [...groups.values()].flatMap(([first, ...rest]) =>
    first ? [line(first) + (rest.length > 0 ? `, ${String(rest.length + 1)} times` : '')] : [],
  );
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
  return `  ${places.join(' ')}: ${d.name}: ${d.text} (state ${String(d.state)})`;
}
