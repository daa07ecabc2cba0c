// SPDX-License-Identifier: GPL-2.0-only
// Why an option has its value, step by step, as data and as text.

import { blame } from './blame';
import { dotConfigLine } from './dotconfig-writer';
import { placeText } from './errors';
import type { Place } from './errors';
import type { Evaluator } from './evaluator';
import { exprText } from './expr';
import type { Expr } from './model';
import { inactiveText, shortList } from './inactive';
import { isLogical } from './model';
import { plain } from './plain';
import type { KconfigSymbol, ReverseDep, SymbolType } from './model';
import type { Reason, ReasonKind } from './reason';
import { baseOf } from './relation';
import { MOD, NO, YES, triAnd, tristateName } from './tristate';
import type { Tristate, TristateName } from './tristate';
import { rangeText } from './value-symbols';

export interface Explanation {
  /** The option, without CONFIG_. */
  readonly name: string;
  /** Of the option. */
  readonly type: SymbolType;
  /** As in .config, strings without quotes. */
  readonly value: string;
  /** The most that a user can set it to. */
  readonly visibility: TristateName;
  /** Its config statements. */
  readonly definedAt: readonly Place[];
  /** What gives it its value, or keeps it from another one. */
  readonly reasons: readonly Reason[];
  /** All of it for people: a first line `NAME=value`, then one line per reason. */
  readonly text: string;
}

export function explainSymbol(evaluator: Evaluator, symbol: KconfigSymbol): Explanation {
  const explainer = new Explainer(evaluator, symbol);
  explainer.run();
  const { reasons } = explainer;
  const value = evaluator.text(symbol);
  const definedAt = symbol.nodes.map((node) => node.place);
  const head = `${symbol.name}=${value} (${symbol.type}, ${definedAt.map(placeText).join(', ')})`;
  const lines = shortList(reasons).map(
    ({ text, place }) => `  - ${text}${place ? ` (${placeText(place)})` : ''}`,
  );
  return {
    name: symbol.name,
    type: symbol.type,
    value,
    visibility: tristateName(evaluator.visibility(symbol)),
    definedAt,
    reasons,
    text: [head, ...lines].map(plain).join('\n'),
  };
}

class Explainer {
  readonly reasons: Reason[] = [];
  private readonly visibility: Tristate;

  constructor(
    private readonly evaluator: Evaluator,
    private readonly symbol: KconfigSymbol,
  ) {
    this.visibility = evaluator.visibility(symbol);
  }

  run(): void {
    const { symbol } = this;
    if (this.visibility === NO) this.invisible();
    if (!isLogical(symbol.type)) this.typedValue();
    else if (symbol.choice) this.member();
    else this.freeValue();
    if (dotConfigLine(this.evaluator, symbol) === undefined) {
      this.add('not-written', 'it has no line in .config');
    }
  }

  private invisible(): void {
    const prompts = this.symbol.nodes.flatMap(({ prompt }) => prompt ?? []);
    if (prompts.length === 0) {
      this.add(
        'no-prompt',
        'it has no prompt: a .config cannot set it, only default, select, imply',
      );
    }
    for (const { cond, place } of prompts) {
      const why = blame(this.evaluator, [cond]);
      const text =
        this.evaluator.expr(cond) === NO
          ? `its prompt is invisible because ${why.text}`
          : 'its prompt is invisible in the mode of its choice';
      this.add('prompt-invisible', text, place, why.names);
    }
  }

  private freeValue(): void {
    const { evaluator, symbol, visibility } = this;
    const user = evaluator.user.tristates.get(symbol);
    if (user !== undefined && visibility !== NO) this.userValue(user);
    else {
      const open = evaluator.openDefault(symbol);
      if (user !== undefined && open !== null) this.evidence(tristateName(user), open);
      else {
        if (user !== undefined) this.dropped(tristateName(user));
        this.logicalDefault();
        this.implies();
      }
    }
    this.selects();
    this.promotion(user);
  }

