// SPDX-License-Identifier: GPL-2.0-only
// Tests of the end of a pool: with its domain, cached buffers first, addresses and memory after.

import { expect } from 'chai';
import { DMA_BIDIRECTIONAL, DMA_FROM_DEVICE, DMA_TO_DEVICE } from '@iommu-bounce/linux-shim';
import { new_device } from '@iommu-bounce/linux-shim/testing';
import { to_cookie } from '@iommu-bounce/dma-iommu';
import { wiring } from './wire';

describe('io_buffer_pool_destroy', () => {
  const { wire, write_off } = wiring();

  it('does nothing without a pool', () => {
    const w = wire();
    const before = w.k.usage();
    w.io_buffer_pool.io_buffer_pool_destroy(null);
    expect(w.k.usage()).to.eql(before);
  });

  it('unmaps and frees all that is cached, old or not, and stops the worker', () => {
    const w = wire();
    const dev = new_device();
    const domain = w.plug(dev);
    const p = w.buffer();
    const before = w.k.usage();
    for (const dir of [DMA_TO_DEVICE, DMA_FROM_DEVICE, DMA_BIDIRECTIONAL] as const) {
      for (const len of [100, 5000]) {
        w.unmap(dev, w.map(dev, p, 0, len, dir), len, dir);
        w.k.timers.advance(2500);
      }
    }
    expect(domain.table.mapped_pages).to.be.greaterThan(0);
    w.unplug(dev);
    expect(domain.table.mapped_pages).to.equal(0);
    const after = w.k.usage();
    expect([after.pages, after.workqueues]).to.eql([before.pages, 0]);
    w.k.timers.advance(60_000);
    expect(w.k.timers.pending()).to.equal(0);
  });

  it('waits for the worker, so it must be able to sleep', () => {
    const w = wire();
    const dev = new_device();
    w.plug(dev);
    w.unmap(dev, w.map(dev, w.buffer(), 0, 100, 1), 100, 1);
    w.k.context.preempt_disable();
    w.unplug(dev);
    w.k.context.preempt_enable();
    expect(w.k.log.lines.map(({ text }) => text).join()).to.match(
      /sleeping function called from invalid context at io_buffer_pool_destroy/,
    );
  });

  it('queues the addresses where the domain has a flush queue, and loses none', () => {
    const w = wire({ strict: false, configured: false, params: { num_slots: 100 } });
    const domain = w.plug(new_device());
    const cookie = to_cookie(domain);
    const init = (): number =>
      w.io_buffer_pool.io_buffer_pool_init(new_device(), domain, cookie.iovad, cookie);
    expect(init()).to.equal(0);
    const bases = w.stats(domain).map((c) => c.iova_base);
    w.io_buffer_pool.io_buffer_pool_destroy(cookie.bounce_buffers);
    cookie.bounce_buffers = null;
    for (const at of bases) expect(w.iova.find_iova(cookie.iovad, at / 4096)).not.to.equal(null);
    w.k.timers.advance(11);
    for (const at of bases) expect(w.iova.find_iova(cookie.iovad, at / 4096)).to.equal(null);
  });

  it('loses what cannot be unmapped', () => {
    const w = wire();
    const dev = new_device();
    const domain = w.plug(dev);
    const held = w.k.usage().pages;
    const p = w.buffer();
    w.unmap(dev, w.map(dev, p, 0, 100, 1), 100, 1);
    w.k.faults.fail('iommu_unmap', 1);
    w.unplug(dev);
    expect(domain.table.mapped_pages).to.equal(1);
    expect(w.k.usage().pages).to.equal(held + 2);
    write_off(w);
  });

  it('finding: loses the pages of buffers in use and leaves them mapped', () => {
    const w = wire();
    const dev = new_device();
    const domain = w.plug(dev);
    const held = w.k.usage().pages;
    w.map(dev, w.buffer(), 0, 100, 1);
    w.unplug(dev);
    expect(domain.table.mapped_pages).to.equal(1);
    expect(w.k.usage().pages).to.equal(held + 2);
    expect(w.k.log.warnings).to.equal(0); // nobody is told
    write_off(w);
  });
});
