// SPDX-License-Identifier: GPL-2.0-only
// Spare marks of a tally, so that an interrupt need not ask for memory.
// C: drivers/tally/tally-pool.c, patch 4/4. See docs/porting.md#tally-pool

import {
  BIT,
  ENOMEM,
  GFP_KERNEL,
  INIT_LIST_HEAD,
  deref,
  list_add,
  list_del_init,
  list_empty,
  list_entry,
  list_first_entry,
  list_head,
  type machine,
  spinlock_t,
  work_struct,
} from './kernel';
import { TALLY_NO_MARK, type tally, type tally_h, type tally_mark } from './tally.h';
import type { tally_pool_h, tally_pool_out } from './tally-pool.h';

export const TALLY_POOL_CLASSES = 2;

/** enum tally_pool_class_type */
export type tally_pool_class_type = 0 | 1;
export const TALLY_POOL_CLASS_COLD = 0;
export const TALLY_POOL_CLASS_HOT = 1;
export const TALLY_POOL_CLASS_COUNT = 2;

/** Spare marks for one kind of time. */
export class tally_pool_class {
  static readonly sizeof = 24;
  readonly spare = new list_head<tally_mark>();
  count = 0;
  readonly lock = new spinlock_t();
}

/** The spare marks of a tally. */
export class tally_pool {
  static readonly sizeof = 96;
  tally: tally | null = null;
  readonly fill_work = new work_struct();
  node = 0;
  readonly classes = Array.from({ length: TALLY_POOL_CLASSES }, () => new tally_pool_class());
}

/** container_of(): the pool of its work. */
function pool_of_work(work: work_struct): tally_pool {
  return deref(work.container) as tally_pool;
}

/** drivers/tally/tally-pool.c */
export class tally_pool_c implements tally_pool_h {
  private readonly num_spare: number = 8;
  private readonly fill_mask: number = 1;

  /** Module parameters and their types. */
  static readonly module_param = { num_spare: 'uint', fill_mask: 'byte' } as const;

  constructor(
    private readonly k: machine,
    private readonly tally: tally_h,
  ) {}

  private tally_pool_count_fills(): number {
    let mask = this.fill_mask;
    let count = 0;

    while (mask) {
      count += mask & 1;
      mask >>= 1;
    }

    return count;
  }

  private tally_pool_get_class(pool: tally_pool, when: number): tally_pool_class | null {
    // The marks of a boot are rarely put.
    if (when < 50) return deref(pool.classes[TALLY_POOL_CLASS_COLD]);
    else if (when === TALLY_NO_MARK) return null;
    return deref(pool.classes[TALLY_POOL_CLASS_HOT]);
  }

  private tally_pool_fill_class(pool: tally_pool, klass: tally_pool_class): number {
    retry: for (;;) {
      const mark = this.tally.__tally_alloc_mark(pool.node, TALLY_NO_MARK, GFP_KERNEL);
      if (!mark) return -ENOMEM;

      const flags = this.k.spin_lock_irqsave(klass.lock);
      if (klass.count >= this.num_spare) {
        this.k.spin_unlock_irqrestore(klass.lock, flags);
        this.tally.__tally_free_mark(mark);
        return 0;
      }
      list_add(mark.list, klass.spare);
      klass.count++;
      this.k.spin_unlock_irqrestore(klass.lock, flags);
      continue retry;
    }
  }

  private tally_pool_empty_class(klass: tally_pool_class): void {
    let tmp: list_head<tally_mark>;
    for (let at = klass.spare.next; at !== klass.spare; at = tmp) {
      tmp = at.next;
      list_del_init(at);
      this.tally.__tally_free_mark(list_entry(at));
    }
    klass.count = 0;
  }

  private tally_pool_fill(work: work_struct): void {
    const pool = pool_of_work(work);

    for (let i = 0; i < TALLY_POOL_CLASS_COUNT; i++) {
      if (this.tally_pool_fill_class(pool, deref(pool.classes[i]))) {
        this.k.pr_warn(`${deref(pool.tally).name}: class ${String(i)} is not full`);
        continue;
      }
    }
  }

  /** Makes a tally's pool and fills what fill_mask says: 0 or -ENOMEM. C: tally-pool.c tally_pool_init, patch 4/4 */
  tally_pool_init(tally: tally, pool_out: tally_pool_out): number {
    let i: number;
    let ret: number;

    pool_out.pool = null;
    if (this.num_spare === 0 || this.tally_pool_count_fills() > TALLY_POOL_CLASSES) return 0;

    const pool = this.k.kzalloc_node(tally_pool, GFP_KERNEL, tally.node);
    if (!pool) return -ENOMEM;

    pool.tally = tally;
    pool.node = tally.node;
    this.k.INIT_WORK(
      pool.fill_work,
      (work) => {
        this.tally_pool_fill(work);
      },
      pool,
    );

    for (i = 0; i < TALLY_POOL_CLASS_COUNT; i++) {
      INIT_LIST_HEAD(deref(pool.classes[i]).spare);
      this.k.spin_lock_init(deref(pool.classes[i]).lock);
    }

    out_empty: {
      for (i = 0; i < TALLY_POOL_CLASS_COUNT; i++) {
        if (!(this.fill_mask & BIT(i))) continue;
        ret = this.tally_pool_fill_class(pool, deref(pool.classes[i]));
        if (ret) break out_empty;
      }

      pool_out.pool = pool;
      return 0;
    }
    while (i-- > 0) this.tally_pool_empty_class(deref(pool.classes[i]));
    this.k.kfree(pool);
    return ret;
  }

  /** Frees the pool and its spare marks; may sleep. C: tally-pool.c tally_pool_destroy, patch 4/4 */
  tally_pool_destroy(pool_in: object | null): void {
    if (!pool_in) return;
    const pool = pool_in as tally_pool;

    this.k.cancel_work_sync(pool.fill_work);
    for (let i = 0; i < TALLY_POOL_CLASS_COUNT; i++)
      this.tally_pool_empty_class(deref(pool.classes[i]));
    this.k.kfree(pool);
  }

  /** A spare mark for a time, or null. C: tally-pool.c tally_pool_get, patch 4/4 */
  tally_pool_get(pool_in: object | null, when: number): tally_mark | null {
    let mark: tally_mark | null = null;

    if (!pool_in) return null;
    const pool = pool_in as tally_pool;

    const klass = this.tally_pool_get_class(pool, when);
    if (!klass) return null;

    const flags = this.k.spin_lock_irqsave(klass.lock);
    if (!list_empty(klass.spare)) {
      mark = list_first_entry(klass.spare);
      list_del_init(mark.list);
      klass.count--;
      mark.when = when;
    } else {
      this.k.schedule_work(pool.fill_work);
    }
    this.k.spin_unlock_irqrestore(klass.lock, flags);

    return mark;
  }

  /** Keeps a mark for later; false if the pool does not want it. C: tally-pool.c tally_pool_put, patch 4/4 */
  tally_pool_put(pool_in: object | null, mark: tally_mark): boolean {
    if (!pool_in) return false;

    const klass = this.tally_pool_get_class(pool_in as tally_pool, mark.when);
    if (!klass || klass.count >= this.num_spare) return false; // finding 1

    const flags = this.k.spin_lock_irqsave(klass.lock);
    list_add(mark.list, klass.spare);
    klass.count++;
    this.k.spin_unlock_irqrestore(klass.lock, flags);
    return true;
  }
}
