// SPDX-License-Identifier: GPL-2.0-only
// Kernels that are broken where only few runs of the model go.

import type { overlays } from '@iommu-bounce/integration';
import { deref } from '@iommu-bounce/linux-shim';
import {
  type iova_domain,
  type iova_magazine,
  type iova_rcache,
  iova_c,
  to_viommu_domain,
  virtio_iommu_c,
} from '@iommu-bounce/iommu-core';
import type { dma_iommu_c } from '@iommu-bounce/dma-iommu';
import { io_buffer_pool_c } from '@iommu-bounce/io-buffer-pool';
import type { ModelDevice, ModelMachine } from '../../src/model/machine-kind';
import type { ModelRun } from '../../src/model/model-run';
import type { ReferenceMapping } from '../../src/model/reference';

export interface RareMutant {
  /** What the kernel does. */
  readonly what: string;
  readonly overlays: overlays;
  /** What the model says of it. */
  readonly found: RegExp;
  /** Finds it early. */
  readonly seed: number;
  /** Of the one machine that shows it below, and of those that the search has. */
  readonly driver?: ModelMachine['driver'];
  /** How that machine differs from PLAIN. */
  readonly machine?: Partial<ModelMachine>;
  /** The shortest way there. */
  readonly show: (run: ModelRun) => void;
}

const DEVICE: ModelDevice = { group: 0, coherent: true, untrusted: false, maxSegSize: 65_536 };
/** Of one device, without a pool. */
export const PLAIN: ModelMachine = {
  ...{ stage: 4, pool: false, numSlots: 2, classSizes: 1, strict: true, cpus: 1 },
  ...{ pageSizes: [4096], driver: 'table', devices: [DEVICE], masks: [], windows: [] },
};
const TWO_GROUPS = [DEVICE, { ...DEVICE, group: 1 }];
const WIDE = { streaming: 48, coherent: 48 };
const NARROW = { streaming: 32, coherent: 20 };

function map(run: ModelRun, device = 0): ReferenceMapping {
  return run.map(device, 'page', [{ buffer: 0, offset: 0, length: 16 }], 'to_device', true);
}

function mapAndUnmap(run: ModelRun, device = 0): void {
  run.unmap(map(run, device), true);
}

