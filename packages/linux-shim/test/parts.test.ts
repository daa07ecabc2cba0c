// SPDX-License-Identifier: GPL-2.0-only
// A machine's own parts can be replaced by subclasses; what is not replaced stays.

import { expect } from 'chai';
import {
  GFP_KERNEL,
  machine,
  mm_c,
  type page,
  page_alloc_c,
  spinlock_c,
  spinlock_t,
  swiotlb_c,
  virt_addr_t,
} from '@iommu-bounce/linux-shim';

class counting_mm extends mm_c {
  copies = 0;
  override memcpy(dst: virt_addr_t, src: virt_addr_t, len: number): void {
    this.copies++;
    super.memcpy(dst, src, len);
  }
}

class counting_locks extends spinlock_c {
  taken = 0;
  override spin_lock(lock: spinlock_t): void {
    this.taken++;
    super.spin_lock(lock);
  }
}

class no_pages extends page_alloc_c {
  override alloc_pages_node(): page | null {
    return null;
  }
}

class own_swiotlb extends swiotlb_c {}

const memory = { nodes: [{ lowmem_pages: 16 }] };

describe('machine_options.parts', () => {
  it('are what the machine is made of', () => {
    const k = new machine({
      memory,
      parts: {
        mm: counting_mm,
        locks: counting_locks,
        page_alloc: no_pages,
        swiotlb: own_swiotlb,
      },
    });
    k.mm.memcpy(virt_addr_t(4096), virt_addr_t(8192), 16);
    expect(k.mm).to.be.instanceOf(counting_mm).and.to.have.property('copies', 1);
    const lock = new spinlock_t();
    k.locks.spin_lock(lock);
    k.locks.spin_unlock(lock);
    expect(k.locks).to.be.instanceOf(counting_locks).and.to.have.property('taken', 1);
    expect(k.page_alloc.alloc_pages(GFP_KERNEL, 0)).to.equal(null);
    expect(k.swiotlb).to.be.instanceOf(own_swiotlb);
  });

  it('are the plain ones unless said otherwise', () => {
    const k = new machine({ memory, parts: { locks: counting_locks } });
    expect(Object.getPrototypeOf(k.mm)).to.equal(mm_c.prototype);
    expect(new spinlock_t().watch).to.equal(null);
    expect(k.page_alloc.alloc_pages(GFP_KERNEL, 0)).not.to.equal(null);
  });
});
