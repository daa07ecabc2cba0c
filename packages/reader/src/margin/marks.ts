// SPDX-License-Identifier: GPL-2.0-only
// Where sources name findings and deviations: in any comment, as `finding 12`, `findings 1 and 7`, `deviation 3`.

import { ReadError } from '../read-error';
import type { Deviation, Finding, Mark } from './margin';
import { anchorOf } from './markdown';
import type { TsSource } from '../port/port';

const NUMBERED = /\b(finding|deviation)s? (\d+(?:(?:, | and )\d+)*)/g;

/**
 * The marks of the sources, in their order. The deviations of a file are those of the section that its first comment
 * links to (`porting.md#iova`), else of the only section that there is.
 * @param findings no findings: what looks like a mark of one is not looked at; deviations likewise
 * @throws ReadError for a number that no finding or deviation has
 */
export function readMarks(
  sources: readonly TsSource[],
  findings: readonly Finding[],
  deviations: readonly Deviation[],
): Mark[] {
  const sections = [...new Set(deviations.map((d) => d.section))];
  return sources.flatMap((source) => {
    const comments = commentsOf(source);
    const section = sectionOf(comments, sections);
    return comments.flatMap((comment) =>
      [...comment.text.matchAll(NUMBERED)].flatMap((match) => {
        const kind = match[1] === 'finding' ? 'finding' : 'deviation';
        if ((kind === 'finding' ? findings : deviations).length === 0) return [];
        return (match[2] ?? '').split(/, | and /).map((digits): Mark => {
          const number = Number(digits);
          const known =
            kind === 'finding'
              ? findings.some((f) => f.number === number)
              : deviations.some((d) => d.section === section && d.number === number);
          if (!known)
            throw new ReadError(
              `${source.path}:${String(comment.line)}: there is no ${kind} ${digits}` +
                (kind === 'finding' ? '' : ` ${section === null ? OF_NONE : `of "${section}"`}`),
            );
          return {
            kind,
            number,
            section: kind === 'finding' ? null : section,
            path: source.path,
            line: comment.code,
            function: functionAt(source, comment.code),
          };
        });
      }),
    );
  });
}

const OF_NONE =
  'since the first comment of the file links to no section of deviations (porting.md#…)';

/** What a line has of comments. */
interface CommentLine {
  readonly text: string;
  /** From 1. */
  readonly line: number;
  /** The line of code that it is about: its own, or the next one that has code; the end of the file without one. */
  readonly code: number;
}

function commentsOf({ lines, tokens }: TsSource): CommentLine[] {
  const found: CommentLine[] = [];
  let code = lines.length;
  for (let i = lines.length - 1; i >= 0; i--) {
    const text = lines[i] ?? '';
    const own = (tokens[i] ?? []).filter(({ kind }) => kind === 'comment');
    let rest = text;
    for (const { start, end } of [...own].reverse()) rest = rest.slice(0, start) + rest.slice(end);
    if (rest.trim() !== '') code = i + 1;
    for (const { start, end } of [...own].reverse())
      found.push({ text: text.slice(start, end), line: i + 1, code });
  }
  return found.reverse();
}

/** The function or method that a line is in; null outside of one. */
function functionAt({ definitions }: TsSource, line: number): string | null {
  const at = definitions.find((d) => d.kind === 'function' && d.from <= line && line <= d.to);
  return at?.name ?? null;
}

/** The section that the comments in front of the first line of code link to. */
function sectionOf(comments: readonly CommentLine[], sections: readonly string[]): string | null {
  const first = comments[0]?.code ?? 0;
  for (const comment of comments.filter((c) => c.code === first))
    for (const link of comment.text.matchAll(/porting\.md#([^\s)]+)/g)) {
      const section = sections.find((s) => anchorOf(s) === link[1]);
      if (section !== undefined) return section;
    }
  return sections.length === 1 ? (sections[0] ?? null) : null;
}
