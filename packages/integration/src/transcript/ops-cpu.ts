// SPDX-License-Identifier: GPL-2.0-only
// Operations that set up devices and look at memory with the CPU.

import { DMA_BIT_MASK, dma_addr_t } from '@iommu-bounce/linux-shim';
import { to_cookie } from '@iommu-bounce/dma-iommu';
import { pool_of } from '../boot';
import { parseDevice } from './header';
import { type Handler, type OpContext, type Observed, crc32, fillPattern } from './ops';

/** iommu_setup_dma_ops over the whole aperture, as an architecture calls it. */
function setupDmaOps(c: OpContext): Observed {
  const { env } = c;
  const dev = c.device();
  const { apertureStart, apertureEnd } = env.header;
  env.m.dma_iommu.iommu_setup_dma_ops(
    dev,
    dma_addr_t(apertureStart),
    apertureEnd - apertureStart + 1,
  );
  const cookie = to_cookie(c.domain());
  return {
    ret: dev.dma_ops ? 'ok' : 'fail',
    pool: pool_of(c.domain()) !== null,
    flush_queue: cookie.fq_domain !== null,
  };
}

function declare(c: OpContext): void {
  if (c.env.devices.has(c.number('dev')))
    throw c.bad(`device ${String(c.number('dev'))} is declared already`);
  c.env.declareDevice(
    c.number('dev'),
    parseDevice(c.op.fields['device'] ?? null, c.op.line, c.env.header),
    c.refuse,
  );
}

export const cpuHandlers: Readonly<Record<string, Handler>> = {
  attach: setupDmaOps,

  attach_device: (c) => {
    declare(c);
    return setupDmaOps(c);
  },

  declare_device: (c) => {
    declare(c);
    return {};
  },

  pool_init: (c) => {
    const { env } = c;
    const pool = env.m.io_buffer_pool;
    const cookie = to_cookie(c.domain());
    const ret = pool ? pool.io_buffer_pool_init(c.device(), c.domain(), cookie.iovad, cookie) : 0;
    return { ret, pool: pool_of(c.domain()) !== null };
  },

  set_dma_mask: (c) => {
    const bits = c.number('bits');
    if (bits < 1 || bits > 64) throw c.bad(`bits is ${String(bits)}, expected 1 to 64`);
    const { dma } = c.env.m.k;
    dma.dma_set_mask(c.device(), DMA_BIT_MASK(bits));
    dma.dma_set_coherent_mask(c.device(), DMA_BIT_MASK(bits));
    return {};
  },

  buf: (c) => {
    if (c.env.buffers.has(c.number('id')))
      throw c.bad(`buffer ${String(c.number('id'))} exists already`);
    c.env.addBuffer(c.number('id'), c.number('pages'), c.flag('highmem'));
    return {};
  },

  cpu_write: (c) => {
    fillPattern(c.bufferBytes(), c.number('seed'));
    return {};
  },

  cpu_read: (c) => ({ crc32: crc32(c.bufferBytes()) }),
};
