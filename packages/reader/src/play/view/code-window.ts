// SPDX-License-Identifier: GPL-2.0-only
// The lines of a file around the statement that runs.

import type { ExecutedLine } from '../frame';

export interface CodeLine {
  /** From 1. */
  readonly number: number;
  readonly text: string;
  readonly state: 'present' | 'executed' | 'other';
}

export interface CodeWindow {
  readonly path: string;
  readonly line: number;
  /** The function around the line, '' if none is seen. */
  readonly inside: string;
  readonly lines: readonly CodeLine[];
}

const BEFORE = 7;
const AFTER = 9;

/** A member or function begins here: two spaces or none before its name, as oxfmt writes them. */
const HEAD =
  /^(?: {2})?(?:export )?(?:(?:private|protected|public|static|override) )*(?:function )?([\w$]+)(?:<[^>]*>)?\(/;
const C_HEAD = /^[a-z_][\w *]*?\b(\w+)\(/;
const NO_NAMES = new Set(['if', 'for', 'while', 'switch', 'return']);

function functionAround(lines: readonly string[], line: number): string {
  for (let at = line; at > 0; at--) {
    const text = lines[at - 1] ?? '';
    const name = (HEAD.exec(text) ?? C_HEAD.exec(text))?.[1];
    if (name !== undefined && !NO_NAMES.has(name)) return name;
    // The end of the one before: there is none around.
    if (at < line && /^(?: {2})?\}/.test(text)) return '';
  }
  return '';
}

/** As many spaces as all of them have at their begin are no use on a phone. */
function dedented(lines: readonly string[]): string[] {
  const indents = lines
    .filter((line) => line.trim() !== '')
    .map((line) => /^[ \t]*/.exec(line)?.[0].length ?? 0);
  const common = Math.min(...indents, 40);
  return lines.map((line) => line.slice(common));
}

/**
 * @param texts lines of each file, by its path
 * @param executed of the call, to mark them
 */
export function codeWindow(
  texts: ReadonlyMap<string, readonly string[]>,
  at: ExecutedLine,
  executed: readonly ExecutedLine[],
): CodeWindow {
  const all = texts.get(at.path) ?? [];
  const ran = new Set(executed.filter(({ path }) => path === at.path).map(({ line }) => line));
  const first = Math.max(1, Math.min(at.line - BEFORE, all.length - BEFORE - AFTER));
  const shown = dedented(all.slice(first - 1, first + BEFORE + AFTER));
  return {
    path: at.path,
    line: at.line,
    inside: functionAround(all, at.line),
    lines: shown.map((text, i): CodeLine => {
      const number = first + i;
      const state = number === at.line ? 'present' : ran.has(number) ? 'executed' : 'other';
      return { number, text, state };
    }),
  };
}
