// SPDX-License-Identifier: GPL-2.0-only
// A tally and its marks, and what the parts of the driver may call of each other.
// C: drivers/tally/tally.h, after patch 4/4. See docs/porting.md#tally

import { type gfp_t, list_head, spinlock_t } from './kernel';

export const TALLY_NAME_LEN = 16;
/** JS: all ones, 2^64 - 1 in C. */
export const TALLY_NO_MARK = Number.MAX_SAFE_INTEGER;

/** Declared here, defined in tally-pool.c. */
export type tally_pool = object;

/** enum tally_kind */
export type tally_kind = 0 | 1;
export const TALLY_KIND_UP = 0;
export const TALLY_KIND_DOWN = 1;
export const TALLY_KIND_COUNT = 2;

/** One event. */
export class tally_mark {
  static readonly sizeof = 32;
  readonly list = new list_head<tally_mark>(this);
  when = 0;
  weight = 0;
}

export interface tally_ops {
  mark(tally: tally, when: number, weight: number): number;
  sum(tally: tally): number;
  reset(tally: tally): void;
}

/** A list of marks, the oldest first. */
export class tally {
  static readonly sizeof = 72;
  name = '';
  kind: tally_kind = TALLY_KIND_UP;
  node = 0;
  readonly lock = new spinlock_t();
  readonly marks = new list_head<tally_mark>();
  count = 0;
  ops: tally_ops | null = null;
  pool: tally_pool | null = null;
}

/** What tally-pool.c calls of tally.c; static before patch 3/4. */
export interface tally_h {
  __tally_alloc_mark(node: number, when: number, gfp: gfp_t): tally_mark | null;
  __tally_free_mark(mark: tally_mark): void;
  __tally_trim(tally: tally, keep: number): number;
  __tally_insert(tally: tally, mark: tally_mark): number;
}
