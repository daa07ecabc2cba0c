// SPDX-License-Identifier: GPL-2.0-only
// Reads a .config into user values. What cannot be used is a warning, as in the kernel, never an error.

import type { Kconfig } from './kconfig';
import { isLogical } from './model';
import type { Choice, KconfigSymbol } from './model';
import { isNumberText } from './numbers';
import { NO, YES, tristateName, tristateOf } from './tristate';
import type { Tristate } from './tristate';
import { noUserValues } from './user-values';
import type { UserValues } from './user-values';

export interface DotConfig {
  readonly user: UserValues;
  readonly warnings: readonly string[];
}

const QUOTED = /^"((?:[^\\"]|\\[^])*)"/;

/** `prefix` stands before each name, `CONFIG_` in the kernel. */
export function readDotConfig(
  kconfig: Kconfig,
  text: string,
  file: string,
  prefix: string,
): DotConfig {
  const reader = new Reader(kconfig, file, prefix);
  text.split(/\r\n|\r|\n/).forEach((line, index) => {
    reader.line(line.trimEnd(), index + 1);
  });
  return { user: reader.user, warnings: reader.warnings };
}

class Reader {
  readonly user = noUserValues();
  readonly warnings: string[] = [];
  private readonly assignment: RegExp;
  private readonly unset: RegExp;
  private number = 0;

  constructor(
    private readonly kconfig: Kconfig,
    private readonly file: string,
    private readonly prefix: string,
  ) {
    const start = prefix.replace(/[^A-Za-z0-9_]/g, '\\$&');
    this.assignment = new RegExp(`^(?!#)${start}([^=]+)=([^]*)$`);
    this.unset = new RegExp(`^# ${start}([^ ]+) is not set`);
  }

  line(line: string, number: number): void {
    this.number = number;
    const assignment = this.assignment.exec(line);
    const name = assignment?.[1] ?? this.unset.exec(line)?.[1];
    if (name === undefined) {
      if (line !== '' && !line.trimStart().startsWith('#')) {
        this.warn(
          `expected ${this.prefix}NAME=value or a comment, got '${line.slice(0, 60)}'; ignored`,
        );
      }
      return;
    }
    const symbol = this.kconfig.find(name);
    if (!symbol) this.warn(`${this.prefix}${name} is not in the Kconfig; ignored`);
    else if (assignment) this.assign(symbol, assignment[2] ?? '');
    else if (isLogical(symbol.type)) this.setTristate(symbol, NO);
  }

  private assign(symbol: KconfigSymbol, text: string): void {
    switch (symbol.type) {
      case 'bool':
      case 'tristate':
        this.assignTristate(symbol, text);
        return;
      case 'string': {
        const quoted = QUOTED.exec(text)?.[1];
        if (quoted === undefined) this.reject(symbol, text, 'a text in double quotes');
        else this.setText(symbol, quoted.replace(/\\([^])/g, '$1'));
        return;
      }
      case 'int':
        if (!isNumberText(text, 10)) this.reject(symbol, text, 'a decimal number');
        else this.setText(symbol, text);
        return;
      case 'hex':
        if (!isNumberText(text, 16)) this.reject(symbol, text, 'a hexadecimal number');
        else this.setText(symbol, text);
        return;
      case 'unknown':
        this.reject(symbol, text, 'no value, for the symbol has no type');
    }
  }

  /** Only the first character counts, as in the kernel. */
  private assignTristate(symbol: KconfigSymbol, text: string): void {
    const value = tristateOf(text.charAt(0));
    if (value === undefined || (value !== NO && value !== YES && symbol.type === 'bool')) {
      this.reject(symbol, text, symbol.type === 'bool' ? 'y or n' : 'y, m or n');
      return;
    }
    if (symbol.choice && value !== NO) this.setMode(symbol.choice, symbol, value);
    this.setTristate(symbol, value);
  }

  /** y or m on a member sets the mode of its choice. */
  private setMode(choice: Choice, symbol: KconfigSymbol, value: Tristate): void {
    const before = this.user.modes.get(choice);
    if (before !== undefined && before !== value) {
      this.warn(`${this.prefix}${symbol.name}: both m and y given to members of one choice`);
    }
    if (choice.type === 'tristate' || (choice.type === 'bool' && value === YES)) {
      this.user.modes.set(choice, value);
    }
  }

  private setTristate(symbol: KconfigSymbol, value: Tristate): void {
    const before = this.user.tristates.get(symbol);
    if (before !== undefined) this.again(symbol, tristateName(before), tristateName(value));
    this.user.tristates.set(symbol, value);
    if (symbol.choice && value === YES) this.user.selections.set(symbol.choice, symbol);
  }

  private setText(symbol: KconfigSymbol, value: string): void {
    const before = this.user.texts.get(symbol);
    if (before !== undefined) this.again(symbol, before, value);
    this.user.texts.set(symbol, value);
  }

  private again(symbol: KconfigSymbol, before: string, value: string): void {
    this.warn(`${this.prefix}${symbol.name} is set more than once: '${before}', now '${value}'`);
  }

  private reject(symbol: KconfigSymbol, text: string, expected: string): void {
    this.warn(
      `expected ${expected} for the ${symbol.type} ${this.prefix}${symbol.name}, got '${text.slice(0, 60)}'; ignored`,
    );
  }

  private warn(detail: string): void {
    this.warnings.push(`${this.file}:${String(this.number)}: ${detail}`);
  }
}
