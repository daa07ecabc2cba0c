// SPDX-License-Identifier: GPL-2.0-only
// Expressions over symbols: how they are built, which symbols they name, how they are printed.

import { CONSTANT_N, CONSTANT_Y, KconfigSymbol, itemName } from './model';
import type { Choice, Expr } from './model';
import { tristateOf } from './tristate';

export const ALWAYS: Expr = { op: 'item', item: CONSTANT_Y };
export const NEVER: Expr = { op: 'item', item: CONSTANT_N };

export function itemExpr(item: KconfigSymbol | Choice): Expr {
  return { op: 'item', item };
}

export function isAlways(expr: Expr): boolean {
  return expr.op === 'item' && expr.item === CONSTANT_Y;
}

export function isNever(expr: Expr): boolean {
  return expr.op === 'item' && expr.item === CONSTANT_N;
}

/** `a && b`, without the y's, and n as soon as one side is the constant n. */
export function makeAnd(a: Expr, b: Expr): Expr {
  if (isAlways(a)) return b;
  if (isAlways(b)) return a;
  if (isNever(a) || isNever(b)) return NEVER;
  // Not flattened: a whole Linux shares the dependencies of its menus, and copies of them took half of the time.
  return { op: 'and', args: [a, b] };
}

/** y where `expr` is n, else n: `expr = n` for any expression, as scripts/kconfig/expr.c spells it out. */
export function equalsNo(expr: Expr): Expr {
  return negated(expr, true);
}

/** `expr = n` or, with `isNo` false, `expr != n`. */
function negated(expr: Expr, isNo: boolean): Expr {
  switch (expr.op) {
    case 'item':
      if (!(expr.item instanceof KconfigSymbol)) return isNo ? { op: 'not', arg: expr } : expr;
      return { op: isNo ? '=' : '!=', left: expr.item, right: CONSTANT_N };
    case 'and':
    case 'or': {
      const op = (expr.op === 'and') === isNo ? 'or' : 'and';
      return { op, args: expr.args.map((arg) => negated(arg, isNo)) };
    }
    case 'not':
      return negated(expr.arg, !isNo);
    default:
      return isNo ? { op: 'not', arg: expr } : expr;
  }
}

/** The symbol that `expr` is, or null if it is anything more than one symbol. */
export function singleSymbol(expr: Expr): KconfigSymbol | null {
  return expr.op === 'item' && expr.item instanceof KconfigSymbol ? expr.item : null;
}

/** Calls `visit` for every symbol and choice in `expr`. */
export function forEachItem(expr: Expr, visit: (item: KconfigSymbol | Choice) => void): void {
  switch (expr.op) {
    case 'item':
      visit(expr.item);
      break;
    case 'and':
    case 'or':
      for (const arg of expr.args) forEachItem(arg, visit);
      break;
    case 'not':
      forEachItem(expr.arg, visit);
      break;
    default:
      visit(expr.left);
      visit(expr.right);
  }
}

/** The first macro call in `expr` whose shell command was not run. */
export function openCalls(expr: Expr): string | null {
  let open: string | null = null;
  forEachItem(expr, (item) => {
    if (item instanceof KconfigSymbol) open ??= item.open;
  });
  return open;
}

/** A symbol as it stands in an expression: constants quoted, except n, m and y. */
export function operandText(item: KconfigSymbol | Choice): string {
  if (item instanceof KconfigSymbol && item.open !== null) return item.open;
  if (item instanceof KconfigSymbol && item.isConstant && tristateOf(item.name) === undefined) {
    return `"${item.name.replace(/[\\"]/g, '\\$&')}"`;
  }
  return itemName(item);
}

/** `expr` in Kconfig syntax. */
export function exprText(expr: Expr): string {
  switch (expr.op) {
    case 'item':
      return operandText(expr.item);
    case 'and':
      return expr.args.map((arg) => parenthesised(arg, 'or')).join(' && ');
    case 'or':
      return expr.args.map((arg) => parenthesised(arg, 'and')).join(' || ');
    case 'not':
      return expr.arg.op === 'item' ? `!${exprText(expr.arg)}` : `!(${exprText(expr.arg)})`;
    default:
      return `${operandText(expr.left)} ${expr.op} ${operandText(expr.right)}`;
  }
}

function parenthesised(expr: Expr, around: 'and' | 'or'): string {
  return expr.op === around ? `(${exprText(expr)})` : exprText(expr);
}
