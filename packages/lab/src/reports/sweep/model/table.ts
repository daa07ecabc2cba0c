// SPDX-License-Identifier: GPL-2.0-only
// The rows of a page, unpacked: columns of numbers or of codes.

import type { Scalar } from '../../../sweep/columns';
import type { ColumnData, SweepData, Word } from '../data';
import { type Numbers, unpack } from '../packed';
import { type Groups, groupOfRows, groupsOf } from './groups';

export class Column {
  /** Of columns with a list of values: 0 is no value. */
  readonly codes: Numbers | null;
  private made: Float64Array | null = null;
  private madeGroups: Groups | null = null;
  private madeGroupOf: Uint8Array | null = null;

  constructor(
    readonly index: number,
    readonly data: ColumnData,
  ) {
    const numbers = unpack(data.packed);
    this.codes = data.values === null ? null : numbers;
    if (data.values === null) this.made = numbers as Float64Array;
  }

  get name(): string {
    return this.data.name;
  }

  /** Whether it is a figure of the points: numbers, or true and false, which count as 1 and 0. */
  get isMeasure(): boolean {
    const { role, kind } = this.data;
    return role === 'column' && kind !== 'string';
  }

  /** Whether points are told apart by its values: a map can have them as rows and columns. */
  get isDimension(): boolean {
    const { role, kind } = this.data;
    return role !== 'column' || kind !== 'number';
  }

  /** One for each row; NaN where there is none. True is 1, false is 0. */
  get numbers(): Float64Array {
    return (this.made ??= numbersOf(this.codes ?? [], this.data.values ?? []));
  }

  get groups(): Groups {
    return (this.madeGroups ??= groupsOf(this.data));
  }

  /** The group of each row. */
  get groupOf(): Uint8Array {
    return (this.madeGroupOf ??= groupOfRows(this.groups, this.codes, () => this.numbers));
  }

  value(row: number): Scalar {
    if (this.codes !== null) return this.data.values?.[(this.codes[row] ?? 0) - 1] ?? null;
    const number = this.numbers[row] ?? NaN;
    return Number.isNaN(number) ? null : number;
  }
}

function numbersOf(codes: ArrayLike<number>, values: readonly Scalar[]): Float64Array {
  const ofCode = [NaN, ...values.map((one) => (typeof one === 'string' ? NaN : Number(one)))];
  return Float64Array.from(codes, (code) => ofCode[code] ?? NaN);
}

export class Table {
  readonly rows: number;
  readonly columns: readonly Column[];
  private readonly points: Numbers | null;
  private readonly words: readonly ((row: number) => string)[];
  private made: Settings | null = null;

  constructor(readonly data: SweepData) {
    this.rows = data.rows;
    this.columns = data.columns.map((one, i) => new Column(i, one));
    this.points = data.points === null ? null : unpack(data.points);
    this.words = data.words.map((word) => this.wordOf(word));
  }

  point(row: number): number {
    return this.points?.[row] ?? row;
  }

  /** Rows with the same parameters, whatever their seeds. */
  get settings(): Settings {
    return (this.made ??= settingsOf(
      this.columns.filter(({ data }) => data.role === 'parameter'),
      this.rows,
    ));
  }

  /** The command line that makes the row again, as a shell takes it. */
  command(row: number): string {
    return this.words
      .map((word) => word(row))
      .filter((word) => word !== '')
      .join(' ');
  }

  column(index: number): Column {
    const found = this.columns[index];
    if (!found) throw new Error(`no column ${String(index)}`);
    return found;
  }

  private wordOf(word: Word): (row: number) => string {
    if (typeof word === 'string') return () => word;
    const codes = 'by' in word ? this.column(word.by).codes : unpack(word.codes);
    return (row) => word.texts[codes?.[row] ?? 0] ?? '';
  }
}

export interface Settings {
  readonly count: number;
  /** Of each row: from 0, in the order of rows. */
  readonly of: Uint32Array;
}

/** Column by column: what was the same so far is split by the next one's values. */
function settingsOf(columns: readonly Column[], rows: number): Settings {
  const of = new Uint32Array(rows);
  let count = Math.min(rows, 1);
  for (const { codes, numbers } of columns) {
    const values = codes ?? numbers;
    const known = Array.from({ length: count }, () => new Map<number, number>());
    let next = 0;
    for (let row = 0; row < rows; row++) {
      const own = known[of[row] ?? 0];
      const value = values[row] ?? NaN;
      let setting = own?.get(value);
      if (setting === undefined) {
        setting = next++;
        own?.set(value, setting);
      }
      of[row] = setting;
    }
    count = next;
  }
  return { count, of };
}
