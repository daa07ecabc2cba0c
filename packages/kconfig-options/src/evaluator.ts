// SPDX-License-Identifier: GPL-2.0-only
// The values of symbols and choices under given user values: scripts/kconfig/symbol.c in our words.

import { errorAt } from './errors';
import { exprText } from './expr';
import type { Expr } from './model';
import type { Kconfig } from './kconfig';
import { CONSTANT_M, CONSTANT_N, CONSTANT_Y, KconfigSymbol, isLogical } from './model';
import type { Choice, Default, ReverseDep, SymbolType } from './model';
import { compareRelation } from './relation';
import { MOD, NO, YES, promoteModule, triAnd, triNot, triOr, tristateName } from './tristate';
import type { Tristate } from './tristate';
import type { UserValues } from './user-values';
import { valueOfType } from './value-symbols';
import type { TypedValue } from './value-symbols';

export class Evaluator {
  /** Found while evaluating, in the order in which values were asked for. */
  readonly warnings: string[] = [];
  private readonly tristates = new Map<KconfigSymbol, Tristate>();
  private readonly values = new Map<KconfigSymbol, TypedValue>();
  private readonly visibilities = new Map<KconfigSymbol | Choice, Tristate>();
  private readonly modes = new Map<Choice, Tristate>();
  private readonly selections = new Map<Choice, KconfigSymbol | null>();
  private readonly unwritten = new Set<KconfigSymbol>();
  private readonly running = new Set<KconfigSymbol>();

  constructor(
    private readonly kconfig: Kconfig,
    readonly user: UserValues,
  ) {}

  /** n, m or y of an expression. */
  expr(expr: Expr): Tristate {
    switch (expr.op) {
      case 'item':
        return expr.item instanceof KconfigSymbol ? this.tristate(expr.item) : this.mode(expr.item);
      case 'and': {
        let value: Tristate = YES;
        for (const arg of expr.args) {
          value = triAnd(value, this.expr(arg));
          if (value === NO) break;
        }
        return value;
      }
      case 'or':
        return this.any(expr.args, (arg) => this.expr(arg));
      case 'not':
        return triNot(this.expr(expr.arg));
      default:
        return compareRelation(this, expr.op, expr.left, expr.right) ? YES : NO;
    }
  }

  /** The value as .config spells it, strings without quotes; a constant or undefined name is itself. */
  text(symbol: KconfigSymbol): string {
    if (symbol.type === 'unknown') return symbol.name;
    return isLogical(symbol.type) ? tristateName(this.tristate(symbol)) : this.typed(symbol).text;
  }

  /** n, m or y of a symbol; n for what is neither bool nor tristate. */
  tristate(symbol: KconfigSymbol): Tristate {
    if (symbol === CONSTANT_Y) return YES;
    if (symbol === CONSTANT_M) return MOD;
    if (symbol === CONSTANT_N || !isLogical(symbol.type)) return NO;
    return this.once(this.tristates, symbol, () =>
      symbol.choice ? this.memberValue(symbol, symbol.choice) : this.freeValue(symbol),
    );
  }

  /** Value and range of an int, hex or string symbol. */
  typed(symbol: KconfigSymbol): TypedValue {
    return this.once(this.values, symbol, () => valueOfType(this, symbol));
  }

  /** The most that a user may set: the best of the prompts. */
  visibility(item: KconfigSymbol | Choice): Tristate {
    let known = this.visibilities.get(item);
    if (known === undefined) {
      known = this.computeVisibility(item);
      this.visibilities.set(item, known);
    }
    return known;
  }

  /** The mode of a choice: y selects one member, m allows any number of modules. */
  mode(choice: Choice): Tristate {
    let known = this.modes.get(choice);
    if (known === undefined) {
      const least = choice.isOptional ? NO : MOD;
      const wanted = triOr(least, this.user.modes.get(choice) ?? NO);
      known = triAnd(wanted, this.visibility(choice));
      if (this.effectiveType(choice) === 'bool') known = promoteModule(known);
      this.modes.set(choice, known);
    }
    return known;
  }

  /** The member of a choice in mode y that is y, if any member is visible. */
  selection(choice: Choice): KconfigSymbol | null {
    let known = this.selections.get(choice);
    if (known === undefined) {
      known = this.computeSelection(choice);
      this.selections.set(choice, known);
    }
    return known;
  }

  /** Whether .config has a line for the symbol. */
  isWritten(symbol: KconfigSymbol): boolean {
    this.text(symbol);
    if (symbol.type === 'unknown' || symbol.isAuto || symbol.isTransitional) return false;
    return !this.unwritten.has(symbol);
  }

  /** tristate is only a name where modules are off or the choice is in mode y. */
  effectiveType(item: KconfigSymbol | Choice): SymbolType {
    if (item.type !== 'tristate') return item.type;
    if (item instanceof KconfigSymbol && item.choice && this.mode(item.choice) === YES)
      return 'bool';
    return this.tristate(this.kconfig.modules) === NO ? 'bool' : 'tristate';
  }

  /** The first default whose condition holds. */
  activeDefault(item: KconfigSymbol | Choice): Default | undefined {
    return item.defaults.find(({ cond }) => this.expr(cond) !== NO);
  }

  /**
   * The macro calls that were not run, where only they can give the symbol its value: a .config that was
   * made with them knows the answer, so that its value counts although no prompt is visible.
   */
  openDefault(symbol: KconfigSymbol): string | null {
    const open = symbol.defaults.find((one) => one.open != null)?.open ?? null;
    if (open === null || symbol.nodes.some(({ prompt }) => prompt !== null)) return null;
    return this.directDep(symbol) === NO ? null : open;
  }

