// SPDX-License-Identifier: GPL-2.0-only
// The words of a TypeScript text: tokens for its colours, and comments with what they say.

import ts from 'typescript';
import type { Token } from '../syntax/definition';
import { kindOfName, tokensByLine } from '../syntax/tokens';

/** A comment, or line comments on successive lines; lines from 1. */
export interface Comment {
  readonly from: number;
  readonly to: number;
  /** Without its signs, on one line. */
  readonly text: string;
  /** There is code before it on its first line. */
  readonly trailing: boolean;
}

interface Part {
  readonly start: number;
  readonly end: number;
  readonly kind: Token['kind'];
}

const KEYWORDS = new Set(
  'abstract any as asserts async await boolean break case catch class const constructor continue debugger declare default delete do else enum export extends false finally for from function get if implements import in infer instanceof interface is keyof let namespace never new null number object of override private protected public readonly require return satisfies set static string super switch symbol this throw true try type typeof undefined unique unknown var void while yield'.split(
    ' ',
  ),
);

const NONE: readonly Part[] = [];

/** The trivia in front of a position: where its comments are. */
function commentsIn(text: string, from: number, to: number): readonly Part[] {
  const trivia = text.slice(from, to);
  // Nearly all tokens have none.
  if (!trivia.includes('/')) return NONE;
  const found: Part[] = [];
  const pattern = /\/\*[\s\S]*?\*\/|\/\/[^\n]*/gu;
  for (let match = pattern.exec(trivia); match; match = pattern.exec(trivia))
    found.push({
      start: from + match.index,
      end: from + pattern.lastIndex,
      kind: 'comment',
    });
  return found;
}

function kindOf(kind: ts.SyntaxKind, text: string): Token['kind'] | null {
  if (kind === ts.SyntaxKind.Identifier || kind === ts.SyntaxKind.PrivateIdentifier)
    return kindOfName(text, KEYWORDS);
  if (kind >= ts.SyntaxKind.FirstKeyword && kind <= ts.SyntaxKind.LastKeyword) return 'keyword';
  if (kind === ts.SyntaxKind.NumericLiteral || kind === ts.SyntaxKind.BigIntLiteral)
    return 'number';
  if (
    kind === ts.SyntaxKind.StringLiteral ||
    kind === ts.SyntaxKind.RegularExpressionLiteral ||
    (kind >= ts.SyntaxKind.FirstTemplateToken && kind <= ts.SyntaxKind.LastTemplateToken)
  )
    return 'string';
  return null;
}

/** All parts of a file that have a colour, in order. */
function partsOf(file: ts.SourceFile): Part[] {
  const parts: Part[] = [];
  const visit = (node: ts.Node): void => {
    if (node.kind >= ts.SyntaxKind.FirstJSDocNode && node.kind <= ts.SyntaxKind.LastJSDocNode)
      return;
    const children = node.getChildren(file);
    if (children.length > 0) {
      children.forEach(visit);
      return;
    }
    const start = node.getStart(file);
    if (start > node.pos) parts.push(...commentsIn(file.text, node.pos, start));
    const kind = kindOf(node.kind, file.text.slice(start, node.end));
    if (kind !== null && node.end > start) parts.push({ start, end: node.end, kind });
  };
  visit(file);
  return parts;
}

/** The tokens of each line, and the comments. */
export function wordsOfTs(
  file: ts.SourceFile,
  lines: readonly string[],
): { readonly tokens: readonly (readonly Token[])[]; readonly comments: readonly Comment[] } {
  const parts = partsOf(file);
  const comments: Comment[] = [];
  const lineOf = (offset: number): number => file.getLineAndCharacterOfPosition(offset).line + 1;
  for (const part of parts) {
    if (part.kind !== 'comment') continue;
    const from = lineOf(part.start);
    const raw = file.text.slice(part.start, part.end);
    const text = raw
      .replace(/^\/\*+|\*+\/$|^\/\/ ?/gu, '')
      .replace(/\n\s*\* ?/gu, ' ')
      .trim();
    const lineStart = file.text.lastIndexOf('\n', part.start - 1) + 1;
    const trailing = file.text.slice(lineStart, part.start).trim() !== '';
    const before = comments.at(-1);
    if (
      raw.startsWith('//') &&
      !trailing &&
      before &&
      !before.trailing &&
      before.to === from - 1 &&
      isLine(lines, before.to)
    )
      comments[comments.length - 1] = { ...before, to: from, text: `${before.text} ${text}` };
    else comments.push({ from, to: lineOf(part.end), text, trailing });
  }
  return { tokens: tokensByLine(lines, parts), comments };
}

function isLine(lines: readonly string[], line: number): boolean {
  return (lines[line - 1] ?? '').trim().startsWith('//');
}
