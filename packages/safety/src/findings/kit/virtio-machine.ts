// SPDX-License-Identifier: GPL-2.0-only
// A small guest of a scenario: the series over virtio-iommu, with or without its pool, with fixes or without.

import {
  GFP_KERNEL,
  PAGE_SIZE,
  bus_type,
  deref,
  type device,
  dma_addr_t,
  type dma_data_direction,
  type machine,
  type page,
  page_to_phys,
  phys_addr_t,
} from '@iommu-bounce/linux-shim';
import {
  type DeviceDma,
  IOMMU_READ,
  IOMMU_WRITE,
  type ResvRegion,
  interval_tree_iter_first,
  interval_tree_iter_next,
  to_viommu_domain,
  VFIO_DMA_MAP_FLAG_READ,
  type viommu_domain,
  type virtio_iommu,
} from '@iommu-bounce/iommu-core';
import {
  IO_BUFFER_Y,
  type MachineOnIommu,
  bootOn,
  pciDevice,
  plug,
} from '@iommu-bounce/integration';
import { PoolView, fixOverlays } from '@iommu-bounce/simulation';
import { SMALL, type Setting } from './machine';
import { hex } from './words';

export interface VirtioMachineOptions {
  /** Slots of each class. Default 4. */
  readonly numSlots?: number;
  /** Bit i enables the class of PAGE_SIZE << i bytes. Default 1: single pages. */
  readonly classSizes?: number;
}

/** The guest and its VMM, and the verbs of a scenario: plug, page, map, unmap, read and write as the device. */
export class VirtioMachine {
  readonly on: MachineOnIommu;
  readonly k: machine;
  readonly virtio: virtio_iommu;
  readonly bus = new bus_type('pci');
  private readonly dma = new Map<device, DeviceDma>();

  constructor(
    { pool, fixes }: Setting,
    { numSlots = 4, classSizes = 1 }: VirtioMachineOptions = {},
  ) {
    const params = `io_buffer_pool.num_slots=${String(numSlots)} io_buffer_pool.class_sizes=${String(classSizes)}`;
    this.on = bootOn('virtio', {
      machine: SMALL,
      overlays: fixOverlays(fixes),
      ...(pool ? { config: IO_BUFFER_Y, params } : {}),
    });
    this.k = this.on.m.k;
    this.virtio = deref(this.on.virtio);
  }

  /** The next endpoint; not probed. */
  add(regions: readonly ResvRegion[] = []): device {
    const n = this.dma.size + 1;
    const dev = pciDevice(`0000:00:0${String(n)}.0`, this.bus);
    this.dma.set(dev, this.virtio.add_endpoint(dev, n, regions));
    return dev;
  }

  /** The next endpoint, probed; its domain is its own. */
  plug(regions: readonly ResvRegion[] = []): device {
    const dev = this.add(regions);
    plug(this.on.m, dev);
    return dev;
  }

  domain(dev: device): viommu_domain {
    return to_viommu_domain(deref(this.on.m.iommu.iommu_get_domain_for_dev(dev)));
  }

  /** A page whose bytes are all the same. */
  page(byte: number): page {
    const p = deref(this.k.page_alloc.alloc_pages(GFP_KERNEL, 0));
    this.k.mm.bytes_at(phys_addr_t(page_to_phys(p)), PAGE_SIZE).fill(byte);
    return p;
  }

  map(dev: device, p: page, len: number, dir: dma_data_direction): dma_addr_t {
    return this.k.dma.dma_map_page_attrs(dev, p, 0, len, dir, 0);
  }

  unmap(dev: device, at: dma_addr_t, len: number, dir: dma_data_direction): void {
    this.k.dma.dma_unmap_page_attrs(dev, at, len, dir, 0);
  }

  /** iommu_map, as a user of the IOMMU API calls it; 0 or a negative error number. */
  iommuMap(domain: viommu_domain, iova: number, p: page): number {
    const phys = phys_addr_t(page_to_phys(p));
    const prot = IOMMU_READ | IOMMU_WRITE;
    return this.on.m.iommu.iommu_map_atomic(domain, dma_addr_t(iova), phys, PAGE_SIZE, prot);
  }

  /** iommu_unmap; bytes. */
  iommuUnmap(domain: viommu_domain, iova: number, size: number = PAGE_SIZE): number {
    return this.on.m.iommu.iommu_unmap(domain, dma_addr_t(iova), size);
  }

  /** What the device reads; null if it faults. */
  read(dev: device, at: number, len: number): Uint8Array | null {
    const bytes = new Uint8Array(len);
    return deref(this.dma.get(dev)).read(at, bytes) ? bytes : null;
  }

  /** The page that the device reads at an address; null if it faults. */
  pageAt(dev: device, at: number): page | null {
    const { container } = deref(this.dma.get(dev)).endpoint;
    const phys = container.translate(at, VFIO_DMA_MAP_FLAG_READ);
    return phys < 0 ? null : this.k.mm.pfn_to_page(Math.floor(phys / PAGE_SIZE));
  }

  /** Whether the address is one of the pool's buffers. */
  bounced(dev: device, at: number): boolean {
    return new PoolView(this.domain(dev)).slotOf(at) >= 0;
  }

  /** Addresses that the guest's driver has for mapped. */
  known(domain: viommu_domain): string {
    const all: string[] = [];
    const end = Number.MAX_SAFE_INTEGER;
    let node = interval_tree_iter_first(domain.mappings, 0, end);
    for (; node; node = interval_tree_iter_next(node, 0, end)) all.push(hex(node.start));
    return all.length === 0 ? 'none' : all.join(', ');
  }

  /** Addresses that are mapped for the device. */
  held(dev: device): string {
    const { container } = deref(this.dma.get(dev)).endpoint;
    const all = [...container.mappings()].map(({ start }) => hex(start));
    return all.length === 0 ? 'none' : all.join(', ');
  }
}
