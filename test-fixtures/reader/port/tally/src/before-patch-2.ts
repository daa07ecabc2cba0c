// SPDX-License-Identifier: GPL-2.0-only
// The text of tally.c that patch 2/4 replaced: a mark is made for a tally.
// C: drivers/tally/tally.c before the series with patch 1. See docs/porting.md#tally

import {
  EINVAL,
  ENOMEM,
  ENOSPC,
  GFP_ATOMIC,
  GFP_KERNEL,
  INIT_LIST_HEAD,
  deref,
  type gfp_t,
  list_del_init,
} from './kernel';
import { TALLY_WEIGHT_MAX } from './tally';
import { TALLY_NO_MARK, type tally, tally_mark } from './tally.h';
import { tally_c_before_patch_3 } from './before-patch-3';

/** drivers/tally/tally.c before patch 2/4, hence after patch 1/4. */
export class tally_c_before_patch_2 extends tally_c_before_patch_3 {
  protected override tally_alloc_mark(tally: tally, when: number, gfp: gfp_t): tally_mark | null {
    const mark = this.k.kmem_cache_alloc_node(
      deref(this.tally_mark_cache),
      tally_mark,
      gfp,
      tally.node,
    );
    if (!mark) return null;

    INIT_LIST_HEAD(mark.list);
    mark.when = when;
    mark.weight = 0;
    return mark;
  }

  protected override tally_put_mark(tally: tally, when: number, weight: number): number {
    let ret: number;

    if (this.tally_off) return 0;
    if (weight > TALLY_WEIGHT_MAX || when === TALLY_NO_MARK) return -EINVAL;

    const mark = this.tally_alloc_mark(tally, when, GFP_ATOMIC);
    if (!mark) return -ENOMEM;
    mark.weight = weight;

    const flags = this.k.spin_lock_irqsave(tally.lock);
    out_unlock: {
      if (this.tally_full(tally)) {
        ret = -ENOSPC;
        break out_unlock;
      }

      ret = this.__tally_insert(tally, mark);
      if (ret) break out_unlock;

      this.k.spin_unlock_irqrestore(tally.lock, flags);
      return 0;
    }
    this.k.spin_unlock_irqrestore(tally.lock, flags);
    this.tally_free_mark(mark);
    return ret;
  }

  protected override tally_put_pair(tally: tally, from: number, to: number): number {
    let ret = -ENOMEM;

    const first = this.tally_alloc_mark(tally, from, GFP_KERNEL);
    if (!first) return -ENOMEM;

    const second = this.tally_alloc_mark(tally, to, GFP_KERNEL);
    out_free_first: {
      if (!second) break out_free_first;

      const flags = this.k.spin_lock_irqsave(tally.lock);
      out_free_second: {
        ret = this.__tally_insert(tally, first);
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
      this.tally_free_mark(second);
    }
    this.tally_free_mark(first);
    return ret;
  }
}
