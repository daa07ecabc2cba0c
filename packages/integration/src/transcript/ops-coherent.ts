// SPDX-License-Identifier: GPL-2.0-only
// Coherent memory and tables of non-contiguous pages.

import {
  DMA_BIDIRECTIONAL,
  DMA_MAPPING_ERROR,
  GFP_ATOMIC,
  GFP_KERNEL,
  NULL_ptr,
  __GFP_ZERO,
  type dma_handle_out,
  virt_addr_t,
} from '@iommu-bounce/linux-shim';
import type { Json } from './fields';
import { type Handler, type OpContext, crc32, fillPattern } from './ops';

function cpuRange(c: OpContext): { readonly at: virt_addr_t; readonly len: number } {
  const mapping = c.mappingOf('map', 'coherent');
  const off = c.number('off');
  const len = c.number('len');
  if (off + len > mapping.len)
    throw c.bad(`bytes ${String(off)}+${String(len)} are outside the allocation`);
  return { at: virt_addr_t(mapping.cpu + off), len };
}

export const coherentHandlers: Readonly<Record<string, Handler>> = {
  alloc_coherent: (c) => {
    c.requireFreeId();
    const dev = c.device();
    const len = c.number('len');
    const gfp = c.text('gfp') === 'atomic' ? GFP_ATOMIC : GFP_KERNEL;
    const handle: dma_handle_out = { value: DMA_MAPPING_ERROR };
    const cpu = c.env.m.k.dma.dma_alloc_attrs(dev, len, handle, gfp, c.attrs());
    if (cpu === NULL_ptr) return { ret: 'error' };
    c.keep({ kind: 'coherent', dev, dir: DMA_BIDIRECTIONAL, addr: handle.value, len, cpu });
    return { ret: handle.value };
  },

  free_coherent: (c) => {
    const mapping = c.mappingOf('id', 'coherent');
    c.env.m.k.dma.dma_free_attrs(mapping.dev, mapping.len, mapping.cpu, mapping.addr, 0);
    c.forget();
    return {};
  },

  coherent_write: (c) => {
    const { mm } = c.env.m.k;
    const { at, len } = cpuRange(c);
    const bytes = new Uint8Array(len);
    fillPattern(bytes, c.number('seed'));
    let done = 0;
    mm.for_each_piece(at, len, (to, n) => {
      mm.ram.set(bytes.subarray(done, done + n), to);
      done += n;
    });
    return {};
  },

  coherent_read: (c) => {
    const { mm } = c.env.m.k;
    const { at, len } = cpuRange(c);
    const bytes = new Uint8Array(len);
    let done = 0;
    mm.for_each_piece(at, len, (from, n) => {
      bytes.set(mm.ram.subarray(from, from + n), done);
      done += n;
    });
    return { crc32: crc32(bytes) };
  },

  alloc_noncontiguous: (c) => {
    c.requireFreeId();
    const dev = c.device();
    const dir = c.dir();
    const len = c.number('len');
    const handle = c.env.m.k.dma.dma_alloc_noncontiguous(
      dev,
      len,
      dir,
      GFP_KERNEL | __GFP_ZERO,
      c.attrs(),
    );
    const sgl = handle?.sgt.sgl;
    if (!handle || !sgl) return { ret: 'error' };
    c.keep({ kind: 'noncontiguous', dev, dir, addr: sgl.dma_address, len, handle });
    return { ret: sgl.dma_address, dma_len: sgl.dma_length } satisfies Record<string, Json>;
  },

  free_noncontiguous: (c) => {
    const mapping = c.mappingOf('id', 'noncontiguous');
    c.env.m.k.dma.dma_free_noncontiguous(mapping.dev, mapping.len, mapping.handle, mapping.dir);
    c.forget();
    return {};
  },
};
