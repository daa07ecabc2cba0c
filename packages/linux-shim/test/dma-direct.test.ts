// SPDX-License-Identifier: GPL-2.0-only
// Tests of DMA without translation, through the front door: in reach, out of reach, non-coherent.

import { expect } from 'chai';
import {
  DMA_ATTR_SKIP_CPU_SYNC,
  DMA_BIDIRECTIONAL,
  DMA_BIT_MASK,
  DMA_FROM_DEVICE,
  DMA_MAPPING_ERROR,
  DMA_TO_DEVICE,
  GFP_KERNEL,
  PAGE_SIZE,
  SWIOTLB_FORCE,
  SWIOTLB_NO_FORCE,
  deref,
  dma_addr_t,
  dma_capable,
  dma_mapping_error,
  dma_to_phys,
  type machine,
  type page,
  page_to_phys,
  phys_addr_t,
  type scatterlist,
  sg_array,
  sg_set_page,
} from '@iommu-bounce/linux-shim';
import {
  fill_pattern,
  leak_checked,
  new_device,
  read_bytes,
} from '@iommu-bounce/linux-shim/testing';

/** 256 KiB unused, a swiotlb area of 256 KiB, then 4 MiB: most of it above 1 MiB. */
const OPTIONS = { memory: { nodes: [{ lowmem_pages: 1024 }] }, swiotlb_slabs: 128 };
const NEAR = new_device();
const FAR = new_device({ name: 'isa', dma_mask: DMA_BIT_MASK(20) });

const HIGH_PFN = 500;
/** A page above 1 MiB. */
function high_page(k: machine): page {
  return k.mm.pfn_to_page(HIGH_PFN);
}

function used(k: machine): number {
  return deref(k.swiotlb.io_tlb_default_mem).used;
}

/** Notes each cache operation as `op offset+size dir`, the offset from `base`. */
function cache_ops(k: machine, base: number): string[] {
  const ops: string[] = [];
  k.arch.on_cache_op((op, paddr, size, dir) => {
    ops.push(`${op} ${String(paddr - base)}+${String(size)} ${String(dir)}`);
  });
  return ops;
}

describe('dma_capable', () => {
  it('goes by the last byte, the mask and the limit of the bus', () => {
    const dev = new_device({ dma_mask: DMA_BIT_MASK(24), bus_dma_limit: 0x7fffff });
    expect(dma_capable(dev, dma_addr_t(0x7ff000), 0x1000)).to.equal(true);
    expect(dma_capable(dev, dma_addr_t(0x7ff000), 0x1001)).to.equal(false);
    expect(dma_capable(FAR, dma_addr_t(0xff000), 0x1000)).to.equal(true);
    expect(dma_capable(FAR, dma_addr_t(0xff000), 0x1001)).to.equal(false);
    expect(dma_capable(new_device({ dma_mask: DMA_BIT_MASK(64) }), DMA_MAPPING_ERROR, 1)).to.equal(
      false,
    );
  });
});

describe('dma_map_page without ops', () => {
  const { boot_machine } = leak_checked();

  it('is the physical address when the device reaches it, and copies nothing', () => {
    const k = boot_machine(OPTIONS);
    const addr = k.dma.dma_map_page_attrs(NEAR, high_page(k), 100, 50, DMA_TO_DEVICE, 0);
    expect(dma_to_phys(addr)).to.equal(HIGH_PFN * PAGE_SIZE + 100);
    k.dma.dma_unmap_page_attrs(NEAR, addr, 50, DMA_TO_DEVICE, 0);
    expect(used(k)).to.equal(0);
  });

  it('bounces what is out of reach, both ways', () => {
    const k = boot_machine(OPTIONS);
    const phys = page_to_phys(high_page(k));
    const sent = fill_pattern(k, phys, 3000, 1);
    const addr = k.dma.dma_map_single(FAR, k.mm.phys_to_virt(phys), 3000, DMA_BIDIRECTIONAL);
    expect(k.swiotlb.is_swiotlb_buffer(dma_to_phys(addr))).to.equal(true);
    expect(read_bytes(k, dma_to_phys(addr), 3000)).to.deep.equal(sent);
    const received = fill_pattern(k, dma_to_phys(addr), 3000, 2);
    k.dma.dma_sync_single_for_cpu(FAR, addr, 3000, DMA_BIDIRECTIONAL);
    expect(read_bytes(k, phys, 3000)).to.deep.equal(received);
    const again = fill_pattern(k, phys, 3000, 3);
    k.dma.dma_sync_single_for_device(FAR, addr, 3000, DMA_BIDIRECTIONAL);
    expect(read_bytes(k, dma_to_phys(addr), 3000)).to.deep.equal(again);
    const last = fill_pattern(k, dma_to_phys(addr), 3000, 4);
    k.dma.dma_unmap_single(FAR, addr, 3000, DMA_BIDIRECTIONAL);
    expect(read_bytes(k, phys, 3000)).to.deep.equal(last);
    expect(used(k)).to.equal(0);
  });

  it('bounces everything when swiotlb is forced', () => {
    const k = boot_machine(OPTIONS);
    k.swiotlb.swiotlb_force = SWIOTLB_FORCE;
    const addr = k.dma.dma_map_page_attrs(NEAR, high_page(k), 0, 100, DMA_TO_DEVICE, 0);
    expect(k.swiotlb.is_swiotlb_buffer(dma_to_phys(addr))).to.equal(true);
    k.dma.dma_unmap_page_attrs(NEAR, addr, 100, DMA_TO_DEVICE, 0);
    expect(used(k)).to.equal(0);
  });

  it('fails out of reach when swiotlb is off, full, or out of reach itself', () => {
    const k = boot_machine(OPTIONS);
    const map = (dev = FAR): boolean =>
      dma_mapping_error(dev, k.dma.dma_map_page_attrs(dev, high_page(k), 0, 100, DMA_TO_DEVICE, 0));
    k.swiotlb.swiotlb_force = SWIOTLB_NO_FORCE;
    expect([map(), k.log.warnings]).to.deep.equal([true, 1]);
    k.swiotlb.swiotlb_force = 0;
    expect(map(new_device({ dma_mask: DMA_BIT_MASK(18) }))).to.equal(true);
    expect([used(k), k.log.lines.at(-1)?.text]).to.deep.equal([
      0,
      "WARNING: test-device: swiotlb addr beyond the device's reach",
    ]);
    const all = Array.from({ length: 128 }, () =>
      k.dma.dma_map_page_attrs(FAR, high_page(k), 0, 100, DMA_TO_DEVICE, 0),
    );
    expect([all.some((a) => dma_mapping_error(FAR, a)), map()]).to.deep.equal([false, true]);
    for (const addr of all) k.dma.dma_unmap_page_attrs(FAR, addr, 100, DMA_TO_DEVICE, 0);
  });
});

