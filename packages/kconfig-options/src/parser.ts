// SPDX-License-Identifier: GPL-2.0-only
// The statements of Kconfig: configs, menus, choices, ifs, comments and the files they source.

import { a_function, check_options, check_value, text } from '@iommu-bounce/linux-shim/options';
import { Cursor } from './cursor';
import { errorAt, limitDepth, placeText } from './errors';
import type { KconfigError, Place } from './errors';
import { ALWAYS } from './expr';
import type { Expr } from './model';
import { conditionToEnd } from './expr-parser';
import { finalizeMenuTree } from './finalize';
import { Kconfig } from './kconfig';
import { LineReader } from './line-reader';
import { checkLoops } from './loops';
import { MenuNode } from './model';
import type { Choice, KconfigSymbol, NodeKind } from './model';
import { PARSE_OPTIONS, type ParseOptions } from './parse-options';
import { Preprocessor } from './preprocess';
import { PropertyParser } from './properties';
import { checkSanity } from './sanity';
import { Sources, isSource } from './sources';
import type { ReadFile, SourceFile } from './sources';

const BLOCK_END: Partial<Record<NodeKind, string>> = {
  menu: 'endmenu',
  if: 'endif',
  choice: 'endchoice',
};
const BLOCK_START: ReadonlyMap<string, string> = new Map([
  ['endmenu', 'menu'],
  ['endif', 'if'],
  ['endchoice', 'choice'],
]);
/** Blocks within blocks, and files within files: more than that is a mistake. */
const MAX_DEPTH = 100;

/**
 * Parses `file` and all that it sources. Paths are relative to the root, as in the kernel. `options` answer
 * what the files ask of the environment and the shell.
 * @throws KconfigError for what a file says, OptionError for an option that there is none, or of another kind
 */
export function parseKconfig(
  file: string,
  readFile: ReadFile,
  options: ParseOptions = {},
): Kconfig {
  check_value('parseKconfig', 'file', file, text);
  check_value('parseKconfig', 'readFile', readFile, a_function);
  check_options('parseKconfig', options, PARSE_OPTIONS);
  const kconfig = new Kconfig(file);
  const sources = new Sources(readFile, options);
  const parser = new Parser(kconfig, sources, new Preprocessor(options, kconfig));
  parser.file(sources.first(file), { file, line: 0 }, kconfig.root);
  limitDepth(file, () => {
    finalizeMenuTree(kconfig);
    checkSanity(kconfig);
    checkLoops(kconfig);
  });
  return kconfig;
}

class Parser {
  /** The files being read, each one sourced by the one before. */
  private readonly open: string[] = [];
  private depth = 0;

  constructor(
    private readonly kconfig: Kconfig,
    private readonly sources: Sources,
    private readonly macros: Preprocessor,
  ) {}

  /** Parses one file into `parent`; `from` is where it is sourced. */
  file({ path, text }: SourceFile, from: Place, parent: MenuNode): void {
    if (this.open.includes(path)) {
      const way = this.open.join(' > ');
      throw errorAt(from, `'${path}' sources itself (${way})`);
    }
    const reader = new LineReader(path, text, this.macros);
    this.kconfig.files.push(path);
    this.open.push(path);
    this.enter(from);
    this.block(reader, parent, null);
    this.depth--;
    this.open.pop();
  }

  private enter(place: Place): void {
    if (++this.depth > MAX_DEPTH) {
      throw errorAt(place, `expected blocks and sources nested at most ${String(MAX_DEPTH)} deep`);
    }
  }

  /** The statements of a file (`start` is null) or of a block, up to its end. */
  private block(reader: LineReader, parent: MenuNode, start: Place | null): void {
    const end = start === null ? undefined : BLOCK_END[parent.kind];
    for (let statement = reader.next(); statement; statement = reader.next()) {
      const cursor = new Cursor(statement);
      if (cursor.keyword === end) {
        cursor.expectEnd();
        return;
      }
      this.statement(reader, parent, cursor, start, end);
    }
    if (start !== null) {
      throw errorAt(
        reader.end,
        `expected '${String(end)}' for the ${parent.kind} of ${placeText(start)}, got the end of the file`,
      );
    }
  }

