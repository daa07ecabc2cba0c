// SPDX-License-Identifier: GPL-2.0-only
// The derived classes, and how what a driver calls looks in them.

import type { device, page, scatterlist } from '@iommu-bounce/linux-shim';
import type { iommu_domain, iova_domain } from '@iommu-bounce/iommu-core';
import * as derivedPool from '../derived/io-buffer-pool';
import * as derivedDma from '../derived/dma-iommu';
import * as derivedIova from '../derived/iova';
import * as derivedIommu from '../derived/iommu';
import * as derivedVirtio from '../derived/virtio-iommu';
import * as nowPool from '../derived/now/io-buffer-pool';
import * as nowDma from '../derived/now/dma-iommu';
import * as nowIova from '../derived/now/iova';
import * as nowIommu from '../derived/now/iommu';
import * as nowVirtio from '../derived/now/virtio-iommu';
import * as markedPool from '../derived/marked/io-buffer-pool';
import * as markedDma from '../derived/marked/dma-iommu';
import * as markedIova from '../derived/marked/iova';
import * as markedIommu from '../derived/marked/iommu';
import * as markedVirtio from '../derived/marked/virtio-iommu';

/** The classes that a machine runs: the derived ones, or mutants of them. */
export interface Derived {
  readonly io_buffer_pool_c: { readonly prototype: object };
  readonly dma_iommu_c: { readonly prototype: object };
  readonly iova_c: { readonly prototype: object };
  readonly iommu_c: { readonly prototype: object };
  readonly virtio_iommu_c: { readonly prototype: object };
}

interface Class {
  readonly prototype: object;
}

const WITH_PLAIN = new WeakSet<Class>();

/** A derived class that has its functions as plain ones, too: `NAME_now`. */
function withPlain<C extends Class>(made: C, plain: Class): C {
  for (const [name, method] of Object.entries(Object.getOwnPropertyDescriptors(plain.prototype)))
    if (name.endsWith('_now')) Object.defineProperty(made.prototype, name, method);
  WITH_PLAIN.add(made);
  return made;
}

export const DERIVED: Derived = {
  io_buffer_pool_c: withPlain(derivedPool.io_buffer_pool_c, nowPool.io_buffer_pool_c),
  dma_iommu_c: withPlain(derivedDma.dma_iommu_c, nowDma.dma_iommu_c),
  iova_c: withPlain(derivedIova.iova_c, nowIova.iova_c),
  iommu_c: withPlain(derivedIommu.iommu_c, nowIommu.iommu_c),
  virtio_iommu_c: withPlain(derivedVirtio.virtio_iommu_c, nowVirtio.virtio_iommu_c),
};

/** Whether all classes have plain forms: a mutant, or a class under a fix, has none. */
export function arePlainToo(derived: Derived): boolean {
  return Object.values(derived).every((one: Class) => WITH_PLAIN.has(one));
}

/**
 * The same with `orig_buffer` of a slot and `nr_endpoints` of a virtio-iommu domain marked, as by READ_ONCE and WRITE_ONCE: each
 * access is a step, and no race.
 */
export const MARKED: Derived = {
  io_buffer_pool_c: markedPool.io_buffer_pool_c,
  dma_iommu_c: markedDma.dma_iommu_c,
  iova_c: markedIova.iova_c,
  iommu_c: markedIommu.iommu_c,
  virtio_iommu_c: markedVirtio.virtio_iommu_c,
};

/** What a driver calls, as steps. */
export interface SteppingDma {
  iommu_dma_map_page(
    dev: device,
    p: page,
    offset: number,
    size: number,
    dir: number,
    attrs: number,
  ): Generator<undefined, number, undefined>;
  iommu_dma_map_page_now(
    dev: device,
    p: page,
    offset: number,
    size: number,
    dir: number,
    attrs: number,
  ): number;
  iommu_dma_unmap_page_now(
    dev: device,
    handle: number,
    size: number,
    dir: number,
    attrs: number,
  ): void;
  iommu_dma_sync_single_for_cpu_now(dev: device, handle: number, size: number, dir: number): void;
  iommu_dma_unmap_page(
    dev: device,
    handle: number,
    size: number,
    dir: number,
    attrs: number,
  ): Generator<undefined, void, undefined>;
  iommu_dma_map_sg(
    dev: device,
    sg: scatterlist,
    nents: number,
    dir: number,
    attrs: number,
  ): Generator<undefined, number, undefined>;
  iommu_dma_unmap_sg(
    dev: device,
    sg: scatterlist,
    nents: number,
    dir: number,
    attrs: number,
  ): Generator<undefined, void, undefined>;
  iommu_dma_sync_single_for_cpu(
    dev: device,
    handle: number,
    size: number,
    dir: number,
  ): Generator<undefined, void, undefined>;
  /** Sets up a domain's addresses and its pool for a device. */
  iommu_dma_init_domain(
    domain: iommu_domain,
    base: number,
    size: number,
    dev: device,
  ): Generator<undefined, number, undefined>;
  /** The end of a domain's addresses, and of its pool. */
  iommu_put_dma_cookie(domain: iommu_domain): Generator<undefined, void, undefined>;
}

/** What the core calls of a driver. */
export interface SteppingOps {
  /** The device leaves the domain that it has for this one. */
  attach_dev(domain: iommu_domain, dev: device): Generator<undefined, number, undefined>;
  /** The end of a domain, with its addresses and its pool. */
  domain_free(domain: iommu_domain): Generator<undefined, void, undefined>;
}

/** What a timer and the work of a machine run. */
export interface SteppingWork {
  io_buffer_pool_evict(work: object): Generator<undefined, void, undefined>;
  io_buffer_pool_evict_now(work: object): void;
}
export interface SteppingTimer {
  fq_flush_timeout(iovad: iova_domain): Generator<undefined, void, undefined>;
  fq_flush_timeout_now(iovad: iova_domain): void;
}
