// SPDX-License-Identifier: GPL-2.0-only
// A spec: YAML that says which points a sweep has, and what of each becomes a row.

import type { Node } from 'yaml';
import { UsageError } from '../errors';
import { schemaText } from '../schema-files';
import { Arguments } from './arguments';
import { type Axis, readAxis } from './axes';
import { type Column, ColumnError, type ColumnKind, columnOf, commonKind } from './columns';
import { DocumentSchema } from './json-schema';
import { type Entry, Places, type Value } from './places';
import { type Some, Points } from './points';
import { type Verb, sweptVerbs } from './verbs';

export interface Spec {
  /** As the user named the file. */
  readonly file: string;
  readonly text: string;
  readonly verb: string;
  /** In the order of a point's values. */
  readonly axes: readonly string[];
  /** Of each axis. */
  readonly axisKinds: readonly ColumnKind[];
  readonly columns: readonly Column[];
  /** Of the sample. */
  readonly seed: number;
  readonly points: Points;
  /** Words of the points that can be names of files, each once. */
  readonly words: ReadonlySet<string>;
}

const KEYS = ['verb', 'args', 'matrix', 'include', 'exclude', 'sample', 'columns', 'seed'] as const;
type Key = (typeof KEYS)[number];

/** Fields of a row beside axes and columns. */
export const ROW_FIELDS: readonly string[] = ['point', 'hash', 'status'];

export const MOST_POINTS = 1e7;
const MOST_SAMPLED_FROM = 2 ** 52;
const MOST_INCLUDED = 10_000;
const MOST_SEED = 2 ** 31 - 1;

/**
 * @param verbNamed the options of a verb; null if it cannot be swept
 * @throws UsageError with file, line and column
 */
export async function readSpec(
  file: string,
  text: string,
  verbNamed: (name: string) => Verb | null,
): Promise<Spec> {
  const places: Places = new Places(await import('yaml'), file, text);
  const keys = new Map<Key, Entry>();
  for (const entry of places.entries(places.root, 'a mapping with verb, matrix and columns')) {
    const key = KEYS.find((one) => one === entry.key);
    if (!key) places.fail(entry.keyNode, `'${entry.key}': expected one of ${KEYS.join(', ')}`);
    keys.set(key, entry);
  }
  const at = (key: Key): Node | null => keys.get(key)?.value ?? null;

  if (!keys.has('verb'))
    places.fail(places.root, `expected verb: one of ${sweptVerbs().join(', ')}`);
  const verbName = places.text(at('verb'), 'a verb');
  const verb = verbNamed(verbName);
  if (!verb)
    return places.fail(at('verb'), `expected one of ${sweptVerbs().join(', ')}, got '${verbName}'`);
  const seed = keys.has('seed') ? places.whole(at('seed'), 'a whole seed', 0, MOST_SEED) : 1;

  const matrix = keys.has('matrix')
    ? places
        .entries(at('matrix'), 'a mapping of axes')
        .map(({ key, keyNode, value }) => readAxis(places, key, keyNode, value))
    : [];
  const includes = somesOf(places, keys.get('include'));
  const excludes = somesOf(places, keys.get('exclude'));
  const axes: Pick<Axis, 'name' | 'node'>[] = [...matrix];
  for (const { name, node } of includes.flat())
    if (!axes.some((one) => one.name === name)) axes.push({ name, node });
  if (axes.length === 0)
    places.fail(places.root, 'expected a matrix or include: there is no point');

  const args = new Arguments(places, verb, fixedArguments(places, keys.get('args')), axes);
  const numberOf = (name: string): number => axes.findIndex((one) => one.name === name);
  checkValues(places, args, matrix, includes, numberOf);
  checkExcludes(places, excludes, matrix);

  const sample = keys.has('sample')
    ? places.whole(at('sample'), 'a number of points', 1, MOST_POINTS)
    : null;
  const plan = {
    names: axes.map(({ name }) => name),
    ...{ matrix, sample, seed, arguments: args },
    include: includes.map((one) => someOf(one, numberOf)),
    exclude: excludes.map((one) => someOf(one, numberOf)),
  };
  checkSizes(places, plan.include, matrix, sample, keys);
  const points = new Points(plan);
  if (points.count === 0)
    places.fail(keys.get('exclude')?.value ?? places.root, 'there is no point');
  const valuesOf = function* (axis: number): Generator<Value> {
    const { length, at: value } = matrix[axis] ?? {
      length: 0,
      at: () => ({ text: null, value: null }),
    };
    for (let i = 0; i < Math.min(length, MOST_INCLUDED); i++) yield value(i);
    for (const some of plan.include) yield* some.get(axis) ?? [];
  };
  return {
    ...{ file, text, verb: verb.name, axes: plan.names, seed, points },
    axisKinds: plan.names.map((name) =>
      kindOfAxis([...matrix, ...includes.flat().map(({ axis }) => axis)], name),
    ),
    columns: readColumns(places, keys.get('columns'), verb.name, plan.names),
    words: new Set(args.words(valuesOf)),
  };
}

function fixedArguments(places: Places, entry: Entry | undefined): Node[] {
  if (!entry) return [];
  return (
    places.list(entry.value) ??
    places.fail(entry.value ?? entry.keyNode, 'expected a list of words')
  );
}

/** Axes by name, in an entry of include or exclude. */
type Named = readonly {
  readonly name: string;
  readonly node: Node | null;
  readonly axis: Axis;
  readonly nodes: readonly Node[];
}[];

