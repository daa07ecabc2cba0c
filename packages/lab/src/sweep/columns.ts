// SPDX-License-Identifier: GPL-2.0-only
// Columns: paths into the JSON of a verb, `runs[policy=pool].bandwidth_bytes_per_s`.

import { type DocumentSchema, type SchemaNode, canBe, kindsOf } from './json-schema';

/** A field; an element by its number, from 0; or the element whose fields have these values. */
export type Step =
  | { readonly field: string }
  | { readonly index: number }
  | { readonly where: readonly (readonly [path: readonly string[], text: string])[] };

export type Scalar = string | number | boolean | null;

export type ColumnKind = 'number' | 'string' | 'boolean';

export interface Column {
  readonly name: string;
  readonly steps: readonly Step[];
  /** What its values are, if not null. Where they are of several kinds they are texts. */
  readonly kind: ColumnKind;
}

/** A path that is wrong, or fits no element, or several. */
export class ColumnError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ColumnError';
  }
}

/** @throws ColumnError */
export function parsePath(text: string): Step[] {
  const steps: Step[] = [];
  const part = /(?:^|\.)([^.[\]]+)|\[([^\]]*)\]/y;
  while (part.lastIndex < text.length) {
    const found = part.exec(text);
    if (!found || (steps.length === 0 && found[1] === undefined))
      throw new ColumnError(
        `'${text}': expected a path like runs[policy=pool].iops, runs[0].job or preset`,
      );
    steps.push(found[1] === undefined ? selector(found[2] ?? '', text) : { field: found[1] });
  }
  return steps;
}

function selector(inside: string, path: string): Step {
  if (/^\d+$/.test(inside)) return { index: Number(inside) };
  return {
    where: inside.split(',').map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1)
        throw new ColumnError(`'${path}': expected [number] or [field=value,…], got [${inside}]`);
      return [pair.slice(0, at).trim().split('.'), pair.slice(at + 1).trim()] as const;
    }),
  };
}

/** @throws ColumnError if no document of this schema has such a scalar */
export function columnOf(name: string, path: string, schema: DocumentSchema): Column {
  const steps = parsePath(path);
  let nodes = schema.top();
  let before = '';
  for (const step of steps) {
    nodes = next(nodes, step, schema, before.replace(/\.$/, ''));
    before += written(step);
  }
  const kinds = kindsOf(nodes);
  if (kinds.has('list') || kinds.has('object')) {
    const fields = schema.fields(nodes);
    throw new ColumnError(
      `${path}: is ${kinds.has('list') ? 'a list; expected an element of it, [0] or [field=value]' : `an object; expected one of its fields: ${fields.join(', ')}`}`,
    );
  }
  kinds.delete('null');
  return { name, steps, kind: commonKind(kinds as Set<ColumnKind>) ?? 'string' };
}

/** What a column of values of these kinds is: texts where they are of several; null where there is none. */
export function commonKind(kinds: ReadonlySet<ColumnKind>): ColumnKind | null {
  const [kind = null] = kinds;
  return kinds.size > 1 ? 'string' : kind;
}

function next(
  nodes: readonly SchemaNode[],
  step: Step,
  schema: DocumentSchema,
  before: string,
): SchemaNode[] {
  if ('field' in step) {
    const found = schema.field(nodes, step.field);
    if (found.length > 0) return found;
    const fields = schema.fields(nodes);
    throw new ColumnError(
      fields.length > 0
        ? `${before || 'the document'}: has no field '${step.field}'; expected one of ${fields.join(', ')}`
        : `${before}: has no fields${kindsOf(nodes).has('list') ? '; expected [0] or [field=value] after it' : ''}`,
    );
  }
  const elements = schema.element(nodes, 'index' in step ? step.index : undefined);
  if (elements.length === 0) throw new ColumnError(`${before}: is no list`);
  if ('where' in step)
    for (const [path, text] of step.where) {
      const field = path.reduce((at, name) => next(at, { field: name }, schema, before), elements);
      if (!canBe(field, text))
        throw new ColumnError(`${before}: ${path.join('.')} is never '${text}'`);
    }
  return elements;
}

function written(step: Step): string {
  if ('field' in step) return step.field;
  if ('index' in step) return `[${String(step.index)}].`;
  return `[${step.where.map(([path, text]) => `${path.join('.')}=${text}`).join(',')}].`;
}

/**
 * The value of a column in a document; null where the document has no such field or element.
 * @throws ColumnError if several elements fit: one of them would be a guess
 */
export function valueOf({ name, steps, kind }: Column, document: unknown): Scalar {
  let at = document;
  for (const step of steps) {
    if ('field' in step) at = fieldOf(at, step.field);
    else if (!Array.isArray(at)) return null;
    else if ('index' in step) at = at[step.index];
    else {
      const fitting = at.filter((one) => fits(one, step.where));
      if (fitting.length > 1)
        throw new ColumnError(
          `column ${name}: ${String(fitting.length)} elements are ${written(step)} expected one`,
        );
      at = fitting[0];
    }
  }
  if (at === undefined || at === null || typeof at === 'object') return null;
  const scalar = at as string | number | boolean;
  return kind === 'string' ? String(scalar) : scalar;
}

function fits(element: unknown, where: Extract<Step, { where: unknown }>['where']): boolean {
  return where.every(([path, text]) => {
    const value = path.reduce<unknown>(fieldOf, element);
    if (typeof value === 'number') return value === Number(text);
    if (typeof value === 'string' || typeof value === 'boolean') return String(value) === text;
    return value === null && text === 'null';
  });
}

function fieldOf(holder: unknown, name: string): unknown {
  if (typeof holder !== 'object' || holder === null || !Object.hasOwn(holder, name))
    return undefined;
  return (holder as Readonly<Record<string, unknown>>)[name];
}
