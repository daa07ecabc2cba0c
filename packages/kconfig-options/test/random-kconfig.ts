// SPDX-License-Identifier: GPL-2.0-only
// Random Kconfigs for the differential test: most are free of loops, some are not.

import { HEXES, INTS, ODD_HEXES, ODD_INTS, Random, TEXTS } from './random';
import type { Dialect } from './random';
import { randomDotConfig } from './random-dotconfig';
import type { Known, Type } from './random-dotconfig';

export interface Case {
  readonly files: Record<string, string>;
  readonly config: string;
}

const ODD = ['UNDEF', 'OTHER_UNDEF', '"text"', "'q'", '"2"', '""', '10', '0x1F'];
/** What the kernel reads as octal and as text. */
const KERNEL_ODD = ['010', '"y"', '0o7', '"08"'];

export function randomCase(seed: number, dialect: Dialect): Case {
  return new Generator(new Random(seed), dialect).make();
}

class Generator {
  private readonly known: Known[] = [];
  private readonly files: Record<string, string> = {};
  private readonly isWild: boolean;
  private names = 0;
  private hasMacros = false;
  private lines: string[] = [];

  constructor(
    private readonly random: Random,
    private readonly dialect: Dialect,
  ) {
    this.isWild = random.chance(4);
  }

  make(): Case {
    if (this.random.chance(20)) this.lines.push('mainmenu "Random options"', '');
    if (this.random.chance(50)) this.macros();
    if (this.random.chance(75)) this.modules();
    const statements = 3 + this.random.below(9);
    for (let i = 0; i < statements; i++) this.statement(0, 0, '');
    this.files['Kconfig'] = `${this.lines.join('\n')}\n`;
    return { files: this.files, config: randomDotConfig(this.random, this.known, this.dialect) };
  }

  private modules(): void {
    this.known.push({ name: 'MODULES', type: 'bool', rank: 0 });
    this.lines.push('config MODULES', '\tbool "Modules"');
    if (this.random.chance(60)) this.lines.push(`\tdefault ${this.random.pick(['y', 'n'])}`);
    // The kernel of today has no `option modules`; without either, kconfiglib takes the name MODULES for it.
    if (this.dialect === 'kernel') this.lines.push('\tmodules');
    else if (this.random.chance(40)) this.lines.push('\toption modules');
    this.lines.push('');
  }

  /** Variables and functions that quote() and operand() use: texts, and the names of constants. */
  private macros(): void {
    const { random } = this;
    this.hasMacros = true;
    const word = random.pick(['word', 'a b', '(x)', '$(undefined)', '']);
    const way = random.pick([' = ', ' := ', '=', ':=']);
    this.lines.push(
      `late = $(early)-$(word)`,
      `word${way}${word}`,
      `early := $(word)${random.pick(['', ' end'])}`,
      `word ${random.pick(['=', ':=', '+='])} ${random.pick(['more', '$(early)', '$(late-not),x'])}`,
      `pick = $(${random.pick(['1', '2'])})`,
      `wrap = <$(1)|$(pick,$(2),$(1))>`,
      `yes := ${random.pick(['y', 'm', 'n'])}`,
      `$(error-if,$(pick,n,n),never)`,
      '',
    );
  }

  private macroText(): string {
    return this.random.pick([
      ...['$(word)', '$(early)', '$(late)', '$(wrap,a,b)', '$(wrap,$(early),$(yes))', '$(none)'],
      ...['$(pick,(a,b),c)', '$(filename):$(lineno)', '$(wrap,$(word))', '$($(pick,word,word))'],
    ]);
  }

  /** `least`: the highest rank that the blocks around name. */
  private statement(depth: number, least: number, indent: string): void {
    const kind = this.random.below(depth < 3 ? 20 : 11);
    if (kind < 9) this.define(indent);
    else if (kind === 9) this.redefine(least, indent);
    else if (kind === 10) this.comment(indent);
    else if (kind < 13) this.block('if', depth, least, indent);
    else if (kind < 16) this.block('menu', depth, least, indent);
    else if (kind < 19) this.choice(depth, indent);
    else this.source(depth, least);
  }

