// SPDX-License-Identifier: GPL-2.0-only
// What the port remembers and C looks up anew (docs/porting.md#memories): each test makes the memory wrong if it can be.

import {
  DMA_FROM_DEVICE,
  DMA_TO_DEVICE,
  PAGE_SIZE,
  type device,
  dma_addr_t,
  mm_c,
  type page,
  type virt_addr_t,
} from '@iommu-bounce/linux-shim';
import { catch_oops, new_device } from '@iommu-bounce/linux-shim/testing';
import {
  type iommu_group,
  iova_domain,
  iova_pfn,
  type table_domain,
} from '@iommu-bounce/iommu-core';
import { expect } from 'chai';
import { type wired, wiring } from './wire';

/** Maps a page, lets the device write a byte, unmaps; the address. The byte has to arrive in this page. */
function receive(w: wired, dev: device, p: page, byte: number): dma_addr_t {
  const at = w.map(dev, p, 0, 64, DMA_FROM_DEVICE);
  expect(w.bounced(w.domain_of(dev), at)).to.equal(true);
  expect(w.write(dev, at, new Uint8Array(64).fill(byte))).to.equal(true);
  w.unmap(dev, at, 64, DMA_FROM_DEVICE);
  expect([...w.k.mm.bytes_at(w.phys(p), 64)]).to.deep.equal(new Array<number>(64).fill(byte));
  return at;
}

describe('the slot found last (recent_slot, slot.iova)', () => {
  const { wire } = wiring();

  it('is not taken for the slot of the same address in another domain', () => {
    const w = wire();
    const [one, two] = [new_device({ name: 'one' }), new_device({ name: 'two' })];
    w.plug(one);
    w.plug(two);
    const [p, q] = [w.buffer(), w.buffer()];
    const at = w.map(one, p, 0, 64, DMA_FROM_DEVICE);
    const bt = w.map(two, q, 0, 64, DMA_FROM_DEVICE);
    expect(bt, 'each domain begins at the same address').to.equal(at);
    w.write(one, at, new Uint8Array(64).fill(1));
    w.write(two, bt, new Uint8Array(64).fill(2));
    w.unmap(one, at, 64, DMA_FROM_DEVICE);
    w.unmap(two, bt, 64, DMA_FROM_DEVICE);
    expect(w.k.mm.bytes_at(w.phys(p), 1)[0]).to.equal(1);
    expect(w.k.mm.bytes_at(w.phys(q), 1)[0]).to.equal(2);
    for (const dev of [one, two])
      expect(w.stats(w.domain_of(dev)).map((c) => c.wo)).to.deep.equal([1, 0, 0]);
  });

  it('goes with its pool: the next one, at the same addresses, has slots of its own', () => {
    const w = wire();
    const dev = new_device();
    const p = w.buffer();
    w.plug(dev);
    const at = receive(w, dev, p, 1);
    w.unplug(dev);
    w.plug(dev);
    expect(receive(w, dev, p, 2)).to.equal(at);
    expect(w.stats(w.domain_of(dev)).map((c) => c.wo)).to.deep.equal([1, 0, 0]);
  });

  it('keeps its address when it is evicted and filled anew', () => {
    const w = wire({ params: { num_slots: 1 } });
    const dev = new_device();
    const domain = w.plug(dev);
    const p = w.buffer();
    const at = receive(w, dev, p, 1);
    w.k.timers.advance(11_000);
    expect(domain.table.mapped_pages).to.equal(0);
    const taken = w.buffer(); // so that other pages lie behind the address
    expect(receive(w, dev, p, 2)).to.equal(at);
    expect(taken.pfn).to.be.above(0);
  });

  it('is not found at an address beside it', () => {
    const w = wire();
    const dev = new_device();
    w.plug(dev);
    const [p, q] = [w.buffer(), w.buffer()];
    const at = w.map(dev, p, 0, 64, DMA_FROM_DEVICE);
    const bt = w.map(dev, q, 0, 64, DMA_FROM_DEVICE);
    w.k.mm.bytes_at(w.phys(p), PAGE_SIZE).fill(9);
    w.write(dev, at, new Uint8Array(64).fill(1));
    w.write(dev, bt, new Uint8Array(64).fill(2));
    w.k.dma.dma_sync_single_for_cpu(dev, bt, 64, DMA_FROM_DEVICE);
    w.k.dma.dma_sync_single_for_cpu(dev, dma_addr_t(at + 32), 32, DMA_FROM_DEVICE);
    expect([...w.k.mm.bytes_at(w.phys(p, 31), 2)]).to.deep.equal([9, 1]);
    w.unmap(dev, bt, 64, DMA_FROM_DEVICE);
    w.unmap(dev, at, 64, DMA_FROM_DEVICE);
  });
});

