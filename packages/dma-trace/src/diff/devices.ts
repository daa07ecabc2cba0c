// SPDX-License-Identifier: GPL-2.0-only
// Which devices of two captures are the same: by name, or as someone says who knows.

/** Devices that are one; several of a side are taken together. */
export interface DevicePair {
  readonly a: readonly string[];
  readonly b: readonly string[];
  readonly by: 'name' | 'option';
}

export interface DeviceMatch {
  readonly pairs: readonly DevicePair[];
  /** Devices of one capture only. */
  readonly onlyA: readonly string[];
  readonly onlyB: readonly string[];
}

/** A device of A, and what it is called in B. */
export type DeviceName = readonly [a: string, b: string];

/** Equal names are matched, but those that `asked` names only as it says. In the order of A. */
export function matchDevices(
  a: readonly string[],
  b: readonly string[],
  asked: readonly DeviceName[] = [],
): DeviceMatch {
  const groups: { a: Set<string>; b: Set<string> }[] = [];
  for (const [nameA, nameB] of asked) {
    const joined = groups.filter((one) => one.a.has(nameA) || one.b.has(nameB));
    const group = joined[0] ?? { a: new Set(), b: new Set() };
    if (joined.length === 0) groups.push(group);
    for (const other of joined.slice(1)) {
      for (const one of other.a) group.a.add(one);
      for (const one of other.b) group.b.add(one);
      groups.splice(groups.indexOf(other), 1);
    }
    group.a.add(nameA);
    group.b.add(nameB);
  }
  const takenA = new Set(asked.map(([name]) => name));
  const takenB = new Set(asked.map(([, name]) => name));
  const freeB = new Set(b.filter((name) => !takenB.has(name)));
  const freeA = a.filter((name) => !takenA.has(name));
  const equal = freeA.filter((name) => freeB.has(name));
  return {
    pairs: [
      ...groups.map((one): DevicePair => ({ a: [...one.a], b: [...one.b], by: 'option' })),
      ...equal.map((name): DevicePair => ({ a: [name], b: [name], by: 'name' })),
    ],
    onlyA: freeA.filter((name) => !freeB.has(name)),
    onlyB: [...freeB].filter((name) => !equal.includes(name)),
  };
}