  private source(depth: number, least: number): void {
    const path = `Kconfig.${String(++this.names)}`;
    const outer = this.lines;
    this.lines = [];
    for (let i = this.random.below(3); i >= 0; i--) this.statement(depth + 1, least, '');
    this.files[path] = this.lines.join('\n');
    this.lines = outer;
    // The kernel has source alone.
    const ways = [`source "${path}"`];
    if (this.dialect === 'kconfiglib') {
      ways.push(`rsource "${path}"`, `osource "${path}"`, `orsource "./${path}"`);
      ways.push(`source "[K]${path.slice(1)}*"`, 'osource "none/*"');
    }
    this.lines.push(this.random.pick(ways), '');
  }

  private comment(indent: string): void {
    this.lines.push(`${indent}comment ${this.quote(this.random.pick(TEXTS))}`);
    if (this.random.chance(50)) this.lines.push(`${indent}\tdepends on ${this.expr(Infinity)}`);
    this.lines.push('');
  }

  private block(kind: 'if' | 'menu', depth: number, least: number, indent: string): void {
    const before = this.names + 1;
    if (kind === 'if') this.lines.push(`${indent}if ${this.expr(before)}`, '');
    else {
      this.lines.push(`${indent}menu "Menu ${String(++this.names)}"`);
      if (this.random.chance(50)) this.lines.push(`${indent}\tdepends on ${this.expr(before)}`);
      if (this.random.chance(40)) this.lines.push(`${indent}\tvisible if ${this.expr(before)}`);
      this.lines.push('');
    }
    const inner = Math.max(least, before - 1);
    for (let i = this.random.below(4); i > 0; i--) this.statement(depth + 1, inner, `${indent} `);
    this.lines.push(`${indent}end${kind}${this.random.chance(10) ? ' # done' : ''}`, '');
  }

  private choice(depth: number, indent: string): void {
    // A named choice goes on elsewhere: its members must not name what comes in between.
    const isNamed = depth === 0 && this.random.chance(15);
    const before = isNamed ? 1 : this.names + 1;
    this.lines.push(`${indent}choice${isNamed ? ' NAMED' : ''}`);
    // Of two types of a choice, kconfiglib takes the last and the kernel the first.
    const isFixed = isNamed && this.dialect === 'kconfiglib';
    const type = isFixed ? 'tristate' : this.random.pick(['bool', 'tristate', 'tristate', '']);
    const prompt = this.random.chance(92);
    if (type !== '' && this.random.chance(70)) {
      this.lines.push(`${indent}\t${type}${prompt ? ' "A choice"' : ''}`);
    } else {
      if (prompt) this.lines.push(`${indent}\tprompt "A choice"${this.cond(before)}`);
      // Without a type, members within an if give it one in kconfiglib only.
      if (this.dialect === 'kconfiglib') this.lines.push(`${indent}\t${type || 'tristate'}`);
    }
    if (this.random.chance(25)) this.lines.push(`${indent}\toptional`);
    if (this.random.chance(30)) this.lines.push(`${indent}\tdepends on ${this.expr(before)}`);
    const members = this.names + 1;
    for (let i = this.random.below(3); i > 0; i--) {
      const member = this.random.chance(85)
        ? `S${String(members + this.random.below(4))}`
        : this.random.pick(['UNDEF', 'y']);
      this.lines.push(`${indent}\tdefault ${member}${this.cond(before)}`);
    }
    if (this.random.chance(15)) this.lines.push(`${indent}\thelp`, `${indent}\t  Choose.`);
    this.lines.push('');
    for (let i = this.random.below(5); i >= 0; i--) this.member(before, type, indent);
    this.lines.push(`${indent}endchoice`, '');
  }

