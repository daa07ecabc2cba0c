// SPDX-License-Identifier: GPL-2.0-only
// The macro language of Kconfig, $(…): scripts/kconfig/preprocess.c of Linux 5.14 in our words.

import { errorAt } from './errors';
import type { Place } from './errors';
import type { ParseOptions } from './parse-options';

/** A `$(shell,COMMAND)` that was not run and counts as empty. */
export interface ShellCall {
  /** After expansion. */
  readonly command: string;
  /** The macro call that led to it, arguments expanded, like `$(cc-option,-m64)`. */
  readonly call: string;
  /** Where the Kconfig calls it. */
  readonly place: Place;
}

export interface Expansion {
  readonly text: string;
  /** Index of the first character behind what was expanded. */
  readonly end: number;
  /** The calls that the text stands for where it needs the shell and the shell did not answer, else null. */
  readonly open: string | null;
}

/** Hears of what macros print, and of what was not run. */
export interface MacroListener {
  message(text: string): void;
  warn(place: Place, text: string): void;
  missed(call: ShellCall): void;
}

interface Variable {
  value: string;
  isRecursive: boolean;
  running: number;
  /** A value expanded at once that needs the shell. */
  open: string | null;
}

interface BuiltIn {
  readonly least: number;
  readonly most: number;
  readonly run: (args: readonly string[], place: Place) => string;
}

const NO_ARGS: readonly string[] = [];
const MAX_RECURSION = 200;
const MAX_ARGS = 16;
/** Longer texts come only from macros that double themselves. */
const MAX_LENGTH = 1 << 20;

export class Preprocessor {
  private readonly variables = new Map<string, Variable>();
  private readonly builtIns: ReadonlyMap<string, BuiltIn>;
  private open: string[] = [];
  /** The outermost call whose arguments are expanded. */
  private outermost: string | null = null;

  constructor(
    private readonly options: ParseOptions,
    private readonly listener: MacroListener,
  ) {
    this.builtIns = this.makeBuiltIns();
  }

  /** The environment, with the caller's macros before it. */
  env(name: string): string | undefined {
    return this.options.macros?.get(name) ?? this.options.env?.(name);
  }

  /** `NAME = value`, `:=` or `+=`. */
  assign(name: string, operator: string, value: string, place: Place): void {
    const known = this.variables.get(name);
    const isAppend = operator === '+=';
    // += keeps the kind of a known variable; an unknown one becomes recursive.
    const isRecursive = isAppend ? (known?.isRecursive ?? true) : operator === '=';
    const { text, open } = isRecursive ? { text: value, open: null } : this.whole(value, place);
    if (known && isAppend) {
      known.value = this.limited(`${known.value} ${text}`, place);
      known.open ??= open;
    } else if (known) {
      Object.assign(known, { value: text, isRecursive, open });
    } else {
      this.variables.set(name, { value: text, isRecursive, running: 0, open });
    }
  }

  /** Expands `$(` at `start` up to its closing parenthesis. */
  reference(line: string, start: number, place: Place): Expansion {
    return this.collecting(() => this.dollar(line, start, NO_ARGS, place));
  }

  /** Expands a word that starts at `start`: up to the first character outside of a reference that `isEnd`. */
  word(line: string, start: number, isEnd: (char: string) => boolean, place: Place): Expansion {
    return this.collecting(() => this.until(line, start, isEnd, NO_ARGS, place));
  }

  private whole(text: string, place: Place): Expansion {
    return this.collecting(() => this.until(text, 0, () => false, NO_ARGS, place));
  }

  private collecting(expand: () => { text: string; end: number }): Expansion {
    const before = this.open;
    this.open = [];
    const { text, end } = expand();
    const open = this.open.length > 0 ? [...new Set(this.open)].join(', ') : null;
    this.open = before;
    return { text, end, open };
  }

  private until(
    text: string,
    start: number,
    isEnd: (char: string) => boolean,
    args: readonly string[],
    place: Place,
  ): { text: string; end: number } {
    let out = '';
    let at = start;
    while (at < text.length) {
      const char = text.charAt(at);
      if (char === '$' && text[at + 1] === '(') {
        const inner = this.dollar(text, at, args, place);
        out = this.limited(out + inner.text, place);
        at = inner.end;
      } else if (char !== '$' && isEnd(char)) break;
      else {
        out += char;
        at++;
      }
    }
    return { text: out, end: at };
  }

