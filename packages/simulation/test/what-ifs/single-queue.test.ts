// SPDX-License-Identifier: GPL-2.0-only
// What if: the single flush queue of v6.7. When it flushes, what it frees, whose it is.

import { expect } from 'chai';
import { iova_domain } from '@iommu-bounce/iommu-core';
import { type machine, type page, PAGE_SIZE } from '@iommu-bounce/linux-shim';
import { leak_checked } from '@iommu-bounce/linux-shim/testing';
import {
  IOVA_SINGLE_FQ_SIZE,
  IOVA_SINGLE_FQ_TIMEOUT,
  iova_c_single_queue_6_7,
} from '../../src/what-ifs/single-queue-6-7';

describe('iova_c_single_queue_6_7', function () {
  this.timeout(20_000);
  const room = leak_checked();

  interface World {
    readonly k: machine;
    readonly iova: iova_c_single_queue_6_7;
    readonly iovad: iova_domain;
    flushes: number;
    freed: (page | null)[];
    /** Allocates a page of addresses and queues it to be freed. */
    readonly use: () => number;
    readonly close: () => void;
  }

  function world(cpus = 1): World {
    const k = room.boot_machine({ nr_cpus: cpus });
    const iova = new iova_c_single_queue_6_7(k);
    iova.iova_cache_get();
    const iovad = new iova_domain();
    iova.init_iova_domain(iovad, PAGE_SIZE, 1);
    const w: World = {
      k,
      iova,
      iovad,
      flushes: 0,
      freed: [],
      use: () => {
        const pfn = iova.alloc_iova_fast(iovad, 1, 0xfffff, true);
        iova.queue_iova(iovad, pfn, 1, null);
        return pfn;
      },
      close: () => {
        iova.put_iova_domain(iovad);
        iova.iova_cache_put();
      },
    };
    iova.init_iova_flush_queue(
      iovad,
      () => {
        w.flushes++;
      },
      (data) => {
        w.freed.push(data);
      },
    );
    return w;
  }

  it('flushes a second after the first entry, at a bucket of 64 ms of the timer wheel, and no tick earlier', () => {
    const w = world();
    w.use();
    // jiffies begin 32 behind a multiple of 64: 32 + 1,000 come up to 1,088.
    w.k.timers.advance(IOVA_SINGLE_FQ_TIMEOUT + 55);
    expect([w.flushes, w.freed.length]).to.deep.equal([0, 0]);
    w.k.timers.advance(1);
    expect([w.flushes, w.freed.length]).to.deep.equal([1, 1]);
    w.close();
  });

  it('flushes when 32,767 entries wait, and frees all of them', () => {
    const w = world();
    for (let i = 0; i < IOVA_SINGLE_FQ_SIZE - 1; i++) w.use();
    expect(w.flushes).to.equal(0);
    w.use();
    expect([w.flushes, w.freed.length]).to.deep.equal([1, IOVA_SINGLE_FQ_SIZE - 1]);
    w.close();
    expect(w.freed.length).to.equal(IOVA_SINGLE_FQ_SIZE);
  });

  it('hands no address out again before it was flushed', () => {
    const w = world();
    const first = w.use();
    const others = Array.from({ length: 300 }, () => w.use());
    expect(others).not.to.include(first);
    w.k.timers.advance(IOVA_SINGLE_FQ_TIMEOUT + 64);
    expect(Array.from({ length: 301 }, () => w.use())).to.include(first);
    w.close();
  });

  it('is one queue for all CPUs', () => {
    const w = world(4);
    for (let i = 0; i < IOVA_SINGLE_FQ_SIZE; i++) {
      w.k.context.run_on_cpu(i % 4);
      w.use();
    }
    expect(w.flushes).to.equal(1);
    w.close();
  });

  it('gives its memory and its timer back with the domain', () => {
    const w = world();
    w.use();
    expect(w.k.timers.pending()).to.equal(1);
    w.close();
    expect([w.freed.length, w.k.timers.pending(), w.flushes]).to.deep.equal([1, 0, 0]);
  });
});
