// SPDX-License-Identifier: GPL-2.0-only
// Tests of the software IO TLB: which slots a buffer gets, and what is copied when.

import { expect } from 'chai';
import {
  DMA_ATTR_NO_WARN,
  DMA_ATTR_SKIP_CPU_SYNC,
  DMA_BIDIRECTIONAL,
  DMA_FROM_DEVICE,
  DMA_MAPPING_ERROR,
  DMA_NONE,
  DMA_TO_DEVICE,
  IO_TLB_SEGSIZE,
  IO_TLB_SIZE,
  deref,
  type device,
  type dma_data_direction,
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
  memory: { nodes: [{ lowmem_pages: 256, highmem_pages: 16 }] },
  swiotlb_slabs: 2 * IO_TLB_SEGSIZE,
};
const SKIP = DMA_ATTR_SKIP_CPU_SYNC;

/** A buffer of the test: lowmem from the page allocator's range, whoever owns it. */
function buffer(k: machine): phys_addr_t {
  return phys_addr_t(deref(k.mm.ranges.find((r) => r.buddy)).start_pfn * 4096);
}

/** Index of the first slot taken, or -1. */
function take(k: machine, slots: number, dev: device = new_device(), orig = buffer(k)): number {
  const size = slots * IO_TLB_SIZE;
  const at = k.swiotlb.swiotlb_tbl_map_single(dev, orig, size, size, DMA_TO_DEVICE, SKIP);
  return at === (DMA_MAPPING_ERROR as number) ? -1 : (at - start(k)) / IO_TLB_SIZE;
}

function give(k: machine, index: number): void {
  const at = phys_addr_t(start(k) + index * IO_TLB_SIZE);
  k.swiotlb.swiotlb_tbl_unmap_single(new_device(), at, IO_TLB_SIZE, DMA_TO_DEVICE, SKIP);
}

function start(k: machine): number {
  return deref(k.swiotlb.io_tlb_default_mem).start;
}

function used(k: machine): number {
  return deref(k.swiotlb.io_tlb_default_mem).used;
}

describe('the swiotlb area', () => {
  const { boot_machine } = leak_checked();

  it('lies on a 256 KiB boundary outside the page allocator, and knows its addresses', () => {
    const k = boot_machine(OPTIONS);
    expect([start(k), k.swiotlb.is_swiotlb_active()]).to.deep.equal([2 ** 18, true]);
    const end = start(k) + 256 * IO_TLB_SIZE;
    for (const [at, inside] of [
      [start(k) - 1, false],
      [start(k), true],
      [end - 1, true],
      [end, false],
    ] as const)
      expect(k.swiotlb.is_swiotlb_buffer(phys_addr_t(at)), String(at)).to.equal(inside);
    expect(k.reserved_pfn * 4096).to.equal(end);
    expect(k.page_alloc.free_pages()).to.equal(272);
  });

  it('is not there unless asked for, and then cannot be used', () => {
    const k = boot_machine();
    expect(k.swiotlb.is_swiotlb_active()).to.equal(false);
    expect(k.swiotlb.is_swiotlb_buffer(phys_addr_t(2 ** 22))).to.equal(false);
    expect(catch_oops(() => take(k, 1)).message).to.equal(
      'kernel BUG: no SWIOTLB area to bounce through',
    );
    const sync = (): void => {
      k.swiotlb.swiotlb_sync_single_for_cpu(new_device(), phys_addr_t(2 ** 22), 1, DMA_FROM_DEVICE);
    };
    expect(catch_oops(sync).kind).to.equal('bad-access');
  });
});

