// SPDX-License-Identifier: GPL-2.0-only
// The lines of one Kconfig file: logical lines (backslash joins) and help texts (by indentation).

import { tokenize } from './lexer';
import type { Token } from './lexer';
import type { Place } from './errors';
import type { Preprocessor } from './preprocess';

export interface Statement {
  readonly tokens: readonly Token[];
  readonly place: Place;
}

export class LineReader {
  private readonly lines: string[];
  private readonly endsWithNewline: boolean;
  private index = 0;
  private pushedBack: Statement | null = null;

  constructor(
    readonly file: string,
    text: string,
    private readonly macros: Preprocessor,
  ) {
    this.lines = text.replace(/\r\n?/g, '\n').split('\n');
    this.endsWithNewline = this.lines.at(-1) === '';
    if (this.endsWithNewline) this.lines.pop();
  }

  /** The place of the last line. */
  get end(): Place {
    return { file: this.file, line: Math.max(this.lines.length, 1) };
  }

  /** The next line that is not blank and not a comment; null at the end of the file. */
  next(): Statement | null {
    if (this.pushedBack) {
      const statement = this.pushedBack;
      this.pushedBack = null;
      return statement;
    }
    while (this.index < this.lines.length) {
      const place = { file: this.file, line: this.index + 1 };
      const { line, joints } = this.joinedLine();
      const tokens = tokenize(line, place, this.macros, joints);
      if (tokens.length > 0) return { tokens, place };
    }
    return null;
  }

  /** Gives a statement back: the next call of next() returns it again. */
  pushBack(statement: Statement): void {
    this.pushedBack = statement;
  }

  /**
   * The help text that starts on the current line. Its first line that is not blank sets the
   * indentation, tabs reaching to multiples of 8 columns; the first line with less ends it.
   */
  help(): string {
    while (this.index < this.lines.length && isBlank(this.lines[this.index] ?? '')) this.index++;
    const indent = indentation(expandTabs(this.lines[this.index] ?? ''));
    if (indent === 0) return '';
    const text: string[] = [];
    for (; this.index < this.lines.length; this.index++) {
      const line = this.lines[this.index] ?? '';
      if (isBlank(line)) {
        text.push('');
        continue;
      }
      const expanded = expandTabs(line);
      if (indentation(expanded) < indent) break;
      text.push(expanded.slice(indent));
    }
    return text.join('\n').trimEnd();
  }

  /** `joints`: where in it lines of the file begin, but for the first one. */
  private joinedLine(): { line: string; joints: number[] } {
    let line = this.takeLine();
    const joints: number[] = [];
    while (line.endsWith('\\') && (this.index < this.lines.length || this.endsWithNewline)) {
      line = line.slice(0, -1);
      if (this.index >= this.lines.length) break;
      joints.push(line.length);
      line += this.takeLine();
    }
    return { line, joints };
  }

  private takeLine(): string {
    return this.lines[this.index++] ?? '';
  }
}

function isBlank(line: string): boolean {
  return line.trim() === '';
}

function indentation(line: string): number {
  return line.length - line.trimStart().length;
}

function expandTabs(line: string): string {
  let tab = line.indexOf('\t');
  let out = line;
  while (tab >= 0) {
    out = out.slice(0, tab) + ' '.repeat(8 - (tab % 8)) + out.slice(tab + 1);
    tab = out.indexOf('\t', tab);
  }
  return out;
}
