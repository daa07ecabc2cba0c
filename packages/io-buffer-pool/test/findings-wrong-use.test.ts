// SPDX-License-Identifier: GPL-2.0-only
// Findings: calls that are wrong, or odd, and were harmless or reported before there was a pool.

import { expect } from 'chai';
import {
  DMA_ATTR_PRIVILEGED,
  DMA_ATTR_SKIP_CPU_SYNC,
  DMA_FROM_DEVICE,
  DMA_MAPPING_ERROR,
  DMA_TO_DEVICE,
  dma_addr_t,
} from '@iommu-bounce/linux-shim';
import { catch_oops, fill_pattern, new_device, read_bytes } from '@iommu-bounce/linux-shim/testing';
import { wiring } from './wire';

describe('unmapping what is not mapped', () => {
  const { wire, write_off } = wiring();

  /** A page that was mapped once, and unmapped twice. */
  function unmapped_twice(w: ReturnType<typeof wire>) {
    const dev = new_device();
    const domain = w.plug(dev);
    const p = w.buffer();
    const at = w.map(dev, p, 0, 100, DMA_TO_DEVICE);
    w.unmap(dev, at, 100, DMA_TO_DEVICE);
    w.unmap(dev, at, 100, DMA_TO_DEVICE);
    return { dev, domain, p, at };
  }

  it('is a warning without a pool', () => {
    const w = wire({ params: { num_slots: 0 } });
    unmapped_twice(w);
    expect(w.k.log.warnings).to.equal(1);
  });

  it('finding: a second unmap breaks the cache: the next mapping does not take its slot off the list', () => {
    const w = wire();
    const { dev, domain, p, at } = unmapped_twice(w);
    expect(w.k.log.warnings).to.equal(0);
    const [ro] = w.pool(domain).classes[0]?.cached_slots ?? [];
    const [slot] = w.pool(domain).classes[0]?.slots ?? [];
    expect(slot?.list.next).to.equal(slot?.list); // its own successor: who walks the list walks for ever
    expect(w.map(dev, p, 0, 100, DMA_TO_DEVICE)).to.equal(at);
    expect(ro?.next).to.equal(slot?.list); // in use, and cached
    write_off(w);
  });

  it('finding: a second unmap breaks the cache: the eviction worker never ends, with the lock held and interrupts off', () => {
    const w = wire();
    unmapped_twice(w);
    const died = catch_oops(() => {
      w.k.timers.advance(10_000);
    });
    expect(died.message).to.equal('watchdog: LOCKUP: eviction walks a list without an end');
    expect(w.k.usage()).to.include({ locks_held: 1, irqs_disabled: true });
    write_off(w);
  });

  it('finding: a second unmap breaks the cache: a map with another privilege never ends either', () => {
    const w = wire();
    const { dev, p } = unmapped_twice(w);
    const died = catch_oops(() => w.map(dev, p, 0, 100, DMA_TO_DEVICE, DMA_ATTR_PRIVILEGED));
    expect(died.message).to.equal('watchdog: LOCKUP: a search of a list without an end');
    write_off(w);
  });

  it('finding: a second unmap breaks the cache: teardown takes the slot out twice and dies', () => {
    const w = wire();
    const { dev } = unmapped_twice(w);
    const died = catch_oops(() => {
      w.unplug(dev);
    });
    expect(died.kind).to.equal('bad-access');
    expect(w.k.log.lines.map(({ text }) => text)).to.include(
      'Failed to unmap bounce buffer, leaking buffer.',
    );
    write_off(w);
  });

  it('finding: a second unmap after the eviction makes the free slots and the cache one list', () => {
    const w = wire({ params: { num_slots: 2, class_sizes: 1 } });
    const dev = new_device();
    w.plug(dev);
    const p = w.buffer();
    const at = w.map(dev, p, 0, 100, DMA_TO_DEVICE);
    w.unmap(dev, at, 100, DMA_TO_DEVICE);
    w.k.timers.advance(20_000);
    w.unmap(dev, at, 100, DMA_TO_DEVICE, DMA_ATTR_SKIP_CPU_SYNC);
    // A hit in an unmapped buffer: the device faults there.
    expect(w.map(dev, p, 0, 100, DMA_TO_DEVICE, DMA_ATTR_SKIP_CPU_SYNC)).to.equal(at);
    expect(w.read(dev, at, 100)).to.equal(null);
    // The first free slot is still that one.
    expect(catch_oops(() => w.map(dev, p, 0, 100, DMA_FROM_DEVICE)).kind).to.equal('bad-access');
    write_off(w);
  });

  it('finding: a second unmap after the eviction has the next mapping copied over a page of somebody else', () => {
    const w = wire({ params: { num_slots: 2, class_sizes: 1 } });
    const dev = new_device();
    w.plug(dev);
    const at = w.map(dev, w.buffer(), 0, 100, DMA_TO_DEVICE);
    w.unmap(dev, at, 100, DMA_TO_DEVICE);
    w.k.timers.advance(20_000);
    const other = w.phys(w.buffer()); // the page that the eviction gave back
    fill_pattern(w.k, other, 4096, 1);
    w.unmap(dev, at, 100, DMA_TO_DEVICE);
    const p = w.buffer();
    const mine = fill_pattern(w.k, w.phys(p), 100, 2);
    w.map(dev, p, 0, 100, DMA_TO_DEVICE);
    expect(read_bytes(w.k, other, 100)).to.eql(mine);
    expect(w.k.log.warnings).to.equal(0);
    write_off(w);
  });

  it('finding: a second unmap after another mapping got the slot gives it to a third', () => {
    const w = wire({ params: { num_slots: 2, class_sizes: 1 } });
    const dev = new_device();
    const domain = w.plug(dev);
    const at = w.map(dev, w.buffer(), 0, 100, DMA_TO_DEVICE);
    w.unmap(dev, at, 100, DMA_TO_DEVICE);
    const second = w.map(dev, w.buffer(), 0, 100, DMA_TO_DEVICE);
    w.unmap(dev, at, 100, DMA_TO_DEVICE);
    const third = w.map(dev, w.buffer(), 0, 100, DMA_TO_DEVICE);
    expect([second, third]).to.eql([at, at]);
    expect(w.stats(domain)[0]).to.include({ ro: 0, empty: 1 });
    w.unmap(dev, at, 100, DMA_TO_DEVICE); // so that nothing is lost
  });

  it('finding: an address of a slot that was never filled is a BUG, with the lock held', () => {
    const w = wire();
    const dev = new_device();
    const domain = w.plug(dev);
    const at = dma_addr_t(w.stats(domain)[0]?.iova_base ?? 0);
    const died = catch_oops(() => {
      w.k.dma.dma_unmap_page_attrs(dev, at, 100, DMA_TO_DEVICE, 0);
    });
    expect(died.message).to.match(/bad memory access: a slot that never had pages/);
    const bug = catch_oops(() => {
      w.unmap(dev, at, 100, DMA_TO_DEVICE, 1 << 5);
    });
    expect(bug.kind).to.equal('bug');
    expect(w.k.usage().locks_held).to.equal(1);
    write_off(w);
  });
});

