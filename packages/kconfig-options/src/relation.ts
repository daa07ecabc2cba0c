// SPDX-License-Identifier: GPL-2.0-only
// Comparisons in expressions: as numbers where both sides are numbers, else as texts.

import type { Relation } from './model';
import { isLogical } from './model';
import type { KconfigSymbol, SymbolType } from './model';
import { compareText, wholeNumber } from './numbers';
import type { Base } from './numbers';
import type { Tristate } from './tristate';

export interface Values {
  text(symbol: KconfigSymbol): string;
  tristate(symbol: KconfigSymbol): Tristate;
}

export function compareRelation(
  values: Values,
  relation: Relation,
  left: KconfigSymbol,
  right: KconfigSymbol,
): boolean {
  const order = compare(values, left, right);
  switch (relation) {
    case '=':
      return order === 0;
    case '!=':
      return order !== 0;
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
  }
}

/** int is base 10 and hex base 16; constants and strings go by their prefix. */
export function baseOf(type: SymbolType): Base {
  return type === 'int' ? 10 : type === 'hex' ? 16 : 0;
}

function compare(values: Values, left: KconfigSymbol, right: KconfigSymbol): number {
  if (left.type !== 'string' || right.type !== 'string') {
    let a = numberOf(values, left);
    let b = numberOf(values, right);
    if (a !== null && b !== null) {
      if (left.type === 'hex' || right.type === 'hex') {
        a = BigInt.asUintN(64, a);
        b = BigInt.asUintN(64, b);
      }
      return a < b ? -1 : a > b ? 1 : 0;
    }
  }
  return compareText(values.text(left), values.text(right));
}

/** A bool or tristate counts as 0, 1 or 2; the constants n, m and y are texts. */
function numberOf(values: Values, symbol: KconfigSymbol): bigint | null {
  if (isLogical(symbol.type)) return symbol.isConstant ? null : BigInt(values.tristate(symbol));
  return wholeNumber(values.text(symbol), baseOf(symbol.type));
}
