// SPDX-License-Identifier: GPL-2.0-only
// Fixes of the addresses of a domain: what is reserved at set-up, and mappings of no bytes.

import {
  DMA_MAPPING_ERROR,
  EINVAL,
  IORESOURCE_MEM,
  U64_MAX,
  type device,
  dev_name,
  dma_addr_t,
  type dma_data_direction,
  list_for_each_entry,
  list_head,
  type pci_dev,
  pci_find_host_bridge,
  type phys_addr_t,
  type resource_entry,
  type scatterlist,
  sg_dma_address,
  sg_dma_len,
  sg_next,
  u64_add,
} from '@iommu-bounce/linux-shim';
import {
  IOMMU_RESV_SW_MSI,
  type iommu_domain,
  type iommu_group,
  type iommu_resv_region,
  type iova_domain,
  iova_offset,
  iova_pfn,
} from '@iommu-bounce/iommu-core';
import { type io_buffer_pool, to_cookie } from '@iommu-bounce/dma-iommu';
import type { io_buffer_pool as pool_struct } from '@iommu-bounce/io-buffer-pool';
import type { DmaIommuClass, Fix } from '../fix';
import { invalidateFrom } from '../list-entries';

const RESOURCE_TYPE = 0x00001f00;

/** First and last address on the bus. */
function onBus({ res, offset }: resource_entry): [number, number] {
  return [res.start - offset, res.end - offset];
}

function touchingRanges(base: DmaIommuClass): DmaIommuClass {
  return class extends base {
    protected override iova_reserve_pci_windows(dev: pci_dev, iovad: iova_domain): number {
      const reserve = (lo: number, hi: number): void => {
        const [from, to] = [lo, hi].map((at) => iova_pfn(iovad, dma_addr_t(at)));
        this.iova.reserve_iova(iovad, from ?? 0, to ?? 0);
      };
      const bridge = pci_find_host_bridge(dev.pci_bus);
      for (const window of bridge.windows)
        if ((window.res.flags & RESOURCE_TYPE) === IORESOURCE_MEM) reserve(...onBus(window));
      let start = 0;
      for (const range of bridge.dma_ranges) {
        const [first, last] = onBus(range);
        if (first < start) {
          this.k.log.pr_err(`${dev_name(dev)}: dma_ranges are not sorted`);
          return -EINVAL;
        }
        if (first > start) reserve(start, first);
        start = u64_add(last, 1);
        if (start === 0) return 0; // up to the top: nothing is left to reserve
      }
      if (start > 0) reserve(start, U64_MAX);
      return 0;
    }
  };
}

function reserveEach(base: DmaIommuClass): DmaIommuClass {
  return class extends base {
    /** Devices with a region among the addresses of their domain's pool, which are taken already: they do without it. */
    private readonly withoutPool = new WeakSet<device>();

    protected override iommu_dma_init_domain(
      domain: iommu_domain,
      start: dma_addr_t,
      size: number,
      dev: device | null,
    ): number {
      const wasSetUp = domain.iova_cookie !== null && to_cookie(domain).iovad.start_pfn !== 0;
      const ret = super.iommu_dma_init_domain(domain, start, size, dev);
      if (ret !== 0 || !wasSetUp || !dev) return ret;
      if (this.meetsPool(dev, domain)) this.withoutPool.add(dev);
      return this.iova_reserve_iommu_regions(dev, domain);
    }

    protected override dev_to_io_buffer_pool(dev: device): io_buffer_pool | null {
      return this.withoutPool.has(dev) ? null : super.dev_to_io_buffer_pool(dev);
    }

    private meetsPool(dev: device, domain: iommu_domain): boolean {
      const pool = to_cookie(domain).bounce_buffers as pool_struct | null;
      const regions = new list_head<iommu_resv_region>();
      this.iommu.iommu_get_resv_regions(dev, regions);
      const meets = [...list_for_each_entry(regions)].some(
        ({ type, start, length }) =>
          type !== IOMMU_RESV_SW_MSI &&
          (pool?.classes ?? []).some(
            ({ iova_base, iova_end }) => start < iova_end && start + length > iova_base,
          ),
      );
      this.iommu.iommu_put_resv_regions(dev, regions);
      return meets;
    }
  };
}