  private userValue(user: Tristate): void {
    const { evaluator, symbol, visibility } = this;
    const name = tristateName(user);
    if (user <= visibility) {
      this.add('user', `.config says ${name}`);
      return;
    }
    const conds = symbol.nodes.flatMap(({ prompt }) => prompt?.cond ?? []);
    const why = blame(evaluator, conds);
    const text = `.config says ${name}, limited to ${tristateName(visibility)} by ${why.text}`;
    this.add('user-limited', text, undefined, why.names);
  }

  /** Where the value would be m by what asks for it, and is y. */
  private promotion(user: Tristate | undefined): void {
    const { evaluator, symbol } = this;
    if (evaluator.tristate(symbol) !== YES || evaluator.selected(symbol) === YES) return;
    if (user !== undefined && evaluator.openDefault(symbol) !== null) return;
    const isUsed = user !== undefined && this.visibility !== NO;
    const fallback = isUsed ? undefined : evaluator.activeDefault(symbol);
    const asked = isUsed
      ? triAnd(user, this.visibility)
      : fallback
        ? triAnd(evaluator.expr(fallback.value), evaluator.expr(fallback.cond))
        : NO;
    const implied = evaluator.directDep(symbol) === NO ? NO : evaluator.implied(symbol);
    if (asked === YES || (!isUsed && implied === YES)) return;
    const text =
      symbol.type === 'bool'
        ? 'a bool is never m: m counts as y'
        : 'modules are off: m counts as y';
    this.add('promoted', text);
  }

  private logicalDefault(): void {
    const { evaluator, symbol } = this;
    const active = this.defaults();
    if (!active) return;
    const value = evaluator.expr(active.value);
    const limit = evaluator.expr(active.cond);
    const limited = limit < value ? `, limited to ${tristateName(limit)} by its condition` : '';
    const names = blame(evaluator, [active.value]).names.filter((name) => name !== symbol.name);
    const text = `its default is ${valueText(active.value, value)}${limited}`;
    this.add('default', text, active.place, names);
  }

  /** The active default; says why those before it, or all, do not count. */
  private defaults() {
    const { evaluator, symbol } = this;
    if (symbol.defaults.length === 0) {
      this.add('no-default', 'it has no default');
      return undefined;
    }
    for (const fallback of symbol.defaults) {
      if (evaluator.expr(fallback.cond) !== NO) return fallback;
      const why = blame(evaluator, [fallback.cond]);
      const text = `its default ${exprText(fallback.value)} does not apply because ${why.text}`;
      this.add('default-inactive', text, fallback.place, why.names);
    }
    return undefined;
  }

  private implies(): void {
    const { evaluator, symbol } = this;
    const active = symbol.impliedBy.filter((dep) => evaluator.reverse(dep) !== NO);
    if (evaluator.tristate(symbol) === NO) {
      for (const dep of symbol.impliedBy) {
        if (evaluator.reverse(dep) === NO) this.inactive('imply-inactive', dep);
      }
    }
    if (active.length === 0) return;
    if (evaluator.directDep(symbol) === NO) {
      const why = blame(evaluator, symbol.directDeps);
      for (const dep of active) {
        const text = `${dep.source.name} implies it in vain because ${why.text}`;
        this.add('imply-inactive', text, dep.place, [dep.source.name, ...why.names]);
      }
      return;
    }
    for (const dep of active) this.reverse('implied', dep);
    if (evaluator.directDep(symbol) === MOD && evaluator.effectiveType(symbol) !== 'bool') {
      const why = blame(evaluator, symbol.directDeps);
      this.add('imply-limited', `limited to m by ${why.text}`, undefined, why.names);
    }
  }

