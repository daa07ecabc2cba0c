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
  type iommu_domain,
  type iova_domain,
  iova_offset,
  iova_pfn,
} from '@iommu-bounce/iommu-core';
import { to_cookie } from '@iommu-bounce/dma-iommu';
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
    protected override iommu_dma_init_domain(
      domain: iommu_domain,
      start: dma_addr_t,
      size: number,
      dev: device | null,
    ): number {
      const wasSetUp = domain.iova_cookie !== null && to_cookie(domain).iovad.start_pfn !== 0;
      const ret = super.iommu_dma_init_domain(domain, start, size, dev);
      return ret === 0 && wasSetUp && dev ? this.iova_reserve_iommu_regions(dev, domain) : ret;
    }
  };
}

/** In iommu.c, as a later kernel has it: what lies behind address 0 is asked of address 1. */
function askForOne(base: DmaIommuClass): DmaIommuClass {
  return class extends base {
    constructor(...args: ConstructorParameters<DmaIommuClass>) {
      super(...args);
      const { iommu } = this;
      const toPhys = iommu.iommu_iova_to_phys.bind(iommu);
      iommu.iommu_iova_to_phys = (domain, at) => toPhys(domain, at === 0 ? dma_addr_t(1) : at);
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
    what: 'each set-up reserves its device’s regions, and fails if that fails',
    overlays: { dma_iommu: reserveEach },
  },
  {
    name: 'ask-for-one',
    findings: [51],
    what: 'whether address 0 is mapped is asked of the byte behind it',
    overlays: { dma_iommu: askForOne },
  },
];
