// SPDX-License-Identifier: GPL-2.0-only
// What a parsed Kconfig consists of: symbols, choices and the menu tree that defines them.

import type { Place } from './errors';

export type Relation = '=' | '!=' | '<' | '<=' | '>' | '>=';

export type Expr =
  | { readonly op: 'item'; readonly item: KconfigSymbol | Choice }
  | { readonly op: 'and' | 'or'; readonly args: readonly Expr[] }
  | { readonly op: 'not'; readonly arg: Expr }
  | { readonly op: Relation; readonly left: KconfigSymbol; readonly right: KconfigSymbol };

export type SymbolType = 'unknown' | 'bool' | 'tristate' | 'int' | 'hex' | 'string';

export interface Prompt {
  readonly text: string;
  cond: Expr;
  readonly place: Place;
}

export interface Default {
  readonly value: Expr;
  cond: Expr;
  readonly place: Place;
  /** The macro calls in it whose shell command was not run; the default is a guess then. */
  readonly open?: string | null;
}

export interface Range {
  readonly low: KconfigSymbol;
  readonly high: KconfigSymbol;
  cond: Expr;
  readonly place: Place;
}

/** A `select` or `imply` as its owner has it. */
export interface Selection {
  readonly target: KconfigSymbol;
  cond: Expr;
  readonly place: Place;
}

/** A `select` or `imply` as its target sees it: `source && cond`. */
export interface ReverseDep {
  readonly source: KconfigSymbol;
  readonly cond: Expr;
  readonly place: Place;
}

/** An option, a constant such as "text" or 42, or a name that nothing defines (`nodes` is empty). */
export class KconfigSymbol {
  type: SymbolType = 'unknown';
  /** One per definition, in the order of the files. */
  readonly nodes: MenuNode[] = [];
  readonly defaults: Default[] = [];
  readonly ranges: Range[] = [];
  readonly selects: Selection[] = [];
  readonly implies: Selection[] = [];
  /** Dependencies of each definition; one of them has to hold. */
  readonly directDeps: Expr[] = [];
  readonly selectedBy: ReverseDep[] = [];
  readonly impliedBy: ReverseDep[] = [];
  choice: Choice | null = null;
  /** `option defconfig_list` and `option env`: never written to .config. */
  isAuto = false;
  /** `transitional`: takes the value of an old .config without a prompt, and is never written. */
  isTransitional = false;

  constructor(
    readonly name: string,
    readonly isConstant: boolean,
    /** The macro calls whose shell command was not run, where they would give the name. */
    readonly open: string | null = null,
  ) {}
}

/** A `choice` block; a named one may be continued elsewhere. */
export class Choice {
  type: SymbolType = 'unknown';
  isOptional = false;
  readonly nodes: MenuNode[] = [];
  readonly symbols: KconfigSymbol[] = [];
  readonly defaults: Default[] = [];

  constructor(readonly name: string | null) {}
}

export type NodeKind = 'root' | 'menu' | 'if' | 'comment' | 'symbol' | 'choice';

/** One place of the menu tree: a definition of a symbol or choice, a menu, an `if` or a comment. */
export class MenuNode {
  readonly defaults: Default[] = [];
  readonly ranges: Range[] = [];
  readonly selects: Selection[] = [];
  readonly implies: Selection[] = [];
  prompt: Prompt | null = null;
  help: string | null = null;
  children: MenuNode[] = [];
  isMenuconfig = false;

  constructor(
    readonly kind: NodeKind,
    readonly item: KconfigSymbol | Choice | null,
    public parent: MenuNode | null,
    readonly place: Place,
    /** `depends on` of this node, later joined with those of its parents. */
    public dep: Expr,
    /** `visible if` of a menu. */
    public visibility: Expr,
  ) {}
}

function constant(name: 'n' | 'm' | 'y'): KconfigSymbol {
  const symbol = new KconfigSymbol(name, true);
  symbol.type = 'tristate';
  return symbol;
}

/** The constants n, m and y; every Kconfig shares them. */
export const CONSTANT_N = constant('n');
export const CONSTANT_M = constant('m');
export const CONSTANT_Y = constant('y');

export function isLogical(type: SymbolType): boolean {
  return type === 'bool' || type === 'tristate';
}

/** A name for messages. */
export function itemName(item: KconfigSymbol | Choice): string {
  if (item instanceof KconfigSymbol) return item.name;
  return item.name === null ? '<choice>' : `<choice ${item.name}>`;
}
