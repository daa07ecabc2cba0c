// SPDX-License-Identifier: GPL-2.0-only
// Streaming mappings: pages, lists, resources, syncs.

import {
  DMA_MAPPING_ERROR,
  PAGE_SIZE,
  dma_addr_t,
  nth_page,
  phys_addr_t,
  type scatterlist,
  sg_array,
  sg_copy_list,
  sg_dma_address,
  sg_dma_len,
  sg_set_page,
} from '@iommu-bounce/linux-shim';
import type { SgMapping } from './environment';
import { type Handler, type OpContext, address } from './ops';

/** The list a map_sg hands over: a new one, or the object of an earlier mapping with its stale DMA fields. */
function listOf(c: OpContext): readonly scatterlist[] {
  const entries = c.op.fields['sg'] as readonly (readonly [number, number, number])[];
  const reuse = c.op.fields['reuse'] as number | undefined;
  const list = reuse === undefined ? sg_array(entries.length) : c.env.lists.get(reuse);
  if (!list) throw c.bad(`no earlier list under id ${String(reuse)}`);
  if (list.length !== entries.length)
    throw c.bad(
      `the list of id ${String(reuse)} has ${String(list.length)} entries, not ${String(entries.length)}`,
    );
  entries.forEach(([id, off, len], i) => {
    const buf = c.buffer(id);
    if (off + len > buf.bytes) throw c.bad(`entry ${String(i)} is outside its buffer`);
    sg_set_page(
      list[i] as scatterlist,
      nth_page(buf.first, Math.floor(off / PAGE_SIZE)),
      len,
      off % PAGE_SIZE,
    );
  });
  return list;
}

/** The list a later call hands over: the same object, or a byte copy of it. */
function handedOver(c: OpContext, mapping: SgMapping): scatterlist {
  const list = mapping.list[0] as scatterlist;
  return c.flag('list_copy') ? sg_copy_list(list, mapping.list.length) : list;
}

/** Where a single sync points. */
function syncAddress(c: OpContext): { readonly addr: dma_addr_t; readonly len: number } {
  const mapping = c.mapping('map');
  const base =
    mapping.kind === 'sg' ? sg_dma_address(mapping.list[0] as scatterlist) : mapping.addr;
  return { addr: dma_addr_t(base + c.number('off')), len: c.number('len') };
}

export const streamingHandlers: Readonly<Record<string, Handler>> = {
  map_page: (c) => {
    c.requireFreeId();
    const { k } = c.env.m;
    const buf = c.buffer(c.number('buf'));
    const off = c.number('off');
    const len = c.number('len');
    const basePage = c.numberOr('base_page', Math.floor(off / PAGE_SIZE));
    if (off + len > buf.bytes || basePage * PAGE_SIZE > off)
      throw c.bad('the range is outside the buffer');
    const dev = c.device();
    const dir = c.dir();
    const addr = k.dma.dma_map_page_attrs(
      dev,
      nth_page(buf.first, basePage),
      off - basePage * PAGE_SIZE,
      len,
      dir,
      c.attrs(),
    );
    if (addr !== DMA_MAPPING_ERROR) c.keep({ kind: 'page', dev, dir, addr, len });
    return { ret: address(addr) };
  },

  unmap_page: (c) => {
    const mapping = c.mappingOf('id', 'page');
    c.env.m.k.dma.dma_unmap_page_attrs(
      mapping.dev,
      mapping.addr,
      mapping.len,
      mapping.dir,
      c.attrs(),
    );
    c.forget();
    return {};
  },

  map_sg: (c) => {
    c.requireFreeId();
    const list = listOf(c);
    const dev = c.device();
    const dir = c.dir();
    c.env.lists.set(c.number('id'), list);
    const ret = c.env.m.k.dma.dma_map_sg_attrs(
      dev,
      list[0] as scatterlist,
      list.length,
      dir,
      c.attrs(),
    );
    const segments = list.slice(0, ret).map((sg) => [sg_dma_address(sg), sg_dma_len(sg)] as const);
    if (ret > 0) c.keep({ kind: 'sg', dev, dir, list, segments });
    return { ret, dma: segments };
  },

  unmap_sg: (c) => {
    const mapping = c.mappingOf('id', 'sg');
    const sgl = handedOver(c, mapping);
    c.env.m.k.dma.dma_unmap_sg_attrs(mapping.dev, sgl, mapping.list.length, mapping.dir, c.attrs());
    c.forget();
    return {};
  },

  sync_single_for_cpu: (c) => {
    const { addr, len } = syncAddress(c);
    c.env.m.k.dma.dma_sync_single_for_cpu(c.mapping('map').dev, addr, len, c.dir());
    return {};
  },

  sync_single_for_device: (c) => {
    const { addr, len } = syncAddress(c);
    c.env.m.k.dma.dma_sync_single_for_device(c.mapping('map').dev, addr, len, c.dir());
    return {};
  },

  sync_sg_for_cpu: (c) => {
    const mapping = c.mappingOf('map', 'sg');
    c.env.m.k.dma.dma_sync_sg_for_cpu(
      mapping.dev,
      handedOver(c, mapping),
      mapping.list.length,
      c.dir(),
    );
    return {};
  },

  sync_sg_for_device: (c) => {
    const mapping = c.mappingOf('map', 'sg');
    c.env.m.k.dma.dma_sync_sg_for_device(
      mapping.dev,
      handedOver(c, mapping),
      mapping.list.length,
      c.dir(),
    );
    return {};
  },

  map_resource: (c) => {
    c.requireFreeId();
    const dev = c.device();
    const dir = c.dir();
    const len = c.number('len');
    const addr = c.env.m.k.dma.dma_map_resource(
      dev,
      phys_addr_t(c.number('phys')),
      len,
      dir,
      c.attrs(),
    );
    if (addr !== DMA_MAPPING_ERROR) c.keep({ kind: 'resource', dev, dir, addr, len });
    return { ret: address(addr) };
  },

  unmap_resource: (c) => {
    const mapping = c.mappingOf('id', 'resource');
    c.env.m.k.dma.dma_unmap_resource(mapping.dev, mapping.addr, mapping.len, mapping.dir, 0);
    c.forget();
    return {};
  },
};