describe('syncing in another way than mapping', () => {
  const { wire, write_off } = wiring();

  it('finding: one segment of a list kills the machine', () => {
    const w = wire();
    const dev = new_device();
    w.plug(dev);
    const sgl = w.list([w.buffer(), 100, 0]);
    w.map_sg(dev, sgl, 1, DMA_FROM_DEVICE);
    const died = catch_oops(() => {
      w.k.dma.dma_sync_single_for_cpu(dev, sgl.dma_address, 100, DMA_FROM_DEVICE);
    });
    expect(died.kind).to.equal('bad-access');
    write_off(w);
  });

  it('finding: an address after its unmap kills the machine', () => {
    const w = wire();
    const dev = new_device();
    w.plug(dev);
    const at = w.map(dev, w.buffer(), 0, 100, DMA_FROM_DEVICE);
    w.unmap(dev, at, 100, DMA_FROM_DEVICE);
    const died = catch_oops(() => {
      w.k.dma.dma_sync_single_for_cpu(dev, at, 100, DMA_FROM_DEVICE);
    });
    expect(died.kind).to.equal('bad-access');
    write_off(w);
  });

  it('finding: more than was mapped runs over the end of the buffer', () => {
    const w = wire();
    const dev = new_device();
    w.plug(dev);
    const at = w.map(dev, w.buffer(1), 0, 100, DMA_FROM_DEVICE);
    const died = catch_oops(() => {
      w.k.dma.dma_sync_single_for_cpu(dev, at, 4097, DMA_FROM_DEVICE);
    });
    expect(died.message).to.match(/beyond the bounce buffer/);
    write_off(w);
  });
});

