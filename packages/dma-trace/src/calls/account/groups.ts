// SPDX-License-Identifier: GPL-2.0-only
// Counts by whatever makes a kind, with the first places of each; as many kinds as fit a bound.

import type { Place } from '../step';
import { FIRST } from './seen';

/** Kinds kept apart: a capture with more has a size of its own in each call. */
const MOST_GROUPS = 4096;

export interface Group<T> {
  readonly of: T;
  count: number;
  bytes: number;
  /** Its first lines. */
  readonly first: Place[];
}

export class Groups<T> {
  private readonly groups = new Map<string, Group<T>>();
  /** Of the kinds that found no room. */
  readonly others = { count: 0, bytes: 0 };

  /** @param most kinds kept apart */
  constructor(private readonly most = MOST_GROUPS) {}

  /** @param bytes 0 where the kind has no size */
  add(key: string, of: T, bytes: number, place: Place): void {
    let group = this.groups.get(key);
    if (!group) {
      if (this.groups.size >= this.most) {
        this.others.count++;
        this.others.bytes += bytes;
        return;
      }
      this.groups.set(key, (group = { of, count: 0, bytes: 0, first: [] }));
    }
    group.count++;
    group.bytes += bytes;
    if (group.first.length < FIRST) group.first.push(place);
  }

  /** The most frequent first. */
  sorted(): Group<T>[] {
    return [...this.groups.values()].sort((a, b) => b.count - a.count);
  }
}
