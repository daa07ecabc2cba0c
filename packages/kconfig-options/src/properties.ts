// SPDX-License-Identifier: GPL-2.0-only
// The options under a config, choice, menu or comment: types, prompts, defaults, dependencies.

import { Cursor } from './cursor';
import { ALWAYS, equalsNo, itemExpr, makeAnd, openCalls, singleSymbol } from './expr';
import type { Expr } from './model';
import { ExprParser, conditionToEnd, optionalCondition, takeSymbol } from './expr-parser';
import type { Kconfig } from './kconfig';
import type { LineReader } from './line-reader';
import { Choice, KconfigSymbol, itemName } from './model';
import type { MenuNode, SymbolType } from './model';
import type { Preprocessor } from './preprocess';

const TYPES: ReadonlyMap<string, SymbolType> = new Map([
  ['bool', 'bool'],
  ['boolean', 'bool'],
  ['tristate', 'tristate'],
  ['int', 'int'],
  ['hex', 'hex'],
  ['string', 'string'],
]);

const OPTIONS: ReadonlySet<string> = new Set([
  ...TYPES.keys(),
  ...['prompt', 'default', 'def_bool', 'def_tristate', 'def_int', 'def_hex', 'def_string'],
  ...['depends', 'visible', 'select', 'imply', 'range', 'help', 'option', 'optional', 'modules'],
  'transitional',
]);

export class PropertyParser {
  constructor(
    private readonly kconfig: Kconfig,
    private readonly reader: LineReader,
    private readonly node: MenuNode,
    private readonly macros: Preprocessor,
  ) {}

  /** Reads options up to the first statement that is none, which stays unread. */
  parse(): void {
    for (;;) {
      const statement = this.reader.next();
      if (!statement) return;
      const cursor = new Cursor(statement);
      if (!OPTIONS.has(cursor.keyword)) {
        this.reader.pushBack(statement);
        return;
      }
      this.option(cursor);
    }
  }

  private option(cursor: Cursor): void {
    const { node } = this;
    switch (cursor.keyword) {
      case 'depends':
        cursor.expectKeyword('on');
        node.dep = makeAnd(node.dep, this.dependency(cursor));
        return;
      case 'visible':
        if (node.kind !== 'menu') throw cursor.error("'visible if' is an option of menus only");
        cursor.expectKeyword('if');
        node.visibility = makeAnd(node.visibility, conditionToEnd(this.kconfig, cursor));
        return;
      default:
        if (node.item === null) {
          throw cursor.error(`'${cursor.keyword}' is no option of a ${node.kind}`);
        }
        this.itemOption(cursor, node.item);
    }
  }

  /** `depends on A if B`, of Linux 7.0: A counts only where B is not n. */
  private dependency(cursor: Cursor): Expr {
    const dep = new ExprParser(this.kconfig, cursor, true).parse();
    if (!cursor.accept('keyword', 'if')) {
      cursor.expectEnd();
      return dep;
    }
    return { op: 'or', args: [dep, equalsNo(conditionToEnd(this.kconfig, cursor))] };
  }

  private itemOption(cursor: Cursor, item: KconfigSymbol | Choice): void {
    const { place, keyword } = cursor;
    const type = TYPES.get(keyword.replace(/^def_/, ''));
    if (type !== undefined) {
      this.setType(cursor, item, type);
      if (keyword.startsWith('def_')) this.addDefault(cursor);
      else if (!cursor.atEnd) this.setPrompt(cursor, item);
      return;
    }
    switch (keyword) {
      case 'help':
        this.help(cursor, item);
        return;
      case 'prompt':
        this.setPrompt(cursor, item);
        return;
      case 'default':
        this.addDefault(cursor);
        return;
      case 'select':
      case 'imply': {
        if (item instanceof Choice) throw cursor.error(`a choice cannot ${keyword}`);
        const token = cursor.take();
        if (token?.kind !== 'word') throw cursor.expected(`a symbol to ${keyword}`, token);
        const target = this.kconfig.symbol(token.text);
        if (target.isConstant) throw cursor.expected(`a symbol to ${keyword}`, token);
        const cond = optionalCondition(this.kconfig, cursor);
        this.node[keyword === 'select' ? 'selects' : 'implies'].push({ target, cond, place });
        return;
      }
      case 'range': {
        const low = takeSymbol(this.kconfig, cursor, 'the lower bound');
        const high = takeSymbol(this.kconfig, cursor, 'the upper bound');
        const cond = optionalCondition(this.kconfig, cursor);
        this.node.ranges.push({ low, high, cond, place });
        return;
      }
      case 'optional':
        if (!(item instanceof Choice))
          throw cursor.error("'optional' is an option of choices only");
        cursor.expectEnd();
        item.isOptional = true;
        return;
      case 'modules':
        this.setModules(cursor, item);
        return;
      case 'transitional':
        cursor.expectEnd();
        if (item instanceof Choice)
          throw cursor.error("'transitional' is an option of symbols only");
        item.isTransitional = true;
        return;
      default:
        this.legacyOption(cursor, item);
    }
  }