describe('cache maintenance without ops', () => {
  const { boot_machine } = leak_checked();
  const noncoherent = new_device({ dma_coherent: false });

  it('is asked for on map, sync and unmap of a non-coherent device only', () => {
    const k = boot_machine(OPTIONS);
    const base = page_to_phys(high_page(k));
    for (const [dev, expected] of [
      [noncoherent, ['for_device 8+9 2', 'for_cpu 8+9 2', 'for_device 8+9 2', 'for_cpu 8+9 2']],
      [NEAR, []],
    ] as const) {
      const ops = cache_ops(k, base);
      const addr = k.dma.dma_map_page_attrs(dev, high_page(k), 8, 9, DMA_FROM_DEVICE, 0);
      k.dma.dma_sync_single_for_cpu(dev, addr, 9, DMA_FROM_DEVICE);
      k.dma.dma_sync_single_for_device(dev, addr, 9, DMA_FROM_DEVICE);
      k.dma.dma_unmap_page_attrs(dev, addr, 9, DMA_FROM_DEVICE, 0);
      expect(ops).to.deep.equal(expected);
    }
  });

  it('is left out with DMA_ATTR_SKIP_CPU_SYNC, and goes to nobody without a listener', () => {
    const k = boot_machine(OPTIONS);
    const ops = cache_ops(k, 0);
    const addr = k.dma.dma_map_page_attrs(
      noncoherent,
      high_page(k),
      0,
      9,
      DMA_TO_DEVICE,
      DMA_ATTR_SKIP_CPU_SYNC,
    );
    k.dma.dma_unmap_page_attrs(noncoherent, addr, 9, DMA_TO_DEVICE, DMA_ATTR_SKIP_CPU_SYNC);
    k.arch.on_cache_op(null);
    k.dma.dma_sync_single_for_cpu(noncoherent, addr, 9, DMA_TO_DEVICE);
    expect(ops).to.deep.equal([]);
  });

  it('of a bounced mapping is of the bounce buffer', () => {
    const k = boot_machine(OPTIONS);
    const dev = new_device({ dma_coherent: false, dma_mask: DMA_BIT_MASK(20) });
    const ops = cache_ops(k, deref(k.swiotlb.io_tlb_default_mem).start);
    const addr = k.dma.dma_map_page_attrs(dev, high_page(k), 0, 9, DMA_TO_DEVICE, 0);
    k.dma.dma_unmap_page_attrs(dev, addr, 9, DMA_TO_DEVICE, 0);
    expect(ops).to.deep.equal(['for_device 0+9 1', 'for_cpu 0+9 1']);
  });
});

