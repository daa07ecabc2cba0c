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
  if (object instanceof Set || object instanceof Map) return [[], [...object]];
  const keys = Object.keys(object).filter((key) => !key.startsWith('schedule_'));
  return [keys, keys.map((key) => (object as Plain)[key])];
}

export class Snapshot {
  private readonly held: Held[] = [];

  /**
   * @param roots where to begin
   * @param not objects that are not entered
   */
  constructor(roots: readonly object[], not: readonly object[] = []) {
    const seen = new Set<object>(not);
    const queue = [...roots];
    for (let object = queue.pop(); object !== undefined; object = queue.pop()) {
      if (seen.has(object)) continue;
      seen.add(object);
      const [keys, values] = entriesOf(object);
      this.held.push({ object, keys, values });
      for (const value of values.flat()) if (!isLeaf(value)) queue.push(value as object);
    }
  }

  /** Objects that it knows. */
  get size(): number {
    return this.held.length;
  }

  restore(): void {
    for (const { object, keys, values } of this.held) {
      if (object instanceof Set) {
        if (object.size !== values.length || values.some((one) => !object.has(one))) {
          object.clear();
          for (const one of values) object.add(one);
        }
        continue;
      }
      if (object instanceof Map) {
        object.clear();
        for (const [key, value] of values as [unknown, unknown][]) object.set(key, value);
        continue;
      }
      if (Array.isArray(object) && object.length !== values.length) object.length = values.length;
      keys.forEach((key, i) => {
        if ((object as Plain)[key] !== values[i]) (object as Plain)[key] = values[i];
      });
    }
  }

  /** What is not as it was: `io_buffer_slot.prot`. */
  differences(): string[] {
    const all: string[] = [];
    for (const { object, keys, values } of this.held) {
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
