// SPDX-License-Identifier: GPL-2.0-only
// What a value can be: each kind says what is wrong with a value and where, or null if nothing is.

export interface kind {
  /** @returns `nr_cpus is 0: expected a whole number from 1 to 8192`, or null for a value that fits */
  (value: unknown, path: string): string | null;
  /** The field may not be left out. */
  readonly needed?: true;
}

/** A kind for each field of an options type: a field that is added to the type has to be added here. */
export type shape_of<T extends object> = { readonly [K in keyof T]-?: kind };

/** From 0 on. The JSON Schemas of the lab's documents call it an integer. */
export type whole_number = number;

/** The longest text that a message repeats. */
const SHOWN = 40;

/** A value in a message: one line of ASCII, whatever the value holds. */
export function show_value(value: unknown): string {
  if (typeof value === 'string') {
    const cut = value.length > SHOWN ? `${value.slice(0, SHOWN)}…` : value;
    return `'${cut.replace(/[^\x20-\x7e…]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)}'`;
  }
  if (typeof value === 'function') return 'a function';
  if (Array.isArray(value)) return `an array of ${String(value.length)}`;
  if (typeof value !== 'object' || value === null) return String(value);
  const { name = 'Object' } =
    (value as { readonly constructor?: { readonly name?: string } }).constructor ?? {};
  return name === 'Object' ? 'an object' : `${/^[aeio]/i.test(name) ? 'an' : 'a'} ${name}`;
}

/** One problem in the form that all of them have. */
function problem(value: unknown, path: string, expected: string): string {
  return `${path} is ${show_value(value)}: expected ${expected}`;
}

/** A kind by its test and the words for it. */
export function that(expected: string, fits: (value: unknown) => boolean): kind {
  return (value, path) => (fits(value) ? null : problem(value, path, expected));
}

/** A whole number, both ends included; exact, so at most 2^53 - 1. */
export function whole(min = 0, max = Number.MAX_SAFE_INTEGER): kind {
  return that(
    max === Number.MAX_SAFE_INTEGER
      ? `a whole number from ${String(min)} on`
      : `a whole number from ${String(min)} to ${String(max)}`,
    (v) => Number.isSafeInteger(v) && (v as number) >= min && (v as number) <= max,
  );
}

/** A whole number, or Infinity where there is to be no limit. */
export const a_limit = that(
  'a whole number from 0 on, or Infinity',
  (v) => v === Infinity || (Number.isSafeInteger(v) && (v as number) >= 0),
);

/** A number, fractions too, both ends included. */
export function number_from(min: number, max = Infinity): kind {
  return that(
    max === Infinity
      ? `a number from ${String(min)} on`
      : `a number from ${String(min)} to ${String(max)}`,
    (v) => Number.isFinite(v) && (v as number) >= min && (v as number) <= max,
  );
}

/** One of these values. */
export function one_of(...values: readonly (string | number | boolean | null)[]): kind {
  const words = values.map(show_value);
  const last = words.pop() ?? '';
  return that(words.length > 0 ? `${words.join(', ')} or ${last}` : last, (v) =>
    values.includes(v as string),
  );
}

export const flag = that('true or false', (v) => typeof v === 'boolean');
export const text = that('a text', (v) => typeof v === 'string');
export const a_function = that('a function', (v) => typeof v === 'function');
export const a_class = that('a class', (v) => typeof v === 'function');
/** Any object, an instance of a class too: a listener, for instance. */
export const an_object = that(
  'an object',
  (v) => typeof v === 'object' && v !== null && !Array.isArray(v),
);

/** An instance of a class. */
export function instance_of(type: abstract new (...args: never[]) => object, words: string): kind {
  return that(words, (v) => v instanceof type);
}

/** An array of these; `length` is the exact number of items, or the least one. */
export function list_of(item: kind, length: { exactly: number } | { least: number }): kind {
  const [count, enough] =
    'exactly' in length
      ? [String(length.exactly), (n: number) => n === length.exactly]
      : [`${String(length.least)} or more`, (n: number) => n >= length.least];
  return (value, path) => {
    if (!Array.isArray(value) || !enough(value.length))
      return problem(value, path, `an array of ${count}`);
    return first_problem(value.map((v, i) => item(v, `${path}[${String(i)}]`)));
  };
}

/** Any of several kinds, in these words. */
export function either(expected: string, ...kinds: readonly kind[]): kind {
  return that(expected, (v) => kinds.some((k) => k(v, '') === null));
}

/** A field that may not be left out. */
export function needed(of: kind): kind {
  const needed: kind = (value, path) => of(value, path);
  return Object.assign(needed, { needed: true as const });
}

/** An object with these fields and no others; a field that is undefined counts as left out. */
export function fields<T extends object>(shape: shape_of<T>): kind {
  const names = Object.keys(shape);
  const kinds = new Map(Object.entries<kind>(shape));
  return (value, path) => {
    if (an_object(value, path) !== null)
      return problem(value, path === '' ? 'options' : path, 'an object');
    const of = path === '' ? '' : `${path}.`;
    const given = value as Readonly<Record<string, unknown>>;
    for (const name of Object.keys(given))
      if (!kinds.has(name))
        return `no option ${show_value(of + name)}; it has ${names.map((n) => of + n).join(', ')}`;
    return first_problem(
      [...kinds].map(([name, check]) =>
        given[name] === undefined && check.needed !== true ? null : check(given[name], of + name),
      ),
    );
  };
}

function first_problem(problems: readonly (string | null)[]): string | null {
  return problems.find((p) => p !== null) ?? null;
}
