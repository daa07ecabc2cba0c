// SPDX-License-Identifier: GPL-2.0-only
// Tallies: lists of weighted marks.
// C: drivers/tally/tally.c, after patch 4/4; the earlier text of what the patches changed is in before-patch-*.ts.
// See docs/porting.md#tally

import {
  EEXIST,
  EINVAL,
  ENOMEM,
  ENOSPC,
  GFP_ATOMIC,
  GFP_KERNEL,
  INIT_LIST_HEAD,
  deref,
  type gfp_t,
  list_add_tail,
  list_del_init,
  list_empty,
  list_entry,
  list_first_entry,
  type machine,
} from './kernel';
import {
  TALLY_KIND_COUNT,
  TALLY_KIND_DOWN,
  TALLY_KIND_UP,
  TALLY_NAME_LEN,
  TALLY_NO_MARK,
  tally,
  type tally_h,
  type tally_kind,
  tally_mark,
  type tally_ops,
} from './tally.h';
import type { tally_pool_h } from './tally-pool.h';

export const TALLY_WEIGHT_MAX = 255;

/** drivers/tally/tally.c */
export class tally_c implements tally_h {
  protected max_marks = 64;
  protected tally_off = false;
  protected tally_mark_cache: object | null = null;

  static readonly module_param = { max_marks: 'uint' } as const;
  static readonly early_param = { 'tally.off': 'tally_off_setup' } as const;
  static readonly EXPORT_SYMBOL_GPL = ['tally_oldest', 'tally_create', 'tally_destroy'] as const;
  static readonly subsys_initcall = 'tally_init';

  constructor(
    protected readonly k: machine,
    protected readonly pool: tally_pool_h,
  ) {}

  protected tally_off_setup(str: string | null): number {
    // JS: the result and the value are one; C has a pointer for the value, and EINVAL comes from there.
    const value = this.k.kstrtobool(str);
    const ret = value === null ? -EINVAL : 0;
    if (value !== null) this.tally_off = value; // JS: C's kstrtobool stores it

    if (!ret && this.tally_off) this.k.pr_info('off');
    return ret;
  }

  protected tally_full(tally: tally): boolean {
    return tally.count >= this.max_marks;
  }

  protected tally_weigh(kind: tally_kind, weight: number): number {
    switch (kind) {
      case TALLY_KIND_UP:
        return weight;
      case TALLY_KIND_DOWN:
        return -weight;
      default:
        return -EINVAL;
    }
  }

  /** A mark of the node's memory, in no list; null without memory. C: tally.c __tally_alloc_mark, exposed by patch 3/4 */
  __tally_alloc_mark(node: number, when: number, gfp: gfp_t): tally_mark | null {
    const mark = this.k.kmem_cache_alloc_node(deref(this.tally_mark_cache), tally_mark, gfp, node);
    if (!mark) return null;

    INIT_LIST_HEAD(mark.list);
    mark.when = when;
    mark.weight = 0;
    return mark;
  }

  /** Frees a mark that is in no list. C: tally.c __tally_free_mark, exposed by patch 3/4 */
  __tally_free_mark(mark: tally_mark): void {
    if (this.k.WARN_ON(!list_empty(mark.list))) return;
    this.k.kmem_cache_free(deref(this.tally_mark_cache), mark);
  }

  /** Takes the oldest marks away until `keep` are left; how many went. C: tally.c __tally_trim, exposed by patch 3/4 */
  __tally_trim(tally: tally, keep: number): number {
    let freed = 0;

    while (tally.count > keep) {
      const mark = list_first_entry(tally.marks);
      list_del_init(mark.list);
      tally.count--;
      this.__tally_free_mark(mark);
      freed++;
    }

    return freed;
  }

  /** Puts a mark where its time belongs: 0 or -EEXIST. C: tally.c __tally_insert, exposed by patch 3/4 */
  __tally_insert(tally: tally, mark: tally_mark): number {
    let at = tally.marks.next;
    for (; at !== tally.marks; at = at.next) {
      if (list_entry(at).when === mark.when) return -EEXIST;
      if (list_entry(at).when > mark.when) break;
    }

    list_add_tail(mark.list, at);
    tally.count++;
    return 0;
  }