/** A function of iommu.c that no other file sees. */
interface DirectMappings {
  iommu_create_device_direct_mappings: (group: iommu_group, dev: device) => number;
}

/** In iommu.c, as a later kernel has it: there, and nowhere else, what lies behind address 0 is asked of address 1. */
function askForOne(base: DmaIommuClass): DmaIommuClass {
  return class extends base {
    constructor(...args: ConstructorParameters<DmaIommuClass>) {
      super(...args);
      const { iommu } = this;
      const inner = iommu as unknown as DirectMappings;
      const toPhys = iommu.iommu_iova_to_phys.bind(iommu);
      const create = inner.iommu_create_device_direct_mappings.bind(iommu);
      let creates = false;
      inner.iommu_create_device_direct_mappings = (group, dev) => {
        creates = true;
        const ret = create(group, dev);
        creates = false;
        return ret;
      };
      iommu.iommu_iova_to_phys = (domain, at) =>
        toPhys(domain, creates && at === 0 ? dma_addr_t(1) : at);
    }
  };
}

function refuseEmpty(base: DmaIommuClass): DmaIommuClass {
  return class extends base {
    protected override __iommu_dma_map(
      dev: device,
      phys: phys_addr_t,
      size: number,
      prot: number,
      dma_mask: number,
    ): dma_addr_t {
      const { iovad } = to_cookie(this.iommu.iommu_get_dma_domain(dev));
      if (size + iova_offset(iovad, phys) === 0) return DMA_MAPPING_ERROR;
      return super.__iommu_dma_map(dev, phys, size, prot, dma_mask);
    }
  };
}

/** In C `s_length &&` in front of the condition that pads: an overlay takes the empty entries out, and puts them back. */
function trimList(base: DmaIommuClass): DmaIommuClass {
  return class extends base {
    protected override iommu_dma_map_sg(
      dev: device,
      sg: scatterlist,
      nents: number,
      dir: dma_data_direction,
      attrs: number,
    ): number {
      const all: scatterlist[] = [];
      for (let s: scatterlist | null = sg; s && all.length < nents; s = sg_next(s)) all.push(s);
      // The first stays: the pool knows the list by it.
      const full = all.filter(({ length }, i) => i === 0 || length > 0);
      if (full.length === all.length) return super.iommu_dma_map_sg(dev, sg, nents, dir, attrs);
      const links = all.map(({ next_entry }) => next_entry);
      full.slice(1).forEach((entry, i) => {
        (full[i] as scatterlist).next_entry = entry;
      });
      const count = super.iommu_dma_map_sg(dev, sg, full.length, dir, attrs);
      all.forEach((entry, i) => {
        entry.next_entry = links[i] ?? null;
      });
      // The device's segments stand in the first entries, empty or not.
      const segments = full
        .slice(0, count)
        .map((entry) => [sg_dma_address(entry), sg_dma_len(entry)] as const);
      invalidateFrom(sg, nents, 0);
      segments.forEach(([at, length], i) => {
        const entry = all[i] as scatterlist;
        entry.dma_address = at;
        entry.dma_length = length;
      });
      return count;
    }
  };
}

export const ADDRESSES: readonly Fix[] = [
  {
    name: 'trim-list',
    findings: [40],
    what: 'empty entries of a list are left out',
    overlays: { dma_iommu: trimList },
  },
  {
    name: 'refuse-empty',
    findings: [41],
    what: 'a mapping of no bytes is refused',
    overlays: { dma_iommu: refuseEmpty },
  },
  {
    name: 'touching-ranges',
    findings: [42],
    what: 'ranges may touch, begin at 0 and end at the top of the address space',
    overlays: { dma_iommu: touchingRanges },
  },
  {
    name: 'reserve-each',
    findings: [44, 43],
    what: 'each set-up reserves its device’s regions, and fails if that fails; a device with a region among the pool’s addresses does without the pool',
    overlays: { dma_iommu: reserveEach },
  },
  {
    name: 'ask-for-one',
    findings: [51],
    what: 'where 1:1 regions are made, whether address 0 is mapped is asked of the byte behind it',
    overlays: { dma_iommu: askForOne },
  },
];
