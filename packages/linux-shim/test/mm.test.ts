// SPDX-License-Identifier: GPL-2.0-only
// Tests of physical memory: frames, the linear map, copies, highmem, and accesses that hit nothing.

import { expect } from 'chai';
import {
  NULL_ptr,
  PAGE_SIZE,
  PageHighMem,
  type machine,
  nth_page,
  page_address,
  page_to_pfn,
  page_to_phys,
  page_to_virt,
  phys_addr_t,
  virt_addr_t,
} from '@iommu-bounce/linux-shim';
import {
  catch_oops,
  fill_pattern,
  leak_checked,
  read_bytes,
} from '@iommu-bounce/linux-shim/testing';

const SMALL = {
  memory: {
    nodes: [
      { lowmem_pages: 8, highmem_pages: 4 },
      { lowmem_pages: 8, highmem_pages: 4 },
    ],
    reserved_pages: 2,
    reserved_highmem_pages: 3,
  },
};

describe('page frames', () => {
  const { boot_machine } = leak_checked();

  it('lie as the layout says: reserved, lowmem by node, reserved highmem, highmem by node', () => {
    const k = boot_machine(SMALL);
    const runs = k.mm.ranges.map((r) => [r.start_pfn, r.end_pfn, r.nid, r.highmem, r.buddy]);
    expect(runs).to.deep.equal([
      [1, 3, 0, false, false],
      [3, 11, 0, false, true],
      [11, 19, 1, false, true],
      [19, 22, 0, true, false],
      [22, 26, 0, true, true],
      [26, 30, 1, true, true],
    ]);
    expect([k.mm.max_pfn, k.reserved_pfn, k.page_alloc.free_pages()]).to.deep.equal([30, 1, 24]);
  });

  it('know their number, address, node and kind, and are the same object each time', () => {
    const k = boot_machine(SMALL);
    const p = k.mm.pfn_to_page(27);
    expect([page_to_pfn(p), page_to_phys(p), p.nid, PageHighMem(p)]).to.deep.equal([
      27,
      27 * PAGE_SIZE,
      1,
      true,
    ]);
    expect(k.mm.phys_to_page(phys_addr_t(27 * PAGE_SIZE + 4095))).to.equal(p);
    expect(nth_page(k.mm.pfn_to_page(25), 2)).to.equal(p);
    expect(nth_page(p, 0)).to.equal(p);
  });

  it('do not exist below 1 nor from max_pfn on', () => {
    const k = boot_machine(SMALL);
    expect([0, 1, 29, 30, -1].map((pfn) => k.mm.pfn_valid(pfn))).to.deep.equal([
      false,
      true,
      true,
      false,
      false,
    ]);
    for (const pfn of [0, 30])
      expect(catch_oops(() => k.mm.pfn_to_page(pfn)).message).to.equal(
        `bad memory access: no page frame ${String(pfn)}`,
      );
    expect(catch_oops(() => nth_page(k.mm.pfn_to_page(29), 1)).kind).to.equal('bad-access');
  });
});

describe('the linear map', () => {
  const { boot_machine } = leak_checked();

  it('gives lowmem its physical address', () => {
    const k = boot_machine(SMALL);
    const p = k.mm.pfn_to_page(5);
    for (const addr of [page_address(p), page_to_virt(p), k.mm.phys_to_virt(page_to_phys(p))])
      expect(addr).to.equal(5 * PAGE_SIZE);
    expect(k.mm.virt_to_page(virt_addr_t(5 * PAGE_SIZE + 7))).to.equal(p);
    expect(k.mm.virt_to_phys(page_to_virt(p))).to.equal(page_to_phys(p));
  });

  it('gives highmem no address, and by arithmetic one that is not its memory', () => {
    const k = boot_machine(SMALL);
    for (let pfn = 19; pfn < 30; pfn++) {
      const p = k.mm.pfn_to_page(pfn);
      const memory = fill_pattern(k, page_to_phys(p), PAGE_SIZE, pfn);
      expect(page_address(p)).to.equal(NULL_ptr);
      k.mm.memset(page_to_virt(p), 0xee, PAGE_SIZE);
      expect(read_bytes(k, page_to_phys(p), PAGE_SIZE)).to.deep.equal(memory);
      expect(k.mm.phys_to_virt(page_to_phys(p))).to.equal(page_to_virt(p));
      expect(k.mm.virt_to_page(page_to_virt(p))).to.equal(p);
      expect(k.mm.virt_to_phys(page_to_virt(p))).to.equal(page_to_phys(p));
    }
  });
});

describe('kmap_atomic', () => {
  const { boot_machine } = leak_checked();

  it('is the memory of any page, with preemption off between', () => {
    const k = boot_machine(SMALL);
    for (const pfn of [5, 24]) {
      const p = k.mm.pfn_to_page(pfn);
      const addr = k.highmem.kmap_atomic(p);
      expect(k.context.in_atomic()).to.equal(true);
      k.mm.memset(addr, pfn, PAGE_SIZE);
      k.highmem.kunmap_atomic(addr);
      expect(k.context.in_atomic()).to.equal(false);
      expect(read_bytes(k, page_to_phys(p), PAGE_SIZE).every((b) => b === pfn)).to.equal(true);
    }
  });
});

