// SPDX-License-Identifier: GPL-2.0-only
// The points of a spec, one after the other: however many there are, one is in memory.

import { type Arguments, hashOf } from './arguments';
import type { Axis } from './axes';
import { randomOrder } from './permutation';
import type { Value } from './places';

export interface Point {
  /** From 0, in the order of rows. */
  readonly index: number;
  /** One for each axis of the spec. */
  readonly values: readonly Value[];
  readonly args: readonly string[];
  /** Of version, verb and arguments. */
  readonly hash: string;
}

/** Some axes with some of their values. */
export type Some = ReadonlyMap<number, readonly Value[]>;

export interface PointPlan {
  /** All axes. The first ones are those of the matrix, the others only in include. */
  readonly names: readonly string[];
  /** Of the matrix: the first one changes slowest. */
  readonly matrix: readonly Axis[];
  readonly include: readonly Some[];
  readonly exclude: readonly Some[];
  /** Random points of the matrix; null: all. */
  readonly sample: number | null;
  readonly seed: number;
  readonly arguments: Arguments;
}

/** Of a sample so many points are drawn, those that are excluded included: else one of nothing would never end. */
const MOST_DRAWN = 2e7;

const NOT_GIVEN: Value = { text: null, value: null };

export class Points {
  /** Points of the matrix, before anything is taken out of it. */
  readonly size: number;
  private readonly included: readonly (readonly Value[])[];
  /** Numbers of points of the matrix that come with the included ones. */
  private readonly twice: ReadonlySet<number>;
  private readonly excluded: readonly (readonly (readonly [
    axis: number,
    texts: ReadonlySet<string | null>,
  ])[])[];
  private counted: number | null = null;

  constructor(private readonly plan: PointPlan) {
    this.size = plan.matrix.length === 0 ? 0 : plan.matrix.reduce((n, { length }) => n * length, 1);
    this.included = unique(plan.include.flatMap((some) => [...this.combined(some)]));
    this.twice = new Set(
      this.included.map((values) => this.numberOf(values)).filter((n) => n >= 0),
    );
    this.excluded = plan.exclude.map((some) =>
      [...some].map(([axis, values]) => [axis, new Set(values.map(({ text }) => text))] as const),
    );
  }

  /** How many there are. Where something is excluded they are counted one by one. */
  get count(): number {
    this.counted ??= this.ofMatrix() + this.included.length;
    return this.counted;
  }

  /** @param from the first of them */
  *from(from = 0): Generator<Point> {
    let index = 0;
    for (const values of this.all()) {
      if (index >= from) yield this.point(index, values);
      index++;
    }
  }

  private point(index: number, values: readonly Value[]): Point {
    const args = this.plan.arguments.of(values);
    return { index, values, args, hash: hashOf(args) };
  }

  private *all(): Generator<readonly Value[]> {
    for (const n of this.numbers()) yield this.valuesAt(n);
    yield* this.included;
  }

  private ofMatrix(): number {
    const { sample } = this.plan;
    if (sample === null && this.excluded.length === 0) return this.size - this.twice.size;
    if (this.excluded.length === 0) return Math.min(sample ?? 0, this.size - this.twice.size);
    let n = 0;
    for (const number of this.numbers()) n += number < 0 ? 0 : 1;
    return n;
  }

  private *numbers(): Generator<number> {
    const { sample, seed } = this.plan;
    const at = sample === null ? (i: number): number => i : randomOrder(this.size, seed);
    let left = sample ?? Infinity;
    const end = sample === null ? this.size : Math.min(this.size, MOST_DRAWN);
    for (let i = 0; i < end && left > 0; i++) {
      const number = at(i);
      if (this.twice.has(number) || this.isExcluded(number)) continue;
      left--;
      yield number;
    }
  }

  private isExcluded(number: number): boolean {
    if (this.excluded.length === 0) return false;
    const values = this.valuesAt(number);
    return this.excluded.some((some) =>
      some.every(([axis, texts]) => texts.has(values[axis]?.text ?? null)),
    );
  }

  private valuesAt(number: number): Value[] {
    const { names, matrix } = this.plan;
    const values = new Array<Value>(names.length).fill(NOT_GIVEN);
    let rest = number;
    for (let axis = matrix.length - 1; axis >= 0; axis--) {
      const { length, at } = matrix[axis] as Axis;
      values[axis] = at(rest % length);
      rest = Math.floor(rest / length);
    }
    return values;
  }

  /** The point of the matrix with these values; -1 if there is none. */
  private numberOf(values: readonly Value[]): number {
    const { names, matrix } = this.plan;
    if (matrix.length === 0) return -1;
    let number = 0;
    for (const [axis, { length, indexOf }] of matrix.entries()) {
      const i = indexOf(values[axis]?.text ?? null);
      if (i < 0) return -1;
      number = number * length + i;
    }
    return names.slice(matrix.length).some((_, i) => values[matrix.length + i]?.text != null)
      ? -1
      : number;
  }

  private *combined(
    some: Some,
    axis = 0,
    before: readonly Value[] = [],
  ): Generator<readonly Value[]> {
    if (axis === this.plan.names.length) yield before;
    else
      for (const value of some.get(axis) ?? [NOT_GIVEN])
        yield* this.combined(some, axis + 1, [...before, value]);
  }
}

function unique(points: readonly (readonly Value[])[]): (readonly Value[])[] {
  return [
    ...new Map(
      points.map((values) => [JSON.stringify(values.map(({ text }) => text)), values]),
    ).values(),
  ];
}