  private statement(
    reader: LineReader,
    parent: MenuNode,
    cursor: Cursor,
    start: Place | null,
    end: string | undefined,
  ): void {
    switch (cursor.keyword) {
      case 'config':
      case 'menuconfig':
        this.config(reader, parent, cursor);
        return;
      case 'menu':
      case 'comment': {
        const node = this.node(cursor.keyword, null, parent, cursor);
        node.prompt = { text: this.text(cursor), cond: ALWAYS, place: cursor.place };
        this.options(reader, node);
        if (node.kind === 'menu') this.nested(reader, node);
        return;
      }
      case 'if':
        this.nested(
          reader,
          this.node('if', null, parent, cursor, conditionToEnd(this.kconfig, cursor)),
        );
        return;
      case 'choice':
        this.choice(reader, parent, cursor);
        return;
      case 'mainmenu': {
        const text = this.expandOld(this.text(cursor));
        this.kconfig.root.prompt = { text, cond: ALWAYS, place: cursor.place };
        return;
      }
      default:
        if (isSource(cursor.keyword)) {
          this.source(cursor, parent);
          return;
        }
        throw this.misplaced(cursor, start, end);
    }
  }

  private source(cursor: Cursor, parent: MenuNode): void {
    const name = this.expandOld(this.text(cursor));
    for (const file of this.sources.find(cursor.keyword, name, cursor.place)) {
      this.file(file, cursor.place, parent);
    }
  }

  /** $NAME without parentheses, as before Linux 4.18: the environment's, or what `option env` gave. */
  private expandOld(text: string): string {
    return text.replace(/\$([A-Za-z0-9_]+)/g, (whole, name: string) => {
      return this.macros.env(name) ?? this.kconfig.envValue(name) ?? whole;
    });
  }

  private config(reader: LineReader, parent: MenuNode, cursor: Cursor): void {
    const token = cursor.take();
    if (token?.kind !== 'word') throw cursor.expected('the name of a symbol', token);
    const symbol = this.kconfig.symbol(token.text);
    if (symbol.isConstant) throw cursor.expected('the name of a symbol', token);
    cursor.expectEnd();
    const node = this.node('symbol', symbol, parent, cursor);
    node.isMenuconfig = cursor.keyword === 'menuconfig';
    this.kconfig.define(symbol, node);
    this.options(reader, node);
    if (node.isMenuconfig && !node.prompt) {
      this.kconfig.warn(cursor.place, `the menuconfig ${symbol.name} has no prompt`);
    }
  }

  private choice(reader: LineReader, parent: MenuNode, cursor: Cursor): void {
    const name = cursor.atEnd ? null : cursor.expectText('the name of the choice', () => undefined);
    cursor.expectEnd();
    const choice = this.kconfig.choice(name);
    const node = this.node('choice', choice, parent, cursor);
    choice.nodes.push(node);
    this.options(reader, node);
    this.nested(reader, node);
  }

  private node(
    kind: NodeKind,
    item: KconfigSymbol | Choice | null,
    parent: MenuNode,
    cursor: Cursor,
    dep: Expr = ALWAYS,
  ): MenuNode {
    const node = new MenuNode(kind, item, parent, cursor.place, dep, ALWAYS);
    parent.children.push(node);
    return node;
  }

  private options(reader: LineReader, node: MenuNode): void {
    new PropertyParser(this.kconfig, reader, node, this.macros).parse();
  }

  private nested(reader: LineReader, node: MenuNode): void {
    this.enter(node.place);
    this.block(reader, node, node.place);
    this.depth--;
  }

  private text(cursor: Cursor): string {
    const text = cursor.expectText(`a text after '${cursor.keyword}'`, (word) => {
      this.kconfig.warn(cursor.place, `text without quotes: ${word}`);
    });
    cursor.expectEnd();
    return text;
  }

  private misplaced(cursor: Cursor, start: Place | null, end: string | undefined): KconfigError {
    const { keyword } = cursor;
    const opener = BLOCK_START.get(keyword);
    if (opener !== undefined) {
      const inside =
        start === null ? 'in this file' : `; expected '${String(end)}' for ${placeText(start)}`;
      return cursor.error(
        `'${keyword}' without a '${opener}'${start === null ? ' ' : ''}${inside}`,
      );
    }
    return cursor.error(`'${keyword}' is misplaced; expected config, menu, choice, if or source`);
  }
}
