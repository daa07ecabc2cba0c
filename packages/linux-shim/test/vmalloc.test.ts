// SPDX-License-Identifier: GPL-2.0-only
// Tests of virtually contiguous mappings, and of copies through them.

import { expect } from 'chai';
import {
  GFP_KERNEL,
  PAGE_SIZE,
  VM_DMA_COHERENT,
  VM_MAP,
  deref,
  type machine,
  nth_page,
  type page,
  page_to_phys,
  virt_addr_t,
} from '@iommu-bounce/linux-shim';
import {
  catch_oops,
  fill_pattern,
  leak_checked,
  pattern,
  read_bytes,
  write_bytes,
} from '@iommu-bounce/linux-shim/testing';

/** Pages that lie apart and out of order, one of them highmem. */
function scattered(k: machine): page[] {
  return [20, 7, 13, 40].map((pfn) => k.mm.pfn_to_page(pfn));
}

const LAYOUT = { memory: { nodes: [{ lowmem_pages: 31, highmem_pages: 16 }], reserved_pages: 3 } };

function join(k: machine, pages: page[]): Uint8Array {
  return Uint8Array.from(pages.flatMap((p) => [...read_bytes(k, page_to_phys(p), PAGE_SIZE)]));
}

describe('vmap', () => {
  const { boot_machine } = leak_checked();

  it('shows scattered pages as one range, for copies in both directions', () => {
    const k = boot_machine(LAYOUT);
    const pages = scattered(k);
    const addr = k.vmalloc.vmap(pages, 4, VM_MAP);
    const lowmem = k.mm.phys_to_virt(page_to_phys(k.mm.pfn_to_page(25)));
    const written = fill_pattern(k, page_to_phys(k.mm.pfn_to_page(25)), 3 * PAGE_SIZE, 1);
    k.mm.memcpy(virt_addr_t(addr + 100), lowmem, 3 * PAGE_SIZE);
    expect(join(k, pages).slice(100, 100 + 3 * PAGE_SIZE)).to.deep.equal(written);

    pages.forEach((p, i) => fill_pattern(k, page_to_phys(p), PAGE_SIZE, 10 + i));
    k.mm.memcpy(lowmem, virt_addr_t(addr + 4000), 2 * PAGE_SIZE);
    expect(read_bytes(k, page_to_phys(k.mm.pfn_to_page(25)), 2 * PAGE_SIZE)).to.deep.equal(
      join(k, pages).slice(4000, 4000 + 2 * PAGE_SIZE),
    );
    k.vmalloc.vunmap(addr);
  });

  it('copies between two mappings and fills across pages', () => {
    const k = boot_machine(LAYOUT);
    const to = [5, 29].map((pfn) => k.mm.pfn_to_page(pfn));
    const from = [11, 9].map((pfn) => k.mm.pfn_to_page(pfn));
    const bytes = pattern(2 * PAGE_SIZE, 3);
    write_bytes(k, page_to_phys(deref(from[0])), bytes.slice(0, PAGE_SIZE));
    write_bytes(k, page_to_phys(deref(from[1])), bytes.slice(PAGE_SIZE));
    const a = k.vmalloc.vmap(to, 2, VM_MAP);
    const b = k.vmalloc.vmap(from, 2, VM_MAP);
    k.mm.memcpy(virt_addr_t(a + 1), virt_addr_t(b + 5), 8000);
    expect(join(k, to).slice(1, 8001)).to.deep.equal(bytes.slice(5, 8005));
    k.mm.memset(virt_addr_t(a + 4090), 0x33, 12);
    expect([...join(k, to).slice(4090, 4102)]).to.deep.equal(new Array(12).fill(0x33));
    k.vmalloc.vunmap(a);
    k.vmalloc.vunmap(b);
  });

  it('maps as many pages as told, and keeps a page unmapped behind them', () => {
    const k = boot_machine(LAYOUT);
    const a = k.vmalloc.vmap(scattered(k), 2, VM_MAP);
    const b = k.vmalloc.vmap(scattered(k), 1, VM_MAP);
    expect(b - a).to.equal(3 * PAGE_SIZE);
    expect(k.vmalloc.vmalloc_to_page(virt_addr_t(a + PAGE_SIZE + 5)).pfn).to.equal(7);
    const beyond = virt_addr_t(a + 2 * PAGE_SIZE);
    expect(catch_oops(() => k.vmalloc.vmalloc_to_page(beyond)).kind).to.equal('bad-access');
    expect(
      catch_oops(() => {
        k.mm.memset(virt_addr_t(beyond - 1), 0, 2);
      }).message,
    ).to.equal(`bad memory access: no memory at 0x${beyond.toString(16)}`);
    k.vmalloc.vunmap(a);
    k.vmalloc.vunmap(b);
  });

  it('tells its addresses from linear ones', () => {
    const k = boot_machine(LAYOUT);
    const addr = k.vmalloc.vmap(scattered(k), 4, VM_MAP);
    expect([k.vmalloc.is_vmalloc_addr(addr), k.vmalloc.count()]).to.deep.equal([true, 1]);
    const linear = virt_addr_t(k.mm.ram.length - 1);
    expect([k.vmalloc.is_vmalloc_addr(linear), k.vmalloc.resolve(linear)]).to.eql([false, null]);
    k.vmalloc.vunmap(addr);
    expect(k.vmalloc.resolve(addr)).to.equal(null);
  });

  it('oopses for a hole in the array of pages', () => {
    const k = boot_machine(LAYOUT);
    expect(catch_oops(() => k.vmalloc.vmap([null], 1, VM_MAP)).kind).to.equal('bad-access');
  });

  it('may sleep, and warns of an unmap of nothing', () => {
    const k = boot_machine(LAYOUT);
    k.context.preempt_disable();
    const addr = k.vmalloc.vmap(scattered(k), 1, VM_MAP);
    k.vmalloc.vunmap(addr);
    k.context.preempt_enable();
    expect([k.log.sleeping_in_atomic, k.log.warnings]).to.deep.equal([2, 0]);
    k.vmalloc.vunmap(addr);
    expect(k.log.warnings).to.equal(1);
  });
});

