// SPDX-License-Identifier: GPL-2.0-only
// A whole parsed Kconfig: its symbol table, choices, menu tree and the warnings of parsing.

import { placeText } from './errors';
import type { Place } from './errors';
import { ALWAYS } from './expr';
import { CONSTANT_M, CONSTANT_N, CONSTANT_Y, Choice, KconfigSymbol, MenuNode } from './model';
import type { ShellCall } from './preprocess';
import { tristateOf } from './tristate';

export class Kconfig {
  readonly root: MenuNode;
  /** Every source file read, in order, the first one included. */
  readonly files: string[] = [];
  readonly warnings: string[] = [];
  /** What `$(info,…)` says. */
  readonly messages: string[] = [];
  /** Each `$(shell,…)` command that was not run, once. */
  readonly notRun: ShellCall[] = [];
  readonly choices: Choice[] = [];
  /** The defined symbols, dependencies first: evaluating them in this order never goes deep. */
  evaluationOrder: readonly KconfigSymbol[] = [];
  private readonly names = new Map<string, KconfigSymbol>();
  private readonly constants = new Map([
    ['n', CONSTANT_N],
    ['m', CONSTANT_M],
    ['y', CONSTANT_Y],
  ]);
  private readonly defined = new Set<KconfigSymbol>();
  private readonly namedChoices = new Map<string, Choice>();
  private readonly commands = new Set<string>();
  private readonly envValues = new Map<string, string>();
  private hasModulesOption = false;
  /** What `m` is joined with in conditions; the symbol is final only after parsing. */
  readonly modulesExpr: { readonly op: 'item'; item: KconfigSymbol };

  constructor(readonly file: string) {
    this.root = new MenuNode('root', null, null, { file, line: 1 }, ALWAYS, ALWAYS);
    this.modulesExpr = { op: 'item', item: this.symbol('MODULES') };
    this.root.prompt = { text: 'Main menu', cond: ALWAYS, place: this.root.place };
  }

  get mainMenu(): string {
    return this.root.prompt?.text ?? '';
  }

  /** The symbols with at least one definition, in the order of their first one. */
  get symbols(): ReadonlySet<KconfigSymbol> {
    return this.defined;
  }

  /** The symbol that switches modules on: the one with `option modules`, or else MODULES. */
  get modules(): KconfigSymbol {
    return this.modulesExpr.item;
  }

  /** The defined symbol of this name. */
  find(name: string): KconfigSymbol | undefined {
    const symbol = this.names.get(name);
    return symbol && symbol.nodes.length > 0 ? symbol : undefined;
  }

  /** Whether any file names the symbol, defined or not. */
  isUsed(name: string): boolean {
    return this.names.has(name);
  }

  /** The symbol of this name, made on first sight; n, m and y are the constants. */
  symbol(name: string): KconfigSymbol {
    if (tristateOf(name) !== undefined) return this.constant(name);
    return getOrMake(this.names, name, () => new KconfigSymbol(name, false));
  }

  constant(text: string): KconfigSymbol {
    return getOrMake(this.constants, text, () => new KconfigSymbol(text, true));
  }

  define(symbol: KconfigSymbol, node: MenuNode): void {
    symbol.nodes.push(node);
    this.defined.add(symbol);
  }

  /** A new choice, or the one already known under `name`. */
  choice(name: string | null): Choice {
    const known = name === null ? undefined : this.namedChoices.get(name);
    if (known) return known;
    const choice = new Choice(name);
    this.choices.push(choice);
    if (name !== null) this.namedChoices.set(name, choice);
    return choice;
  }

  /** Notes `option modules`; false if another symbol has it already. */
  setModules(symbol: KconfigSymbol): boolean {
    if (this.hasModulesOption && this.modules !== symbol) return false;
    this.hasModulesOption = true;
    this.modulesExpr.item = symbol;
    return true;
  }

  /** Notes what `$(info,…)` says. */
  message(text: string): void {
    this.messages.push(text);
  }

  /** Notes a command that was not run. */
  missed(call: ShellCall): void {
    if (this.commands.has(call.command)) return;
    this.commands.add(call.command);
    this.notRun.push(call);
  }

  /** What `option env` gave the symbol of this name. */
  envValue(name: string): string | undefined {
    return this.envValues.get(name);
  }

  setEnvValue(symbol: KconfigSymbol, value: string): void {
    this.envValues.set(symbol.name, value);
  }

  warn(place: Place, detail: string): void {
    this.warnings.push(`${placeText(place)}: ${detail}`);
  }
}

function getOrMake<T>(map: Map<string, T>, key: string, make: () => T): T {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}
