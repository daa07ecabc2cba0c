// SPDX-License-Identifier: GPL-2.0-only
// A walk over the tokens of one statement, with the errors for what is missing or too much.

import { errorAt } from './errors';
import type { KconfigError, Place } from './errors';
import type { Statement } from './line-reader';
import type { Token } from './lexer';

export class Cursor {
  readonly place: Place;
  /** The keyword that opens the statement. */
  readonly keyword: string;
  private readonly tokens: readonly Token[];
  private index = 1;

  constructor(statement: Statement) {
    this.place = statement.place;
    this.tokens = statement.tokens;
    this.keyword = statement.tokens[0]?.text ?? '';
  }

  get atEnd(): boolean {
    return this.index >= this.tokens.length;
  }

  peek(): Token | undefined {
    return this.tokens[this.index];
  }

  take(): Token | undefined {
    return this.tokens[this.index++];
  }

  /** Takes the next token if it is this keyword or operator. */
  accept(kind: 'keyword' | 'operator', text: string): boolean {
    const token = this.peek();
    if (token?.kind !== kind || token.text !== text) return false;
    this.index++;
    return true;
  }

  expectKeyword(text: string): void {
    if (!this.accept('keyword', text)) throw this.expected(`'${text}' after '${this.keyword}'`);
  }

  /** A text: quoted, or a bare word, which `onBareWord` hears of. */
  expectText(what: string, onBareWord: (word: string) => void): string {
    const token = this.take();
    if (token?.kind === 'string') return token.text;
    if (token?.kind !== 'word') throw this.expected(what, token);
    onBareWord(token.text);
    return token.text;
  }

  expectEnd(): void {
    if (!this.atEnd) {
      throw this.error(`expected the end of the line after '${this.keyword}' and its arguments`);
    }
  }

  error(detail: string): KconfigError {
    return errorAt(this.place, detail);
  }

  expected(what: string, token: Token | undefined = this.peek()): KconfigError {
    const got = token === undefined ? 'the end of the line' : `'${token.text}'`;
    return this.error(`expected ${what}, got ${got}`);
  }
}
