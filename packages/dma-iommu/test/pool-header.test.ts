// SPDX-License-Identifier: GPL-2.0-only
// Tests of what dma-iommu.c asks of a pool, and when: with a recorded pool in its place, and with the header's stubs.

import { expect } from 'chai';
import sinon from 'sinon';
import {
  DMA_ATTR_PRIVILEGED,
  DMA_ATTR_SKIP_CPU_SYNC,
  DMA_BIDIRECTIONAL,
  DMA_FROM_DEVICE,
  DMA_MAPPING_ERROR,
  DMA_TO_DEVICE,
  ENOSPC,
  type device,
  dma_addr_t,
} from '@iommu-bounce/linux-shim';
import { new_device, new_pci_dev } from '@iommu-bounce/linux-shim/testing';
import { IOMMU_CACHE, IOMMU_PRIV, IOMMU_READ, IOMMU_WRITE } from '@iommu-bounce/iommu-core';
import { io_buffer_pool_h_stubs, type io_buffer_pool_h, to_cookie } from '@iommu-bounce/dma-iommu';
import { wiring } from '@iommu-bounce/dma-iommu/testing';

const AT = dma_addr_t(0x7000);

type call<name extends keyof io_buffer_pool_h> = io_buffer_pool_h[name];

/** A pool that takes everything, at the address AT, and remembers the calls. */
function willing_pool(init_returns = 0) {
  const pool = { name: 'pool' };
  return {
    pool,
    io_buffer_pool_init: sinon.spy<call<'io_buffer_pool_init'>>((_dev, _domain, _iovad, out) => {
      if (init_returns === 0) out.bounce_buffers = pool;
      return init_returns;
    }),
    io_buffer_pool_destroy: sinon.spy<call<'io_buffer_pool_destroy'>>(() => undefined),
    io_buffer_pool_map_page: sinon.spy<call<'io_buffer_pool_map_page'>>(() => AT),
    io_buffer_pool_map_sg: sinon.spy<call<'io_buffer_pool_map_sg'>>((_pool, _dev, sgl) => {
      sgl.dma_address = AT;
      sgl.dma_length = sgl.length;
      return 1;
    }),
    io_buffer_pool_unmap_buffer: sinon.spy<call<'io_buffer_pool_unmap_buffer'>>(() => true),
    io_buffer_pool_sync_single: sinon.spy<call<'io_buffer_pool_sync_single'>>(() => true),
    io_buffer_pool_sync_sg: sinon.spy<call<'io_buffer_pool_sync_sg'>>(() => true),
  };
}