describe('finding slots', () => {
  const { boot_machine, write_off } = leak_checked();

  it('goes on behind the last one taken, and wraps', () => {
    const k = boot_machine(OPTIONS);
    expect([take(k, 1), take(k, 1), take(k, 1)]).to.deep.equal([0, 1, 2]);
    give(k, 1);
    expect(take(k, 1)).to.equal(3);
    for (let i = 4; i < 256; i++) expect(take(k, 1)).to.equal(i);
    expect(deref(k.swiotlb.io_tlb_default_mem).index).to.equal(0);
    expect([take(k, 1), take(k, 1)]).to.deep.equal([1, -1]);
  });

  it('aligns a page or more to a page, less than a page to nothing', () => {
    const k = boot_machine(OPTIONS);
    expect([take(k, 1), take(k, 2), take(k, 1), take(k, 3)]).to.deep.equal([0, 2, 4, 6]);
  });

  it('never spans two sets of 128', () => {
    const k = boot_machine(OPTIONS);
    expect([take(k, 100), take(k, 100), take(k, 28), take(k, 28)]).to.deep.equal([
      0, 128, 228, 100,
    ]);
    expect([take(k, 1), used(k)]).to.deep.equal([-1, 256]);
    const fresh = boot_machine(OPTIONS);
    expect([take(fresh, 129), take(fresh, 128), take(fresh, 128)]).to.deep.equal([-1, 0, 128]);
  });

  it('joins what is freed with its free neighbours on both sides, within the set', () => {
    const k = boot_machine(OPTIONS);
    for (let i = 0; i < 32; i++) take(k, 8);
    for (const index of [120, 128, 16, 0]) give(k, index);
    expect(take(k, 16), 'slots 120-135 are two sets').to.equal(-1);
    give(k, 8);
    expect(take(k, 24)).to.equal(0);
  });

  it('crosses no segment boundary of the device', () => {
    const k = boot_machine(OPTIONS);
    const dev = new_device({ dma_parms: { segment_boundary_mask: 16 * IO_TLB_SIZE - 1 } });
    expect([take(k, 10, dev), take(k, 10, dev), take(k, 16, dev)]).to.deep.equal([0, 16, 32]);
    expect(take(k, 17, dev)).to.equal(-1);
    const odd = new_device({ dma_parms: { segment_boundary_mask: 12 * IO_TLB_SIZE - 1 } });
    expect(catch_oops(() => take(k, 1, odd)).message).to.equal(
      'kernel BUG: segment boundary is no power of two',
    );
    write_off(k); // dead with the lock held
  });

  it('counts segments from address 0, not from where the area begins', () => {
    const k = boot_machine(OPTIONS);
    k.swiotlb.swiotlb_init_with_tbl(phys_addr_t(start(k) + 4 * IO_TLB_SIZE), IO_TLB_SEGSIZE);
    const dev = new_device({ dma_parms: { segment_boundary_mask: 16 * IO_TLB_SIZE - 1 } });
    expect([take(k, 13, dev), take(k, 12, dev)]).to.deep.equal([12, 28]);
    expect(take(k, 12, dev)).to.equal(44);
    give(k, 12);
    deref(k.swiotlb.io_tlb_default_mem).index = 0;
    expect(take(k, 12, dev)).to.equal(0);
  });

  it('keeps the low address bits that the device’s alignment mask names', () => {
    const k = boot_machine(OPTIONS);
    const dev = new_device({ dma_parms: { min_align_mask: 0xfff } });
    for (const offset of [0x800, 0x123, 0xfff, 0]) {
      const orig = phys_addr_t(buffer(k) + offset);
      const at = k.swiotlb.swiotlb_tbl_map_single(dev, orig, 16, 16, DMA_TO_DEVICE, SKIP);
      expect(at % 4096, offset.toString(16)).to.equal(offset);
    }
  });

  it('finding: goes round for ever, as C does, when steps to an aligned slot jump over the place it began', () => {
    const k = boot_machine(OPTIONS);
    const dev = new_device({ dma_parms: { min_align_mask: 0xfff } });
    for (let i = 0; i < 128; i++) take(k, 2);
    for (let i = 0; i < 128; i += 2) give(k, i * 2);
    deref(k.swiotlb.io_tlb_default_mem).index = 2;
    const orig = phys_addr_t(buffer(k) + 0x800);
    const e = catch_oops(() => take(k, 2, dev, orig));
    expect(e.message).to.equal('watchdog: LOCKUP: swiotlb searches its slots for ever');
    write_off(k); // dead with the lock held
  });

  it('needs at least one slot, and refuses a mapping larger than its room', () => {
    const k = boot_machine(OPTIONS);
    expect(catch_oops(() => take(k, 0)).message).to.equal(
      'kernel BUG: swiotlb mapping of no slots',
    );
    const at = k.swiotlb.swiotlb_tbl_map_single(new_device(), buffer(k), 2, 1, DMA_TO_DEVICE, 0);
    expect(at).to.equal(DMA_MAPPING_ERROR);
    expect(k.log.lines.at(-1)?.text).to.equal(
      'test-device: Invalid sizes (mapping: 2 bytes, alloc: 1 bytes)',
    );
  });

  it('says when it is full, unless told not to', () => {
    const k = boot_machine(OPTIONS);
    for (let i = 0; i < 2; i++) take(k, 128);
    const map = (attrs: number): number =>
      k.swiotlb.swiotlb_tbl_map_single(new_device(), buffer(k), 100, 100, DMA_TO_DEVICE, attrs);
    expect(map(DMA_ATTR_NO_WARN)).to.equal(DMA_MAPPING_ERROR);
    expect(k.log.lines).to.deep.equal([]);
    expect(map(0)).to.equal(DMA_MAPPING_ERROR);
    expect(k.log.lines[0]?.text).to.equal(
      'test-device: swiotlb buffer is full (sz: 100 bytes), total 256 (slots), used 256 (slots)',
    );
  });
});