  private member(rank: number, choiceType: string, indent: string, isNested = false): void {
    const kind = this.random.below(12);
    if (kind === 0) {
      this.lines.push(`${indent}if ${this.expr(rank)}`);
      this.member(rank, choiceType, indent, true);
      this.lines.push(`${indent}endif`);
    } else if (kind === 1) this.comment(indent);
    else {
      const logical: Type = choiceType === 'bool' ? 'bool' : 'tristate';
      const type = this.random.chance(80)
        ? logical
        : this.random.pick(['bool', 'tristate'] as const);
      const name = this.newName(type, rank);
      this.lines.push(`${indent}config ${name}`);
      const isTyped = isNested && this.dialect === 'kconfiglib';
      const spelled = isTyped || this.random.chance(90) ? type : 'prompt';
      // A typeless member that depends on the one before gets its type from the choice in the kernel only.
      const isBare = spelled === 'prompt' && this.dialect === 'kconfiglib';
      if (spelled === 'prompt' || this.random.chance(95)) {
        const cond = isBare ? '' : this.cond(rank);
        this.lines.push(`${indent}\t${spelled} "Member ${name}"${cond}`);
      } else this.lines.push(`${indent}\t${spelled}`);
      if (!isBare && this.random.chance(25))
        this.lines.push(`${indent}\tdepends on ${this.expr(rank)}`);
      if (this.random.chance(8)) this.lines.push(`${indent}\tdefault y`);
      // Far enough to miss the other members.
      this.selects(rank, indent, 12);
      this.lines.push('');
      // A follower that depends on a member goes below it, and is none itself.
      if (this.random.chance(15)) {
        const follower = this.newName('bool', this.names + 1);
        this.lines.push(
          `${indent}config ${follower}`,
          `${indent}\tbool "Below"`,
          `${indent}\tdepends on ${this.random.pick([name, `${name}=y`, `${name}!=n`, `m && ${name}`])}`,
          '',
        );
      }
    }
  }

  private define(indent: string): void {
    const type = this.random.pick<Type>([
      'bool',
      'bool',
      'tristate',
      'tristate',
      'int',
      'hex',
      'string',
    ]);
    const rank = this.names + 1;
    const name = this.newName(type, rank);
    this.body(name, type, rank, indent, this.random.chance(60));
  }

  /** A second definition, of a symbol whose rank the surrounding blocks allow. */
  private redefine(least: number, indent: string): void {
    const able = this.known.filter((symbol) => this.isWild || symbol.rank > least);
    if (able.length === 0) return;
    const { name, type, rank } = this.random.pick(able);
    this.body(name, type, rank, indent, this.random.chance(30));
  }

  private body(name: string, type: Type, rank: number, indent: string, prompt: boolean): void {
    const tab = `${indent}\t`;
    this.lines.push(
      `${indent}${this.random.chance(8) && prompt ? 'menuconfig' : 'config'} ${name}`,
    );
    const isLogical = type === 'bool' || type === 'tristate';
    if (isLogical && this.random.chance(15)) {
      this.lines.push(`${tab}def_${type} ${this.logicalValue(rank)}${this.cond(rank)}`);
      if (prompt) this.lines.push(`${tab}prompt ${this.quote(`Option ${name}`)}${this.cond(rank)}`);
    } else if (prompt && this.random.chance(70)) {
      this.lines.push(`${tab}${type} ${this.quote(`Option ${name}`)}${this.cond(rank)}`);
    } else {
      this.lines.push(`${tab}${type}`);
      if (prompt) this.lines.push(`${tab}prompt "Option ${name}"${this.cond(rank)}`);
    }
    if (this.random.chance(40)) this.lines.push(`${tab}depends on ${this.expr(rank)}`);
    for (let i = this.random.below(3); i > 0; i--) {
      const value = isLogical ? this.logicalValue(rank) : this.value(type, rank);
      const join = this.random.chance(5) ? ' \\\n\t' : ' ';
      this.lines.push(`${tab}default${join}${value}${this.cond(rank)}`);
    }
    if (type === 'int' || type === 'hex') {
      for (let i = this.random.below(3); i > 0; i--) {
        const bounds = `${this.value(type, rank)} ${this.value(type, rank)}`;
        this.lines.push(`${tab}range ${bounds}${this.cond(rank)}`);
      }
    }
    if (isLogical || this.random.chance(3)) this.selects(rank, indent);
    if (this.random.chance(15)) {
      this.lines.push(
        `${tab}help`,
        `${tab}  What config ${name} does.`,
        '',
        `${tab}    More $(x).`,
      );
    }
    this.lines.push('');
  }

  /** Selects and implies go to symbols that are made later: their names are known beforehand. */
  private selects(rank: number, indent: string, beyond = 1): void {
    for (const keyword of ['select', 'imply']) {
      if (!this.random.chance(25)) continue;
      const target = this.random.chance(92)
        ? `S${String(this.names + beyond + this.random.below(8))}`
        : 'UNDEF';
      this.lines.push(`${indent}\t${keyword} ${target}${this.cond(rank)}`);
    }
  }

