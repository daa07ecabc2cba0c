// SPDX-License-Identifier: GPL-2.0-only
// The values of int, hex and string symbols: the user's, or the first active default, within the range.

import { singleSymbol } from './expr';
import type { Default, Expr, KconfigSymbol, Range } from './model';
import { isLogical } from './model';
import { formatNumber, leadingNumber } from './numbers';
import type { Base } from './numbers';
import { baseOf } from './relation';
import { NO } from './tristate';
import type { Tristate } from './tristate';
import type { UserValues } from './user-values';

/** What a symbol's value depends on; the Evaluator answers it. */
export interface Values {
  readonly user: UserValues;
  readonly warnings: string[];
  visibility(symbol: KconfigSymbol): Tristate;
  text(symbol: KconfigSymbol): string;
  expr(expr: Expr): Tristate;
  openDefault(symbol: KconfigSymbol): string | null;
  activeDefault(symbol: KconfigSymbol): Default | undefined;
  markUnwritten(symbol: KconfigSymbol): void;
}

export interface ActiveRange {
  readonly low: bigint;
  readonly high: bigint;
  readonly range: Range;
}

export interface TypedValue {
  readonly text: string;
  /** Where the value comes from before it was clamped. */
  readonly from: 'user' | 'default' | 'nothing';
  readonly usedDefault: Default | undefined;
  readonly range: ActiveRange | undefined;
  readonly isClamped: boolean;
}

export function valueOfType(evaluator: Values, symbol: KconfigSymbol): TypedValue {
  const isVisible = evaluator.visibility(symbol) !== NO;
  const isUsable = isVisible || evaluator.openDefault(symbol) !== null;
  const user = isUsable ? evaluator.user.texts.get(symbol) : undefined;
  const base = baseOf(symbol.type);
  const range = base === 0 ? undefined : activeRange(evaluator, symbol, base);
  if (user !== undefined && (!range || isWithin(user, range, base))) {
    return { text: user, from: 'user', usedDefault: undefined, range, isClamped: false };
  }
  if (user !== undefined && range) {
    evaluator.warnings.push(
      `${symbol.name}: the user value ${user} is outside ${rangeText(range, base)}; ignored`,
    );
  }
  const usedDefault = evaluator.activeDefault(symbol);
  const source = usedDefault && singleSymbol(usedDefault.value);
  // The kernel keeps n, m and y apart from the text of a symbol, which stays "n" for a bool.
  const isOption = source !== null && source !== undefined && !source.isConstant;
  const text = !source ? '' : isOption && isLogical(source.type) ? 'n' : evaluator.text(source);
  if (!isVisible && !usedDefault) evaluator.markUnwritten(symbol);
  const from = usedDefault ? 'default' : 'nothing';
  const clamped = range && clamp(text, range, base);
  if (clamped === undefined) return { text, from, usedDefault, range, isClamped: false };
  if (usedDefault) {
    evaluator.warnings.push(
      `${symbol.name}: the default ${text} is outside ${rangeText(range, base)}; ${clamped} is used`,
    );
  }
  return { text: clamped, from, usedDefault, range, isClamped: true };
}

export function rangeText(range: ActiveRange | undefined, base: Base): string {
  if (!range) return 'no range';
  return `[${formatNumber(range.low, base)}, ${formatNumber(range.high, base)}]`;
}

/** The first range whose condition holds; a bound that is no number counts as 0. */
function activeRange(
  evaluator: Values,
  symbol: KconfigSymbol,
  base: Base,
): ActiveRange | undefined {
  const range = symbol.ranges.find(({ cond }) => evaluator.expr(cond) !== NO);
  if (!range) return undefined;
  const bound = (side: KconfigSymbol) => leadingNumber(evaluator.text(side), boundBase(side, base));
  return { low: bound(range.low), high: bound(range.high), range };
}

/** A bound that is an option goes by its own type. */
function boundBase(side: KconfigSymbol, base: Base): Base {
  const own = baseOf(side.type);
  return own === 0 ? base : own;
}

function isWithin(text: string, range: ActiveRange, base: Base): boolean {
  const value = leadingNumber(text, base);
  return range.low <= value && value <= range.high;
}

/** The bound that replaces a value outside the range; no value at all counts as 0. */
function clamp(text: string, range: ActiveRange, base: Base): string | undefined {
  const value = leadingNumber(text, base);
  if (value < range.low) return formatNumber(range.low, base);
  if (value > range.high) return formatNumber(range.high, base);
  return undefined;
}
