// SPDX-License-Identifier: GPL-2.0-only
// Kinds of JSON fields in a transcript: what each may hold.

export type Json = null | boolean | number | string | readonly Json[] | Readonly<JsonObject>;
/** An object; indexed by hand, since a Record of itself is no type. */
export interface JsonObject {
  [key: string]: Json;
}

/** A check and the words for what it wants. */
export interface Kind {
  readonly expected: string;
  readonly accepts: (value: Json) => boolean;
}

const isInt = (v: Json): v is number => typeof v === 'number' && Number.isSafeInteger(v);
const isUint = (v: Json): v is number => isInt(v) && v >= 0;
const isObject = (v: Json): v is Readonly<JsonObject> =>
  typeof v === 'object' && v !== null && !Array.isArray(v);

const oneOf = (...names: readonly string[]): Kind => ({
  expected: `one of ${names.join(', ')}`,
  accepts: (v) => typeof v === 'string' && names.includes(v),
});

const listOf = (what: string, accepts: (v: Json) => boolean): Kind => ({
  expected: `a list of ${what}`,
  accepts: (v) => Array.isArray(v) && (v as readonly Json[]).every(accepts),
});

const tuple =
  (...parts: readonly ((v: Json) => boolean)[]) =>
  (v: Json): boolean =>
    Array.isArray(v) &&
    v.length === parts.length &&
    parts.every((part, i) => part((v as readonly Json[])[i] ?? null));

const attrNames = ['skip_cpu_sync', 'privileged', 'force_contiguous', 'alloc_single_pages'];
const isProt = (v: Json): boolean => typeof v === 'string' && /^r?w?c?m?p?x?$/.test(v);
const isIommuRecord = (v: Json): boolean =>
  tuple((k) => k === 'map', isUint, isUint, isProt)(v) ||
  tuple((k) => k === 'unmap', isUint, isUint)(v);
const dirNames = ['to_device', 'from_device', 'bidirectional'];

export const kinds = {
  int: { expected: 'a whole number', accepts: isInt },
  uint: { expected: 'a whole number from 0 to 2^53-1', accepts: isUint },
  byte: { expected: 'a whole number from 0 to 255', accepts: (v) => isUint(v) && v <= 255 },
  bool: { expected: 'true or false', accepts: (v) => typeof v === 'boolean' },
  string: { expected: 'a string', accepts: (v) => typeof v === 'string' },
  crc32: {
    expected: '8 lower-case hex digits',
    accepts: (v) => typeof v === 'string' && /^[0-9a-f]{8}$/.test(v),
  },
  address: { expected: 'an address or "error"', accepts: (v) => v === 'error' || isUint(v) },
  okFail: oneOf('ok', 'fail'),
  okFault: oneOf('ok', 'fault'),
  dir: oneOf(...dirNames),
  gfp: oneOf('kernel', 'atomic'),
  site: oneOf('page_alloc', 'kmalloc', 'iova_alloc', 'iommu_map', 'iommu_unmap', 'workqueue'),
  attrs: listOf(attrNames.join(', '), (v) => typeof v === 'string' && attrNames.includes(v)),
  sg: {
    expected: 'a list of [buf, off, len], not empty',
    accepts: (v) =>
      Array.isArray(v) &&
      v.length > 0 &&
      (v as readonly Json[]).every(tuple(isInt, isUint, isUint)),
  },
  segments: listOf('[address, length]', tuple(isUint, isUint)),
  iommu: listOf('["map", iova, size, prot] or ["unmap", iova, size]', isIommuRecord),
  counts: { expected: '[syncs, flushes]', accepts: tuple(isUint, isUint) },
  cacheOps: listOf(
    '["for_device"|"for_cpu", bytes, dir]',
    tuple(
      (k) => k === 'for_device' || k === 'for_cpu',
      isUint,
      (d) => typeof d === 'string' && dirNames.includes(d),
    ),
  ),
  ranges: listOf('[iova, size, prot]', tuple(isUint, isUint, isProt)),
  classes: listOf(
    'classes',
    (v) =>
      isObject(v) &&
      ['buffer_size', 'iova_base', 'ro', 'wo', 'rw', 'empty', 'old'].every((key) =>
        isUint(v[key] ?? null),
      ),
  ),
  uintOrNull: { expected: 'a whole number or null', accepts: (v) => v === null || isUint(v) },
  object: { expected: 'an object', accepts: isObject },
} satisfies Record<string, Kind>;

export type KindName = keyof typeof kinds;

/** Field name to kind; a name that ends in `?` may be absent. */
export type Shape = Readonly<Record<string, KindName>>;

/** The first thing wrong with an object's fields, or null. Fields of `tolerated` names are not looked at. */
export function shapeProblem(
  fields: Readonly<Record<string, Json>>,
  shape: Shape,
  tolerated: readonly string[] = [],
): string | null {
  const known = new Set(tolerated);
  for (const [key, kindName] of Object.entries(shape)) {
    const name = key.replace(/\?$/, '');
    known.add(name);
    const value = fields[name];
    const kind: Kind = kinds[kindName];
    if (value === undefined) {
      if (!key.endsWith('?')) return `field ${name} is missing, expected ${kind.expected}`;
    } else if (!kind.accepts(value)) {
      return `field ${name} is ${show(value)}, expected ${kind.expected}`;
    }
  }
  const extra = Object.keys(fields).find((name) => !known.has(name));
  return extra === undefined ? null : `unknown field ${JSON.stringify(extra.slice(0, 40))}`;
}

/** A value for a message: one line, not too long. */
export function show(value: Json | undefined): string {
  if (value === undefined) return 'absent';
  const text = JSON.stringify(value);
  return text.length > 120 ? `${text.slice(0, 117)}...` : text;
}
