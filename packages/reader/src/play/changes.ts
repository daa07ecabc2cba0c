// SPDX-License-Identifier: GPL-2.0-only
// What one step changed, from the frames before and after it: the page tells it, "Predict" grades by it.

import type { ClassFrame, Frame, MappingFrame, SlotFrame } from './frame';

/** A list of a class, as a driver engineer calls it. */
export type ListName = 'empty' | 'cached RO' | 'cached WO' | 'cached RW';

export const LIST_NAMES: readonly ListName[] = ['empty', 'cached RO', 'cached WO', 'cached RW'];

/** A slot that moved during the step. */
export interface SlotMove {
  readonly domain: string;
  /** Bytes of the class's buffers. */
  readonly bufferSize: number;
  readonly index: number;
  /** The list that it left; null: it was in none (in use, or lost). */
  readonly from: ListName | null;
  /** The list that it entered. */
  readonly to: ListName | null;
  readonly before: SlotFrame;
  readonly after: SlotFrame;
}

export interface Changes {
  /** Slots that a mapping took. */
  readonly taken: readonly SlotMove[];
  /** Slots that went from a mapping into a cache. */
  readonly returned: readonly SlotMove[];
  /** Slots that lost their pages. */
  readonly evicted: readonly SlotMove[];
  /** Slots that the eviction worker saw unused for the first time. */
  readonly aged: readonly SlotMove[];
  /** Slots that nobody can use again. */
  readonly lost: readonly SlotMove[];
  readonly mapped: readonly MappingFrame[];
  readonly unmapped: readonly MappingFrame[];
  /** Bytes copied from the driver's memory to the bounce pages, and back. */
  readonly copiedToBounce: number;
  readonly copiedToOriginal: number;
  readonly requests: number;
  /** Null where there are none to count. */
  readonly exits: number | null;
  readonly requestsWithout: number;
  readonly elapsedMs: number;
}

/** The entries of a class's list, first entry first. */
export function listOf(cls: ClassFrame, name: ListName): readonly number[] {
  const lists = {
    empty: cls.empty,
    'cached RO': cls.cachedRo,
    'cached WO': cls.cachedWo,
    'cached RW': cls.cachedRw,
  };
  return lists[name];
}

/** Each slot's list of a class: one walk, since a list can have 100,000 entries. */
function listBySlot(cls: ClassFrame): Map<number, ListName> {
  const found = new Map<number, ListName>();
  for (const name of LIST_NAMES) for (const index of listOf(cls, name)) found.set(index, name);
  return found;
}

function sameSlot(a: SlotFrame, b: SlotFrame): boolean {
  return a.state === b.state && a.access === b.access && a.old === b.old;
}

function movesOf(domain: string, before: ClassFrame, after: ClassFrame): SlotMove[] {
  if (before === after) return [];
  const [from, to] = [listBySlot(before), listBySlot(after)];
  const moves: SlotMove[] = [];
  for (const slot of after.slots) {
    const earlier = before.slots[slot.index];
    if (!earlier || sameSlot(earlier, slot)) continue;
    moves.push({
      ...{ domain, bufferSize: after.bufferSize, index: slot.index },
      from: from.get(slot.index) ?? null,
      to: to.get(slot.index) ?? null,
      ...{ before: earlier, after: slot },
    });
  }
  return moves;
}

/** What happened between two frames that follow each other. */
export function changes(previous: Frame, next: Frame): Changes {
  const moves = next.pools.flatMap(({ domain, classes }) => {
    const before = previous.pools.find((pool) => pool.domain === domain);
    return classes.flatMap((cls, i) => {
      const earlier = before?.classes[i];
      return earlier ? movesOf(domain, earlier, cls) : [];
    });
  });
  const became = (before: SlotFrame['state'][], after: SlotFrame['state']): SlotMove[] =>
    moves.filter((m) => before.includes(m.before.state) && m.after.state === after);
  const earlier = new Set(previous.mappings.map(({ id }) => id));
  const bytes = (from: 'original' | 'bounce'): number =>
    next.copies.filter((copy) => copy.from === from).reduce((sum, copy) => sum + copy.bytes, 0);
  return {
    taken: became(['empty', 'cached'], 'in-use'),
    returned: became(['in-use'], 'cached'),
    evicted: became(['cached'], 'empty'),
    aged: became(['cached'], 'cached').filter((m) => !m.before.old && m.after.old),
    lost: became(['empty', 'cached', 'in-use'], 'lost'),
    mapped: next.mappings.filter(({ id }) => !earlier.has(id)),
    unmapped: next.ended,
    copiedToBounce: bytes('original'),
    copiedToOriginal: bytes('bounce'),
    requests: next.counts.requests - previous.counts.requests,
    exits: next.counts.exits === null ? null : next.counts.exits - (previous.counts.exits ?? 0),
    requestsWithout: next.countsWithout.requests - previous.countsWithout.requests,
    elapsedMs: next.timeMs - previous.timeMs,
  };
}
