// SPDX-License-Identifier: GPL-2.0-only
// Comparisons in expressions: as numbers where both sides are numbers, else as texts.

import type { Relation } from './model';
import { isLogical } from './model';
import type { KconfigSymbol, SymbolType } from './model';
import { compareText, parseNumber } from './numbers';
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
    const a = numberOf(values, left);
    const b = numberOf(values, right);
    if (a !== null && b !== null) return a < b ? -1 : a > b ? 1 : 0;
  }
  return compareText(values.text(left), values.text(right));
}

/** n, m and y count as 0, 1 and 2. */
function numberOf(values: Values, symbol: KconfigSymbol): bigint | null {
  if (isLogical(symbol.type)) return BigInt(values.tristate(symbol));
  return parseNumber(values.text(symbol), baseOf(symbol.type));
}