describe('dma-iommu.c with a pool', () => {
  const { wire } = wiring();

  it('makes one when the first device comes, and destroys it with the domain', () => {
    const pool = willing_pool();
    const w = wire({ pool: () => pool });
    const [dev, other] = [new_device(), new_device()];
    const domain = w.plug(dev);
    const { iovad } = to_cookie(domain);
    sinon.assert.calledOnceWithExactly(
      pool.io_buffer_pool_init,
      dev,
      domain,
      iovad,
      to_cookie(domain),
    );
    w.plug(other, dev.iommu_group as never);
    sinon.assert.calledOnce(pool.io_buffer_pool_init); // a second device is not announced
    w.end();
    sinon.assert.calledOnceWithExactly(pool.io_buffer_pool_destroy, pool.pool);
  });

  it('leaves the device as it is when the pool fails', () => {
    const pool = willing_pool(-ENOSPC);
    const w = wire({ pool: () => pool });
    const dev = new_device();
    w.plug(dev);
    expect(dev.dma_ops).to.equal(null);
    w.end();
    sinon.assert.calledOnceWithExactly(pool.io_buffer_pool_destroy, null);
  });

  it('asks it first for a page, then to copy to the device', () => {
    const pool = willing_pool();
    const w = wire({ pool: () => pool });
    const dev = new_device();
    w.plug(dev);
    const p = w.buffer();
    expect(w.map(dev, p, 16, 100, DMA_TO_DEVICE, DMA_ATTR_PRIVILEGED)).to.equal(AT);
    const prot = IOMMU_READ | IOMMU_CACHE | IOMMU_PRIV;
    const map = pool.io_buffer_pool_map_page;
    sinon.assert.calledOnceWithExactly(map, pool.pool, p, 16, 100, prot, DMA_ATTR_PRIVILEGED);
    const sync = pool.io_buffer_pool_sync_single;
    sinon.assert.calledOnceWithExactly(sync, pool.pool, AT, 100, DMA_TO_DEVICE, false);
    expect(w.take()).to.eql([]);
  });

  it('has it copy to the CPU, then give the buffer back', () => {
    const pool = willing_pool();
    const w = wire({ pool: () => pool });
    const dev = new_device();
    w.plug(dev);
    w.unmap(dev, AT, 100, DMA_FROM_DEVICE);
    const sync = pool.io_buffer_pool_sync_single;
    sinon.assert.calledOnceWithExactly(sync, pool.pool, AT, 100, DMA_FROM_DEVICE, true);
    sinon.assert.callOrder(sync, pool.io_buffer_pool_unmap_buffer);
    sinon.assert.calledOnceWithExactly(pool.io_buffer_pool_unmap_buffer, pool.pool, AT);
    expect(w.k.log.warnings).to.equal(0);
  });

  it('does not have it copy when the caller skips that', () => {
    const pool = willing_pool();
    const w = wire({ pool: () => pool });
    const dev = new_device();
    w.plug(dev);
    const sgl = w.list([w.buffer(), 100, 0]);
    w.map(dev, w.buffer(), 0, 100, DMA_TO_DEVICE, DMA_ATTR_SKIP_CPU_SYNC);
    w.unmap(dev, AT, 100, DMA_TO_DEVICE, DMA_ATTR_SKIP_CPU_SYNC);
    w.k.dma.dma_map_sg_attrs(dev, sgl, 1, DMA_TO_DEVICE, DMA_ATTR_SKIP_CPU_SYNC);
    w.k.dma.dma_unmap_sg_attrs(dev, sgl, 1, DMA_TO_DEVICE, DMA_ATTR_SKIP_CPU_SYNC);
    sinon.assert.notCalled(pool.io_buffer_pool_sync_single);
    sinon.assert.notCalled(pool.io_buffer_pool_sync_sg);
    sinon.assert.calledTwice(pool.io_buffer_pool_unmap_buffer);
  });

  it('passes single syncs on, both ways', () => {
    const pool = willing_pool();
    const w = wire({ pool: () => pool });
    const dev = new_device({ dma_coherent: false });
    w.plug(dev);
    w.k.dma.dma_sync_single_for_cpu(dev, AT, 10, DMA_BIDIRECTIONAL);
    w.k.dma.dma_sync_single_for_device(dev, AT, 20, DMA_BIDIRECTIONAL);
    expect(pool.io_buffer_pool_sync_single.args).to.eql([
      [pool.pool, AT, 10, DMA_BIDIRECTIONAL, true],
      [pool.pool, AT, 20, DMA_BIDIRECTIONAL, false],
    ]);
  });

  it('asks it first for a list, syncs and unmaps that by its first address', () => {
    const pool = willing_pool();
    const w = wire({ pool: () => pool });
    const dev = new_device();
    w.plug(dev);
    const sgl = w.list([w.buffer(), 100, 0], [w.buffer(), 200, 0]);
    expect(w.k.dma.dma_map_sg_attrs(dev, sgl, 2, DMA_BIDIRECTIONAL, 0)).to.equal(1);
    const prot = IOMMU_READ | IOMMU_WRITE | IOMMU_CACHE;
    const map = pool.io_buffer_pool_map_sg;
    sinon.assert.calledOnceWithExactly(map, pool.pool, dev, sgl, 2, prot, 0);
    w.k.dma.dma_sync_sg_for_cpu(dev, sgl, 2, DMA_BIDIRECTIONAL);
    w.k.dma.dma_unmap_sg_attrs(dev, sgl, 2, DMA_BIDIRECTIONAL, 0);
    expect(pool.io_buffer_pool_sync_sg.args).to.eql(
      [false, true, true].map((for_cpu) => [pool.pool, sgl, 2, DMA_BIDIRECTIONAL, for_cpu]),
    );
    sinon.assert.calledOnceWithExactly(pool.io_buffer_pool_unmap_buffer, pool.pool, AT);
  });

  it('maps as ever what it does not take', () => {
    const pool = new io_buffer_pool_h_stubs();
    for (const dev of [
      new_device(),
      new_device({ dma_coherent: false }),
      new_pci_dev({ untrusted: true }),
    ]) {
      const w = wire({ pool: () => pool, machine: { swiotlb_slabs: 128 } });
      const domain = w.plug(dev);
      const p = w.buffer();
      const at = w.map(dev, p, 0, 100, DMA_TO_DEVICE);
      const sgl = w.list([p, 100, 0]);
      expect(w.k.dma.dma_map_sg_attrs(dev, sgl, 1, DMA_TO_DEVICE, 0)).to.equal(1);
      expect(domain.table.mapped_pages).to.equal(2);
      w.unmap(dev, at, 100, DMA_TO_DEVICE);
      w.k.dma.dma_unmap_sg_attrs(dev, sgl, 1, DMA_TO_DEVICE, 0);
      expect(domain.table.mapped_pages).to.equal(0);
    }
  });

  it('never asks one that is not configured', () => {
    const pool = willing_pool();
    const w = wire({ pool: () => pool, config: { IOMMU_IO_BUFFER: false } });
    const dev: device = new_device();
    w.plug(dev);
    const at = w.map(dev, w.buffer(), 0, 100, DMA_TO_DEVICE);
    w.unmap(dev, at, 100, DMA_TO_DEVICE);
    const sgl = w.list([w.buffer(), 100, 0]);
    w.k.dma.dma_map_sg_attrs(dev, sgl, 1, DMA_TO_DEVICE, 0);
    w.k.dma.dma_unmap_sg_attrs(dev, sgl, 1, DMA_TO_DEVICE, 0);
    w.end();
    sinon.assert.notCalled(pool.io_buffer_pool_init);
    sinon.assert.notCalled(pool.io_buffer_pool_map_page);
    sinon.assert.notCalled(pool.io_buffer_pool_map_sg);
    sinon.assert.notCalled(pool.io_buffer_pool_unmap_buffer);
    sinon.assert.notCalled(pool.io_buffer_pool_sync_single);
    sinon.assert.notCalled(pool.io_buffer_pool_sync_sg);
    sinon.assert.notCalled(pool.io_buffer_pool_destroy);
  });

  it('finding: maps a page through it before a device whose attaching was put off is attached', () => {
    const pool = willing_pool();
    const w = wire({ pool: () => pool, params: { kdump: true } });
    const dev = new_device();
    w.driver.set_attach_deferred(dev);
    const domain = w.plug(dev);
    w.driver.detach_dev(domain, dev);
    w.map(dev, w.buffer(), 0, 100, DMA_TO_DEVICE);
    expect(domain.attached.has(dev)).to.equal(false);
    w.k.dma.dma_map_sg_attrs(dev, w.list([w.buffer(), 100, 0]), 1, DMA_TO_DEVICE, 0);
    expect(domain.attached.has(dev)).to.equal(true);
  });
});

describe('io_buffer_pool_h_stubs', () => {
  const { wire } = wiring();

  it('say that there is no pool', () => {
    const h = new io_buffer_pool_h_stubs();
    const w = wire();
    const dev = new_device();
    const domain = w.plug(dev);
    const cookie = to_cookie(domain);
    expect(h.io_buffer_pool_init(dev, domain, cookie.iovad, cookie)).to.equal(0);
    expect(cookie.bounce_buffers).to.equal(null);
    expect(h.io_buffer_pool_map_page(null, w.buffer(), 0, 1, 1, 0)).to.equal(DMA_MAPPING_ERROR);
    const sgl = w.list([w.buffer(), 1, 0]);
    expect(h.io_buffer_pool_map_sg(null, dev, sgl, 1, 1, 0)).to.equal(0);
    expect(h.io_buffer_pool_sync_single(null, AT, 1, 0, true)).to.equal(false);
    expect(h.io_buffer_pool_sync_sg(null, sgl, 1, 0, true)).to.equal(false);
    expect(h.io_buffer_pool_unmap_buffer(null, AT)).to.equal(false);
    h.io_buffer_pool_destroy(null);
  });
});
