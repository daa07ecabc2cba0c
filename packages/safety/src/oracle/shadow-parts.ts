// SPDX-License-Identifier: GPL-2.0-only
// Parts of the machine that tell the shadow what the ported code does to memory, and charge for it as those of the
// simulation do.

import {
  BIT,
  PAGE_SIZE,
  __GFP_ZERO,
  type gfp_t,
  type machine_parts,
  type page,
  type virt_addr_t,
} from '@iommu-bounce/linux-shim';
import { CHARGED_PARTS, ChargedMemory, ChargedPages } from '@iommu-bounce/simulation';
import { Origin } from './origins';
import type { Shadow } from './shadow';

export class ShadowedMemory extends ChargedMemory {
  shadow: Shadow | null = null;

  override memcpy(dst: virt_addr_t, src: virt_addr_t, len: number): void {
    super.memcpy(dst, src, len);
    this.shadow?.copy(dst, src, len);
  }

  override memset(dst: virt_addr_t, byte: number, len: number): void {
    super.memset(dst, byte, len);
    if (byte !== 0) throw new Error('memory is set to something else than 0');
    this.shadow?.write(dst, len, Origin.zero);
  }
}

export class ShadowedPages extends ChargedPages {
  shadow: Shadow | null = null;

  override alloc_pages_node(nid: number, gfp: gfp_t, order: number): page | null {
    const p = super.alloc_pages_node(nid, gfp, order);
    if (p)
      this.shadow?.write(
        p.pfn * PAGE_SIZE,
        BIT(order) * PAGE_SIZE,
        (gfp & __GFP_ZERO) !== 0 ? Origin.zero : Origin.uninitialised,
      );
    return p;
  }
}

/** For `MachinePlan.parts`. */
export const SHADOWED_PARTS: machine_parts = {
  ...CHARGED_PARTS,
  mm: ShadowedMemory,
  page_alloc: ShadowedPages,
};
