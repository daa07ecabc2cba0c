// SPDX-License-Identifier: GPL-2.0-only
// The DMA API calls of a driver: those that make a mapping, sync it and undo it.

import {
  DMA_MAPPING_ERROR,
  GFP_ATOMIC,
  GFP_KERNEL,
  PAGE_SIZE,
  type device,
  dma_addr_t,
  type dma_sgt_handle,
  type machine,
  type page,
  phys_addr_t,
  type scatterlist,
  sg_array,
  sg_dma_address,
  sg_dma_len,
  sg_set_page,
  type virt_addr_t,
} from '@iommu-bounce/linux-shim';
import type { PlayCall } from './calls';
import { type HeldMapping, directionName } from './held-mapping';

/** 2 MiB, beyond which alignment makes no request fewer. */
export const ALIGNED_FRAMES = 512;

export type MapCall = Extract<PlayCall, { readonly device: string; readonly dir: number }>;

/** A mapping with what undoing it takes. */
export interface Own {
  readonly held: HeldMapping;
  readonly call: MapCall;
  readonly dev: device;
  readonly addr: number;
  readonly list: readonly scatterlist[];
  readonly cpuAddr: number;
  readonly page: page | null;
  readonly handle: dma_sgt_handle | null;
}

/** Calls on one machine; which mappings there are, the caller knows. */
export class DriverCalls {
  constructor(private readonly k: machine) {}

  /** Null: the call failed. */
  map(call: MapCall, dev: device): Own | null {
    const { dma, mm } = this.k;
    const { dir, attrs = 0 } = call;
    const gfp = 'atomic' in call && call.atomic ? GFP_ATOMIC : GFP_KERNEL;
    const out = { value: DMA_MAPPING_ERROR };
    let addr: number = DMA_MAPPING_ERROR;
    let segments: HeldMapping['segments'] | null = null;
    let list: readonly scatterlist[] = [];
    let cpuAddr = 0;
    let got: page | null = null;
    let handle: dma_sgt_handle | null = null;
    switch (call.call) {
      case 'map_page': {
        const first = mm.pfn_to_page(this.firstPfn() + call.page);
        addr = dma.dma_map_page_attrs(dev, first, call.offset, call.length, dir, attrs);
        break;
      }
      case 'map_sg': {
        list = this.list(call.entries);
        const count = dma.dma_map_sg_attrs(dev, list[0] as scatterlist, list.length, dir, attrs);
        segments = list.slice(0, count).map((sg) => [sg_dma_address(sg), sg_dma_len(sg)] as const);
        addr = segments[0]?.[0] ?? DMA_MAPPING_ERROR;
        break;
      }
      case 'map_resource':
        addr = dma.dma_map_resource(dev, phys_addr_t(call.phys), call.length, dir, attrs);
        break;
      case 'alloc_coherent':
        cpuAddr = dma.dma_alloc_attrs(dev, call.length, out, gfp, attrs);
        if (cpuAddr !== 0) addr = out.value;
        break;
      case 'alloc_pages':
        got = dma.dma_alloc_pages(dev, call.length, out, dir, gfp);
        if (got) addr = out.value;
        break;
      case 'alloc_noncontiguous':
        handle = dma.dma_alloc_noncontiguous(dev, call.length, dir, gfp, attrs);
        if (handle?.sgt.sgl) addr = handle.sgt.sgl.dma_address;
    }
    if (addr === DMA_MAPPING_ERROR) return null;
    const held = this.heldOf(call, segments ?? [[addr, bytesOf(call)]]);
    return { held, call, dev, addr, list, cpuAddr, page: got, handle };
  }

  unmap(call: Extract<PlayCall, { call: 'unmap' }>, own: Own): void {
    const { dma } = this.k;
    const { dev, held, list } = own;
    const addr = dma_addr_t(own.addr);
    const dir = call.dir ?? own.call.dir;
    const attrs = call.attrs ?? own.call.attrs ?? 0;
    const size = Math.min(call.length ?? held.size, held.size);
    switch (held.kind) {
      case 'page':
        dma.dma_unmap_page_attrs(dev, addr, size, dir, attrs);
        break;
      case 'resource':
        dma.dma_unmap_resource(dev, addr, size, dir, attrs);
        break;
      case 'sg':
        dma.dma_unmap_sg_attrs(dev, list[0] as scatterlist, list.length, dir, attrs);
        break;
      case 'coherent':
        dma.dma_free_attrs(dev, held.size, own.cpuAddr as virt_addr_t, addr, attrs);
        break;
      case 'pages':
        if (own.page) dma.dma_free_pages(dev, held.size, own.page, addr, dir);
        break;
      case 'noncontiguous':
        if (own.handle) dma.dma_free_noncontiguous(dev, held.size, own.handle, dir);
    }
  }

  sync(call: Extract<PlayCall, { call: 'sync' }>, own: Own): void {
    const { dma } = this.k;
    const { dev, list, held, addr, call: made } = own;
    const dir = call.dir ?? made.dir;
    const first = list[0];
    if (first) {
      if (call.forCpu) dma.dma_sync_sg_for_cpu(dev, first, list.length, dir);
      else dma.dma_sync_sg_for_device(dev, first, list.length, dir);
      return;
    }
    const at = dma_addr_t(addr + call.offset);
    const size = Math.min(call.length, held.size - call.offset);
    if (call.forCpu) dma.dma_sync_single_for_cpu(dev, at, size, dir);
    else dma.dma_sync_single_for_device(dev, at, size, dir);
  }

  /** The address of a byte of the drivers' memory. */
  phys({ page, offset }: { readonly page: number; readonly offset: number }): phys_addr_t {
    return phys_addr_t((this.firstPfn() + page) * PAGE_SIZE + offset);
  }

  /** The frame of page 0: page n is aligned as n is. */
  private firstPfn(): number {
    return Math.ceil(this.k.reserved_pfn / ALIGNED_FRAMES) * ALIGNED_FRAMES;
  }

  private heldOf(call: MapCall, segments: HeldMapping['segments']): HeldMapping {
    const memory = call.call === 'map_sg' ? call.entries : call.call === 'map_page' ? [call] : [];
    return {
      id: call.id,
      device: call.device,
      kind: KINDS[call.call],
      size: segments.reduce((sum, [, bytes]) => sum + bytes, 0),
      segments,
      direction: directionName(call.dir),
      original: memory.map((one) => [this.phys(one), one.length] as const),
    };
  }

  private list(entries: Extract<PlayCall, { call: 'map_sg' }>['entries']): readonly scatterlist[] {
    const list = sg_array(entries.length);
    entries.forEach((entry, i) => {
      const phys = this.phys(entry);
      const first = this.k.mm.pfn_to_page(Math.floor(phys / PAGE_SIZE));
      sg_set_page(list[i] as scatterlist, first, entry.length, phys % PAGE_SIZE);
    });
    return list;
  }
}

const KINDS = {
  map_page: 'page',
  map_sg: 'sg',
  map_resource: 'resource',
  alloc_coherent: 'coherent',
  alloc_pages: 'pages',
  alloc_noncontiguous: 'noncontiguous',
} as const satisfies Record<MapCall['call'], HeldMapping['kind']>;

function bytesOf(call: MapCall): number {
  return call.call === 'map_sg' ? 0 : call.length;
}
