// SPDX-License-Identifier: GPL-2.0-only
// A C file beside the TypeScript file that mirrors it, function by function.

import type { CSource } from '../c/parse';
import type { PortDefinition, PortFile } from '../port/port';
import type { Definition, DefinitionKind } from '../syntax/definition';
import { alignDefinitions, zip } from './align-function';
import type { FileBeside, Pair, Row } from './beside';
import { type Block, blocksOf } from './blocks';

type CBlock = Block<Definition>;
type TsBlock = Block<PortDefinition>;

/** A thing that stands by itself; a member belongs to the block of its owner. */
function isTopLevel(definition: Definition): boolean {
  return !['field', 'enumerator'].includes(definition.kind);
}

/** Classes with methods are cut into their members. */
function tsBlocks(file: PortFile): TsBlock[] {
  const units = new Set(file.definitions.flatMap((d) => (d.unit === null ? [] : [d.unit])));
  const interfaces = new Set(
    file.definitions.flatMap((d) => (d.kind === 'prototype' && d.owner !== null ? [d.owner] : [])),
  );
  const own = file.definitions.filter(
    (d) => isTopLevel(d) && !(d.kind === 'struct' && (units.has(d.name) || interfaces.has(d.name))),
  );
  return blocksOf(file, own);
}

/** Constants of an enum come after its type in TypeScript: one block, as in C. */
function mergeEnums(blocks: readonly TsBlock[], c: CSource): TsBlock[] {
  const enumOf = new Map(
    c.definitions.flatMap((d) =>
      d.kind === 'enumerator' && d.owner !== null ? [[d.name, d.owner]] : [],
    ),
  );
  const merged: TsBlock[] = [];
  for (const [i, block] of blocks.entries()) {
    const last = merged.at(-1);
    const owner = last?.definition?.name;
    const next = block.definition ?? blocks[i + 1]?.definition;
    const joins = last && next && owner !== undefined && enumOf.get(next.name) === owner;
    if (joins) merged[merged.length - 1] = { ...last, to: block.to };
    else merged.push(block);
  }
  return merged;
}

const SAME_KIND: Readonly<Partial<Record<DefinitionKind, DefinitionKind>>> = {
  enum: 'struct',
  variable: 'variable',
};

/** For each C block the TypeScript block of its name: of the same kind if there is one. */
function pairBlocks(cBlocks: readonly CBlock[], blocks: readonly TsBlock[]): Map<CBlock, TsBlock> {
  const byName = new Map<string, TsBlock[]>();
  for (const block of blocks)
    if (block.definition)
      byName.set(block.definition.name, [...(byName.get(block.definition.name) ?? []), block]);
  const pairs = new Map<CBlock, TsBlock>();
  const taken = new Set<TsBlock>();
  const take = (
    c: CBlock,
    fits: (ts: PortDefinition, cDefinition: Definition) => boolean,
  ): void => {
    const { definition } = c;
    if (!definition || pairs.has(c)) return;
    const found = byName
      .get(definition.name)
      ?.find((ts) => ts.definition && !taken.has(ts) && fits(ts.definition, definition));
    if (!found) return;
    pairs.set(c, found);
    taken.add(found);
  };
  for (const c of cBlocks)
    take(c, (ts, own) => ts.kind === own.kind || ts.kind === SAME_KIND[own.kind]);
  for (const c of cBlocks) take(c, (ts, own) => ts.kind !== 'function' || own.kind === 'macro');
  return pairs;
}

/** Lines of members that both have, in the C's order. */
function memberLines(
  owner: string,
  c: CSource,
  ts: readonly Definition[],
  range: TsBlock,
): (readonly [number, number])[] {
  return c.definitions.flatMap((member) => {
    if (member.owner !== owner || member.kind === 'registration') return [];
    const other = ts.find(
      (d) => d.name === member.name && d.from >= range.from && d.to <= range.to,
    );
    return other ? [[member.from, other.from] as const] : [];
  });
}

/** Puts the rows of a file together, block by block. */
class RowsOfFile {
  readonly rows: Row[] = [];
  readonly pairs: Pair[] = [];
  private readonly written = new Set<TsBlock>();

