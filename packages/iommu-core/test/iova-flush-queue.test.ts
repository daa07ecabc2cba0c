// SPDX-License-Identifier: GPL-2.0-only
// Tests of deferred freeing: rings of 256 for each CPU, flushed when full and after 10 ms, which the timer wheel makes a tick more.

import { expect } from 'chai';
import { ENOMEM, type machine, type page } from '@iommu-bounce/linux-shim';
import { leak_checked } from '@iommu-bounce/linux-shim/testing';
import { IOVA_FQ_SIZE, IOVA_FQ_TIMEOUT } from '@iommu-bounce/iommu-core';
import sinon from 'sinon';
import { type allocator, new_allocator } from './new-allocator';

const TOP = 100_000;

interface queue {
  readonly a: allocator;
  readonly flush_cb: sinon.SinonSpy;
  readonly entry_dtor: sinon.SinonSpy;
  /** Queues a fresh range of 64 frames, which no range cache takes; returns its first frame. */
  readonly put: (data?: page | null) => number;
}

function new_queue(k: machine): queue {
  const a = new_allocator(k);
  const flush_cb = sinon.spy();
  const entry_dtor = sinon.spy();
  expect(a.v.init_iova_flush_queue(a.iovad, flush_cb, entry_dtor)).to.equal(0);
  return {
    a,
    flush_cb,
    entry_dtor,
    put: (data = null) => {
      const pfn = a.alloc(64, TOP);
      a.v.queue_iova(a.iovad, pfn, 64, data);
      return pfn;
    },
  };
}

describe('queue_iova', () => {
  const { boot_machine } = leak_checked({ timers: true });

  it('frees at the tick after 10 ms, not before', () => {
    const k = boot_machine();
    const { a, put, flush_cb } = new_queue(k);
    const pfn = put();
    k.timers.advance(IOVA_FQ_TIMEOUT);
    expect(a.find(pfn)).not.to.equal(null);
    sinon.assert.notCalled(flush_cb);
    k.timers.advance(1);
    expect(a.find(pfn)).to.equal(null);
    sinon.assert.calledOnceWithExactly(flush_cb, a.iovad);
    a.end();
  });

  it('counts the 10 ms from the first range on, and anew after each flush', () => {
    const k = boot_machine();
    const { a, put, flush_cb } = new_queue(k);
    put();
    k.timers.advance(6);
    const second = put();
    k.timers.advance(5);
    expect(a.find(second)).to.equal(null);
    k.timers.advance(100);
    sinon.assert.calledOnce(flush_cb);
    const third = put();
    k.timers.advance(10);
    expect(a.find(third)).not.to.equal(null);
    k.timers.advance(1);
    expect(a.find(third)).to.equal(null);
    a.end();
  });

  it('rounds 10 ms up to whole ticks, and one more', () => {
    const k = boot_machine({ HZ: 250 });
    const { a, put } = new_queue(k);
    const pfn = put();
    k.timers.advance(15);
    expect(a.find(pfn)).not.to.equal(null);
    k.timers.advance(1);
    expect(a.find(pfn)).to.equal(null);
    a.end();
  });

  it('flushes, then calls the destructor with what was queued, then frees', () => {
    const k = boot_machine();
    const { a, put, flush_cb, entry_dtor } = new_queue(k);
    const data = k.mm.pfn_to_page(1);
    const pfn = put(data);
    k.timers.advance(11);
    sinon.assert.callOrder(flush_cb, entry_dtor);
    sinon.assert.calledOnceWithExactly(entry_dtor, data);
    expect(a.find(pfn)).to.equal(null);
    a.end();
  });

  it('counts flushes begun and finished', () => {
    const k = boot_machine();
    const { a, put } = new_queue(k);
    const seen: number[][] = [];
    a.iovad.flush_cb = (d) => seen.push([d.fq_flush_start_cnt, d.fq_flush_finish_cnt]);
    put();
    k.timers.advance(11);
    put();
    k.timers.advance(11);
    expect(seen).to.deep.equal([
      [1, 0],
      [2, 1],
    ]);
    expect([a.iovad.fq_flush_start_cnt, a.iovad.fq_flush_finish_cnt]).to.deep.equal([2, 2]);
    a.end();
  });

  it('leaves alone what is queued while the flush goes on', () => {
    const k = boot_machine();
    const { a, put } = new_queue(k);
    let late = 0;
    a.iovad.flush_cb = () => {
      if (late === 0) late = put();
    };
    const early = put();
    k.timers.advance(11);
    expect([a.find(early), a.find(late)]).to.deep.equal([null, [late, late + 63]]);
    k.timers.advance(11);
    expect(a.find(late)).to.equal(null);
    a.end();
  });

  it('has room for 255 ranges and flushes before it takes the 256th', () => {
    const k = boot_machine();
    const { a, put, flush_cb } = new_queue(k);
    const all = Array.from({ length: IOVA_FQ_SIZE - 1 }, () => put());
    sinon.assert.notCalled(flush_cb);
    expect(all.filter((pfn) => a.find(pfn))).to.have.lengthOf(255);
    const last = put();
    sinon.assert.calledOnce(flush_cb);
    expect(all.filter((pfn) => a.find(pfn))).to.have.lengthOf(0);
    expect(a.find(last)).not.to.equal(null);
    a.end();
  });

  it('goes around its ring for ever', () => {
    const k = boot_machine();
    const { a, put, flush_cb } = new_queue(k);
    for (let i = 0; i < 4 * IOVA_FQ_SIZE; i++) put();
    sinon.assert.callCount(flush_cb, 4);
    k.timers.advance(11);
    expect(a.alloc(64, TOP)).to.be.greaterThan(TOP - 128);
    a.end();
  });

  it('frees small ranges into the cache of the CPU that runs', () => {
    const k = boot_machine({ nr_cpus: 2 });
    const { a } = new_queue(k);
    const pfn = a.fast(1, TOP);
    a.v.queue_iova(a.iovad, pfn, 1, null);
    k.context.run_on_cpu(1);
    k.timers.advance(11);
    expect(a.find(pfn)).not.to.equal(null);
    expect(a.fast(1, TOP)).to.equal(pfn);
    a.end();
  });

  it('does without a destructor', () => {
    const k = boot_machine();
    const { a, put } = new_queue(k);
    a.iovad.entry_dtor = null;
    const pfn = put();
    k.timers.advance(11);
    expect(a.find(pfn)).to.equal(null);
    put();
    a.end();
  });
});

