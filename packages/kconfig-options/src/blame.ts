// SPDX-License-Identifier: GPL-2.0-only
// Which symbols make a condition as low as it is: `A && (B || C)` with A=y is low because B=n and C=n.

import type { Evaluator } from './evaluator';
import { exprText, operandText } from './expr';
import type { Expr } from './model';
import { KconfigSymbol, itemName } from './model';
import { tristateName } from './tristate';

export interface Blame {
  /** Like `B=n and C=n`. */
  readonly text: string;
  /** The symbols named in it. */
  readonly names: readonly string[];
}

export function blame(evaluator: Evaluator, exprs: readonly Expr[]): Blame {
  const facts = new Map<string, string[]>();
  for (const expr of exprs) collect(evaluator, expr, facts);
  return { text: [...facts.keys()].join(' and '), names: [...new Set([...facts.values()].flat())] };
}

function collect(evaluator: Evaluator, expr: Expr, facts: Map<string, string[]>): void {
  switch (expr.op) {
    case 'and': {
      // Only the lowest parts hold the whole down.
      const low = evaluator.expr(expr);
      for (const arg of expr.args) if (evaluator.expr(arg) === low) collect(evaluator, arg, facts);
      return;
    }
    case 'or':
      for (const arg of expr.args) collect(evaluator, arg, facts);
      return;
    case 'not':
      if (expr.arg.op === 'item') collect(evaluator, expr.arg, facts);
      else facts.set(`${exprText(expr)} is ${tristateName(evaluator.expr(expr))}`, namesOf(expr));
      return;
    case 'item':
      facts.set(itemFact(evaluator, expr), namesOf(expr));
      return;
    default:
      facts.set(
        `${exprText(expr)} is ${tristateName(evaluator.expr(expr))} (${[expr.left, expr.right]
          .filter((side) => !side.isConstant)
          .map((side) => `${operandText(side)} is '${evaluator.text(side)}'`)
          .join(', ')})`,
        namesOf(expr),
      );
  }
}

function itemFact(evaluator: Evaluator, expr: Expr & { op: 'item' }): string {
  const { item } = expr;
  if (item instanceof KconfigSymbol && item.open !== null) return `${item.open} was not run`;
  if (item instanceof KconfigSymbol && item.isConstant) return `the Kconfig says ${item.name}`;
  const value = tristateName(evaluator.expr(expr));
  const isUndefined = item instanceof KconfigSymbol && item.nodes.length === 0;
  return `${itemName(item)}=${value}${isUndefined ? ' (not defined)' : ''}`;
}

function namesOf(expr: Expr): string[] {
  switch (expr.op) {
    case 'item':
      return expr.item instanceof KconfigSymbol && !expr.item.isConstant ? [expr.item.name] : [];
    case 'and':
    case 'or':
      return expr.args.flatMap(namesOf);
    case 'not':
      return namesOf(expr.arg);
    default:
      return [expr.left, expr.right].filter((side) => !side.isConstant).map((side) => side.name);
  }
}
