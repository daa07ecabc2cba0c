// SPDX-License-Identifier: GPL-2.0-only
// What a .config asks for, before any rule has judged it.

import type { Choice, KconfigSymbol } from './model';
import type { Tristate } from './tristate';

export interface UserValues {
  /** bool and tristate symbols. */
  readonly tristates: Map<KconfigSymbol, Tristate>;
  /** int, hex and string symbols, texts without quotes. */
  readonly texts: Map<KconfigSymbol, string>;
  /** The mode of a choice, which the values of its members tell. */
  readonly modes: Map<Choice, Tristate>;
  /** The member of a choice that was last set to y. */
  readonly selections: Map<Choice, KconfigSymbol>;
}

export function noUserValues(): UserValues {
  return { tristates: new Map(), texts: new Map(), modes: new Map(), selections: new Map() };
}