describe('flush queues of several CPUs', () => {
  const { boot_machine } = leak_checked({ timers: true });

  it('are all emptied by the timer', () => {
    const k = boot_machine({ nr_cpus: 3 });
    const { a, put, flush_cb } = new_queue(k);
    const all = [0, 1, 2].map((cpu) => {
      k.context.run_on_cpu(cpu);
      return put();
    });
    k.timers.advance(11);
    sinon.assert.calledOnce(flush_cb);
    expect(all.map((pfn) => a.find(pfn))).to.deep.equal([null, null, null]);
    a.end();
  });

  it('learn of another CPU’s flush when they queue the next time', () => {
    const k = boot_machine({ nr_cpus: 2 });
    const { a, put, flush_cb } = new_queue(k);
    k.context.run_on_cpu(1);
    const waiting = put();
    k.context.run_on_cpu(0);
    for (let i = 0; i < IOVA_FQ_SIZE; i++) put();
    sinon.assert.calledOnce(flush_cb);
    expect(a.find(waiting)).not.to.equal(null);
    k.context.run_on_cpu(1);
    const next = put();
    expect([a.find(waiting), a.find(next)]).to.deep.equal([null, [next, next + 63]]);
    sinon.assert.calledOnce(flush_cb);
    a.end();
  });
});

describe('a domain that goes away with ranges queued', () => {
  const { boot_machine } = leak_checked({ timers: true });

  it('calls the destructor for those of every CPU, without a flush, and stops the timer', () => {
    const k = boot_machine({ nr_cpus: 2 });
    const { a, put, flush_cb, entry_dtor } = new_queue(k);
    const [first, second] = [k.mm.pfn_to_page(1), k.mm.pfn_to_page(2)];
    put(first);
    k.context.run_on_cpu(1);
    put(second);
    a.end();
    sinon.assert.notCalled(flush_cb);
    expect(entry_dtor.args).to.deep.equal([[first], [second]]);
    expect(a.iovad.fq).to.equal(null);
    expect(k.timers.pending()).to.equal(0);
  });

  it('has no timer to stop when it has just run', () => {
    const k = boot_machine();
    const { a, put, entry_dtor } = new_queue(k);
    put();
    k.timers.advance(11);
    a.end();
    sinon.assert.calledOnce(entry_dtor);
  });
});

describe('init_iova_flush_queue', () => {
  const { boot_machine } = leak_checked();

  it('fails without a per-CPU area, and the domain frees at once as before', () => {
    const k = boot_machine();
    const a = new_allocator(k);
    k.faults.fail('percpu', 1);
    expect(a.v.init_iova_flush_queue(a.iovad, sinon.spy(), sinon.spy())).to.equal(-ENOMEM);
    expect([a.iovad.fq, a.iovad.flush_cb]).to.deep.equal([null, null]);
    a.end();
  });
});
