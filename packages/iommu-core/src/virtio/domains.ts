// SPDX-License-Identifier: GPL-2.0-only
// The VMM's domains and endpoints: who is attached where, what is mapped, and the status that a change ends with.

import {
  ALL_ALIGNED,
  BIT,
  EEXIST,
  EFAULT,
  EINVAL,
  ENOMEM,
  ENOSPC,
  PAGE_SIZE,
  __ffs,
} from '@iommu-bounce/linux-shim';
import { type Range, RangeTree } from './range-tree';
import {
  VFIO_DMA_MAP_FLAG_READ,
  VFIO_DMA_MAP_FLAG_WRITE,
  type Vfio,
  type VfioContainer,
} from './vfio-type1';
import {
  VIRTIO_IOMMU_MAP_F_MASK,
  VIRTIO_IOMMU_MAP_F_MMIO,
  VIRTIO_IOMMU_MAP_F_READ,
  VIRTIO_IOMMU_MAP_F_WRITE,
  VIRTIO_IOMMU_S_DEVERR,
  VIRTIO_IOMMU_S_FAULT,
  VIRTIO_IOMMU_S_INVAL,
  VIRTIO_IOMMU_S_NOENT,
  VIRTIO_IOMMU_S_NOMEM,
  VIRTIO_IOMMU_S_OK,
  VIRTIO_IOMMU_S_RANGE,
} from './virtio_iommu.h';

/** A range that PROBE reports. */
export interface ResvRegion {
  readonly start: number;
  /** Inclusive. */
  readonly last: number;
  /** VIRTIO_IOMMU_RESV_MEM_T_RESERVED or _MSI. */
  readonly subtype: number;
}

/** What the device is, as its configuration space says it. */
export interface VmmConfig {
  /** Sum of the page sizes. */
  readonly pageSizeMask: number;
  /** Addresses that can be mapped, both inclusive. */
  readonly inputRange: readonly [number, number];
  /** Domain numbers, both inclusive. */
  readonly domainRange: readonly [number, number];
  readonly probeSize: number;
  /** Registers can be mapped (VIRTIO_IOMMU_F_MMIO). */
  readonly mmio: boolean;
}

/** The VMM's view of a set of translations. */
export class VmmDomain {
  readonly endpoints: VmmEndpoint[] = [];
  readonly mappings = new RangeTree();
  constructor(readonly id: number) {}
}

/** A device of the guest; it has a container of its own, as it has an address space of its own. */
export class VmmEndpoint {
  domain: VmmDomain | null = null;
  constructor(
    readonly id: number,
    readonly container: VfioContainer,
    readonly regions: readonly ResvRegion[],
  ) {}
}

export class VmmDomains {
  readonly domains = new Map<number, VmmDomain>();
  readonly endpoints = new Map<number, VmmEndpoint>();
  private readonly granule: number;

  constructor(
    readonly config: VmmConfig,
    private readonly vfio: Vfio,
  ) {
    this.granule = BIT(__ffs(config.pageSizeMask));
  }

  /**
   * Plugs a device in.
   * @throws RangeError when there is one of that number
   */
  addEndpoint(id: number, regions: readonly ResvRegion[] = []): VmmEndpoint {
    if (this.endpoints.has(id)) throw new RangeError(`there is an endpoint ${String(id)} already`);
    const container = this.vfio.openContainer();
    for (const r of regions) container.forbid(r.start, r.last);
    const endpoint = new VmmEndpoint(id, container, regions);
    this.endpoints.set(id, endpoint);
    return endpoint;
  }

  /** Unplugs it: its domain loses it, its container goes with all that is pinned. */
  removeEndpoint(id: number): void {
    const endpoint = this.endpoints.get(id);
    if (!endpoint) return;
    this.detachFromDomain(endpoint);
    this.vfio.closeContainer(endpoint.container);
    this.endpoints.delete(id);
  }

  /** Forgets all domains: the driver has reset the device. */
  reset(): void {
    for (const endpoint of this.endpoints.values()) this.detachFromDomain(endpoint);
  }

  attach(id: number, endpointId: number): number {
    const [first, last] = this.config.domainRange;
    const endpoint = this.endpoints.get(endpointId);
    if (!endpoint) return VIRTIO_IOMMU_S_NOENT;
    if (id < first || id > last) return VIRTIO_IOMMU_S_RANGE;

    // Out of the old domain first, even if it is the same: a domain without endpoints goes with its mappings.
    this.detachFromDomain(endpoint);
    let domain = this.domains.get(id);
    if (!domain) {
      domain = new VmmDomain(id);
      this.domains.set(id, domain);
    }
    for (const m of domain.mappings) {
      const ret = endpoint.container.map(m.start, m.phys, m.last - m.start + 1, m.flags);
      if (ret === 0) continue;
      this.clear(endpoint, domain);
      return vfioStatus(ret);
    }
    domain.endpoints.push(endpoint);
    endpoint.domain = domain;
    return VIRTIO_IOMMU_S_OK;
  }