  private dollar(
    text: string,
    start: number,
    args: readonly string[],
    place: Place,
  ): { text: string; end: number } {
    const from = start + 2;
    let nesting = 0;
    let at = from;
    for (; at < text.length; at++) {
      const char = text[at];
      if (char === '(') nesting++;
      else if (char === ')' && nesting-- === 0) break;
    }
    if (at >= text.length) {
      throw errorAt(place, `expected ')' at the end of '${text.slice(start, start + 60)}'`);
    }
    return { text: this.clause(text.slice(from, at), args, place), end: at + 1 };
  }

  /** What stands between `$(` and `)`: a name, and arguments behind commas. */
  private clause(clause: string, args: readonly string[], place: Place): string {
    if (/^[0-9]+$/.test(clause)) {
      const argument = args[Number(clause) - 1];
      if (argument !== undefined) return argument;
    }
    const parts = splitArguments(clause);
    if (parts.length > MAX_ARGS) {
      throw errorAt(place, `expected at most ${String(MAX_ARGS)} arguments in '$(${clause})'`);
    }
    const [name = '', ...given] = parts.map(
      (part) => this.until(part, 0, () => false, args, place).text,
    );
    const isOutermost = this.outermost === null;
    if (isOutermost) this.outermost = `$(${[name, ...given].join(',')})`;
    const text = this.call(name, given, place);
    if (isOutermost) this.outermost = null;
    return text;
  }

  private call(name: string, args: readonly string[], place: Place): string {
    const { macros } = this.options;
    const set = macros && (macros.get([name, ...args].join(',')) ?? macros.get(name));
    if (set !== undefined) return set;
    const variable = this.variables.get(name);
    if (variable) return this.variable(name, variable, args, place);
    const builtIn = this.builtIns.get(name);
    if (builtIn) {
      const { least, most } = builtIn;
      if (args.length < least || args.length > most) {
        const count = `${String(least)} ${least === 1 ? 'argument' : 'arguments'}`;
        throw errorAt(place, `expected ${count} for '$(${name})', got ${String(args.length)}`);
      }
      return builtIn.run(args, place);
    }
    return (args.length === 0 && name !== '' ? this.options.env?.(name) : undefined) ?? '';
  }

  private variable(
    name: string,
    variable: Variable,
    args: readonly string[],
    place: Place,
  ): string {
    if (!variable.isRecursive) {
      if (variable.open !== null) this.open.push(variable.open);
      return variable.value;
    }
    // A function may call itself, but only arguments can end that.
    if (variable.running > (args.length === 0 ? 0 : MAX_RECURSION)) {
      throw errorAt(place, `the macro '${name}' refers to itself without end`);
    }
    variable.running++;
    const { text } = this.until(variable.value, 0, () => false, args, place);
    variable.running--;
    return text;
  }

  private makeBuiltIns(): ReadonlyMap<string, BuiltIn> {
    const { listener } = this;
    return new Map<string, BuiltIn>([
      ['shell', { least: 1, most: 1, run: ([command = ''], place) => this.shell(command, place) }],
      [
        'info',
        {
          least: 1,
          most: 1,
          run: ([text = '']) => {
            listener.message(text);
            return '';
          },
        },
      ],
      [
        'warning-if',
        {
          least: 2,
          most: 2,
          run: ([cond, text = ''], place) => {
            if (cond === 'y') listener.warn(place, text);
            return '';
          },
        },
      ],
      [
        'error-if',
        {
          least: 2,
          most: 2,
          run: ([cond, text = ''], place) => {
            if (cond === 'y') throw errorAt(place, text);
            return '';
          },
        },
      ],
      ['filename', { least: 0, most: 0, run: (_, place) => place.file }],
      ['lineno', { least: 0, most: 0, run: (_, place) => String(place.line) }],
    ]);
  }

  private shell(command: string, place: Place): string {
    const output = this.options.shell?.(command);
    if (output !== undefined) return output.replace(/\n+$/, '').replaceAll('\n', ' ');
    const call = this.outermost ?? `$(shell,${command})`;
    this.open.push(call);
    this.listener.missed({ command, call, place });
    return '';
  }

  private limited(text: string, place: Place): string {
    if (text.length > MAX_LENGTH)
      throw errorAt(place, 'expected a macro that expands to less text');
    return text;
  }
}

/** Commas within parentheses belong to the argument. */
function splitArguments(clause: string): string[] {
  const parts: string[] = [];
  let nesting = 0;
  let start = 0;
  for (let at = 0; at < clause.length; at++) {
    const char = clause[at];
    if (char === '(') nesting++;
    else if (char === ')') nesting--;
    else if (char === ',' && nesting === 0) {
      parts.push(clause.slice(start, at));
      start = at + 1;
    }
  }
  parts.push(clause.slice(start));
  return parts;
}
