// SPDX-License-Identifier: GPL-2.0-only
// Finds symbols that depend on themselves, however long the way round.

import { errorAt } from './errors';
import { forEachItem } from './expr';
import type { Expr } from './model';
import { effectiveDeps } from './finalize';
import type { Kconfig } from './kconfig';
import { Choice, KconfigSymbol, itemName } from './model';

type Item = KconfigSymbol | Choice;
/** What makes one item depend on another, between their names in a message. */
type Link =
  | 'depends on'
  | 'is selected by'
  | 'is selected if'
  | 'is implied by'
  | 'is implied if'
  | 'has a default with'
  | 'has a range with'
  | 'has the member'
  | 'is a member of';

/** The items of a loop, each one depending on the next and the last one on the first. */
interface Loop {
  readonly items: Item[];
  /** `links[i]` joins `items[i]` and the next one. */
  readonly links: Link[];
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
  private readonly dependents = new Map<Item, Map<Item, Link>>();
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
      `dependency loop: ${loopText(loop.items, loop.links)}`,
    );
  }

  dependenciesFirst(): KconfigSymbol[] {
    // A symbol is done after all that depends on it.
    return [...this.done].filter((item) => item instanceof KconfigSymbol).reverse();
  }

  private addSymbol(symbol: KconfigSymbol): void {
    // The first link between two items is the one that a message names: dependencies before their copies.
    for (const dep of effectiveDeps(symbol)) this.add(symbol, 'depends on', dep);
    for (const { prompt } of symbol.nodes) if (prompt) this.add(symbol, 'depends on', prompt.cond);
    for (const { source } of symbol.selectedBy) this.link(source, symbol, 'is selected by');
    for (const { source } of symbol.impliedBy) this.link(source, symbol, 'is implied by');
    for (const { value, cond } of symbol.defaults) {
      this.add(symbol, 'has a default with', value);
      this.add(symbol, 'has a default with', cond);
    }
    for (const { low, high, cond } of symbol.ranges) {
      this.link(low, symbol, 'has a range with');
      this.link(high, symbol, 'has a range with');
      this.add(symbol, 'has a range with', cond);
    }
    for (const { cond } of symbol.selectedBy) this.add(symbol, 'is selected if', cond);
    for (const { cond } of symbol.impliedBy) this.add(symbol, 'is implied if', cond);
  }

  private addChoice(choice: Choice): void {
    for (const { prompt } of choice.nodes) if (prompt) this.add(choice, 'depends on', prompt.cond);
    for (const { cond } of choice.defaults) this.add(choice, 'has a default with', cond);
  }

  private add(dependent: Item, how: Link, expr: Expr): void {
    forEachItem(expr, (item) => {
      this.link(item, dependent, how);
    });
  }

  private link(item: Item, dependent: Item, how: Link): void {
    if (item instanceof KconfigSymbol && item.isConstant) return;
    const known = this.dependents.get(item);
    if (!known) this.dependents.set(item, new Map([[dependent, how]]));
    else if (!known.has(dependent)) known.set(dependent, how);
  }

  /** `fromChoice`: reached as a member of its choice, which must not be entered again at once. */
  private visitSymbol(symbol: KconfigSymbol, fromChoice: boolean): Loop | null {
    if (this.done.has(symbol)) return null;
    if (this.open.has(symbol)) return { items: [symbol], links: [], isClosed: false };
    this.open.add(symbol);
    for (const [dependent, how] of this.dependents.get(symbol) ?? []) {
      const loop =
        dependent instanceof Choice
          ? this.visitChoice(dependent, null)
          : this.visitSymbol(dependent, false);
      if (loop) return extend(loop, symbol, how);
    }
    if (symbol.choice && !fromChoice) {
      const loop = this.visitChoice(symbol.choice, symbol);
      if (loop) return extend(loop, symbol, 'has the member');
    }
    this.open.delete(symbol);
    this.done.add(symbol);
    return null;
  }

  /** Every member depends on the choice, and so on every other member; `entry` led here. */
  private visitChoice(choice: Choice, entry: KconfigSymbol | null): Loop | null {
    if (this.done.has(choice)) return null;
    if (this.open.has(choice)) return { items: [choice], links: [], isClosed: false };
    this.open.add(choice);
    for (const symbol of choice.symbols) {
      if (symbol === entry) continue;
      const loop = this.visitSymbol(symbol, true);
      if (loop) return extend(loop, choice, 'is a member of');
    }
    this.open.delete(choice);
    this.done.add(choice);
    return null;
  }
}

/** Adds an item on the way back, until the loop is closed. */
function extend(loop: Loop, item: Item, how: Link): Loop {
  if (loop.isClosed) return loop;
  loop.links.push(how);
  if (loop.items[0] === item) loop.isClosed = true;
  else loop.items.push(item);
  return loop;
}

/** `A depends on B, B is selected by A`. */
function loopText(items: readonly Item[], links: readonly Link[]): string {
  return items
    .map((item, i) => {
      const next = items[(i + 1) % items.length] ?? item;
      return `${itemName(item)} ${links[i] ?? 'depends on'} ${itemName(next)}`;
    })
    .join(', ');
}
