// SPDX-License-Identifier: GPL-2.0-only
// Tests of syncs of a part of a bounced buffer, in lowmem and highmem, and of syncs that ask for too much.

import { expect } from 'chai';
import {
  DMA_ATTR_SKIP_CPU_SYNC,
  DMA_BIDIRECTIONAL,
  DMA_FROM_DEVICE,
  DMA_TO_DEVICE,
  IO_TLB_SEGSIZE,
  IO_TLB_SIZE,
  PAGE_SIZE,
  deref,
  type device,
  type machine,
  phys_addr_t,
} from '@iommu-bounce/linux-shim';
import {
  catch_oops,
  fill_pattern,
  leak_checked,
  new_device,
  read_bytes,
} from '@iommu-bounce/linux-shim/testing';

const OPTIONS = {
  memory: { nodes: [{ lowmem_pages: 64, highmem_pages: 64 }] },
  swiotlb_slabs: IO_TLB_SEGSIZE,
};

interface bounced {
  readonly k: machine;
  readonly dev: device;
  readonly orig: phys_addr_t;
  readonly at: phys_addr_t;
}

describe('swiotlb_sync_single_for_cpu and _for_device', () => {
  const { boot_machine } = leak_checked();

  /** A buffer of zeroes, mapped, of the given kind of memory. */
  function map(highmem: boolean, offset: number, size: number, min_align_mask = 0): bounced {
    const k = boot_machine(OPTIONS);
    const range = deref(k.mm.ranges.find((r) => r.buddy && r.highmem === highmem));
    const dev = new_device({ dma_parms: { min_align_mask } });
    const orig = phys_addr_t(range.start_pfn * PAGE_SIZE + offset);
    const at = k.swiotlb.swiotlb_tbl_map_single(
      dev,
      orig,
      size,
      size,
      DMA_BIDIRECTIONAL,
      DMA_ATTR_SKIP_CPU_SYNC,
    );
    return { k, dev, orig, at };
  }

  for (const highmem of [false, true]) {
    const kind = highmem ? 'highmem' : 'lowmem';

    it(`copy a part of a ${kind} page to the same part, in both directions`, () => {
      for (const [from, len] of [
        [0, 10],
        [100, 1000],
        [IO_TLB_SIZE - 1, 2],
        [IO_TLB_SIZE + 5, 300],
      ] as const) {
        const { k, dev, orig, at } = map(highmem, 0, PAGE_SIZE);
        const part = phys_addr_t(at + from);
        const written = fill_pattern(k, part, len, 3);
        k.swiotlb.swiotlb_sync_single_for_cpu(dev, part, len, DMA_FROM_DEVICE);
        const page = read_bytes(k, orig, PAGE_SIZE);
        expect(page.slice(from, from + len)).to.deep.equal(written);
        expect(page.filter((b, i) => b !== 0 && (i < from || i >= from + len))).to.have.length(0);

        const sent = fill_pattern(k, phys_addr_t(orig + from), len, 4);
        k.swiotlb.swiotlb_sync_single_for_device(dev, part, len, DMA_TO_DEVICE);
        expect(read_bytes(k, part, len)).to.deep.equal(sent);
      }
    });

    it(`copy all of a ${kind} buffer over pages, whatever it begins with`, () => {
      for (const offset of [0, 1, 4000]) {
        const { k, dev, orig, at } = map(highmem, offset, 9000);
        const written = fill_pattern(k, at, 9000, 5);
        k.swiotlb.swiotlb_sync_single_for_cpu(dev, at, 9000, DMA_FROM_DEVICE);
        expect(read_bytes(k, orig, 9000), String(offset)).to.deep.equal(written);
        expect(k.context.in_atomic() || k.context.irqs_disabled()).to.equal(false);
      }
    });
  }

  it('of a highmem part beyond the page where its slot begins hit that page, as in C', () => {
    // The slot begins 100 bytes before the page's end; the part begins in the next page.
    const { k, dev, orig, at } = map(true, PAGE_SIZE - 100, PAGE_SIZE);
    const written = fill_pattern(k, phys_addr_t(at + 150), 20, 6);
    k.swiotlb.swiotlb_sync_single_for_cpu(dev, phys_addr_t(at + 150), 20, DMA_FROM_DEVICE);
    expect(read_bytes(k, phys_addr_t(orig + 150), 20).every((b) => b === 0)).to.equal(true);
    expect(read_bytes(k, phys_addr_t(orig + 150 - PAGE_SIZE), 20)).to.deep.equal(written);
  });

  it('of more than was mapped copy what was mapped, with a warning', () => {
    const { k, dev, orig, at } = map(false, 0, 3000);
    fill_pattern(k, at, 4096, 7);
    k.swiotlb.swiotlb_sync_single_for_cpu(dev, at, 3001, DMA_FROM_DEVICE);
    expect(k.log.lines.at(-1)?.text).to.equal(
      'WARNING: test-device: Buffer overflow detected. Allocation size: 3000. Mapping size: 3001.',
    );
    expect([...read_bytes(k, phys_addr_t(orig + 2999), 2)]).to.deep.equal([
      read_bytes(k, phys_addr_t(at + 2999), 1)[0],
      0,
    ]);
    k.swiotlb.swiotlb_sync_single_for_cpu(dev, at, 3000, DMA_FROM_DEVICE);
    expect(k.log.warnings).to.equal(1);
  });

  it('measure what is left from the part on', () => {
    const { k, dev, at } = map(false, 0, 3000);
    const part = phys_addr_t(at + IO_TLB_SIZE + 100);
    k.swiotlb.swiotlb_sync_single_for_cpu(dev, part, 3000 - IO_TLB_SIZE - 100, DMA_FROM_DEVICE);
    expect(k.log.warnings).to.equal(0);
    k.swiotlb.swiotlb_sync_single_for_cpu(dev, part, 3000 - IO_TLB_SIZE - 99, DMA_FROM_DEVICE);
    expect(k.log.warnings).to.equal(1);
  });

  it('of a part that begins before the kept offset of a later slot go astray, as in C', () => {
    const { k, dev, at } = map(false, 0x100, PAGE_SIZE, 0xfff);
    expect(at % IO_TLB_SIZE).to.equal(0x100);
    const early = phys_addr_t(at - 0x100 + IO_TLB_SIZE);
    const e = catch_oops(() => {
      k.swiotlb.swiotlb_sync_single_for_cpu(dev, early, 16, DMA_FROM_DEVICE);
    });
    expect(e.message).to.match(/^bad memory access: no memory at 0x1/); // 4 GiB too far
    expect(k.log.warnings).to.equal(0);
  });

  it('of bytes behind the mapping, but in its last slot, are not noticed, as in C', () => {
    const { k, dev, orig, at } = map(false, 100, 2000, 0xff); // 2,000 bytes in two slots: 52 short of the second
    const behind = phys_addr_t(at + IO_TLB_SIZE);
    const written = fill_pattern(k, behind, 10, 9);
    k.swiotlb.swiotlb_sync_single_for_cpu(dev, behind, 10, DMA_FROM_DEVICE);
    expect(k.log.warnings).to.equal(0);
    expect(read_bytes(k, phys_addr_t(orig + IO_TLB_SIZE), 10)).to.deep.equal(written);
  });

  it('of a slot that nobody has do nothing', () => {
    const k = boot_machine(OPTIONS);
    const at = deref(k.swiotlb.io_tlb_default_mem).start;
    const before = k.mm.ram.slice();
    fill_pattern(k, at, 100, 8);
    k.swiotlb.swiotlb_sync_single_for_cpu(new_device(), at, 100, DMA_FROM_DEVICE);
    k.mm.memset(k.mm.phys_to_virt(at), 0, 100);
    expect(Buffer.compare(k.mm.ram, before)).to.equal(0);
  });
});
