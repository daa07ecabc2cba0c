// SPDX-License-Identifier: GPL-2.0-only
// The text of tally.c that patch 4/4 replaced: the same without a pool to ask.
// C: drivers/tally/tally.c before the series with patches 1 to 3. See docs/porting.md#tally

import { ENOMEM, EINVAL, ENOSPC, GFP_ATOMIC, GFP_KERNEL, INIT_LIST_HEAD } from './kernel';
import { TALLY_WEIGHT_MAX, tally_c } from './tally';
import { TALLY_KIND_COUNT, TALLY_NAME_LEN, TALLY_NO_MARK, tally, type tally_kind } from './tally.h';

/** drivers/tally/tally.c before patch 4/4, hence after patch 3/4. */
export class tally_c_before_patch_4 extends tally_c {
  protected override tally_put_mark(tally: tally, when: number, weight: number): number {
    let ret: number;

    if (this.tally_off) return 0;
    if (weight > TALLY_WEIGHT_MAX || when === TALLY_NO_MARK) return -EINVAL;

    const mark = this.__tally_alloc_mark(tally.node, when, GFP_ATOMIC);
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
    this.__tally_free_mark(mark);
    return ret;
  }

  override tally_create(name: string, kind: tally_kind, node: number): tally | null {
    if (kind >= TALLY_KIND_COUNT) return null;

    const made = this.k.kzalloc_node(tally, GFP_KERNEL, node);
    if (!made) return null;

    made.name = name.slice(0, TALLY_NAME_LEN - 1); // JS: C's strscpy; TALLY_NAME_LEN is its sizeof
    made.kind = kind;
    made.node = node;
    this.k.spin_lock_init(made.lock);
    INIT_LIST_HEAD(made.marks);
    made.ops = this.tally_default_ops;

    out_free_tally: {
      if (this.tally_put_pair(made, 0, 1)) break out_free_tally;

      return made;
    }
    this.k.kfree(made);
    return null;
  }

  override tally_destroy(tally: tally | null): void {
    if (!tally) return;

    this.tally_reset(tally);
    this.k.kfree(tally);
  }
}
