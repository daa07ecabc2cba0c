// SPDX-License-Identifier: GPL-2.0-only
// One logical line of a Kconfig file to tokens; assignments and lone macros are done here and leave none.

import { errorAt } from './errors';
import type { Place } from './errors';
import type { Preprocessor } from './preprocess';

export interface Token {
  readonly kind: 'keyword' | 'word' | 'string' | 'operator';
  readonly text: string;
  /** The macro calls behind the text whose shell command was not run: the text is a guess then. */
  readonly open?: string | null;
}

const KEYWORDS: ReadonlySet<string> = new Set([
  ...['config', 'menuconfig', 'choice', 'endchoice', 'menu', 'endmenu', 'if', 'endif', 'comment'],
  ...['mainmenu', 'source', 'rsource', 'osource', 'orsource', 'gsource', 'grsource'],
  ...['bool', 'boolean', 'tristate', 'int', 'hex', 'string', 'prompt', 'default', 'def_bool'],
  ...['def_tristate', 'def_int', 'def_hex', 'def_string', 'depends', 'on', 'visible', 'select'],
  ...['imply', 'range', 'help', 'option', 'optional', 'modules', 'env', 'defconfig_list'],
  ...['allnoconfig_y', 'transitional'],
]);

// White space of the C locale only: a no-break space is an unknown character.
const FIRST_WORD = /[ \t\r\v\f]*([A-Za-z0-9_$-]+)[ \t\r\v\f]*/y;
const WORD = /[A-Za-z0-9_$/.-]+/y;
const SPACE = /[ \t\r\v\f]*/y;
const OPERATORS = ['&&', '||', '!=', '<=', '>=', '=', '!', '(', ')', '<', '>'];
const ASSIGNMENT = /[ \t]*(:=|\+=|=)[ \t]*(.*)/sy;

/**
 * The tokens of a line; none for a blank line, a comment or an assignment. The first one is always a keyword.
 * @param place of its first line in the file; a macro's place is the line that it stands in, as in the kernel
 * @param joints where further lines of the file begin in it, ascending
 */
export function tokenize(
  line: string,
  place: Place,
  macros: Preprocessor,
  joints: readonly number[] = [],
): Token[] {
  if (/^[ \t\r\v\f]*(#|$)/.test(line)) return [];
  FIRST_WORD.lastIndex = 0;
  const first = FIRST_WORD.exec(line)?.[1];
  if (first === undefined) {
    throw errorAt(place, `expected a statement, got '${shorten(line)}'`);
  }
  let at = FIRST_WORD.lastIndex;
  const keyword = first.replace(/^-+|-+$/g, '') === 'help' ? 'help' : first;
  if (!KEYWORDS.has(keyword)) return macroLine(line, place, macros, joints);
  const placeOf = (i: number): Place => placeAt(i, place, joints);
  const tokens: Token[] = [{ kind: 'keyword', text: keyword }];
  for (;;) {
    at = skipSpace(line, at);
    if (at >= line.length || line[at] === '#') return tokens;
    const [token, end] = nextToken(line, at, placeOf, macros);
    if (token) tokens.push(token);
    at = end;
  }
}

/** A line that starts with no keyword: an assignment, or macros that come to nothing. */
function macroLine(
  line: string,
  place: Place,
  macros: Preprocessor,
  joints: readonly number[],
): Token[] {
  const start = skipSpace(line, 0);
  const { text: name, end } = macros.word(
    line,
    start,
    (char) => !/[A-Za-z0-9_-]/.test(char),
    place,
  );
  ASSIGNMENT.lastIndex = end;
  const [, operator, value] = ASSIGNMENT.exec(line) ?? [];
  if (operator !== undefined && value !== undefined && name !== '') {
    macros.assign(name, operator, value, place);
    return [];
  }
  if (name === '' && end > start) {
    const rest = joints.filter((joint) => joint > end).map((joint) => joint - end);
    return tokenize(line.slice(end), placeAt(end, place, joints), macros, rest);
  }
  throw errorAt(
    place,
    `unknown keyword '${shorten(name)}'; expected config, menu, choice, if, source or one of their options`,
  );
}

function placeAt(at: number, place: Place, joints: readonly number[]): Place {
  if (joints.length === 0) return place;
  return { file: place.file, line: place.line + joints.filter((joint) => joint <= at).length };
}

function skipSpace(line: string, at: number): number {
  SPACE.lastIndex = at;
  SPACE.exec(line);
  return SPACE.lastIndex;
}

function nextToken(
  line: string,
  at: number,
  placeOf: (at: number) => Place,
  macros: Preprocessor,
): [Token | null, number] {
  WORD.lastIndex = at;
  const word = WORD.exec(line)?.[0];
  if (word !== undefined) {
    if (word.includes('$')) return expandedWord(line, at, placeOf(at), macros);
    return [{ kind: KEYWORDS.has(word) ? 'keyword' : 'word', text: word }, WORD.lastIndex];
  }
  const quote = line.charAt(at);
  if (quote === '"' || quote === "'") return quoted(line, at, placeOf, macros);
  const operator = OPERATORS.find((text) => line.startsWith(text, at));
  if (operator === undefined) {
    throw errorAt(placeOf(at), `unexpected character '${quote}' in '${shorten(line)}'`);
  }
  return [{ kind: 'operator', text: operator }, at + operator.length];
}

/** A word with macros: never a keyword, and no token at all where it comes to nothing, as in the kernel. */
function expandedWord(
  line: string,
  at: number,
  place: Place,
  macros: Preprocessor,
): [Token | null, number] {
  const { text, end, open } = macros.word(line, at, (char) => !/[A-Za-z0-9_/.-]/.test(char), place);
  return [text === '' && open === null ? null : { kind: 'word', text, open }, end];
}

/** A string from its opening quote on: a backslash takes the next character as it is. */
function quoted(
  line: string,
  start: number,
  placeOf: (at: number) => Place,
  macros: Preprocessor,
): [Token, number] {
  const quote = line[start];
  let text = '';
  let open: string | null = null;
  for (let i = start + 1; i < line.length; i++) {
    const char = line.charAt(i);
    if (char === quote) return [{ kind: 'string', text, open }, i + 1];
    if (char === '\\') text += line.charAt(++i);
    else if (line.startsWith('$(', i)) {
      const inner = macros.reference(line, i, placeOf(i));
      text += inner.text;
      open ??= inner.open;
      i = inner.end - 1;
    } else text += char;
  }
  throw errorAt(
    placeOf(start),
    `unterminated string; expected a closing ${quote === '"' ? '"' : "'"}`,
  );
}

function shorten(line: string): string {
  const text = line.trim();
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