describe('memcpy and memset', () => {
  const { boot_machine } = leak_checked();

  function low(k: machine): { from: phys_addr_t; to: phys_addr_t; bytes: Uint8Array } {
    const from = phys_addr_t(3 * PAGE_SIZE + 100);
    return { from, to: phys_addr_t(7 * PAGE_SIZE + 1), bytes: fill_pattern(k, from, 6000, 1) };
  }

  it('copy and fill exactly the range', () => {
    const k = boot_machine(SMALL);
    const { from, to, bytes } = low(k);
    k.mm.memset(virt_addr_t(to - 1), 0x55, 6002);
    k.mm.memcpy(k.mm.phys_to_virt(to), k.mm.phys_to_virt(from), 6000);
    expect(read_bytes(k, to, 6000)).to.deep.equal(bytes);
    expect([
      read_bytes(k, phys_addr_t(to - 1), 1)[0],
      read_bytes(k, phys_addr_t(to + 6000), 1)[0],
    ]).to.eql([0x55, 0x55]);
  });

  it('do nothing for no bytes, wherever they point', () => {
    const k = boot_machine(SMALL);
    k.mm.memcpy(NULL_ptr, NULL_ptr, 0);
    k.mm.memset(NULL_ptr, 1, 0);
    k.mm.memcpy(virt_addr_t(2 ** 50), NULL_ptr, 0);
    expect(k.mm.ram.every((b) => b === 0)).to.equal(true);
  });

  it('oops at NULL, in frame 0 and beyond memory, on either side', () => {
    const k = boot_machine(SMALL);
    const good = virt_addr_t(3 * PAGE_SIZE);
    // Lowmem ends at frame 19; 11 frames of highmem. The linear map has nothing behind lowmem.
    const frames = [19, 29, 19 + 3 * 11].map((pfn) => virt_addr_t(pfn * PAGE_SIZE));
    for (const bad of [NULL_ptr, virt_addr_t(PAGE_SIZE - 1), ...frames, virt_addr_t(2 ** 50)])
      for (const call of [
        () => {
          k.mm.memcpy(bad, good, 1);
        },
        () => {
          k.mm.memcpy(good, bad, 1);
        },
        () => {
          k.mm.memset(bad, 0, 1);
        },
      ]) {
        const e = catch_oops(call);
        expect(e.message).to.equal(`bad memory access: no memory at 0x${bad.toString(16)}`);
      }
  });

  it('oops for a range that only ends beyond memory', () => {
    const k = boot_machine(SMALL);
    for (const last of [19, 19 + 3 * 11].map((pfn) => virt_addr_t(pfn * PAGE_SIZE - 1))) {
      k.mm.memset(last, 1, 1);
      expect(
        catch_oops(() => {
          k.mm.memset(last, 1, 2);
        }).kind,
      ).to.equal('bad-access');
      expect(
        catch_oops(() => {
          k.mm.memcpy(virt_addr_t(3 * PAGE_SIZE), last, 2);
        }).kind,
      ).to.equal('bad-access');
    }
  });

  it('copy between all three kinds of addresses of highmem and lowmem', () => {
    const k = boot_machine(SMALL);
    const [low_page, high] = [k.mm.pfn_to_page(5), k.mm.pfn_to_page(24)];
    const bytes = fill_pattern(k, page_to_phys(high), PAGE_SIZE, 3);
    const mapped = k.highmem.kmap_atomic(high);
    k.mm.memcpy(page_to_virt(low_page), mapped, PAGE_SIZE);
    k.highmem.kunmap_atomic(mapped);
    expect(read_bytes(k, page_to_phys(low_page), PAGE_SIZE)).to.eql(bytes);
    k.mm.memcpy(page_to_virt(high), page_to_virt(low_page), PAGE_SIZE);
    k.mm.memset(page_to_virt(low_page), 0, PAGE_SIZE);
    k.mm.memcpy(page_to_virt(low_page), page_to_virt(high), PAGE_SIZE);
    expect(read_bytes(k, page_to_phys(low_page), PAGE_SIZE)).to.eql(bytes);
  });
});

describe('bytes_at', () => {
  const { boot_machine } = leak_checked();

  it('is a view of RAM, up to its last byte and no further', () => {
    const k = boot_machine(SMALL);
    const last = phys_addr_t(30 * PAGE_SIZE - 1);
    k.mm.bytes_at(last, 1)[0] = 9;
    expect(read_bytes(k, last, 1)[0]).to.equal(9);
    for (const call of [() => k.mm.bytes_at(last, 2), () => k.mm.bytes_at(phys_addr_t(-1), 1)])
      expect(catch_oops(call).message).to.match(/^bad memory access: no RAM at /);
  });
});

describe('memory without bytes', () => {
  const { boot_machine } = leak_checked();
  const WITHOUT = { memory: { ...SMALL.memory, bytes: false } };

  it('has the frames, addresses and oopses of memory with bytes', () => {
    const [k, full] = [boot_machine(WITHOUT), boot_machine(SMALL)];
    expect(k.mm.ram).to.have.lengthOf(0);
    expect(k.mm.ranges).to.deep.equal(full.mm.ranges);
    const end = virt_addr_t(19 * PAGE_SIZE);
    for (const { mm } of [k, full]) {
      mm.memcpy(virt_addr_t(PAGE_SIZE), virt_addr_t(2 * PAGE_SIZE), PAGE_SIZE);
      mm.memset(virt_addr_t(PAGE_SIZE), 0, PAGE_SIZE);
      const died = catch_oops(() => {
        mm.memcpy(end, virt_addr_t(PAGE_SIZE), 8);
      });
      expect(died.kind).to.equal('bad-access');
    }
  });

  it('shows no bytes: an oops', () => {
    const { mm } = boot_machine(WITHOUT);
    expect(catch_oops(() => mm.bytes_at(phys_addr_t(PAGE_SIZE), 1)).kind).to.equal('bad-access');
  });
});
