// SPDX-License-Identifier: GPL-2.0-only
// Temporary mappings of pages that may lack a linear address. C: include/linux/highmem.h

import type { context_c } from './context';
import type { page } from './mm';
import type { virt_addr_t } from './types';

export class highmem_c {
  constructor(private readonly context: context_c) {}

  /** An address of the page's own memory, valid until kunmap_atomic; preemption is off between. */
  kmap_atomic(p: page): virt_addr_t {
    this.context.preempt_disable();
    return p.mem.kmap_address(p);
  }

  kunmap_atomic(_addr: virt_addr_t): void {
    this.context.preempt_enable();
  }
}
