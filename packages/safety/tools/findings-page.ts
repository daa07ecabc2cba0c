// SPDX-License-Identifier: GPL-2.0-only
// docs/findings.md: what of it is made from the data of findings, put into the text that is written by hand.

import { join } from 'node:path';
import { FIXES, mendsPartly } from '@iommu-bounce/simulation';
import {
  BY_READING,
  CAUSES,
  CAUSE_WORDS,
  FINDINGS,
  PROMISES,
  type ReadFinding,
  SEVERITIES,
  SEVERITY_WORDS,
  judge,
  showFinding,
  withoutFix,
} from '../src';

export const PAGE = join(__dirname, '..', '..', '..', 'docs', 'findings.md');
const WIDTH = 128;

/** By number. */
const ALL: readonly ReadFinding[] = [...FINDINGS, ...BY_READING].sort((a, b) => a.id - b.id);

/** The page with its tables, and the made lines of its entries, as the data has them now. */
export function findingsPage(text: string): string {
  // A wrong title is told before all findings are shown for the tables.
  let page = text
    .split(/^(?=#{2,3} )/m)
    .map((part) => {
      const finding = ALL.find(({ id }) => part.startsWith(`### ${String(id)}. `));
      return finding ? entry(part, finding) : part;
    })
    .join('');
  const tables = { severity: severityTable(), promises: promiseTable(), words: wordList() };
  for (const [name, made] of Object.entries(tables)) {
    const marks = new RegExp(`(<!-- ${name} -->\n).*?(\n<!-- /${name} -->)`, 's');
    if (!marks.test(page))
      throw new Error(`docs/findings.md: expected <!-- ${name} --> … <!-- /${name} -->`);
    page = page.replace(marks, (_, open: string, close: string) => `${open}\n${made}\n${close}`);
  }
  return page;
}

/** What is made stands in front of `C:`, and at the head of the commands. */
function entry(part: string, finding: ReadFinding): string {
  const { id, title } = finding;
  if (!part.startsWith(`### ${String(id)}. ${title}\n`))
    throw new Error(`docs/findings.md: expected the title of finding ${String(id)}: ${title}`);
  const bare = part
    .replace(/^- How bad: .*?\n\n(?=C: )/ms, '')
    .replace(/^npx iommu-bounce check --finding \d+\n/m, '');
  const made = bare.replace(/^(?=C: )/m, `${facts(finding).map(broken).join('\n')}\n\n`);
  if (BY_READING.some((one) => one.id === id)) return made;
  return made.replace(/^```sh\n/m, `\`\`\`sh\nnpx iommu-bounce check --finding ${String(id)}\n`);
}

function facts(finding: ReadFinding): string[] {
  const { id, severity, cause, harm, later, fix, design = '', noOverlay = null } = finding;
  const names = fix?.split(',') ?? [];
  const mends = names.map((name) => {
    const found = FIXES.find((one) => one.name === name);
    const part = found && mendsPartly(found, id) ? 'in part: ' : '';
    return `\`${name}\` (${part}${found?.what ?? ''})`;
  });
  return [
    `How bad: ${severity}, by ${cause}; ${harm}.`,
    `Later: ${later}.`,
    `Fix: ${fix === null ? withoutFix(design, noOverlay) : mends.join(' and ')}.`,
  ].map((line) => `- ${line}`);
}

function severityTable(): string {
  const rows = SEVERITIES.flatMap((severity) =>
    ALL.filter((one) => one.severity === severity).map((one) => [
      severity,
      one.cause,
      `[${String(one.id)}](#${anchor(`${String(one.id)}. ${one.title}`)})`,
      one.title,
      one.fix === null
        ? ''
        : one.fix
            .split(',')
            .map((name) => `\`${name}\``)
            .join(', '),
    ]),
  );
  return table(['severity', 'by', 'finding', 'what', 'fix'], rows);
}

function promiseTable(): string {
  const ids = new Set(PROMISES.flatMap(({ brokenBy }) => brokenBy));
  const shown = FINDINGS.filter(({ id }) => ids.has(id)).map((one) => showFinding(one));
  const rows = judge(shown, []).map(({ promise, holds, brokenBy }) => [
    promise.statement,
    promise.source.replace(/, 2021\S*?-(\d)-stevensd@google\.com/g, ''),
    holds ? 'holds' : 'breaks',
    brokenBy.join(', '),
  ]);
  return table(['promise', 'where', 'evidence', 'broken by findings'], rows);
}

function wordList(): string {
  const line = (word: string, meaning: string): string => `- ${word}: ${meaning}`;
  return [
    ...SEVERITIES.map((one) => line(one, SEVERITY_WORDS[one])),
    ...CAUSES.map((one) => line(`by ${one}`, CAUSE_WORDS[one])),
  ].join('\n');
}

function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}\p{Pc}\- ]/gu, '')
    .replaceAll(' ', '-');
}

/** Padded as oxfmt does it. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((_, i) =>
    Math.max(3, ...[head, ...rows].map((row) => row[i]?.length ?? 0)),
  );
  const line = (row: readonly string[]): string =>
    `| ${widths.map((width, i) => (row[i] ?? '').padEnd(width)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

function broken(text: string): string {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= WIDTH)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(last === undefined ? word : `  ${word}`);
  }
  return lines.join('\n');
}
