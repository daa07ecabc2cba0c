// SPDX-License-Identifier: GPL-2.0-only
// A copy of everything that can be reached from some objects, to be compared with or put back.

type Plain = Record<string, unknown>;

/** What an object held: its fields, or the entries of an array, a Set or a Map. */
interface Held {
  readonly object: object;
  readonly keys: readonly string[];
  readonly values: readonly unknown[];
}

/** Not followed: typed arrays, functions, and what a run keeps for itself. */
function isLeaf(value: unknown): boolean {
  return typeof value !== 'object' || value === null || ArrayBuffer.isView(value);
}

function entriesOf(object: object): [readonly string[], readonly unknown[]] {
  // A hole of an array is an entry, too.
  if (object instanceof Set || object instanceof Map || Array.isArray(object))
    return [[], [...(object as Iterable<unknown>)]];
  const keys = Object.keys(object).filter((key) => !key.startsWith('schedule_'));
  return [keys, keys.map((key) => (object as Plain)[key])];
}

/** Of some objects it is known whether they were written since the latest `restore`: all others are compared each time. */
export interface ToldWrites {
  /** Whether each write of the object is told. */
  tells(object: object): boolean;
  written(object: object): boolean;
}

const NONE: ToldWrites = { tells: () => false, written: () => true };

export class Snapshot {
  private readonly held: Held[] = [];
  private readonly told: Held[] = [];

  /**
   * @param roots where to begin
   * @param not objects that are not entered
   */
  constructor(
    roots: readonly object[],
    not: readonly object[] = [],
    private readonly writes: ToldWrites = NONE,
  ) {
    const seen = new Set<object>(not);
    const queue = [...roots];
    for (let object = queue.pop(); object !== undefined; object = queue.pop()) {
      if (seen.has(object)) continue;
      seen.add(object);
      const [keys, values] = entriesOf(object);
      (writes.tells(object) ? this.told : this.held).push({ object, keys, values });
      // The entries of a Map are pairs that were made just now.
      for (const value of object instanceof Map ? values.flat() : values)
        if (!isLeaf(value)) queue.push(value as object);
    }
  }

  /** Objects that it knows. */
  get size(): number {
    return this.held.length + this.told.length;
  }

  restore(): void {
    for (const one of this.told) if (this.writes.written(one.object)) restoreFields(one);
    for (const one of this.held) {
      const { object, values } = one;
      if (Array.isArray(object)) restoreEntries(object, values);
      else if (object instanceof Set) restoreSet(object, values);
      else if (object instanceof Map) {
        object.clear();
        for (const [key, value] of values as [unknown, unknown][]) object.set(key, value);
      } else restoreFields(one);
    }
  }

  /** What is not as it was: `io_buffer_slot.prot`. */
  differences(): string[] {
    const all: string[] = [];
    for (const { object, keys, values } of [...this.held, ...this.told]) {
      const [keysNow, valuesNow] = entriesOf(object);
      const name = object.constructor.name;
      if (keysNow.length !== keys.length || valuesNow.length !== values.length)
        all.push(
          `${name} has ${String(valuesNow.length)} entries in place of ${String(values.length)}`,
        );
      values.forEach((value, i) => {
        const now = valuesNow[i];
        if (!Object.is(now, value) && !(Array.isArray(value) && object instanceof Map))
          all.push(`${name}.${keys[i] ?? String(i)}`);
      });
    }
    return all;
  }
}

function restoreEntries(array: unknown[], values: readonly unknown[]): void {
  if (array.length !== values.length) array.length = values.length;
  for (let i = 0; i < values.length; i++) if (array[i] !== values[i]) array[i] = values[i];
}

function restoreSet(set: Set<unknown>, values: readonly unknown[]): void {
  let isSame = set.size === values.length;
  for (let i = 0; isSame && i < values.length; i++) isSame = set.has(values[i]);
  if (isSame) return;
  set.clear();
  for (const value of values) set.add(value);
}

/** A loop: it goes over thousands of fields before each run. */
function restoreFields({ object, keys, values }: Held): void {
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as string;
    if ((object as Plain)[key] !== values[i]) (object as Plain)[key] = values[i];
  }
}
