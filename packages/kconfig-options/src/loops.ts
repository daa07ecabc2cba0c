// SPDX-License-Identifier: GPL-2.0-only
// Finds symbols that depend on themselves, however long the way round.

import { errorAt } from './errors';
import { forEachItem } from './expr';
import type { Expr } from './model';
import { effectiveDeps } from './finalize';
import type { Kconfig } from './kconfig';
import { Choice, KconfigSymbol, itemName } from './model';

type Item = KconfigSymbol | Choice;
/** The items of a loop, each one depending on the next and the last one on the first. */
interface Loop {
  readonly items: Item[];
  /** All of the loop is in `items`: what follows on the way back only led to it. */
  isClosed: boolean;
}

/**
 * Throws a KconfigError that names the loop, if there is one. Otherwise leaves in
 * `kconfig.evaluationOrder` the symbols with each one after those that it depends on.
 */
export function checkLoops(kconfig: Kconfig): void {
  const search = new LoopSearch(kconfig);
  for (const symbol of kconfig.symbols) search.start(symbol);
  kconfig.evaluationOrder = search.dependenciesFirst();
}

class LoopSearch {
  private readonly dependents = new Map<Item, Set<Item>>();
  private readonly open = new Set<Item>();
  private readonly done = new Set<Item>();

  private readonly file: string;

  constructor(kconfig: Kconfig) {
    this.file = kconfig.file;
    for (const symbol of kconfig.symbols) this.addSymbol(symbol);
    for (const choice of kconfig.choices) this.addChoice(choice);
  }

  start(symbol: KconfigSymbol): void {
    const loop = this.visitSymbol(symbol, false);
    const first = loop?.items[0];
    if (!loop || !first) return;
    throw errorAt(
      first.nodes[0]?.place ?? { file: this.file, line: 0 },
      `dependency loop: ${[...loop.items, first].map(itemName).join(' depends on ')}`,
    );
  }

  dependenciesFirst(): KconfigSymbol[] {
    // A symbol is done after all that depends on it.
    return [...this.done].filter((item) => item instanceof KconfigSymbol).reverse();
  }

  private addSymbol(symbol: KconfigSymbol): void {
    for (const { prompt } of symbol.nodes) if (prompt) this.add(symbol, prompt.cond);
    for (const { value, cond } of symbol.defaults) this.add(symbol, value, cond);
    for (const { source, cond } of [...symbol.selectedBy, ...symbol.impliedBy]) {
      this.link(source, symbol);
      this.add(symbol, cond);
    }
    for (const { low, high, cond } of symbol.ranges) {
      this.link(low, symbol);
      this.link(high, symbol);
      this.add(symbol, cond);
    }
    this.add(symbol, ...effectiveDeps(symbol));
  }

  private addChoice(choice: Choice): void {
    for (const { prompt } of choice.nodes) if (prompt) this.add(choice, prompt.cond);
    for (const { cond } of choice.defaults) this.add(choice, cond);
  }

  private add(dependent: Item, ...exprs: Expr[]): void {
    for (const expr of exprs) {
      forEachItem(expr, (item) => {
        this.link(item, dependent);
      });
    }
  }

  private link(item: Item, dependent: Item): void {
    if (item instanceof KconfigSymbol && item.isConstant) return;
    const known = this.dependents.get(item);
    if (known) known.add(dependent);
    else this.dependents.set(item, new Set([dependent]));
  }

  /** `fromChoice`: reached as a member of its choice, which must not be entered again at once. */
  private visitSymbol(symbol: KconfigSymbol, fromChoice: boolean): Loop | null {
    if (this.done.has(symbol)) return null;
    if (this.open.has(symbol)) return { items: [symbol], isClosed: false };
    this.open.add(symbol);
    for (const dependent of this.dependents.get(symbol) ?? []) {
      const loop =
        dependent instanceof Choice
          ? this.visitChoice(dependent, null)
          : this.visitSymbol(dependent, false);
      if (loop) return extend(loop, symbol);
    }
    if (symbol.choice && !fromChoice) {
      const loop = this.visitChoice(symbol.choice, symbol);
      if (loop) return extend(loop, symbol);
    }
    this.open.delete(symbol);
    this.done.add(symbol);
    return null;
  }

  /** Every member depends on the choice, and so on every other member; `entry` led here. */
  private visitChoice(choice: Choice, entry: KconfigSymbol | null): Loop | null {
    if (this.done.has(choice)) return null;
    if (this.open.has(choice)) return { items: [choice], isClosed: false };
    this.open.add(choice);
    for (const symbol of choice.symbols) {
      if (symbol === entry) continue;
      const loop = this.visitSymbol(symbol, true);
      if (loop) return extend(loop, choice);
    }
    this.open.delete(choice);
    this.done.add(choice);
    return null;
  }
}

/** Adds an item on the way back, until the loop is closed. */
function extend(loop: Loop, item: Item): Loop {
  if (loop.isClosed) return loop;
  if (loop.items[0] === item) loop.isClosed = true;
  else loop.items.push(item);
  return loop;
}
