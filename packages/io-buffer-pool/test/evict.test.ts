// SPDX-License-Identifier: GPL-2.0-only
// Tests of the eviction worker: when unused buffers go, in which order, and what failing to unmap one costs.

import { expect } from 'chai';
import {
  DMA_BIDIRECTIONAL,
  DMA_FROM_DEVICE,
  DMA_TO_DEVICE,
  type device,
  type dma_addr_t,
  type dma_data_direction,
} from '@iommu-bounce/linux-shim';
import { new_device } from '@iommu-bounce/linux-shim/testing';
import { type table_domain } from '@iommu-bounce/iommu-core';
import { EVICT_PERIOD_MSEC } from '@iommu-bounce/io-buffer-pool';
import { type wire_options, type wired, wiring } from './wire';

interface running {
  readonly w: wired;
  readonly dev: device;
  readonly domain: table_domain;
  readonly map: (dir?: dma_data_direction) => dma_addr_t;
  readonly unmap: (at: dma_addr_t, dir?: dma_data_direction) => void;
  /** [cached, marked as old, empty] of the smallest class. */
  readonly counts: () => [number, number, number];
}

describe('io_buffer_pool_evict', () => {
  const { wire, write_off } = wiring();
  /** On the exact clock, so that a period is what it says. */
  const start = (options: wire_options = {}): running => {
    const w = wire({ ...options, machine: { timers: 'exact', ...options.machine } });
    const dev = new_device();
    const domain = w.plug(dev);
    const p = w.buffer();
    return {
      w,
      dev,
      domain,
      map: (dir = DMA_TO_DEVICE) => w.map(dev, p, 0, 100, dir),
      unmap: (at, dir = DMA_TO_DEVICE) => {
        w.unmap(dev, at, 100, dir);
      },
      counts: () => {
        const c = w.stats(domain)[0];
        return c ? [c.ro + c.wo + c.rw, c.old, c.empty] : [-1, -1, -1];
      },
    };
  };

  it('marks after 5 s and frees after 10 s, to the millisecond', () => {
    expect(EVICT_PERIOD_MSEC).to.equal(5000);
    const { w, map, unmap, counts, domain } = start();
    unmap(map());
    w.k.timers.advance(4999);
    expect(counts()).to.eql([1, 0, 3]);
    w.k.timers.advance(1);
    expect(counts()).to.eql([1, 1, 3]);
    w.k.timers.advance(4999);
    expect([counts(), w.pages('unmap')]).to.eql([[1, 1, 3], 0]);
    w.k.timers.advance(1);
    expect([counts(), w.pages('unmap')]).to.eql([[0, 0, 4], 1]);
    expect(domain.table.mapped_pages).to.equal(0);
  });

  it('does so later on the timer wheel: in its first bucket after 5 s, then 5,120 ms after', () => {
    // [HZ, jiffies when the buffer came back, ms to the mark, to the end]; a bucket is 512, 64, 64 and 8 jiffies wide.
    for (const [HZ, jiffies, marked, freed] of [
      [1000, 120, 5512, 10_632],
      [1000, 119, 5001, 10_121],
      [250, 30, 5256, 10_376],
      [250, 29, 5004, 10_124],
      [100, 4, 5080, 10_120],
      [100, 3, 5010, 10_050],
    ] as const) {
      const { w, map, unmap, counts } = start({ machine: { timers: 'wheel', HZ, jiffies } });
      unmap(map());
      const tick = 1000 / HZ;
      w.k.timers.advance(marked - tick);
      expect(counts(), `HZ ${String(HZ)}`).to.eql([1, 0, 3]);
      w.k.timers.advance(tick);
      expect(counts()).to.eql([1, 1, 3]);
      w.k.timers.advance(freed - marked - tick);
      expect(counts()).to.eql([1, 1, 3]);
      w.k.timers.advance(tick);
      expect(counts()).to.eql([0, 0, 4]);
    }
  });

  it('is not armed while nothing is cached', () => {
    const { w, map, unmap, domain } = start();
    const { evict_work } = w.pool(domain);
    const at = map();
    expect(w.k.workqueue.delayed_work_pending(evict_work)).to.equal(false);
    unmap(at);
    expect(w.k.workqueue.delayed_work_pending(evict_work)).to.equal(true);
    w.k.timers.advance(10_000);
    expect(w.k.workqueue.delayed_work_pending(evict_work)).to.equal(false);
  });

  it('is not put off by later use', () => {
    const { w, map, unmap, counts } = start();
    unmap(map());
    w.k.timers.advance(4999);
    unmap(map());
    w.k.timers.advance(1);
    expect(counts()).to.eql([1, 1, 3]);
    w.k.timers.advance(5000);
    expect(counts()).to.eql([0, 0, 4]);
  });

  it('frees a buffer one to two periods after its last use', () => {
    for (const [used_at, freed_at] of [
      [1, 10_000],
      [4999, 10_000],
      [5001, 15_000],
      [9999, 15_000],
    ] as const) {
      const { w, map, unmap, counts } = start();
      const [busy, once] = [map(DMA_FROM_DEVICE), map()];
      unmap(busy, DMA_FROM_DEVICE); // arms the worker at time 0
      w.k.timers.advance(used_at);
      unmap(once);
      unmap(map());
      w.k.timers.advance(freed_at - used_at - 1);
      expect(counts()[0], String(used_at)).to.be.greaterThan(0);
      w.k.timers.advance(1);
      expect(counts()).to.eql([0, 0, 4]);
    }
  });

  it('forgets the mark of a buffer that is used again', () => {
    const { w, map, unmap, counts } = start();
    unmap(map());
    w.k.timers.advance(5000);
    expect(counts()).to.eql([1, 1, 3]);
    unmap(map());
    expect(counts()).to.eql([1, 0, 3]);
    w.k.timers.advance(5000);
    expect(counts()).to.eql([1, 1, 3]);
    w.k.timers.advance(5000);
    expect(counts()).to.eql([0, 0, 4]);
  });

  it('leaves a buffer in use alone', () => {
    const { w, map, unmap, counts } = start();
    const at = map();
    unmap(map());
    w.k.timers.advance(60_000);
    expect(counts()).to.eql([0, 0, 3]);
    unmap(at);
    expect(counts()).to.eql([1, 0, 3]);
  });

  it('frees the oldest of each permission first and all of them without sleeping', () => {
    const { w, map, unmap, counts } = start({ params: { num_slots: 6, class_sizes: 1 } });
    const ways = [DMA_TO_DEVICE, DMA_FROM_DEVICE, DMA_BIDIRECTIONAL] as const;
    const taken = ways.map((dir) => [map(dir), map(dir)] as const);
    taken.forEach(([a, b], i) => {
      unmap(b, ways[i]);
      unmap(a, ways[i]);
    });
    w.k.timers.advance(10_000);
    expect(counts()).to.eql([0, 0, 6]);
    expect(w.k.log.sleeping_in_atomic).to.equal(0);
    // The last one that was freed is the next one out: rw before wo before ro, the newer before the older.
    const again = Array.from({ length: 6 }, () => map());
    expect(again).to.eql([...taken].reverse().flatMap(([a, b]) => [a, b]));
    for (const at of again) unmap(at);
  });

  it('rounds the period up to ticks', () => {
    const { w, map, unmap, counts } = start({ machine: { HZ: 300 } });
    unmap(map());
    w.k.timers.advance(9_990);
    expect(counts()).to.eql([1, 1, 3]);
    w.k.timers.advance(10);
    expect(counts()).to.eql([0, 0, 4]);
  });

  it('lets buffers be taken and given back while it unmaps one', () => {
    const { w, map, unmap, counts } = start();
    const [a, b] = [map(), map()];
    unmap(b);
    unmap(a);
    const plain = w.driver.unmap.bind(w.driver);
    let others = 0;
    w.driver.unmap = (...args) => {
      // Without the lock, so another CPU comes along: it gets the buffer that is next to go.
      if (others++ === 0) {
        const at = map();
        expect(at).to.equal(a);
        unmap(at);
      }
      return plain(...args);
    };
    w.k.timers.advance(10_000);
    expect([others, counts()]).to.eql([1, [1, 1, 3]]);
    w.k.timers.advance(5000);
    expect([others, counts()]).to.eql([2, [0, 0, 4]]);
  });

  it('finding: gives up a slot that cannot be unmapped: its page stays mapped and is lost', () => {
    const { w, map, unmap, counts, domain } = start();
    const held = w.k.usage().pages;
    const at = map();
    unmap(at);
    w.k.faults.fail('iommu_unmap', 1);
    w.k.timers.advance(10_000);
    expect(counts()).to.eql([0, 0, 3]);
    expect(w.k.log.lines.at(-1)?.text).to.equal('Failed to unmap bounce buffer, leaking buffer.');
    expect(domain.table.mapped_pages).to.equal(1);
    expect(map()).not.to.equal(at);
    expect(w.k.usage().pages).to.equal(held + 2);
    write_off(w);
  });
});
