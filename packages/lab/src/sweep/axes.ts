// SPDX-License-Identifier: GPL-2.0-only
// The axes of a matrix: lists, and ranges, which are not written out.

import type { Node } from 'yaml';
import { type ColumnKind, commonKind } from './columns';
import type { Places, Value } from './places';

/** A name, and the values that it takes in turn. */
export interface Axis {
  readonly name: string;
  /** Where the name stands. */
  readonly node: Node | null;
  readonly length: number;
  /** What its values are, if not null; texts where they are of several kinds; null where there is none. */
  readonly kind: ColumnKind | null;
  /** @param i from 0 to below length */
  readonly at: (i: number) => Value;
  /** Which value has this text; -1 if none has. */
  readonly indexOf: (text: string | null) => number;
}

const MOST_VALUES = 1e7;
/** Digits of a value that steps or factors made: what floating point adds is cut off. */
const DIGITS = 12;

/** @param node one value, a list of values, or a range: {from, to, step} or {from, to, factor} */
export function readAxis(
  places: Places,
  name: string,
  keyNode: Node | null,
  node: Node | null,
): Axis {
  if (places.isMapping(node)) return range(places, name, keyNode, node);
  const list = places.list(node) ?? (node === null ? [] : [node]);
  if (list.length === 0)
    places.fail(node ?? keyNode, `${name}: expected a value, a list of values, or a range`);
  return listed(places, name, keyNode, list);
}

function listed(places: Places, name: string, keyNode: Node | null, nodes: readonly Node[]): Axis {
  const index = new Map<string | null, number>();
  const values = nodes.map((one, i) => {
    const value = places.value(one);
    if (index.has(value.text)) places.fail(one, `${name}: '${String(value.text)}' is there twice`);
    index.set(value.text, i);
    return value;
  });
  const kinds = new Set(
    values.map(({ value }) => typeof value).filter((kind) => kind !== 'object'),
  );
  const kind = commonKind(kinds as Set<ColumnKind>);
  return {
    ...{ name, node: keyNode, length: values.length, kind },
    at: (i) => values[i] ?? { text: null, value: null },
    indexOf: (text) => index.get(text) ?? -1,
  };
}

function range(places: Places, name: string, keyNode: Node | null, node: Node | null): Axis {
  const expected = `${name}: expected a range {from, to, step} or {from, to, factor}`;
  const parts = new Map(places.entries(node, expected).map((entry) => [entry.key, entry]));
  for (const { key, keyNode: at } of parts.values())
    if (!['from', 'to', 'step', 'factor'].includes(key)) places.fail(at, expected);
  const [from, to] = ['from', 'to'].map((key) => {
    const part = parts.get(key);
    if (!part) places.fail(node, expected);
    return places.number(
      part.value,
      `${name}: a number`,
      -Number.MAX_SAFE_INTEGER,
      Number.MAX_SAFE_INTEGER,
    );
  }) as [number, number];
  const [step, factor] = [parts.get('step'), parts.get('factor')];
  if ((step === undefined) === (factor === undefined)) places.fail(node, expected);
  if (to < from) places.fail(node, `${name}: 'to' is below 'from'`);
  const by = places.number(
    (step ?? factor)?.value ?? null,
    `${name}: a number`,
    1e-12,
    Number.MAX_SAFE_INTEGER,
  );
  if (factor && (by <= 1 || from <= 0))
    places.fail(node, `${name}: expected a factor above 1 and 'from' above 0`);

  const length = step ? steps((to - from) / by) : steps(Math.log(to / from) / Math.log(by));
  if (length > MOST_VALUES)
    places.fail(node, `${name}: ${String(length)} values, expected at most ${String(MOST_VALUES)}`);
  const isWhole = Number.isInteger(from) && Number.isInteger(by);
  const valueAt = (i: number): Value => {
    const exact = step ? from + i * by : from * by ** i;
    const value = isWhole ? exact : Number(exact.toPrecision(DIGITS));
    return { text: plain(value), value };
  };
  for (const i of [1, length - 1])
    if (i > 0 && i < length && valueAt(i).text === valueAt(i - 1).text)
      places.fail(
        node,
        `${name}: values are alike in ${String(DIGITS)} digits; expected larger steps`,
      );
  return {
    ...{ name, node: keyNode, length, kind: 'number', at: valueAt },
    indexOf: (text) => {
      const n = Number(text);
      if (text === null || !(n >= from)) return -1;
      const i = Math.round(step ? (n - from) / by : Math.log(n / from) / Math.log(by));
      return i >= 0 && i < length && valueAt(i).text === text ? i : -1;
    },
  };
}

/** Whole steps that fit, and the beginning. */
function steps(distance: number): number {
  return Math.floor(distance + 1e-9) + 1;
}

/** Without an exponent, which few options read. */
function plain(n: number): string {
  const text = String(n);
  return text.includes('e') ? n.toFixed(20).replace(/\.?0+$/, '') : text;
}