  detach(id: number, endpointId: number): number {
    const endpoint = this.endpoints.get(endpointId);
    if (!endpoint) return VIRTIO_IOMMU_S_NOENT;
    if (endpoint.domain?.id !== id) return VIRTIO_IOMMU_S_INVAL;
    this.detachFromDomain(endpoint);
    return VIRTIO_IOMMU_S_OK;
  }

  /** @param flags VIRTIO_IOMMU_MAP_F_* */
  map(id: number, start: number, last: number, phys: number, flags: number): number {
    const { inputRange } = this.config;
    const domain = this.domains.get(id);
    const mmio = (flags & VIRTIO_IOMMU_MAP_F_MMIO) !== 0;
    if (!domain) return VIRTIO_IOMMU_S_NOENT;
    if ((flags & ~VIRTIO_IOMMU_MAP_F_MASK) !== 0 || (mmio && !this.config.mmio))
      return VIRTIO_IOMMU_S_INVAL;
    if (last < start || start < inputRange[0] || last > inputRange[1]) return VIRTIO_IOMMU_S_RANGE;
    if (!ALL_ALIGNED(start, last + 1, phys, this.granule)) return VIRTIO_IOMMU_S_RANGE;
    if (domain.mappings.find(start, last) !== null) return VIRTIO_IOMMU_S_INVAL;

    const size = last - start + 1;
    if (!mmio && !this.isMemory(phys, size)) return VIRTIO_IOMMU_S_FAULT;
    const prot =
      (flags & VIRTIO_IOMMU_MAP_F_READ ? VFIO_DMA_MAP_FLAG_READ : 0) |
      (flags & VIRTIO_IOMMU_MAP_F_WRITE ? VFIO_DMA_MAP_FLAG_WRITE : 0);
    for (let i = 0; i < domain.endpoints.length; i++) {
      const ret = domain.endpoints[i]?.container.map(start, phys, size, prot) ?? 0;
      if (ret === 0) continue;
      while (--i >= 0) domain.endpoints[i]?.container.unmap(start, size);
      return vfioStatus(ret);
    }
    domain.mappings.add(start, last, phys, prot);
    return VIRTIO_IOMMU_S_OK;
  }

  /** A mapping that would be split keeps the whole request from having any effect. */
  unmap(id: number, start: number, last: number): number {
    const domain = this.domains.get(id);
    if (!domain) return VIRTIO_IOMMU_S_NOENT;
    if (last < start) return VIRTIO_IOMMU_S_RANGE;

    const { mappings } = domain;
    let m = mappings.find(start, last);
    if (m === null) return VIRTIO_IOMMU_S_OK;
    if (m.start === start && m.last === last) {
      mappings.remove(m);
      this.unmapFromAll(domain, start, last);
      return VIRTIO_IOMMU_S_OK;
    }
    m = mappings.from(start);
    if (m === null || m.start > last) return VIRTIO_IOMMU_S_OK;
    if (m.start < start) return VIRTIO_IOMMU_S_RANGE;
    const end = m.last >= last ? m : mappings.find(last, last);
    if (end !== null && end.last > last) return VIRTIO_IOMMU_S_RANGE;

    // One ioctl for all of them: VFIO takes a range with any number of whole mappings.
    const from = m.start;
    let to = m.last;
    while (m !== null && m.start <= last) {
      to = m.last;
      const next: Range | null = to < last ? mappings.next(m) : null;
      mappings.remove(m);
      m = next;
    }
    this.unmapFromAll(domain, from, to);
    return VIRTIO_IOMMU_S_OK;
  }

  private unmapFromAll({ endpoints }: VmmDomain, start: number, last: number): void {
    for (const endpoint of endpoints) endpoint.container.unmap(start, last - start + 1);
  }

  private detachFromDomain(endpoint: VmmEndpoint): void {
    const domain = endpoint.domain;
    if (!domain) return;
    this.clear(endpoint, domain);
    domain.endpoints.splice(domain.endpoints.indexOf(endpoint), 1);
    endpoint.domain = null;
    if (domain.endpoints.length === 0) this.domains.delete(domain.id);
  }

  /** Unmaps what the endpoint's container has of the domain. */
  private clear(endpoint: VmmEndpoint, domain: VmmDomain): void {
    for (const m of domain.mappings) endpoint.container.unmap(m.start, m.last - m.start + 1);
  }

  private isMemory(phys: number, size: number): boolean {
    const { pages } = this.vfio;
    return (
      pages.isMemory(Math.floor(phys / PAGE_SIZE)) &&
      pages.isMemory(Math.floor((phys + size - 1) / PAGE_SIZE))
    );
  }
}

function vfioStatus(ret: number): number {
  switch (-ret) {
    case ENOMEM:
    case ENOSPC:
      return VIRTIO_IOMMU_S_NOMEM;
    case EEXIST:
    case EINVAL:
      return VIRTIO_IOMMU_S_INVAL;
    case EFAULT:
      return VIRTIO_IOMMU_S_FAULT;
    default:
      return VIRTIO_IOMMU_S_DEVERR;
  }
}