  private newName(type: Type, rank: number): string {
    const name = `S${String(++this.names)}`;
    this.known.push({ name, type, rank: Math.max(rank, this.names) });
    return name;
  }

  private cond(rank: number): string {
    return this.random.chance(30) ? ` if ${this.expr(rank)}` : '';
  }

  private usable(rank: number): Known[] {
    return this.known.filter((symbol) => this.isWild || symbol.rank < rank);
  }

  private expr(rank: number, depth = 0): string {
    const kind = this.random.below(depth < 3 ? 12 : 7);
    if (kind < 5) return this.operand(rank);
    if (kind < 7) {
      const relation = this.random.pick(['=', '!=', '=', '!=', '<', '<=', '>', '>=']);
      const left = this.operand(rank);
      const right = this.random.chance(45) ? this.odd() : this.operand(rank);
      const isFit = this.dialect === 'kernel' || this.agreeOn(relation, left, right);
      return `${left}${this.random.pick([' ', ''])}${relation} ${isFit ? right : 'UNDEF'}`;
    }
    if (kind === 7)
      return `!${this.random.pick([this.operand(rank), `(${this.expr(rank, depth + 1)})`])}`;
    if (kind === 8) return `(${this.expr(rank, depth + 1)})`;
    return `${this.expr(rank, depth + 1)} ${kind < 11 ? '&&' : '||'} ${this.expr(rank, depth + 1)}`;
  }

  /** kconfiglib takes the constants n, m and y for 0, 1 and 2, the kernel for letters. */
  private agreeOn(relation: string, left: string, right: string): boolean {
    const isConstant = (side: string) => /^["']?[nmy]["']?$|^\$/.test(side);
    if (!isConstant(left) && !isConstant(right)) return true;
    if (relation !== '=' && relation !== '!=') return false;
    return [left, right].every((side) => {
      const type = this.known.find(({ name }) => name === side)?.type;
      return isConstant(side) || type === 'bool' || type === 'tristate';
    });
  }

  private operand(rank: number): string {
    const usable = this.usable(rank);
    if (this.hasMacros && this.random.chance(6)) return '$(yes)';
    if (usable.length === 0 || this.random.chance(8)) {
      return this.random.pick(['y', 'm', 'n', 'UNDEF', 'MODULES', '"m"']);
    }
    return this.random.pick(usable).name;
  }

  private odd(): string {
    const odd = this.dialect === 'kernel' ? [...ODD, ...KERNEL_ODD] : ODD;
    const constants = this.random.chance(50) ? ['y', 'm', 'n'] : odd;
    const text = this.random.chance(20) ? this.quote(this.random.pick(TEXTS)) : null;
    return text ?? this.random.pick([...constants, ...INTS.slice(0, 3), '42']);
  }

  private logicalValue(rank: number): string {
    return this.random.chance(60) ? this.random.pick(['y', 'y', 'm', 'n']) : this.expr(rank);
  }

  private value(type: Type, rank: number): string {
    const same = this.usable(rank).filter((symbol) => symbol.type === type);
    if (same.length > 0 && this.random.chance(25)) return this.random.pick(same).name;
    if (this.random.chance(8)) {
      const name = this.operand(rank);
      const other = this.known.find((symbol) => symbol.name === name)?.type;
      // The kernel takes "n" for the text of any bool, and the digits that a text begins with for a number.
      const isSame = type === 'string' && other !== 'bool' && other !== 'tristate';
      if (this.dialect === 'kernel' || isSame) return name;
    }
    if (type === 'string') return this.quote(this.random.pick(TEXTS));
    const isOdd = this.dialect === 'kernel' && this.random.chance(20);
    const [odd, usual] = type === 'int' ? [ODD_INTS, INTS] : [ODD_HEXES, HEXES];
    const text = this.random.pick(isOdd ? odd : usual);
    return /[+-]/.test(text) || this.random.chance(10) ? `"${text}"` : text;
  }

  private quote(text: string): string {
    const quote = this.random.pick(['"', '"', "'"]);
    if (this.hasMacros && this.random.chance(10)) return quote + this.macroText() + quote;
    return (
      quote +
      text.replace(/[\\"']/g, (char) => (char === '\\' || char === quote ? `\\${char}` : char)) +
      quote
    );
  }
}