describe('lists of unusual lengths', () => {
  const { wire, write_off } = wiring();

  it('finding: a list without bytes takes a slot for ever', () => {
    const w = wire({ params: { num_slots: 2, class_sizes: 1 } });
    const dev = new_device();
    const domain = w.plug(dev);
    const p = w.buffer();
    for (const empty of [1, 0]) {
      const sgl = w.list([p, 0, 0]);
      w.map_sg(dev, sgl, 1, DMA_TO_DEVICE); // the pool says 0, so the IOMMU is asked
      expect(w.bounced(domain, sgl.dma_address)).to.equal(false);
      w.unmap_sg(dev, sgl, 1, DMA_TO_DEVICE);
      expect(w.stats(domain)[0]).to.include({ ro: 0, empty });
    }
    const at = w.map(dev, p, 0, 100, DMA_TO_DEVICE);
    expect(w.bounced(domain, at)).to.equal(false);
    w.unmap(dev, at, 100, DMA_TO_DEVICE);
    write_off(w);
  });

  it('finding: a list of 4 GiB and 100 bytes is taken for one of 100 bytes', () => {
    const w = wire();
    const dev = new_device();
    const domain = w.plug(dev);
    const p = w.buffer();
    const sgl = w.list([p, 2 ** 31, 0], [p, 2 ** 31, 0], [p, 100, 0]);
    expect(w.map_sg(dev, sgl, 3, DMA_FROM_DEVICE)).to.equal(1);
    expect(w.bounced(domain, sgl.dma_address)).to.equal(true);
    expect(sgl.dma_length).to.equal(100);
    const died = catch_oops(() => {
      w.unmap_sg(dev, sgl, 3, DMA_FROM_DEVICE);
    });
    expect(died.message).to.match(/beyond the bounce buffer/);
    write_off(w);
  });

  it('finding: an entry longer than the segment size, 64 KiB unless set, kills the machine', () => {
    for (const num_slots of [0, 4]) {
      const w = wire({ params: { num_slots } });
      const dev = new_device();
      w.plug(dev);
      const sgl = w.list([w.buffer(5), 65_537, 0]);
      if (num_slots === 0) {
        expect(w.map_sg(dev, sgl, 1, DMA_TO_DEVICE)).to.equal(1);
        w.unmap_sg(dev, sgl, 1, DMA_TO_DEVICE);
        continue;
      }
      const died = catch_oops(() => w.map_sg(dev, sgl, 1, DMA_TO_DEVICE));
      expect(died.message).to.match(/more device segments than list entries/);
      write_off(w);
    }
  });

  it('takes a page mapping without bytes, as the IOMMU does', () => {
    const w = wire();
    const dev = new_device();
    const domain = w.plug(dev);
    const at = w.map(dev, w.buffer(), 0, 0, DMA_TO_DEVICE);
    expect(at).not.to.equal(DMA_MAPPING_ERROR);
    w.unmap(dev, at, 0, DMA_TO_DEVICE);
    expect(w.stats(domain)[0]?.ro).to.equal(1);
  });
});
