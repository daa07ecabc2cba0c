// SPDX-License-Identifier: GPL-2.0-only
// After parsing: dependencies go down the menu tree, properties go up to the symbols, choices get members.

import { ALWAYS, isAlways, isNever, itemExpr, makeAnd } from './expr';
import type { Expr } from './model';
import type { Kconfig } from './kconfig';
import { CONSTANT_M, CONSTANT_N, CONSTANT_Y, Choice, KconfigSymbol } from './model';
import type { MenuNode } from './model';

export function finalizeMenuTree(kconfig: Kconfig): void {
  finalizeNode(kconfig.root, [kconfig.root], 0, ALWAYS);
}

/** Finalizes `siblings[index]`, its children, and the siblings that become its implicit submenu. */
function finalizeNode(node: MenuNode, siblings: MenuNode[], index: number, visibleIf: Expr): void {
  if (node.item instanceof KconfigSymbol) {
    addProperties(node, node.item);
    makeSubmenu(node, node.item, siblings, index, visibleIf);
  } else if (node.children.length > 0) {
    if (node.item instanceof Choice) shareType(node, node.item);
    const visible = node.kind === 'menu' ? makeAnd(visibleIf, node.visibility) : visibleIf;
    propagate(node, visible);
    for (let i = 0; i < node.children.length; i++) {
      const child = node.children[i];
      if (child) finalizeNode(child, node.children, i, visible);
    }
  }
  node.children = flatten(node.children);
  if (node.item instanceof Choice) finalizeChoice(node, node.item);
}

/** What follows a symbol and depends on it moves below it. It decides who is a member of a choice. */
function makeSubmenu(
  node: MenuNode,
  symbol: KconfigSymbol,
  siblings: MenuNode[],
  index: number,
  visibleIf: Expr,
): void {
  let end = index + 1;
  for (;;) {
    const next = siblings[end];
    if (!next || !dependsOn(next.prompt ? next.prompt.cond : next.dep, symbol)) break;
    finalizeNode(next, siblings, end, visibleIf);
    next.parent = node;
    end++;
  }
  node.children = siblings.splice(index + 1, end - index - 1);
}

/** Joins the dependencies of `parent` to everything directly below it. */
function propagate(parent: MenuNode, visibleIf: Expr): void {
  const inherited = parent.item instanceof Choice ? itemExpr(parent.item) : parent.dep;
  for (const child of parent.children) {
    const dep = makeAnd(child.dep, inherited);
    child.dep = dep;
    if (child.prompt) {
      const limit = child.item ? makeAnd(visibleIf, dep) : dep;
      child.prompt.cond = makeAnd(child.prompt.cond, limit);
    }
    for (const property of [
      ...child.defaults,
      ...child.ranges,
      ...child.selects,
      ...child.implies,
    ]) {
      property.cond = makeAnd(property.cond, dep);
    }
  }
}

/** Copies what one definition says to the symbol, and its selects and implies to their targets. */
function addProperties(node: MenuNode, symbol: KconfigSymbol): void {
  symbol.directDeps.push(node.dep);
  symbol.defaults.push(...node.defaults);
  symbol.ranges.push(...node.ranges);
  symbol.selects.push(...node.selects);
  symbol.implies.push(...node.implies);
  for (const { target, cond, place } of node.selects) {
    if (!isNever(cond)) target.selectedBy.push({ source: symbol, cond, place });
  }
  for (const { target, cond, place } of node.implies) {
    if (!isNever(cond)) target.impliedBy.push({ source: symbol, cond, place });
  }
}

/** Whether `expr` cannot hold without `symbol`, as far as a look at its && parts tells. */
function dependsOn(expr: Expr, symbol: KconfigSymbol): boolean {
  switch (expr.op) {
    case 'item':
      return expr.item === symbol;
    case 'and':
      return expr.args.some((arg) => dependsOn(arg, symbol));
    case '=':
    case '!=': {
      if (expr.left !== symbol && expr.right !== symbol) return false;
      const other = expr.right === symbol ? expr.left : expr.right;
      if (expr.op === '!=') return other === CONSTANT_N || other === CONSTANT_Y;
      return other === CONSTANT_M || other === CONSTANT_Y;
    }
    default:
      return false;
  }
}

/** Lifts the children of ifs and of symbols without a prompt to where these stand; ifs vanish. */
function flatten(nodes: readonly MenuNode[]): MenuNode[] {
  const out: MenuNode[] = [];
  const pending = [...nodes].reverse();
  for (let node = pending.pop(); node; node = pending.pop()) {
    if (!node.prompt && !(node.item instanceof Choice)) {
      for (const child of node.children) child.parent = node.parent;
      pending.push(...node.children.reverse());
      node.children = [];
    }
    if (node.kind !== 'if') out.push(node);
  }
  return out;
}

/** Gives the choice its members. */
function finalizeChoice(node: MenuNode, choice: Choice): void {
  choice.defaults.push(...node.defaults);
  for (const child of node.children) {
    if (!(child.item instanceof KconfigSymbol)) continue;
    child.item.choice = choice;
    choice.symbols.push(child.item);
  }
}

/** A choice takes its type from a member, and gives it to the others; members within an `if` have no part in this. */
function shareType(node: MenuNode, choice: Choice): void {
  const members = node.children.flatMap(({ item }) => (item instanceof KconfigSymbol ? item : []));
  if (choice.type === 'unknown') {
    choice.type = members.find((symbol) => symbol.type !== 'unknown')?.type ?? 'unknown';
  }
  for (const symbol of members) if (symbol.type === 'unknown') symbol.type = choice.type;
}

/** The dependencies of a symbol that matter: none if one of its definitions has none. */
export function effectiveDeps(symbol: KconfigSymbol): readonly Expr[] {
  return symbol.directDeps.some(isAlways) ? [] : symbol.directDeps;
}
