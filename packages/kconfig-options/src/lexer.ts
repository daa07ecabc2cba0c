// SPDX-License-Identifier: GPL-2.0-only
// One logical line of a Kconfig file to tokens.

import { errorAt } from './errors';
import type { Place } from './errors';

export type Token =
  | { readonly kind: 'keyword'; readonly text: string }
  | { readonly kind: 'word'; readonly text: string }
  | { readonly kind: 'string'; readonly text: string }
  | { readonly kind: 'operator'; readonly text: string };

const KEYWORDS: ReadonlySet<string> = new Set([
  ...['config', 'menuconfig', 'choice', 'endchoice', 'menu', 'endmenu', 'if', 'endif', 'comment'],
  ...['mainmenu', 'source', 'rsource', 'osource', 'orsource', 'gsource', 'grsource'],
  ...['bool', 'boolean', 'tristate', 'int', 'hex', 'string', 'prompt', 'default', 'def_bool'],
  ...['def_tristate', 'def_int', 'def_hex', 'def_string', 'depends', 'on', 'visible', 'select'],
  ...['imply', 'range', 'help', 'option', 'optional', 'modules', 'env', 'defconfig_list'],
  'allnoconfig_y',
]);

// White space of the C locale only: a no-break space is an unknown character.
const FIRST_WORD = /[ \t\r\v\f]*([A-Za-z0-9_$-]+)[ \t\r\v\f]*/y;
const WORD = /[A-Za-z0-9_$/.-]+/y;
const SPACE = /[ \t\r\v\f]*/y;
const OPERATORS = ['&&', '||', '!=', '<=', '>=', '=', '!', '(', ')', '<', '>'];
const ASSIGNMENT = /^[ \t]*(?::=|\+=|=)/;
const PREPROCESSOR = 'the $(...) preprocessor is not supported; expected plain Kconfig';

/** The tokens of a line; none for a blank or comment line. The first one is always a keyword. */
export function tokenize(line: string, place: Place): Token[] {
  if (/^[ \t\r\v\f]*(#|$)/.test(line)) return [];
  FIRST_WORD.lastIndex = 0;
  const first = FIRST_WORD.exec(line)?.[1];
  if (first === undefined) {
    throw errorAt(place, `expected a statement, got '${shorten(line)}'`);
  }
  let at = FIRST_WORD.lastIndex;
  const keyword = first.replace(/^-+|-+$/g, '') === 'help' ? 'help' : first;
  if (!KEYWORDS.has(keyword)) {
    if (first.includes('$')) throw errorAt(place, PREPROCESSOR);
    if (ASSIGNMENT.test(line.slice(at))) {
      throw errorAt(place, `assignment to the preprocessor variable '${first}': ${PREPROCESSOR}`);
    }
    throw errorAt(
      place,
      `unknown keyword '${first}'; expected config, menu, choice, if, source or one of their options`,
    );
  }
  const tokens: Token[] = [{ kind: 'keyword', text: keyword }];
  for (;;) {
    at = skipSpace(line, at);
    if (at >= line.length || line[at] === '#') return tokens;
    const [token, end] = nextToken(line, at, place);
    tokens.push(token);
    at = end;
  }
}

function skipSpace(line: string, at: number): number {
  SPACE.lastIndex = at;
  SPACE.exec(line);
  return SPACE.lastIndex;
}

function nextToken(line: string, at: number, place: Place): [Token, number] {
  WORD.lastIndex = at;
  const word = WORD.exec(line)?.[0];
  if (word !== undefined) {
    if (word.includes('$')) throw errorAt(place, PREPROCESSOR);
    return [{ kind: KEYWORDS.has(word) ? 'keyword' : 'word', text: word }, WORD.lastIndex];
  }
  const quote = line.charAt(at);
  if (quote === '"' || quote === "'") return quoted(line, at, place);
  const operator = OPERATORS.find((text) => line.startsWith(text, at));
  if (operator === undefined) {
    throw errorAt(place, `unexpected character '${quote}' in '${shorten(line)}'`);
  }
  return [{ kind: 'operator', text: operator }, at + operator.length];
}

/** A string from its opening quote on: a backslash takes the next character as it is. */
function quoted(line: string, start: number, place: Place): [Token, number] {
  const quote = line[start];
  let text = '';
  for (let i = start + 1; i < line.length; i++) {
    const char = line.charAt(i);
    if (char === quote) return [{ kind: 'string', text }, i + 1];
    if (char === '\\') text += line.charAt(++i);
    else if (line.startsWith('$(', i)) throw errorAt(place, PREPROCESSOR);
    else text += char;
  }
  throw errorAt(place, `unterminated string; expected a closing ${quote === '"' ? '"' : "'"}`);
}

function shorten(line: string): string {
  const text = line.trim();
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