  /** What a select or imply asks for. */
  reverse({ source, cond }: ReverseDep): Tristate {
    const value = this.tristate(source);
    return value === NO ? NO : triAnd(value, this.expr(cond));
  }

  selected(symbol: KconfigSymbol): Tristate {
    return this.any(symbol.selectedBy, (dep) => this.reverse(dep));
  }

  implied(symbol: KconfigSymbol): Tristate {
    return this.any(symbol.impliedBy, (dep) => this.reverse(dep));
  }

  directDep(symbol: KconfigSymbol): Tristate {
    return this.any(symbol.directDeps, (dep) => this.expr(dep));
  }

  markUnwritten(symbol: KconfigSymbol): void {
    this.unwritten.add(symbol);
  }

  private freeValue(symbol: KconfigSymbol): Tristate {
    const visibility = this.visibility(symbol);
    const user = this.user.tristates.get(symbol);
    let written = visibility !== NO;
    let value: Tristate = NO;
    if (user !== undefined && visibility === NO && this.openDefault(symbol) !== null) {
      value = user;
      if (value !== NO) written = true;
    } else if (visibility !== NO && user !== undefined) {
      value = triAnd(user, visibility);
    } else {
      const fallback = this.activeDefault(symbol);
      if (fallback) value = triAnd(this.expr(fallback.value), this.expr(fallback.cond));
      if (value !== NO) written = true;
      const implied = this.implied(symbol);
      if (implied !== NO) {
        // Limits what a default gave as well; a bool takes a dependency of m for y.
        const isBool = this.effectiveType(symbol) === 'bool';
        const limit = this.directDep(symbol);
        value = triAnd(triOr(value, implied), isBool ? promoteModule(limit) : limit);
        written = true;
      }
    }
    const selected = this.selected(symbol);
    if (selected !== NO) {
      this.checkUnmet(symbol, selected);
      value = triOr(value, selected);
      written = true;
    }
    if (value === MOD && this.effectiveType(symbol) === 'bool') value = YES;
    if (!written) this.unwritten.add(symbol);
    return value;
  }

  /** A visible member of a choice in mode y is what the choice selects. Selects and implies never count. */
  private memberValue(symbol: KconfigSymbol, choice: Choice): Tristate {
    const visibility = this.visibility(symbol);
    if (visibility === YES) return this.selection(choice) === symbol ? YES : NO;
    const user = this.user.tristates.get(symbol);
    let value: Tristate = NO;
    if (visibility !== NO && user !== undefined) value = triAnd(user, visibility);
    else {
      const fallback = this.activeDefault(symbol);
      if (fallback) value = triAnd(this.expr(fallback.value), this.expr(fallback.cond));
    }
    if (visibility === NO && value === NO) this.unwritten.add(symbol);
    return value === MOD && this.effectiveType(symbol) === 'bool' ? YES : value;
  }

  private computeVisibility(item: KconfigSymbol | Choice): Tristate {
    if (item instanceof KconfigSymbol && item.isTransitional) return YES;
    const visibility = this.any(item.nodes, ({ prompt }) => (prompt ? this.expr(prompt.cond) : NO));
    const choice = item instanceof KconfigSymbol ? item.choice : null;
    if (choice) {
      const isTristate = item.type === 'tristate';
      if (!isTristate && choice.type === 'tristate' && this.mode(choice) !== YES) return NO;
      if (isTristate && visibility === MOD && this.mode(choice) === YES) return NO;
    }
    if (visibility === MOD && this.effectiveType(item) !== 'tristate') return YES;
    return visibility;
  }

  private computeSelection(choice: Choice): KconfigSymbol | null {
    if (this.mode(choice) !== YES) return null;
    const isVisible = (symbol: KconfigSymbol) => this.visibility(symbol) !== NO;
    const wanted = this.user.selections.get(choice);
    if (wanted && isVisible(wanted)) return wanted;
    for (const { value, cond } of choice.defaults) {
      if (value.op !== 'item' || !(value.item instanceof KconfigSymbol)) continue;
      if (this.expr(cond) !== NO && isVisible(value.item)) return value.item;
    }
    return choice.symbols.find(isVisible) ?? null;
  }

  private checkUnmet(symbol: KconfigSymbol, selected: Tristate): void {
    const dep = this.directDep(symbol);
    const isBool = this.effectiveType(symbol) === 'bool';
    if ((isBool ? promoteModule(dep) : dep) >= (isBool ? promoteModule(selected) : selected))
      return;
    const by = symbol.selectedBy.filter((select) => this.reverse(select) > dep);
    const deps = symbol.directDeps.map(exprText).join(' || ');
    this.warnings.push(
      `unmet direct dependencies detected for ${symbol.name}: depends on [${tristateName(dep)}] ` +
        `${deps}; selected by ` +
        by
          .map((select) => `${select.source.name} [${tristateName(this.reverse(select))}]`)
          .join(', '),
    );
  }

  private any<T>(items: readonly T[], valueOf: (item: T) => Tristate): Tristate {
    let value: Tristate = NO;
    for (const item of items) {
      value = triOr(value, valueOf(item));
      if (value === YES) break;
    }
    return value;
  }

  /** Loops are found after parsing; this one is left: MODULES depending on a tristate. */
  private once<T>(cache: Map<KconfigSymbol, T>, symbol: KconfigSymbol, compute: () => T): T {
    const known = cache.get(symbol);
    if (known !== undefined) return known;
    if (this.running.has(symbol)) {
      const place = symbol.nodes[0]?.place ?? { file: this.kconfig.file, line: 0 };
      throw errorAt(place, `the value of ${symbol.name} depends on itself`);
    }
    this.running.add(symbol);
    const value = compute();
    this.running.delete(symbol);
    cache.set(symbol, value);
    return value;
  }
}