describe('bouncing', () => {
  const { boot_machine } = leak_checked();
  const LEN = 5000;

  /** Maps, lets the device write all of the bounce buffer, unmaps; which copies were made? */
  function round_trip(dir: dma_data_direction, attrs: number): { to: boolean; from: boolean } {
    const k = boot_machine(OPTIONS);
    const dev = new_device();
    const orig = phys_addr_t(buffer(k) + 7);
    const bytes = fill_pattern(k, orig, LEN, 1);
    const at = k.swiotlb.swiotlb_tbl_map_single(dev, orig, LEN, LEN, dir, attrs);
    const to = Buffer.compare(read_bytes(k, at, LEN), bytes) === 0;
    const written = fill_pattern(k, at, LEN, 2);
    k.swiotlb.swiotlb_tbl_unmap_single(dev, at, LEN, dir, attrs);
    expect(used(k)).to.equal(0);
    return { to, from: Buffer.compare(read_bytes(k, orig, LEN), written) === 0 };
  }

  for (const [name, dir, to, from] of [
    ['DMA_TO_DEVICE', DMA_TO_DEVICE, true, false],
    ['DMA_FROM_DEVICE', DMA_FROM_DEVICE, false, true],
    ['DMA_BIDIRECTIONAL', DMA_BIDIRECTIONAL, true, true],
  ] as const) {
    it(`${name} copies on map: ${String(to)}, on unmap: ${String(from)}`, () => {
      expect(round_trip(dir, 0)).to.deep.equal({ to, from });
    });

    it(`${name} copies nothing with DMA_ATTR_SKIP_CPU_SYNC`, () => {
      expect(round_trip(dir, SKIP)).to.deep.equal({ to: false, from: false });
    });
  }

  it('syncs in the direction of the mapping and of the sync only', () => {
    const k = boot_machine(OPTIONS);
    const dev = new_device();
    const orig = buffer(k);
    const at = k.swiotlb.swiotlb_tbl_map_single(dev, orig, 100, 100, DMA_BIDIRECTIONAL, SKIP);
    const a = fill_pattern(k, orig, 100, 1);
    k.swiotlb.swiotlb_sync_single_for_device(dev, at, 100, DMA_FROM_DEVICE);
    expect(read_bytes(k, at, 100)).not.to.deep.equal(a);
    k.swiotlb.swiotlb_sync_single_for_device(dev, at, 100, DMA_TO_DEVICE);
    expect(read_bytes(k, at, 100)).to.deep.equal(a);
    const b = fill_pattern(k, at, 100, 2);
    k.swiotlb.swiotlb_sync_single_for_cpu(dev, at, 100, DMA_TO_DEVICE);
    expect(read_bytes(k, orig, 100)).to.deep.equal(a);
    k.swiotlb.swiotlb_sync_single_for_cpu(dev, at, 100, DMA_BIDIRECTIONAL);
    expect(read_bytes(k, orig, 100)).to.deep.equal(b);
    for (const sync of ['swiotlb_sync_single_for_cpu', 'swiotlb_sync_single_for_device'] as const)
      expect(
        catch_oops(() => {
          k.swiotlb[sync](dev, at, 100, DMA_NONE);
        }).kind,
      ).to.equal('bug');
  });

  it('oopses for the slot behind the last one', () => {
    const k = boot_machine(OPTIONS);
    const unmap = (): void => {
      give(k, 256);
    };
    expect(catch_oops(unmap).message).to.equal('bad memory access: swiotlb slot 256 of 256');
  });
});
