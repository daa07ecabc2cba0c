// SPDX-License-Identifier: GPL-2.0-only
// Expressions: || binds weakest, then &&, then !, then the comparisons of two symbols.

import type { Cursor } from './cursor';
import { ALWAYS, itemExpr } from './expr';
import type { Expr, Relation } from './model';
import type { Kconfig } from './kconfig';
import { CONSTANT_M, KconfigSymbol } from './model';

const RELATIONS: ReadonlySet<string> = new Set(['=', '!=', '<', '<=', '>', '>=']);
/** Deeper nesting of parentheses and ! than anyone writes. */
const MAX_DEPTH = 200;

export class ExprParser {
  private depth = 0;

  constructor(
    private readonly kconfig: Kconfig,
    private readonly cursor: Cursor,
    /** In conditions `m` means `m && MODULES`; in the value of a default it is just m. */
    private readonly isCondition: boolean,
  ) {}

  parse(): Expr {
    const first = this.conjunction();
    if (!this.cursor.accept('operator', '||')) return first;
    const args = [first];
    do args.push(this.conjunction());
    while (this.cursor.accept('operator', '||'));
    return { op: 'or', args };
  }

  private conjunction(): Expr {
    const first = this.factor();
    if (!this.cursor.accept('operator', '&&')) return first;
    const args = [first];
    do args.push(this.factor());
    while (this.cursor.accept('operator', '&&'));
    return { op: 'and', args };
  }

  private factor(): Expr {
    if (this.cursor.accept('operator', '!')) {
      return { op: 'not', arg: this.nested(() => this.factor()) };
    }
    if (this.cursor.accept('operator', '(')) {
      const expr = this.nested(() => this.parse());
      if (!this.cursor.accept('operator', ')')) throw this.cursor.expected("')'");
      return expr;
    }
    const left = takeSymbol(this.kconfig, this.cursor, 'an expression');
    const next = this.cursor.peek();
    if (next?.kind === 'operator' && isRelation(next.text)) {
      this.cursor.take();
      const right = takeSymbol(this.kconfig, this.cursor, `a symbol after '${next.text}'`);
      return { op: next.text, left, right };
    }
    if (this.isCondition && left === CONSTANT_M) {
      return { op: 'and', args: [itemExpr(left), this.kconfig.modulesExpr] };
    }
    return itemExpr(left);
  }

  private nested(parse: () => Expr): Expr {
    if (++this.depth > MAX_DEPTH) {
      throw this.cursor.error(`expected an expression nested at most ${String(MAX_DEPTH)} deep`);
    }
    const expr = parse();
    this.depth--;
    return expr;
  }
}

/** The rest of the statement as one condition. */
export function conditionToEnd(kconfig: Kconfig, cursor: Cursor): Expr {
  const expr = new ExprParser(kconfig, cursor, true).parse();
  cursor.expectEnd();
  return expr;
}

/** An optional `if <expr>`, then the end of the statement. */
export function optionalCondition(kconfig: Kconfig, cursor: Cursor): Expr {
  if (cursor.accept('keyword', 'if')) return conditionToEnd(kconfig, cursor);
  cursor.expectEnd();
  return ALWAYS;
}

/** A symbol: a bare name, or a quoted constant. */
export function takeSymbol(kconfig: Kconfig, cursor: Cursor, what: string): KconfigSymbol {
  const token = cursor.take();
  if (token?.open != null) return new KconfigSymbol(token.text, true, token.open);
  if (token?.kind === 'word') return kconfig.symbol(token.text);
  if (token?.kind === 'string') return kconfig.constant(token.text);
  throw cursor.expected(what, token);
}

function isRelation(text: string): text is Relation {
  return RELATIONS.has(text);
}