describe('the cookie found last (recent_group, recent_cookie)', () => {
  const { wire, write_off } = wiring();

  it('is forgotten with the cookie: a domain that gets a new one has a new pool', () => {
    const w = wire();
    const dev = new_device();
    const domain = w.plug(dev);
    const p = w.buffer();
    receive(w, dev, p, 1);
    const before = w.pool(domain);
    // The group and its domain stay, as when the IOMMU driver renews what the DMA API keeps for the domain.
    w.dma_iommu.iommu_put_dma_cookie(domain);
    expect(w.dma_iommu.iommu_get_dma_cookie(domain)).to.equal(0);
    w.dma_iommu.iommu_setup_dma_ops(dev, dma_addr_t(0), 2 ** 48);
    expect(w.pool(domain)).not.to.equal(before);
    receive(w, dev, p, 2);
    expect(w.stats(domain).map((c) => c.wo)).to.deep.equal([1, 0, 0]);
  });

  it('follows a device into the group of another one', () => {
    const w = wire();
    const [mover, host] = [new_device({ name: 'mover' }), new_device({ name: 'host' })];
    w.plug(mover);
    const there = w.plug(host);
    const p = w.buffer();
    receive(w, mover, p, 1);
    w.unplug(mover);
    w.plug(mover, host.iommu_group as iommu_group);
    receive(w, mover, p, 2);
    expect(w.stats(there).map((c) => c.wo)).to.deep.equal([1, 0, 0]);
  });

  it('is not that of a device without a group, for which C follows a null pointer', () => {
    const w = wire();
    const dev = new_device();
    w.plug(dev);
    const { dma_ops } = dev;
    w.unplug(dev);
    dev.dma_ops = dma_ops; // as if a driver went on after its device left the group
    const map = (): unknown => w.map(dev, w.buffer(), 0, 64, DMA_FROM_DEVICE);
    expect(catch_oops(map).message).to.match(/^bad memory access/);
    write_off(w);
  });

  it('stays that of the default domain while the device is attached to another, as in C', () => {
    const w = wire();
    const dev = new_device();
    const domain = w.plug(dev);
    const p = w.buffer();
    receive(w, dev, p, 1);
    const other = w.iommu.iommu_domain_alloc(dev.bus) as table_domain;
    expect(w.iommu.iommu_attach_device(other, dev)).to.equal(0);
    const at = w.map(dev, p, 0, 64, DMA_FROM_DEVICE);
    expect(w.bounced(domain, at)).to.equal(true);
    w.unmap(dev, at, 64, DMA_FROM_DEVICE);
    w.iommu.iommu_detach_device(other, dev);
    w.iommu.iommu_domain_free(other);
    receive(w, dev, p, 2);
  });

  it('alternates between two devices, each with its own pool', () => {
    const w = wire();
    const [one, two] = [new_device({ name: 'one' }), new_device({ name: 'two' })];
    const domains = [w.plug(one), w.plug(two)];
    const p = w.buffer();
    for (let i = 0; i < 4; i++) for (const dev of [one, two]) receive(w, dev, p, i);
    for (const domain of domains) expect(w.stats(domain).map((c) => c.wo)).to.deep.equal([1, 0, 0]);
  });
});

describe('what a lookup divides by (per_byte, iova_end, per_granule)', () => {
  const { wire } = wiring();

  it('is of the class and the pool that are there now: every slot from its first byte to its last, none beyond', () => {
    const machine = { memory: { nodes: [{ lowmem_pages: 1024 }] } };
    const w = wire({ params: { num_slots: 3 }, machine });
    const dev = new_device();
    for (let pools = 0; pools < 2; pools++) {
      const domain = w.plug(dev);
      const pool = w.pool(domain);
      const known = (at: number): boolean =>
        w.io_buffer_pool.io_buffer_pool_sync_single(pool, dma_addr_t(at), 0, DMA_TO_DEVICE, true);
      for (const { buffer_size } of pool.classes) {
        const buffer = w.buffer(5);
        const at = [1, 2, 3].map(() => w.map(dev, buffer, 0, buffer_size, DMA_FROM_DEVICE));
        for (const [i, addr] of at.entries())
          for (const off of [0, buffer_size - 1]) {
            w.write(dev, addr + off, Uint8Array.of(16 + i));
            w.k.dma.dma_sync_single_for_cpu(dev, dma_addr_t(addr + off), 1, DMA_FROM_DEVICE);
            expect(w.k.mm.bytes_at(w.phys(buffer, off), 1)[0]).to.equal(16 + i);
          }
        const [first, last] = [Math.min(...at), Math.max(...at) + buffer_size];
        expect([first, last - 1].map(known)).to.deep.equal([true, true]);
        const theirs = pool.classes.some((c) => known(c.iova_base - 1) || known(c.iova_end));
        expect(theirs, 'a buffer more than there are slots is reserved').to.equal(false);
        for (const addr of at) w.unmap(dev, addr, buffer_size, DMA_FROM_DEVICE);
      }
      w.unplug(dev);
    }
  });

  it('follows a domain of addresses that is set up again with another granule', () => {
    const w = wire();
    const iovad = new iova_domain();
    for (const granule of [4096, 1024, 2048]) {
      w.iova.init_iova_domain(iovad, granule, 1);
      expect(iova_pfn(iovad, dma_addr_t(12288))).to.equal(12288 / granule);
      w.iova.put_iova_domain(iovad);
    }
  });
});