  protected tally_put_mark(tally: tally, when: number, weight: number): number {
    let ret: number;

    if (this.tally_off) return 0;
    if (weight > TALLY_WEIGHT_MAX || when === TALLY_NO_MARK) return -EINVAL;

    let mark = this.pool.tally_pool_get(tally.pool, when);
    mark ??= this.__tally_alloc_mark(tally.node, when, GFP_ATOMIC);
    if (!mark) return -ENOMEM;
    mark.weight = weight;

    const flags = this.k.spin_lock_irqsave(tally.lock);
    out_unlock: {
      if (this.tally_full(tally)) {
        ret = -ENOSPC; // finding 2
        break out_unlock;
      }

      ret = this.__tally_insert(tally, mark);
      if (ret) break out_unlock;

      this.k.spin_unlock_irqrestore(tally.lock, flags);
      return 0;
    }
    this.k.spin_unlock_irqrestore(tally.lock, flags);
    if (!this.pool.tally_pool_put(tally.pool, mark)) this.__tally_free_mark(mark);
    return ret;
  }

  protected tally_put_pair(tally: tally, from: number, to: number): number {
    let ret = -ENOMEM;

    const first = this.__tally_alloc_mark(tally.node, from, GFP_KERNEL);
    if (!first) return -ENOMEM;

    const second = this.__tally_alloc_mark(tally.node, to, GFP_KERNEL);
    out_free_first: {
      if (!second) break out_free_first;

      const flags = this.k.spin_lock_irqsave(tally.lock);
      out_free_second: {
        ret = this.__tally_insert(tally, first); // finding 2: no tally_full
        if (ret) break out_free_second;

        out_remove_first: {
          ret = this.__tally_insert(tally, second);
          if (ret) break out_remove_first;

          this.k.spin_unlock_irqrestore(tally.lock, flags);
          return 0;
        }
        list_del_init(first.list);
        tally.count--;
      }
      this.k.spin_unlock_irqrestore(tally.lock, flags);
      this.__tally_free_mark(second);
    }
    this.__tally_free_mark(first);
    return ret;
  }

  protected tally_sum(tally: tally): number {
    let sum = 0;

    const flags = this.k.spin_lock_irqsave(tally.lock);
    for (let at = tally.marks.next; at !== tally.marks; at = at.next)
      sum += this.tally_weigh(tally.kind, list_entry(at).weight);
    this.k.spin_unlock_irqrestore(tally.lock, flags);

    return sum < 0 ? -sum : sum;
  }

  protected tally_reset(tally: tally): void {
    const flags = this.k.spin_lock_irqsave(tally.lock);
    this.__tally_trim(tally, 0);
    this.k.spin_unlock_irqrestore(tally.lock, flags);
  }

  protected readonly tally_default_ops: tally_ops = {
    mark: (tally, when, weight) => this.tally_put_mark(tally, when, weight),
    sum: (tally) => this.tally_sum(tally),
    reset: (tally) => {
      this.tally_reset(tally);
    },
  };

  /** The time of the first mark; TALLY_NO_MARK without one. C: tally.c tally_oldest */
  tally_oldest(tally: tally): number {
    let when = TALLY_NO_MARK;

    const flags = this.k.spin_lock_irqsave(tally.lock);
    if (!list_empty(tally.marks)) when = list_first_entry(tally.marks).when;
    this.k.spin_unlock_irqrestore(tally.lock, flags);
    return when;
  }

  /** A tally with its first pair and its pool; null without memory. C: tally.c tally_create, patch 4/4 */
  tally_create(name: string, kind: tally_kind, node: number): tally | null {
    if (kind >= TALLY_KIND_COUNT) return null;

    const made = this.k.kzalloc_node(tally, GFP_KERNEL, node);
    if (!made) return null;

    made.name = name.slice(0, TALLY_NAME_LEN - 1); // JS: C's strscpy
    made.kind = kind;
    made.node = node;
    this.k.spin_lock_init(made.lock);
    INIT_LIST_HEAD(made.marks);
    made.ops = this.tally_default_ops;

    out_free_tally: {
      if (this.tally_put_pair(made, 0, 1)) break out_free_tally;

      out_reset: {
        if (this.pool.tally_pool_init(made, made)) break out_reset;

        return made;
      }
      this.tally_reset(made);
    }
    this.k.kfree(made);
    return null;
  }

  /** Frees a tally, its marks and its pool. C: tally.c tally_destroy, patch 4/4 */
  tally_destroy(tally: tally | null): void {
    if (!tally) return;

    this.tally_reset(tally);
    this.pool.tally_pool_destroy(tally.pool);
    this.k.kfree(tally);
  }

  tally_init(): number {
    this.tally_mark_cache = this.k.kmem_cache_create('tally_mark', tally_mark.sizeof);
    if (!this.tally_mark_cache) return -ENOMEM;

    this.k.pr_info(`at most ${String(this.max_marks)} marks`);
    return 0;
  }
}
