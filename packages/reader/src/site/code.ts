// SPDX-License-Identifier: GPL-2.0-only
// One line of code as HTML, as short as it can be: there are ten thousand of them.

import type { Token } from '../syntax/definition';
import { escapeCode } from '../html/html';

/**
 * What a name on a line leads to: true for a link that the page's script fills in from the index of names, a string for
 * the link itself, null for none.
 */
export type Linker = (token: Token, text: string) => string | true | null;

/** i: comment, q: string, b: keyword. */
const TAGS: Readonly<Partial<Record<Token['kind'], string>>> = {
  comment: 'i',
  string: 'q',
  keyword: 'b',
};

/** Only words of control flow have a colour: a calm page, and 60 kB less of it. */
const FLOW = new Set(
  'if else for while do switch case default return goto break continue throw try catch finally'.split(
    ' ',
  ),
);

/** A line with more characters gets a box of its own that scrolls. */
const LONG_LINE = 2000;

/** The cell's content. */
export function codeHtml(text: string, tokens: readonly Token[], link: Linker): string {
  let out = '';
  let at = 0;
  for (const token of tokens) {
    // Tokens of a text that is not what the parser saw are not trusted to be in order.
    if (token.start < at || token.end <= token.start || token.end > text.length) continue;
    const word = text.slice(token.start, token.end);
    if (token.kind === 'keyword' && !FLOW.has(word)) continue;
    const tag = TAGS[token.kind];
    const inner = escapeCode(word);
    if (tag !== undefined) {
      out += `${escapeCode(text.slice(at, token.start))}<${tag}>${inner}</${tag}>`;
    } else {
      const target = token.kind === 'name' || token.kind === 'macro' ? link(token, text) : null;
      if (target === null) continue;
      const href = target === true ? '' : ` href=${target}`;
      out += `${escapeCode(text.slice(at, token.start))}<a${href}>${inner}</a>`;
    }
    at = token.end;
  }
  out += escapeCode(text.slice(at));
  return text.length > LONG_LINE ? `<div class=l tabindex=0>${out}</div>` : out;
}
