// SPDX-License-Identifier: GPL-2.0-only
// A file page before it is HTML: rows of both sides, cut into sections that have a name and so a link that stays.

import type { FileBeside, Pair, Row } from '../beside/beside';
import type { PortDefinition } from '../port/port';
import { isCommentLine } from '../syntax/comment-above';
import type { Definition, DefinitionKind, Token } from '../syntax/definition';

/** A line of one side as it is shown. */
export interface ViewLine {
  /** In its file, from 1. */
  readonly number: number;
  readonly text: string;
  readonly tokens: readonly Token[];
  /** The patch that wrote it; 0: none. */
  readonly patch: number;
}

/** A side's lines by their number. */
export type ViewSide = ReadonlyMap<number, ViewLine>;

export interface ViewRow {
  readonly c: ViewLine | null;
  readonly ts: ViewLine | null;
  /** As in `Row`: whether the lines are counterparts; a line alone may have its counterpart in a row above. */
  readonly matched: boolean;
}

/** Rows under one heading. */
export interface Section {
  /** Its id in the page: the name, with ~2 after it if an earlier section has that name. */
  readonly id: string;
  /** Null for what is between named things. */
  readonly name: string | null;
  readonly kind: DefinitionKind | null;
  readonly c: Definition | null;
  readonly ts: PortDefinition | null;
  readonly rows: readonly ViewRow[];
  /** The lines that links call 1, by their number in the file; null for a side without lines. */
  readonly cBase: number | null;
  readonly tsBase: number | null;
}

/** A file as a page shows it. */
export interface FileView {
  /** File name of its page, drivers-iommu-dma-iommu.c.html; small files of one package share a page. */
  readonly page: string;
  readonly cPath: string;
  readonly tsPath: string | null;
  /** Of a page that several files share; null otherwise. */
  readonly packageName: string | null;
  /** Only lines near a change are known of the C. */
  readonly partial: boolean;
  readonly sections: readonly Section[];
  readonly c: ViewSide;
  readonly ts: ViewSide;
  readonly cDefinitions: readonly Definition[];
  readonly tsDefinitions: readonly PortDefinition[];
}

/** Where a line of a file is shown. */
export interface LinePlace {
  readonly page: string;
  /** The part of its link after the #. */
  readonly anchor: string;
  readonly section: Section;
}

/** Lines of all pages by path and number in the file. */
export class Places {
  readonly #places = new Map<string, LinePlace>();

  constructor(views: readonly FileView[]) {
    for (const { page, cPath, tsPath, sections } of views)
      for (const section of sections)
        for (const { c, ts } of section.rows) {
          if (c) this.#add('c', cPath, c.number, page, section);
          if (ts && tsPath !== null) this.#add('ts', tsPath, ts.number, page, section);
        }
  }

  of(path: string, line: number): LinePlace | null {
    return this.#places.get(`${path}:${String(line)}`) ?? null;
  }

  #add(side: 'c' | 'ts', path: string, line: number, page: string, section: Section): void {
    const key = `${path}:${String(line)}`;
    if (this.#places.has(key)) return;
    this.#places.set(key, { page, anchor: lineAnchor(section, side, line), section });
  }
}

/** Kinds that always get a heading. */
const HEADED: ReadonlySet<DefinitionKind> = new Set<DefinitionKind>(['function', 'struct', 'enum']);
/** From so many lines on, other things get one too: tables of operations, long macros. */
const LONG_DEFINITION = 4;
/** The id of what is before the first name of a page's only file. */
export const HEAD = 'head';

/**
 * Cuts the rows of a file into sections; every row is in one.
 * @param ids those of the page
 * @param head the id of what is before the first name
 */
export function sectionsOf(
  file: FileBeside,
  c: ViewSide,
  ts: ViewSide,
  ids: Ids,
  head: string,
): Section[] {
  const rows = file.rows.map((row) => lookUp(row, c, ts));
  const heads = headed(file.pairs);
  const sections: Section[] = [];
  const add = (
    name: string | null,
    pair: Pair | null,
    id: string,
    part: readonly ViewRow[],
  ): void => {
    if (part.length === 0) return;
    if (name === null) part = zipped(part);
    sections.push({
      id: ids.take(id),
      name,
      kind: pair ? ((pair.c ?? pair.ts)?.kind ?? null) : null,
      c: pair?.c ?? null,
      ts: pair?.ts ?? null,
      rows: part,
      cBase: base(part, 'c', pair?.c ? c.get(pair.c.from) : undefined),
      tsBase: base(part, 'ts', pair?.ts ? ts.get(pair.ts.from) : undefined),
    });
  };

  let done = 0;
  heads.forEach((pair, i) => {
    const start = frontOf(rows, done, pair.rows[0]);
    if (i === 0) add(null, null, head, rows.slice(0, start));
    const next = heads[i + 1];
    const nextStart = next ? frontOf(rows, pair.rows[1], next.rows[0]) : rows.length;
    const end = next ? tailOf(rows, pair.rows[1], nextStart) : rows.length;
    add(pair.name, pair, pair.name, rows.slice(start, end));
    if (end < nextStart) {
      const first = file.pairs.find(({ rows: [from] }) => from >= end && from < nextStart);
      add(null, null, first?.name ?? `after-${pair.name}`, rows.slice(end, nextStart));
    }
    done = nextStart;
  });
  if (heads.length === 0) add(null, null, head, rows);
  return sections;
}