describe('the remaps of coherent memory', () => {
  const { boot_machine } = leak_checked();

  it('remember the array of scattered pages, which stays the owner’s', () => {
    const k = boot_machine(LAYOUT);
    const pages = scattered(k);
    const addr = k.vmalloc.dma_common_pages_remap(pages, 3 * PAGE_SIZE + 1);
    expect(k.vmalloc.dma_common_find_pages(addr)).to.equal(pages);
    expect(k.vmalloc.find_vm_area(addr)).to.include({ flags: VM_DMA_COHERENT, addr });
    k.vmalloc.dma_common_free_remap(addr);
    expect(k.vmalloc.dma_common_find_pages(addr)).to.equal(null);
  });

  it('map one block page by page and remember no array', () => {
    const k = boot_machine(LAYOUT);
    const first = deref(k.page_alloc.alloc_pages(GFP_KERNEL, 2));
    const addr = k.vmalloc.dma_common_contiguous_remap(first, 2 * PAGE_SIZE + 1);
    for (let i = 0; i < 3; i++)
      expect(k.vmalloc.vmalloc_to_page(virt_addr_t(addr + i * PAGE_SIZE))).to.equal(
        nth_page(first, i),
      );
    expect(k.vmalloc.dma_common_find_pages(addr)).to.equal(null);
    expect(k.slab.in_use()).to.equal(0);
    k.vmalloc.dma_common_free_remap(addr);
    k.page_alloc.__free_pages(first, 2);
  });

  it('fail at the site `vmap`, and then hold nothing', () => {
    const k = boot_machine(LAYOUT);
    const first = k.mm.pfn_to_page(5);
    k.faults.fail('vmap', 2);
    expect(k.vmalloc.dma_common_pages_remap([first], PAGE_SIZE)).to.equal(0);
    expect(k.vmalloc.dma_common_contiguous_remap(first, PAGE_SIZE)).to.equal(0);
    expect([k.vmalloc.count(), k.slab.in_use()]).to.deep.equal([0, 0]);
  });

  it('fail without memory for the temporary array', () => {
    const k = boot_machine(LAYOUT);
    k.faults.fail('kmalloc', 1);
    expect(k.vmalloc.dma_common_contiguous_remap(k.mm.pfn_to_page(5), PAGE_SIZE)).to.equal(0);
    expect(k.vmalloc.count()).to.equal(0);
  });

  it('leave other mappings alone', () => {
    const k = boot_machine(LAYOUT);
    const addr = k.vmalloc.vmap(scattered(k), 1, VM_MAP);
    expect(k.vmalloc.dma_common_find_pages(addr)).to.equal(null);
    k.vmalloc.dma_common_free_remap(addr);
    k.vmalloc.dma_common_free_remap(virt_addr_t(addr + PAGE_SIZE));
    expect([k.log.warnings, k.vmalloc.count()]).to.deep.equal([2, 1]);
    k.vmalloc.vunmap(addr);
  });
});