  private selects(): void {
    const { evaluator, symbol } = this;
    const active = symbol.selectedBy.filter((dep) => evaluator.reverse(dep) !== NO);
    for (const dep of active) this.reverse('selected', dep);
    // Who could switch it on matters only while it is off.
    if (evaluator.tristate(symbol) === NO) {
      for (const dep of symbol.selectedBy) this.inactive('select-inactive', dep);
    }
    const selected = evaluator.selected(symbol);
    const direct = evaluator.directDep(symbol);
    if (selected > direct && !(direct === MOD && symbol.type === 'bool')) {
      const why = blame(evaluator, symbol.directDeps);
      const text = `the select overrides unmet dependencies: ${why.text}`;
      this.add('unmet-dependency', text, undefined, why.names);
    }
  }

  private inactive(kind: 'select-inactive' | 'imply-inactive', dep: ReverseDep): void {
    const { text, names } = inactiveText(this.evaluator, kind, dep);
    this.add(kind, text, dep.place, names);
  }

  private reverse(kind: 'selected' | 'implied', dep: ReverseDep): void {
    const value = tristateName(this.evaluator.reverse(dep));
    const text = `${kind} by ${dep.source.name}=${this.evaluator.text(dep.source)}, to ${value}`;
    this.add(kind, text, dep.place, [dep.source.name]);
  }

  private member(): void {
    const { evaluator, symbol } = this;
    const { choice } = symbol;
    if (!choice) return;
    const user = evaluator.user.tristates.get(symbol);
    if (user !== undefined && this.visibility === NO) this.dropped(tristateName(user));
    const mode = evaluator.mode(choice);
    const place = choice.nodes[0]?.place;
    const selection = evaluator.selection(choice);
    if (mode !== YES) {
      const wish = user === undefined ? 'does not mention it' : `says ${tristateName(user)}`;
      this.add('choice', `its choice is in mode ${tristateName(mode)}; .config ${wish}`, place);
      return;
    }
    if (selection === null) {
      this.add('choice', 'no member of its choice is visible', place);
      return;
    }
    const by = evaluator.user.selections.get(choice) === selection ? '.config' : 'default';
    const isSelf = selection === symbol;
    const text = `its choice selects ${isSelf ? 'it' : selection.name}, by ${by}`;
    this.add('choice', text, place, isSelf ? [] : [selection.name]);
  }

  private typedValue(): void {
    const { evaluator, symbol, visibility } = this;
    if (symbol.type === 'unknown') return;
    const user = evaluator.user.texts.get(symbol);
    const { from, range, usedDefault, isClamped } = evaluator.typed(symbol);
    const bounds = rangeText(range, baseOf(symbol.type));
    const open = evaluator.openDefault(symbol);
    if (from === 'user' && open !== null) this.evidence(user ?? '', open);
    else if (from === 'user') this.add('user', `.config says ${user ?? ''}`);
    else if (user !== undefined && visibility === NO) this.dropped(user);
    else if (user !== undefined) {
      this.add(
        'user-dropped',
        `.config says ${user}, dropped: outside ${bounds}`,
        range?.range.place,
      );
    }
    if (from !== 'user') this.defaults();
    if (usedDefault) {
      const text = `its default is ${exprText(usedDefault.value)}`;
      this.add('default', text, usedDefault.place, blame(evaluator, [usedDefault.value]).names);
    }
    if (range) {
      const text = `${isClamped ? 'brought into' : 'within'} its range ${bounds}`;
      this.add('range', text, range.range.place);
    }
  }

  private evidence(user: string, open: string): void {
    this.add('user', `.config says ${user}, which counts: its default needs ${open}, not run`);
  }

  private dropped(user: string): void {
    this.add('user-dropped', `.config says ${user}, dropped: no prompt of it is visible`);
  }

  private add(kind: ReasonKind, text: string, place?: Place, names: readonly string[] = []): void {
    this.reasons.push(place ? { kind, text, place, names } : { kind, text, names });
  }
}

/** An expression and, where it does not say so itself, its value. */
function valueText(expr: Expr, value: Tristate): string {
  const text = exprText(expr);
  return text === tristateName(value) ? text : `${text}, which is ${tristateName(value)}`;
}