/** Sizes of the copies, while it is told to note them. */
class noting_mm extends mm_c {
  sizes: number[] | null = null;
  override memcpy(dst: virt_addr_t, src: virt_addr_t, len: number): void {
    this.sizes?.push(len);
    super.memcpy(dst, src, len);
  }
}

function noting(w: wired): noting_mm {
  if (w.k.mm instanceof noting_mm) return w.k.mm;
  throw new TypeError('a machine without the part');
}

describe('the runs of neighbouring pages (consecutive_pages)', () => {
  const { wire } = wiring();
  const LEN = 32 * PAGE_SIZE;

  /** The runs that C finds, page by page, in the buffer as the IOMMU has it. */
  function runs(domain: table_domain, at: number): number[] {
    const found: number[] = [];
    let expected = -1;
    for (let i = 0; i < 32; i++) {
      const phys = domain.table.iova_to_phys(dma_addr_t(at + i * PAGE_SIZE));
      if (phys === expected) found.push((found.pop() ?? 0) + PAGE_SIZE);
      else found.push(PAGE_SIZE);
      expected = phys + PAGE_SIZE;
    }
    return found;
  }

  it('are those of the pages that the buffer has now, each time it is filled', () => {
    const w = wire({ machine: { parts: { mm: noting_mm } }, params: { num_slots: 1 } });
    const mm = noting(w);
    const dev = new_device();
    const domain = w.plug(dev);
    const p = w.buffer(5);
    const kept: page[] = [];
    const seen = new Set<string>();
    for (let round = 0; round < 6; round++) {
      mm.sizes = [];
      const at = w.map(dev, p, 0, LEN, DMA_TO_DEVICE);
      expect(w.bounced(domain, at)).to.equal(true);
      expect(mm.sizes).to.deep.equal(runs(domain, at));
      seen.add(mm.sizes.join());
      mm.sizes = null;
      w.unmap(dev, at, LEN, DMA_TO_DEVICE);
      w.k.timers.advance(11_000); // evicted
      // Other pages next time: every second one of what was free is taken, in the rounds' turn.
      const taken = Array.from({ length: 40 }, () => w.buffer());
      for (const [i, page] of taken.entries()) if (i % (round + 2) === 0) kept.push(page);
      w.free(taken.filter((page) => !kept.includes(page)));
    }
    expect(seen.size, 'the memory was fragmented').to.be.above(2);
  });

  it('are one from the first page on where the pages come as a block', () => {
    const w = wire({
      machine: { parts: { mm: noting_mm } },
      driver: { pgsize_bitmap: PAGE_SIZE + LEN },
    });
    const mm = noting(w);
    const dev = new_device();
    const domain = w.plug(dev);
    const p = w.buffer(5);
    mm.sizes = [];
    const at = w.map(dev, p, 0, LEN, DMA_TO_DEVICE);
    expect(mm.sizes).to.deep.equal([LEN]);
    expect(runs(domain, at)).to.deep.equal([LEN]);
    w.unmap(dev, at, LEN, DMA_TO_DEVICE);
  });

  it('are not those of a filling that failed', () => {
    const w = wire({ machine: { parts: { mm: noting_mm } }, params: { num_slots: 1 } });
    const mm = noting(w);
    const dev = new_device();
    const domain = w.plug(dev);
    const p = w.buffer(5);
    const taken = Array.from({ length: 40 }, () => w.buffer());
    w.free(taken.filter((_, i) => i % 2 === 0));
    w.k.faults.fail('iommu_map', 1);
    const plain = w.map(dev, p, 0, LEN, DMA_TO_DEVICE);
    expect(w.bounced(domain, plain)).to.equal(false);
    w.unmap(dev, plain, LEN, DMA_TO_DEVICE);
    w.free(taken.filter((_, i) => i % 2 === 1));
    mm.sizes = [];
    const at = w.map(dev, p, 0, LEN, DMA_TO_DEVICE);
    expect(w.bounced(domain, at)).to.equal(true);
    expect(mm.sizes).to.deep.equal(runs(domain, at));
    w.unmap(dev, at, LEN, DMA_TO_DEVICE);
  });
});