describe('dma_map_sg without ops', () => {
  const { boot_machine } = leak_checked();

  /** Three entries of 1,000 bytes on pages out of reach of FAR. */
  function list(k: machine): scatterlist[] {
    const all = sg_array(3);
    all.forEach((sg, i) => {
      sg_set_page(sg, k.mm.pfn_to_page(HIGH_PFN + 2 * i), 1000, 10);
      fill_pattern(k, phys_addr_t((HIGH_PFN + 2 * i) * PAGE_SIZE + 10), 1000, i);
    });
    return all;
  }

  it('maps, syncs and unmaps entry by entry', () => {
    const k = boot_machine(OPTIONS);
    const all = list(k);
    const first = deref(all[0]);
    expect(k.dma.dma_map_sg_attrs(FAR, first, 3, DMA_BIDIRECTIONAL, 0)).to.equal(3);
    expect(used(k)).to.equal(3);
    const original = (i: number): Uint8Array =>
      read_bytes(k, phys_addr_t((HIGH_PFN + 2 * i) * PAGE_SIZE + 10), 1000);
    const bounce = (i: number): Uint8Array =>
      read_bytes(k, dma_to_phys(deref(all[i]).dma_address), 1000);
    for (const i of [0, 1, 2]) {
      expect(deref(all[i]).dma_length).to.equal(1000);
      expect(bounce(i)).to.deep.equal(original(i));
      fill_pattern(k, dma_to_phys(deref(all[i]).dma_address), 1000, 10 + i);
    }
    k.dma.dma_sync_sg_for_cpu(FAR, first, 3, DMA_BIDIRECTIONAL);
    for (const i of [0, 1, 2]) expect(original(i)).to.deep.equal(bounce(i));
    fill_pattern(k, phys_addr_t((HIGH_PFN + 4) * PAGE_SIZE + 10), 1000, 20);
    k.dma.dma_sync_sg_for_device(FAR, first, 3, DMA_BIDIRECTIONAL);
    expect(bounce(2)).to.deep.equal(original(2));
    k.dma.dma_unmap_sg_attrs(FAR, first, 3, DMA_BIDIRECTIONAL, 0);
    expect(used(k)).to.equal(0);
  });

  it('undoes what it did when an entry fails, without a copy back', () => {
    const k = boot_machine(OPTIONS);
    for (let i = 0; i < 126; i++)
      k.dma.dma_map_page_attrs(FAR, high_page(k), 0, 1, DMA_TO_DEVICE, 0);
    const all = list(k);
    const before = read_bytes(k, phys_addr_t(HIGH_PFN * PAGE_SIZE + 10), 1000);
    expect(k.dma.dma_map_sg_attrs(FAR, deref(all[0]), 3, DMA_FROM_DEVICE, 0)).to.equal(0);
    expect(used(k)).to.equal(126);
    expect(read_bytes(k, phys_addr_t(HIGH_PFN * PAGE_SIZE + 10), 1000)).to.deep.equal(before);
  });
});

describe('other calls without ops', () => {
  const { boot_machine } = leak_checked();

  it('dma_alloc_attrs gives zeroed pages of the device’s node', () => {
    const k = boot_machine({ memory: { nodes: [{ lowmem_pages: 64 }, { lowmem_pages: 64 }] } });
    const dev = new_device({ numa_node: 1 });
    const handle = { value: dma_addr_t(0) };
    const addr = k.dma.dma_alloc_attrs(dev, 5000, handle, GFP_KERNEL, 0);
    expect(handle.value).to.equal(addr);
    expect([k.mm.virt_to_page(addr).nid, k.page_alloc.pages_in_use]).to.deep.equal([1, 2]);
    expect(read_bytes(k, dma_to_phys(handle.value), 8192).every((b) => b === 0)).to.equal(true);
    k.dma.dma_free_attrs(dev, 5000, addr, handle.value, 0);
    k.faults.fail('page_alloc', 2);
    expect(k.dma.dma_alloc_attrs(dev, 1, handle, GFP_KERNEL, 0)).to.equal(0);
    expect(k.dma.dma_alloc_pages(dev, 1, handle, DMA_TO_DEVICE, GFP_KERNEL)).to.equal(null);
  });

  it('dma_alloc_pages gives the page itself', () => {
    const k = boot_machine(OPTIONS);
    const handle = { value: dma_addr_t(0) };
    const p = deref(k.dma.dma_alloc_pages(NEAR, 100, handle, DMA_TO_DEVICE, GFP_KERNEL));
    expect(handle.value).to.equal(page_to_phys(p));
    k.dma.dma_free_pages(NEAR, 100, p, handle.value, DMA_TO_DEVICE);
  });

  it('dma_map_resource is the address itself, if the device reaches it', () => {
    const k = boot_machine(OPTIONS);
    const bar = phys_addr_t(0xfe000000);
    expect(k.dma.dma_map_resource(NEAR, bar, 4096, DMA_TO_DEVICE, 0)).to.equal(bar);
    k.dma.dma_unmap_resource(NEAR, dma_addr_t(bar), 4096, DMA_TO_DEVICE, 0);
    expect(k.log.warnings).to.equal(0);
    expect(k.dma.dma_map_resource(FAR, bar, 4096, DMA_TO_DEVICE, 0)).to.equal(DMA_MAPPING_ERROR);
    expect(k.log.warnings).to.equal(1);
  });
});
