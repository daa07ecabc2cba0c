// SPDX-License-Identifier: GPL-2.0-only
// The results of a sweep as the page has them. They are read line by line, twice where the page cannot have all of them.

import type { Column, ColumnKind } from '../../sweep/columns';
import { randomOrder } from '../../sweep/permutation';
import { BestRows } from './best-rows';
import { ColumnBuilder, type ColumnOf } from './column-builder';
import { MOST_ROWS, type PackedCells, type Row, type SweepData } from './data';
import { Cells } from './model/cells';
import { type Groups, groupsOf } from './model/groups';
import { packCodes, packNumbers } from './packed';
import { WordsBuilder } from './words-builder';

export interface SweepResults {
  readonly axes: readonly string[];
  /** Of each axis. */
  readonly axisKinds: readonly ColumnKind[];
  readonly columns: readonly Column[];
  /** How many rows there are. */
  readonly count: number;
  /** All of them, in the order of points; read more than once. */
  readonly rows: () => Iterable<Row>;
  /** Words of the command line of a point, as a shell takes them; asked for in the order of points. */
  readonly words: () => (point: number) => readonly string[];
}

/** Maps of all rows are made for so many parameters and measures at most. */
const MOST_MAPPED = 8;

export function readSweep(results: SweepResults, most = MOST_ROWS): SweepData {
  const { count, rows } = results;
  const builders = columnsOf(results).map((of) => new ColumnBuilder(of));
  const best = new BestRows(
    count > most
      ? builders.flatMap(({ of }) =>
          of.role === 'column' && of.kind === 'number' ? [of.name] : [],
        )
      : [],
  );
  for (const row of rows()) {
    for (const one of builders) one.see(row[one.of.name]);
    best.add(row);
  }
  const status = builders.pop();
  // Of exit statuses one alone says nothing.
  if (status && status.codeCount > 2) builders.push(status);

  const isKept = keptOf(count, most, best.rows);
  const words = new WordsBuilder();
  const wordsOf = results.words();
  const points: number[] = [];
  const maps = count > most ? mapsOf(builders) : [];
  let n = 0;
  for (const row of rows()) {
    for (const map of maps) map.add(row);
    if (!isKept(n++)) continue;
    const point = Number(row['point']);
    points.push(point);
    words.add(wordsOf(point));
    for (const one of builders) one.keep(row[one.of.name]);
  }
  return {
    all: count,
    rows: points.length,
    points: points.every((point, i) => point === i) ? null : packCodes(points),
    columns: builders.map(({ data }) => data),
    words: words.words(
      builders.flatMap(({ keptCodes: codes, codeCount }, index) =>
        codes === null ? [] : [{ index, codes, codeCount }],
      ),
    ),
    cells: maps.map((map) => map.packed),
  };
}

function columnsOf({ axes, axisKinds, columns }: SweepResults): ColumnOf[] {
  return [
    ...axes.map((name, i) => ({
      ...{ name, path: [], kind: axisKinds[i] ?? ('string' as const) },
      role: /(?:^|[._ -])seed$/i.test(name) ? ('seed' as const) : ('parameter' as const),
    })),
    ...columns.map(({ name, kind, steps }) => ({
      ...{ name, kind, role: 'column' as const },
      path: steps.flatMap((step) => ('field' in step ? [step.field] : [])),
    })),
    { name: 'status', role: 'status', kind: 'number', path: [] },
  ];
}

/** Which rows the page has: all, or as many as it can, at random, the same ones each time, beside the best. */
function keptOf(count: number, most: number, best: ReadonlySet<number>): (row: number) => boolean {
  if (count <= most) return () => true;
  const order = randomOrder(count, 1);
  const kept = new Set(Array.from({ length: most }, (_, i) => order(i)));
  return (row) => kept.has(row) || best.has(row);
}

/** A measure of all rows over two parameters, or over one: then `y` is the same. */
class PairMap {
  private readonly cells: Cells;
  private readonly across: number;

  constructor(
    private readonly x: Grouped,
    private readonly y: Grouped | null,
    private readonly measure: { readonly index: number; readonly builder: ColumnBuilder },
  ) {
    this.across = x.groups.labels.length;
    this.cells = new Cells(this.across * (y?.groups.labels.length ?? 1));
  }

  add(row: Row): void {
    const { builder } = this.measure;
    const cell = this.x.of(row) + this.across * (this.y?.of(row) ?? 0);
    this.cells.add(cell, builder.numberOf(row[builder.of.name]));
  }

  get packed(): PackedCells {
    const { n, sum, least, most } = this.cells;
    return {
      ...{ x: this.x.index, y: (this.y ?? this.x).index, measure: this.measure.index },
      n: packCodes(n),
      sum: packNumbers(sum),
      least: packNumbers(least),
      most: packNumbers(most),
    };
  }
}

interface Grouped {
  readonly index: number;
  readonly groups: Groups;
  readonly of: (row: Row) => number;
}

function mapsOf(builders: readonly ColumnBuilder[]): PairMap[] {
  const parameters: Grouped[] = [];
  const measures: { readonly index: number; readonly builder: ColumnBuilder }[] = [];
  for (const [index, builder] of builders.entries()) {
    const { role, kind, name } = builder.of;
    if (role === 'column' && kind !== 'string') measures.push({ index, builder });
    if (role !== 'parameter') continue;
    const groups = groupsOf(builder.data);
    const isListed = builder.keptCodes !== null;
    const of = (row: Row): number => {
      const place = builder.placeOf(row[name]);
      return (isListed ? groups.ofCode[place] : groups.ofNumber?.(place)) ?? 0;
    };
    parameters.push({ index, groups, of });
  }
  const mapped = parameters.slice(0, MOST_MAPPED);
  return measures
    .slice(0, MOST_MAPPED)
    .flatMap((measure) =>
      mapped.flatMap((x, i) => [
        new PairMap(x, null, measure),
        ...mapped.slice(i + 1).map((y) => new PairMap(x, y, measure)),
      ]),
    );
}
