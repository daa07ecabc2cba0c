// SPDX-License-Identifier: GPL-2.0-only
// A C text becomes a Source.

import type { Parser } from 'web-tree-sitter';
import type { CText } from '../tree/c-file';
import type { Definition, Source, Token } from '../syntax/definition';
import { type Chunk, type Run, chunks } from './chunks';
import { type Outline, OutlineOfItem } from './outline';
import { tokensOfC } from './tokens';

/** A C file, with one sentence for each item that the grammar did not understand. */
export interface CSource extends Source {
  readonly notes: readonly string[];
}

/** The known lines as runs of successive lines. */
function runs(text: CText): Run[] {
  const found: { from: number; lines: string[]; atTop: boolean }[] = [];
  let next = -1;
  for (const line of text.lines) {
    if (line.number !== next)
      found.push({ from: line.number, lines: [], atTop: line.number === 1 });
    found.at(-1)?.lines.push(line.text);
    next = line.number + 1;
  }
  return found;
}

/** An item with another first line. */
function moved(outline: Outline, by: number): Definition[] {
  return outline.definitions.map((definition) => ({
    ...definition,
    from: definition.from + by,
    to: definition.to + by,
    steps: definition.steps.map((step) => ({ ...step, line: step.line + by })),
  }));
}

/** Parses C texts; remembers the items it has seen, since the states of a file have most of them in common. */
export class CReader {
  private readonly seen = new Map<string, Outline>();

  constructor(private readonly parser: Parser) {}

  /**
   * The definitions and tokens of a text. `lines[n - 1]` is line n; lines that are not known are empty, and what lies
   * in them only in part is not among the definitions. A function that the grammar does not understand is in `notes`,
   * and its steps are those that were understood.
   */
  parse(path: string, text: CText): CSource {
    const definitions: Definition[] = [];
    const notes: string[] = [];
    const last = text.lines.reduce((most, line) => Math.max(most, line.number), 0);
    const lines = new Array<string>(last).fill('');
    const tokens = new Array<readonly Token[]>(last).fill([]);
    for (const run of runs(text)) {
      for (const [i, line] of run.lines.entries()) lines[run.from - 1 + i] = line;
      for (const [i, row] of tokensOfC(run.lines).entries()) tokens[run.from - 1 + i] = row;
      for (const chunk of chunks(run)) {
        const outline = this.outline(chunk);
        definitions.push(...moved(outline, chunk.from));
        for (const note of outline.notes)
          notes.push(`${path}:${String(chunk.from + note.line)}: ${note.text}`);
      }
    }
    return { path, lines, definitions, tokens, notes };
  }

  private outline(chunk: Chunk): Outline {
    const known = this.seen.get(chunk.text);
    if (known) return known;
    const outline = new OutlineOfItem(chunk, this.parser).outline();
    this.seen.set(chunk.text, outline);
    return outline;
  }
}

/** A whole text without a history: patch 0 wrote all its lines. */
export function wholeText(content: string): CText {
  const lines = content.replace(/\n$/u, '').split('\n');
  return {
    whole: true,
    lines: lines.map((text, i) => ({ text, number: i + 1, patch: 0 })),
  };
}
