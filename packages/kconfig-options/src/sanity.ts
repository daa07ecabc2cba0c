// SPDX-License-Identifier: GPL-2.0-only
// What is legal Kconfig but surely not meant: warnings; and defaults that can have no meaning: errors.

import { errorAt } from './errors';
import type { Place } from './errors';
import { exprText, singleSymbol } from './expr';
import type { Kconfig } from './kconfig';
import { isLogical } from './model';
import type { Choice, KconfigSymbol, SymbolType } from './model';
import { isNumberText } from './numbers';

export function checkSanity(kconfig: Kconfig): void {
  for (const symbol of kconfig.symbols) checkSymbol(kconfig, symbol);
  for (const choice of kconfig.choices) checkChoice(kconfig, choice);
}

function checkSymbol(kconfig: Kconfig, symbol: KconfigSymbol): void {
  const { name, type } = symbol;
  const place = placeOf(symbol);
  if (type === 'unknown') kconfig.warn(place, `${name} has no type`);
  if (isLogical(type)) checkTargets(kconfig, symbol);
  else if (type !== 'unknown') checkValueDefaults(kconfig, symbol, type);
  if (!isLogical(type) && (symbol.selects.length > 0 || symbol.implies.length > 0)) {
    kconfig.warn(place, `${name} is ${type}; only bool and tristate can select or imply`);
  }
  const isNumber = type === 'int' || type === 'hex';
  for (const { low, high, place: at } of symbol.ranges) {
    if (!isNumber) kconfig.warn(at, `${name} has a range but is ${type}, not int or hex`);
    else if (!isNumeric(low, type) || !isNumeric(high, type)) {
      kconfig.warn(at, `the range of ${name} is not between two numbers of type ${type}`);
    }
  }
}

function checkTargets(kconfig: Kconfig, symbol: KconfigSymbol): void {
  for (const { target, place } of [...symbol.selects, ...symbol.implies]) {
    if (!isLogical(target.type) && target.type !== 'unknown') {
      kconfig.warn(
        place,
        `${target.name} is ${target.type} and can neither be selected nor implied`,
      );
    }
  }
}

function checkValueDefaults(kconfig: Kconfig, symbol: KconfigSymbol, type: SymbolType): void {
  for (const { value, place } of symbol.defaults) {
    const source = singleSymbol(value);
    if (!source) {
      throw errorAt(
        place,
        `expected the default of the ${type} ${symbol.name} to be a single value, got ${exprText(value)}`,
      );
    }
    if ((type === 'int' || type === 'hex') && !isNumeric(source, type)) {
      kconfig.warn(place, `the default of ${symbol.name} is not a number of type ${type}`);
    }
  }
}

/** Constants and undefined names have themselves as value. */
function isNumeric(symbol: KconfigSymbol, type: 'int' | 'hex'): boolean {
  // What the shell was not asked for may well be a number.
  if (symbol.open !== null) return true;
  if (symbol.nodes.length > 0) return symbol.type === 'int' || symbol.type === 'hex';
  return isNumberText(symbol.name, type === 'int' ? 10 : 16);
}

function checkChoice(kconfig: Kconfig, choice: Choice): void {
  const place = placeOf(choice);
  if (!isLogical(choice.type)) kconfig.warn(place, `the choice is ${choice.type}, not bool`);
  if (choice.nodes.every((node) => !node.prompt)) kconfig.warn(place, 'the choice has no prompt');
  for (const { value, place: at } of choice.defaults) {
    if (singleSymbol(value)?.choice !== choice) {
      kconfig.warn(at, `the default ${exprText(value)} is not a member of the choice`);
    }
  }
  for (const symbol of choice.symbols) checkMember(kconfig, choice, symbol);
}

function checkMember(kconfig: Kconfig, choice: Choice, symbol: KconfigSymbol): void {
  const place = placeOf(symbol);
  if (symbol.defaults.length > 0) {
    kconfig.warn(place, `${symbol.name} is a member of a choice: its defaults have no effect`);
  }
  if (symbol.selectedBy.length > 0 || symbol.impliedBy.length > 0) {
    kconfig.warn(place, `${symbol.name} is a member of a choice: select and imply have no effect`);
  }
  for (const node of symbol.nodes) {
    const isInside = node.parent?.item === choice;
    if (isInside && !node.prompt) {
      kconfig.warn(node.place, `${symbol.name} is a member of a choice and has no prompt`);
    }
    if (!isInside && node.prompt) {
      kconfig.warn(node.place, `${symbol.name} has a prompt outside its choice`);
    }
  }
}

function placeOf(item: KconfigSymbol | Choice): Place {
  return item.nodes[0]?.place ?? { file: 'Kconfig', line: 0 };
}