function somesOf(places: Places, entry: Entry | undefined): Named[] {
  if (!entry) return [];
  const list = places.list(entry.value);
  if (!list)
    return places.fail(entry.value ?? entry.keyNode, 'expected a list of mappings of axes');
  return list.map((node) => {
    const named = places.entries(node, 'a mapping of axes').map(({ key, keyNode, value }) => ({
      ...{ name: key, node: keyNode },
      axis: readAxis(places, key, keyNode, value),
      nodes: places.list(value) ?? (value === null ? [] : [value]),
    }));
    return named.length === 0 ? places.fail(node, 'expected at least one axis') : named;
  });
}

function someOf(named: Named, numberOf: (name: string) => number): Some {
  return new Map(
    named.map(({ name, axis }) => [
      numberOf(name),
      Array.from({ length: Math.min(axis.length, MOST_INCLUDED + 1) }, (_, i) => axis.at(i)),
    ]),
  );
}

function checkValues(
  places: Places,
  args: Arguments,
  matrix: readonly Axis[],
  includes: readonly Named[],
  numberOf: (name: string) => number,
): void {
  const check = (axis: Axis, node: Node | null): void => {
    // A range has numbers only: its first value tells of all.
    for (let i = 0; i < Math.min(axis.length, MOST_INCLUDED); i++)
      args.check(numberOf(axis.name), axis.at(i), node);
  };
  for (const axis of matrix) check(axis, axis.node);
  for (const one of includes) for (const { axis, node } of one) check(axis, node);
  for (const number of args.inPlaces) {
    if (matrix.length > 0 && number >= matrix.length)
      places.fail(
        includes.flat().find(({ name }) => numberOf(name) === number)?.node ?? null,
        'stands in args; expected it in the matrix, too',
      );
    for (const one of includes)
      if (!one.some(({ name }) => numberOf(name) === number))
        places.fail(one[0]?.node ?? null, `expected a value of every axis that stands in args`);
  }
}

/** What excludes nothing is a typing mistake. */
function checkExcludes(places: Places, excludes: readonly Named[], matrix: readonly Axis[]): void {
  for (const { name, node, axis, nodes } of excludes.flat()) {
    const own = matrix.find((one) => one.name === name);
    if (!own)
      return places.fail(
        node,
        `'${name}': expected an axis of the matrix: ${matrix.map((one) => one.name).join(', ')}`,
      );
    for (let i = 0; i < Math.min(axis.length, MOST_INCLUDED); i++) {
      const { text } = axis.at(i);
      if (own.indexOf(text) < 0)
        places.fail(nodes[i] ?? node, `${name}: the matrix has no '${String(text)}'`);
    }
  }
}

function checkSizes(
  places: Places,
  include: readonly Some[],
  matrix: readonly Axis[],
  sample: number | null,
  keys: ReadonlyMap<Key, Entry>,
): void {
  const size = matrix.reduce((n, { length }) => n * length, 1);
  const most = sample === null ? MOST_POINTS : MOST_SAMPLED_FROM;
  if (size > most)
    places.fail(
      keys.get('matrix')?.keyNode ?? null,
      `${String(size)} points, expected at most ${String(most)}${sample === null ? '; sample takes some of them' : ''}`,
    );
  if (sample !== null && matrix.length === 0)
    places.fail(keys.get('sample')?.keyNode ?? null, 'expected a matrix, of which it takes points');
  const included = include.reduce(
    (n, some) => n + [...some.values()].reduce((m, { length }) => m * length, 1),
    0,
  );
  if (included > MOST_INCLUDED)
    places.fail(
      keys.get('include')?.keyNode ?? null,
      `${String(included)} points, expected at most ${String(MOST_INCLUDED)}`,
    );
}

function readColumns(
  places: Places,
  entry: Entry | undefined,
  verb: string,
  axes: readonly string[],
): Column[] {
  if (!entry)
    return places.fail(
      places.root,
      `expected columns: paths into what ${verb} --json prints; see iommu-bounce schema ${verb}`,
    );
  const schema = new DocumentSchema(schemaText(verb));
  const list = places.list(entry.value);
  const named = list
    ? list.map((node) => ({
        node,
        nameNode: node,
        name: places.text(node, 'a path'),
        path: places.text(node, 'a path'),
      }))
    : places
        .entries(entry.value, 'a list of paths, or a mapping of names to paths')
        .map(({ key, keyNode, value }) => ({
          node: value ?? keyNode,
          nameNode: keyNode,
          name: key,
          path: places.text(value ?? keyNode, 'a path'),
        }));
  if (named.length === 0) places.fail(entry.value, 'expected at least one column');
  const taken = new Set([...ROW_FIELDS, ...axes]);
  for (const name of axes)
    if (ROW_FIELDS.includes(name))
      throw new UsageError(
        `${places.file}: an axis cannot be named ${name}, which is a field of each row`,
      );
  return named.map(({ node, nameNode, name, path }) => {
    if (taken.has(name))
      places.fail(
        nameNode,
        `column ${name}: another column, an axis or a field of each row has this name; expected name: path with a name of its own`,
      );
    taken.add(name);
    try {
      return columnOf(name, path, schema);
    } catch (error) {
      if (error instanceof ColumnError) return places.fail(node, `column ${error.message}`);
      throw error;
    }
  });
}

/** Of all its values, wherever they stand. */
function kindOfAxis(axes: readonly Axis[], name: string): ColumnKind {
  const kinds = new Set(
    axes.flatMap((axis) => (axis.name === name && axis.kind !== null ? [axis.kind] : [])),
  );
  return commonKind(kinds) ?? 'string';
}
