// SPDX-License-Identifier: GPL-2.0-only
// What tally.c may call of the pool, and the stubs for CONFIG_TALLY_POOL=n.
// C: drivers/tally/tally-pool.h, patch 4/4. See docs/porting.md#tally-pool

import type { tally, tally_mark, tally_pool } from './tally.h';

/** JS: the tally stands for C's `&tally->pool`. */
export interface tally_pool_out {
  pool: tally_pool | null;
}

/** CONFIG_TALLY_POOL=y. */
export interface tally_pool_h {
  tally_pool_init(tally: tally, pool_out: tally_pool_out): number;
  tally_pool_destroy(pool: tally_pool | null): void;
  tally_pool_get(pool: tally_pool | null, when: number): tally_mark | null;
  tally_pool_put(pool: tally_pool | null, mark: tally_mark): boolean;
}

/** CONFIG_TALLY_POOL=n */
export class tally_pool_h_stubs implements tally_pool_h {
  tally_pool_init(_tally: tally, pool_out: tally_pool_out): number {
    pool_out.pool = null;
    return 0;
  }

  tally_pool_destroy(_pool: tally_pool | null): void {
    return;
  }

  tally_pool_get(_pool: tally_pool | null, _when: number): tally_mark | null {
    return null;
  }

  tally_pool_put(_pool: tally_pool | null, _mark: tally_mark): boolean {
    return false;
  }
}
