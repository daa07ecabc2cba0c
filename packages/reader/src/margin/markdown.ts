// SPDX-License-Identifier: GPL-2.0-only
// The numbered entries of two documents: findings below `### 3. Title`, deviations in lists below `## Deviations`.

import { ReadError } from '../read-error';
import type { Deviation, Finding } from './margin';

/**
 * The findings of a document, which numbers them from 1 on.
 * @param name of the document, for errors
 * @throws ReadError for a heading of the third level that is not the next finding
 */
export function readFindings(text: string, name: string): Finding[] {
  const lines = text.split(/\r?\n/);
  const heads = lines.flatMap((line, i) => (/^#{2,3} /.test(line) ? [i] : []));
  const findings: Finding[] = [];
  for (const [n, at] of heads.entries()) {
    const line = lines[at] ?? '';
    if (line.startsWith('## ')) continue;
    const expected = findings.length + 1;
    const head = /^### (\d+)\. (\S.*)$/.exec(line);
    if (Number(head?.[1]) !== expected)
      throw new ReadError(
        `${name}:${String(at + 1)}: expected "### ${String(expected)}. " and a title`,
      );
    const body = lines.slice(at + 1, heads[n + 1]);
    findings.push({
      number: expected,
      title: head?.[2] ?? '',
      text: body.join('\n').trim(),
      line: at + 1,
    });
  }
  return findings;
}

/**
 * The deviations of a document: list items `1. …`, numbered from 1 on below each heading of the third level of the
 * section `## Deviations`. A document without the section has none.
 * @param name of the document, for errors
 * @throws ReadError for an item that has not the next number
 */
export function readDeviations(text: string, name: string): Deviation[] {
  const lines = text.split(/\r?\n/);
  const deviations: { section: string; number: number; text: string; line: number }[] = [];
  let inside = false;
  let section = '';
  let count = 0;
  let open = false; // the last item goes on
  for (const [i, line] of lines.entries()) {
    const head = /^(#{1,3}) (.*)$/.exec(line);
    if (head) {
      if (head[1] === '###') section = head[2]?.trim() ?? '';
      else inside = head[1] === '##' && head[2]?.trim() === 'Deviations';
      count = 0;
      open = false;
      continue;
    }
    if (!inside || section === '') continue;
    const item = /^(\d+)\. +(\S.*)$/.exec(line);
    if (item) {
      count++;
      if (Number(item[1]) !== count)
        throw new ReadError(
          `${name}:${String(i + 1)}: expected deviation ${String(count)} of "${section}"`,
        );
      deviations.push({ section, number: count, text: (item[2] ?? '').trim(), line: i + 1 });
      open = true;
      continue;
    }
    const last = deviations.at(-1);
    if (open && last && /^ +\S/.test(line)) last.text += ` ${line.trim()}`;
    else open = false;
  }
  return deviations;
}

/** The part after # of a link to a heading, as GitHub makes it: `2. A slot's rest` becomes `2-a-slots-rest`. */
export function anchorOf(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}\p{Pc}\- ]/gu, '')
    .replaceAll(' ', '-');
}