/** Two magazines of a CPU and the beginning of a third one. */
function overflow(run: ModelRun): void {
  const all = Array.from({ length: 257 }, () => map(run));
  for (const mapping of all) run.unmap(mapping, true);
}
export const RARE_MUTANTS: readonly RareMutant[] = [
  {
    what: 'gives a device addresses above its mask',
    overlays: {
      dma_iommu: (unit) =>
        class extends (unit as typeof dma_iommu_c) {
          override __iommu_dma_alloc_iova(
            ...[domain, size, , dev]: Parameters<dma_iommu_c['__iommu_dma_alloc_iova']>
          ): ReturnType<dma_iommu_c['__iommu_dma_alloc_iova']> {
            return super.__iommu_dma_alloc_iova(domain, size, 2 ** 48 - 1, dev);
          }
        },
    },
    found: /^a device of \d+ bits gets /,
    seed: 7,
    machine: { masks: [NARROW] },
    show: (run) => void map(run),
  },
  {
    what: 'takes an address from a cache without a look at the mask',
    overlays: {
      iova: class extends iova_c {
        protected override iova_magazine_pop(mag: iova_magazine): number {
          return super.iova_magazine_pop(mag, Infinity);
        }
      },
    },
    found: /^a device of \d+ bits gets the address /,
    seed: 5,
    machine: { devices: [DEVICE, DEVICE], masks: [WIDE, NARROW] },
    show: (run) => {
      mapAndUnmap(run, 0);
      map(run, 1);
    },
  },
  {
    what: 'loses the pages of a large allocation that gets no address',
    overlays: {
      dma_iommu: (unit) => {
        const base = unit as unknown as new () => Record<string, (...a: unknown[]) => unknown>;
        const made = class extends base {};
        const original = (base.prototype as Record<string, (...a: unknown[]) => unknown>)[
          '__iommu_dma_free_pages'
        ];
        made.prototype['__iommu_dma_free_pages'] = function (this: unknown, ...args: unknown[]) {
          return (args[1] as number) > 64 ? undefined : original?.apply(this, args);
        };
        return made as unknown as typeof unit;
      },
    },
    found: /^memory that could not be mapped is still held/,
    seed: 1,
    machine: { masks: [NARROW] },
    show: (run) => {
      run.allocTooMuch(0);
    },
  },
  {
    what: 'loses a magazine that goes to the depot',
    overlays: {
      iova: class extends iova_c {
        protected override __iova_rcache_insert(
          ...[iovad, rcache, pfn]: [iova_domain, iova_rcache, number]
        ): boolean {
          const before = rcache.depot_size;
          const inserted = super.__iova_rcache_insert(iovad, rcache, pfn);
          if (rcache.depot_size > before) rcache.depot_size = before;
          return inserted;
        }
      },
    },
    found: /^128 ranges of addresses are in use at the end/,
    seed: 6,
    show: overflow,
  },
  {
    what: 'gives the same magazine of the depot to two takers',
    overlays: {
      iova: class extends iova_c {
        protected override __iova_rcache_get(rcache: iova_rcache, limit: number): number {
          const before = rcache.depot_size;
          const top = rcache.depot[before - 1];
          const pfns = [...(top?.pfns ?? [])];
          const pfn = super.__iova_rcache_get(rcache, limit);
          if (top && rcache.depot_size < before) {
            const twin = deref(this.iova_magazine_alloc(0));
            for (const one of pfns) this.iova_magazine_push(twin, one);
            rcache.depot[rcache.depot_size++] = twin;
          }
          return pfn;
        }
      },
    },
    found: /^(two live mappings have an address in common|-\d+ ranges of addresses are)/,
    seed: 6,
    show: (run) => {
      overflow(run);
      overflow(run);
    },
  },
  {
    what: 'gives every domain the same number',
    overlays: {
      virtio_iommu: class extends virtio_iommu_c {
        protected override viommu_domain_finalise(
          ...[vdev, domain]: Parameters<virtio_iommu_c['viommu_domain_finalise']>
        ): number {
          const ret = super.viommu_domain_finalise(vdev, domain);
          if (ret === 0) to_viommu_domain(domain).id = 1;
          return ret;
        }
      },
    },
    found: /^VFIO holds \d+ pages, expected /,
    driver: 'virtio',
    seed: 4,
    machine: { devices: TWO_GROUPS },
    show: (run) => void map(run),
  },
  {
    what: 'reserves a page too few',
    overlays: {
      iova: class extends iova_c {
        override reserve_iova(
          ...[iovad, lo, hi]: Parameters<iova_c['reserve_iova']>
        ): ReturnType<iova_c['reserve_iova']> {
          return super.reserve_iova(iovad, lo, Math.max(lo, hi - 1));
        }
      },
    },
    found: /^a device gets the address 0x[0-9a-f]+, which is reserved/,
    seed: 6,
    machine: { windows: [{ start: 2 ** 40 - 4 * 4096, length: 2 * 4096, type: 'msi' }] },
    show: (run) => {
      for (let i = 0; i < 3; i++) map(run);
    },
  },
  {
    what: 'translates interrupts that go to a window of their own',
    overlays: {
      dma_iommu: (unit) =>
        class extends (unit as typeof dma_iommu_c) {
          protected override cookie_init_hw_msi_region(): number {
            return 0;
          }
        },
    },
    found: /^an interrupt is sent to another address/,
    seed: 6,
    machine: { windows: [{ start: 0xfee00000, length: 4096, type: 'msi' }] },
    show: (run) => {
      run.prepareMsi(0, 0xfee00010);
    },
  },
  {
    what: 'gives addresses of a second domain back before their flush',
    overlays: {
      iova: class extends iova_c {
        private readonly lazy = new Set<iova_domain>();

        override queue_iova(...call: Parameters<iova_c['queue_iova']>): void {
          const [iovad, pfn, pages] = call;
          this.lazy.add(iovad);
          if ([...this.lazy].indexOf(iovad) > 0) this.free_iova_fast(iovad, pfn, pages);
          else super.queue_iova(...call);
        }
      },
    },
    found: /^an address is used again before its last translation is flushed/,
    seed: 6,
    machine: { strict: false, devices: TWO_GROUPS },
    show: (run) => {
      mapAndUnmap(run, 0);
      mapAndUnmap(run, 1);
      map(run, 1);
    },
  },
  {
    what: 'evicts a buffer when it sees it idle for the first time',
    overlays: {
      io_buffer_pool: class extends io_buffer_pool_c {
        protected override __io_buffer_pool_evict(
          ...[pool, teardown]: Parameters<io_buffer_pool_c['__io_buffer_pool_evict']>
        ): void {
          if (!teardown)
            for (const { slots } of pool.classes)
              for (const slot of slots) slot.old_cache_entry = true;
          super.__io_buffer_pool_evict(pool, teardown);
        }
      },
    },
    found: /^a buffer is evicted \d+ ms after its use, expected 5000 at least/,
    seed: 6,
    machine: { pool: true },
    show: (run) => {
      mapAndUnmap(run);
      run.advance(4000);
      mapAndUnmap(run);
      run.advance(1500);
    },
  },
  {
    what: 'evicts buffers that are in use',
    overlays: {
      io_buffer_pool: class extends io_buffer_pool_c {
        protected override __io_buffer_pool_evict(
          ...[pool, teardown]: Parameters<io_buffer_pool_c['__io_buffer_pool_evict']>
        ): void {
          super.__io_buffer_pool_evict(pool, teardown);
          if (!teardown)
            for (const klass of pool.classes)
              for (const slot of klass.slots)
                if (slot.orig_buffer) this.io_buffer_pool_free_slot(pool, klass, slot);
        }
      },
    },
    found: /^a buffer is evicted while it is in use/,
    seed: 8,
    machine: { pool: true },
    show: (run) => {
      map(run);
      mapAndUnmap(run);
      run.advance(6000);
    },
  },
];
