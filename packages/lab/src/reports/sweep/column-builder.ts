// SPDX-License-Identifier: GPL-2.0-only
// A column of a sweep's results, value by value: what it has of all rows, and the packed values of those that are kept.

import type { Scalar } from '../../sweep/columns';
import type { Better, ColumnData, Role, Unit } from './data';
import { packCodes, packNumbers } from './packed';

export interface ColumnOf {
  readonly name: string;
  readonly role: Role;
  readonly kind: ColumnData['kind'];
  /** Names of the fields that lead to it in the document; empty for a parameter. */
  readonly path: readonly string[];
}

/** Numbers that are this many are no list of values. */
const MOST_NUMBERS = 4096;

export class ColumnBuilder {
  private readonly codes = new Map<Scalar, number>();
  private least = Infinity;
  private most = -Infinity;
  private missing = 0;
  /** Whether each value is in `codes`: a JSON list cannot hold an infinite one. */
  private isListed = true;
  private readonly kept: number[] = [];

  constructor(readonly of: ColumnOf) {}

  /** Sees a value of a row, whether the row is kept or not. */
  see(value: unknown): void {
    const own = this.scalar(value);
    if (own === null) this.missing++;
    else if (typeof own === 'number') {
      if (Number.isFinite(own)) {
        if (own < this.least) this.least = own;
        if (own > this.most) this.most = own;
      } else {
        this.missing++;
        this.isListed = false;
      }
    }
    if (own === null || !this.isListed || this.codes.has(own)) return;
    this.codes.set(own, this.codes.size + 1);
    if (typeof own === 'number' && this.codes.size > MOST_NUMBERS) this.isListed = false;
  }

  /** After all are seen: keeps a row's value for the page. */
  keep(value: unknown): void {
    this.kept.push(this.placeOf(value));
  }

  /** Codes of the rows that are kept; null where the column is no list of values. */
  get keptCodes(): readonly number[] | null {
    return this.isListed ? this.kept : null;
  }

  /** How many codes there are, 0 included. */
  get codeCount(): number {
    return this.codes.size + 1;
  }

  /** A code or a number, as `groupsOf` takes them. */
  placeOf(value: unknown): number {
    const own = this.scalar(value);
    if (this.isListed) return own === null ? 0 : (this.codes.get(own) ?? 0);
    return typeof own === 'number' ? own : NaN;
  }

  /** What a measure has for a row: NaN for none. */
  numberOf(value: unknown): number {
    const own = this.scalar(value);
    return own === null || typeof own === 'string' ? NaN : Number(own);
  }

  get data(): ColumnData {
    const { name, role, kind, path } = this.of;
    const hasNumbers = this.most >= this.least;
    return {
      ...{ name, role, kind, unit: unitOf(path), better: betterOf([...path, name]) },
      values: this.isListed ? [...this.codes.keys()] : null,
      missing: this.missing,
      least: hasNumbers ? this.least : null,
      most: hasNumbers ? this.most : null,
      packed: this.isListed ? packCodes(this.kept) : packNumbers(this.kept),
    };
  }

  /** Of the column's kind. */
  private scalar(value: unknown): Scalar {
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean')
      return null;
    if (this.of.kind === 'string') return String(value);
    return typeof value === this.of.kind ? value : null;
  }
}

/** Field names of documents end in their unit, or have it in front of what it is of: `latency_ns.p99`. */
function unitOf(path: readonly string[]): Unit {
  for (const field of [...path].reverse()) {
    if (/(?:^|_)bytes_per_s$/.test(field)) return 'bytes/s';
    if (/(?:^|_)bytes$/.test(field)) return 'bytes';
    if (/(?:^|_)ns(?:_per_[a-z]+)?$/.test(field)) return 'ns';
  }
  return '';
}

/** Rates and speed-ups; all else is a cost. */
function betterOf(words: readonly string[]): Better {
  return words.some((word) =>
    /bandwidth|iops|per_s$|throughput|speed|rate|wins|hits|agree/i.test(word),
  )
    ? 'more'
    : 'less';
}