  constructor(
    private readonly c: CSource,
    private readonly cBlocks: readonly CBlock[],
    /** Those of the TypeScript file. */
    private readonly definitions: readonly Definition[],
    private readonly tsLines: readonly string[],
    private readonly tsBlocks: readonly TsBlock[],
    private readonly known: (line: number) => boolean,
  ) {}

  write(): void {
    const pairs = pairBlocks(this.cBlocks, this.tsBlocks);
    const paired = new Set(pairs.values());
    let at = this.writeLoose(0, paired, null);
    for (const block of this.cBlocks) {
      const other = pairs.get(block);
      if (other) {
        this.writePair(block, other);
        at = this.tsBlocks.indexOf(other) + 1;
        continue;
      }
      if (block.definition) {
        this.add(block.definition, null, this.onlyC(block));
        continue;
      }
      // Fillers at the same place face each other; then come those things that only the TypeScript has.
      at = this.writeLoose(at, paired, block);
    }
    for (const block of this.tsBlocks) if (!this.written.has(block)) this.writeTs(block);
  }

  /** TypeScript blocks from `at` on that have no counterpart, up to the next that has one; the C filler beside the first. */
  private writeLoose(at: number, paired: ReadonlySet<TsBlock>, filler: CBlock | null): number {
    let i = at;
    let beside = filler;
    for (; i < this.tsBlocks.length; i++) {
      const block = this.tsBlocks[i];
      if (!block || paired.has(block)) break;
      if (this.written.has(block)) continue;
      if (block.definition || !beside) {
        if (filler === null && block.definition === null) break;
        this.writeTs(block);
        continue;
      }
      this.written.add(block);
      this.rows.push(...zip(beside, block).filter((row) => this.isKnown(row)));
      beside = null;
    }
    if (beside) this.rows.push(...this.onlyC(beside));
    return i;
  }

  private isKnown(row: Row): boolean {
    return row.ts !== null || (row.c !== null && this.known(row.c));
  }

  private onlyC(block: CBlock): Row[] {
    return zip(block, { from: 1, to: 0 }).filter((row) => this.isKnown(row));
  }

  private writeTs(block: TsBlock): void {
    this.written.add(block);
    this.add(null, block.definition, zip({ from: 1, to: 0 }, block));
  }

  private writePair(block: CBlock, other: TsBlock): void {
    this.written.add(other);
    if (!block.definition || !other.definition) return;
    const members = memberLines(block.definition.name, this.c, this.definitions, other);
    // A merged block is longer than the definition that gave it its name.
    const ts = { ...other.definition, to: other.to };
    const rows = alignDefinitions(
      { definition: block.definition, range: block, lines: this.c.lines },
      { definition: ts, range: other, lines: this.tsLines },
      members,
    );
    this.add(block.definition, other.definition, rows);
  }

  private add(c: Definition | null, ts: PortDefinition | null, rows: readonly Row[]): void {
    const first = this.rows.length;
    this.rows.push(...rows);
    const name = c?.name ?? ts?.name;
    if (name !== undefined) this.pairs.push({ name, c, ts, rows: [first, this.rows.length] });
  }
}

/**
 * A C text beside the file that mirrors it. The rows have each known line of the C once, in order, and each line of the
 * TypeScript once: a function at another place there is shown beside the C's.
 * @param ts null: nothing mirrors it, and the C stands alone
 * @param known which lines of the C are known; the rest is not shown
 */
export function alignFiles(
  c: CSource,
  ts: PortFile | null,
  state: number,
  known: (line: number) => boolean = () => true,
): FileBeside {
  const cBlocks = blocksOf(c, c.definitions.filter(isTopLevel));
  const blocks = ts ? mergeEnums(tsBlocks(ts), c) : [];
  const writer = new RowsOfFile(c, cBlocks, ts?.definitions ?? [], ts?.lines ?? [], blocks, known);
  writer.write();
  return {
    cPath: c.path,
    tsPath: ts?.path ?? null,
    state,
    rows: writer.rows.map((row) =>
      row.c !== null && !known(row.c) ? { ...row, c: null, matched: false } : row,
    ),
    pairs: writer.pairs,
  };
}
