// SPDX-License-Identifier: GPL-2.0-only
// The text of tally.c that patch 3/4 replaced: four functions static, two under other names.
// C: drivers/tally/tally.c before the series with patches 1 to 2. See docs/porting.md#tally

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
  list_empty,
  list_first_entry,
} from './kernel';
import { TALLY_WEIGHT_MAX } from './tally';
import { TALLY_NO_MARK, type tally, tally_mark } from './tally.h';
import { tally_c_before_patch_4 } from './before-patch-4';

/** drivers/tally/tally.c before patch 3/4, hence after patch 2/4. */
export class tally_c_before_patch_3 extends tally_c_before_patch_4 {
  protected tally_alloc_mark(of: tally | number, when: number, gfp: gfp_t): tally_mark | null {
    // JS: wide enough for the text before patch 2, which has a tally in front.
    const node = of as number;
    const mark = this.k.kmem_cache_alloc_node(deref(this.tally_mark_cache), tally_mark, gfp, node);
    if (!mark) return null;

    INIT_LIST_HEAD(mark.list);
    mark.when = when;
    mark.weight = 0;
    return mark;
  }

  protected tally_free_mark(mark: tally_mark): void {
    if (this.k.WARN_ON(!list_empty(mark.list))) return;
    this.k.kmem_cache_free(deref(this.tally_mark_cache), mark);
  }

  /** static; otherwise the same but for a name. */
  override __tally_trim(tally: tally, keep: number): number {
    let freed = 0;

    while (tally.count > keep) {
      const mark = list_first_entry(tally.marks);
      list_del_init(mark.list);
      tally.count--;
      this.tally_free_mark(mark);
      freed++;
    }

    return freed;
  }

  protected override tally_put_mark(tally: tally, when: number, weight: number): number {
    let ret: number;

    if (this.tally_off) return 0;
    if (weight > TALLY_WEIGHT_MAX || when === TALLY_NO_MARK) return -EINVAL;

    const mark = this.tally_alloc_mark(tally.node, when, GFP_ATOMIC);
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

    const first = this.tally_alloc_mark(tally.node, from, GFP_KERNEL);
    if (!first) return -ENOMEM;

    const second = this.tally_alloc_mark(tally.node, to, GFP_KERNEL);
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