/** Hands out ids, none of them twice. */
export class Ids {
  readonly #taken = new Map<string, number>();

  take(wanted: string): string {
    const id = wanted.replace(/[^\w$.-]/g, '_').replace(/\.(?=[ct]-?\d+$)/, '_') || '_';
    const times = (this.#taken.get(id) ?? 0) + 1;
    this.#taken.set(id, times);
    return times === 1 ? id : `${id}~${String(times)}`;
  }
}

/** The link of a line within its section, as the page's script reads it: NAME.c12, or NAME.t12 on the TypeScript side. */
export function lineAnchor(section: Section, side: 'c' | 'ts', number: number): string {
  const from = side === 'c' ? section.cBase : section.tsBase;
  if (from === null) return section.id;
  return `${section.id}.${side === 'c' ? 'c' : 't'}${String(number - from + 1)}`;
}

/** Between named things nothing is aligned, as imports and includes: what has no counterpart is shown side by side. */
function zipped(rows: readonly ViewRow[]): ViewRow[] {
  const out: ViewRow[] = [];
  let c: ViewRow['c'][] = [];
  let ts: ViewRow['ts'][] = [];
  const flush = (): void => {
    for (let i = 0; i < Math.max(c.length, ts.length); i++)
      out.push({ c: c[i] ?? null, ts: ts[i] ?? null, matched: false });
    c = [];
    ts = [];
  };
  for (const row of rows) {
    if (row.c && row.ts) {
      flush();
      out.push(row);
    } else if (row.c) c.push(row.c);
    else ts.push(row.ts);
  }
  flush();
  return out;
}

function lookUp(row: Row, c: ViewSide, ts: ViewSide): ViewRow {
  return {
    c: row.c === null ? null : (c.get(row.c) ?? null),
    ts: row.ts === null ? null : (ts.get(row.ts) ?? null),
    matched: row.matched,
  };
}

/** The pairs that head a section, in the order of their rows, none inside another. */
function headed(pairs: readonly Pair[]): Pair[] {
  const candidates = pairs
    .filter(({ c, ts, rows }) => {
      const definition = c ?? ts;
      if (definition?.owner !== null || rows[0] >= rows[1]) return false;
      return HEADED.has(definition.kind) || definition.to - definition.from + 1 >= LONG_DEFINITION;
    })
    .sort((a, b) => a.rows[0] - b.rows[0] || b.rows[1] - a.rows[1]);
  const chosen: Pair[] = [];
  candidates.forEach((pair, i) => {
    const last = chosen.at(-1);
    if (pair.rows[0] < (last?.rows[1] ?? 0)) return;
    // A class that the C does not have is a translation unit: its members get the headings.
    const next = candidates[i + 1];
    if (pair.c === null && next && next.rows[0] < pair.rows[1]) return;
    chosen.push(pair);
  });
  return chosen;
}

/** Where the comment in front of a definition begins. */
function frontOf(rows: readonly ViewRow[], from: number, start: number): number {
  let at = Math.max(start, from);
  while (at > from && isComment(rows[at - 1])) at--;
  return at;
}

/** Where a definition's rows end: what follows without a blank row, such as an EXPORT_SYMBOL, is its own. */
function tailOf(rows: readonly ViewRow[], from: number, limit: number): number {
  let at = from;
  while (at < limit && !isBlank(rows[at])) at++;
  while (at < limit && isBlank(rows[at])) at++;
  return at;
}

function isBlank(row: ViewRow | undefined): boolean {
  return [row?.c, row?.ts].every((line) => !line || line.text.trim() === '');
}

function isComment(row: ViewRow | undefined): boolean {
  if (isBlank(row)) return false;
  return [row?.c, row?.ts].every(
    (line) => !line || line.text.trim() === '' || isCommentLine(line.text, line.tokens),
  );
}

function base(
  rows: readonly ViewRow[],
  side: 'c' | 'ts',
  first: ViewLine | undefined,
): number | null {
  return (first ?? rows.find((row) => row[side] !== null)?.[side])?.number ?? null;
}