  private setType(cursor: Cursor, item: KconfigSymbol | Choice, type: SymbolType): void {
    if (item.type !== 'unknown' && item.type !== type) {
      this.warn(cursor, `${itemName(item)} is ${item.type}; the type ${type} is ignored`);
    } else item.type = type;
  }

  private setPrompt(cursor: Cursor, item: KconfigSymbol | Choice): void {
    if (this.node.prompt)
      this.warn(cursor, `${itemName(item)} has a second prompt; the last counts`);
    const text = this.text(cursor, 'a prompt').trim();
    const cond = optionalCondition(this.kconfig, cursor);
    this.node.prompt = { text, cond, place: cursor.place };
  }

  private addDefault(cursor: Cursor): void {
    const value: Expr = new ExprParser(this.kconfig, cursor, false).parse();
    if (this.node.item instanceof Choice && !singleSymbol(value)) {
      throw cursor.error('expected the default of a choice to be a single symbol');
    }
    const cond = optionalCondition(this.kconfig, cursor);
    const open = openCalls(value) ?? openCalls(cond);
    this.node.defaults.push({ value, cond, place: cursor.place, open });
  }

  private help(cursor: Cursor, item: KconfigSymbol | Choice): void {
    const what = itemName(item);
    if (!cursor.atEnd) this.warn(cursor, 'text after help on the same line is ignored');
    if (this.node.help !== null) this.warn(cursor, `${what} has a second help; the last counts`);
    this.node.help = this.reader.help();
    if (this.node.help === '') this.warn(cursor, `${what} has an empty help`);
  }

  private setModules(cursor: Cursor, item: KconfigSymbol | Choice): void {
    cursor.expectEnd();
    if (item instanceof Choice) throw cursor.error("'modules' is an option of symbols only");
    if (!this.kconfig.setModules(item)) {
      throw cursor.error(`'modules' belongs to ${this.kconfig.modules.name} already`);
    }
  }

  /** `option …`, which the kernel had until 5.13. */
  private legacyOption(cursor: Cursor, item: KconfigSymbol | Choice): void {
    const token = cursor.take();
    switch (token?.text) {
      case 'modules':
        this.setModules(cursor, item);
        return;
      case 'allnoconfig_y':
        cursor.expectEnd();
        return;
      case 'defconfig_list':
        cursor.expectEnd();
        if (item instanceof KconfigSymbol) item.isAuto = true;
        return;
      case 'env':
        if (item instanceof Choice) throw cursor.error("'option env' is an option of symbols only");
        this.setEnv(cursor, item);
        return;
      default:
        throw cursor.expected("'modules', 'env', 'defconfig_list' or 'allnoconfig_y'", token);
    }
  }

  /** `option env="NAME"`: a default that is what the environment says. */
  private setEnv(cursor: Cursor, symbol: KconfigSymbol): void {
    if (!cursor.accept('operator', '=')) throw cursor.expected("'=' after 'env'");
    const name = this.text(cursor, 'the name of an environment variable');
    cursor.expectEnd();
    symbol.isAuto = true;
    const value = this.macros.env(name);
    if (value === undefined) {
      this.warn(cursor, `${symbol.name} is the environment variable ${name}, which is not set`);
      return;
    }
    this.kconfig.setEnvValue(symbol, value);
    const { place } = cursor;
    this.node.defaults.push({ value: itemExpr(this.kconfig.constant(value)), cond: ALWAYS, place });
  }

  private text(cursor: Cursor, what: string): string {
    return cursor.expectText(what, (word) => {
      this.warn(cursor, `${what} without quotes: ${word}`);
    });
  }

  private warn(cursor: Cursor, detail: string): void {
    this.kconfig.warn(cursor.place, detail);
  }
}
