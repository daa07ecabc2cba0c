// SPDX-License-Identifier: GPL-2.0-only
// What the tests of virtio-iommu share: a machine with the driver and its device, plugging, and the four views of
// what is mapped.

import { expect } from 'chai';
import {
  bus_type,
  type device,
  deref,
  dma_addr_t,
  type machine,
  PAGE_SIZE,
  phys_addr_t,
} from '@iommu-bounce/linux-shim';
import { new_device } from '@iommu-bounce/linux-shim/testing';
import {
  IOMMU_READ,
  IOMMU_WRITE,
  type DeviceDma,
  type ResvRegion,
  interval_tree_iter_first,
  interval_tree_iter_next,
  iommu_c,
  type iommu_domain,
  type iommu_params,
  new_virtio_iommu,
  to_viommu_domain,
  type viommu_domain,
  type virtio_iommu_options,
} from '@iommu-bounce/iommu-core';
import { new_dma_iommu } from './new-iommu';

export const RW = IOMMU_READ | IOMMU_WRITE;
/** Guest memory that the tests map: frames 16.. of the machine. */
export const RAM = 16 * PAGE_SIZE;

/** A mapping as text: iova range, physical address, permission. */
type view = string[];

function line(start: number, last: number, phys: number, flags: number): string {
  return `${start.toString(16)}-${last.toString(16)} -> ${phys.toString(16)} ${String(flags & 3)}`;
}

export function driver_view(vdomain: viommu_domain): view {
  const all: view = [];
  for (
    let node = interval_tree_iter_first(vdomain.mappings, 0, Number.MAX_SAFE_INTEGER);
    node;
    node = interval_tree_iter_next(node, 0, Number.MAX_SAFE_INTEGER)
  )
    all.push(line(node.start, node.last, node.owner.paddr, node.owner.flags));
  return all;
}

export class virtio_machine {
  readonly iommu: iommu_c;
  readonly dma_iommu = new_dma_iommu();
  readonly bus = new bus_type('platform');
  readonly v;
  private readonly plugged = new Map<device, DeviceDma>();

  constructor(
    readonly k: machine,
    { strict, passthrough, ...options }: virtio_iommu_options & iommu_params = {},
  ) {
    this.iommu = new iommu_c(k, {
      ...(strict === undefined ? {} : { strict }),
      ...(passthrough === undefined ? {} : { passthrough }),
    });
    this.v = new_virtio_iommu(k, this.iommu, this.dma_iommu, options);
    this.bus.iommu_ops = this.v.driver;
  }

  /** Endpoint `id`, not probed. */
  add(id: number, regions: readonly ResvRegion[] = []): device {
    const dev = new_device({ name: `ep${String(id)}`, bus: this.bus });
    this.plugged.set(dev, this.v.add_endpoint(dev, id, regions));
    return dev;
  }

  /** Endpoint `id`, probed: in a group and a domain of its own. */
  plug(id: number, regions: readonly ResvRegion[] = []): device {
    const dev = this.add(id, regions);
    expect(this.iommu.iommu_probe_device(dev)).to.equal(0);
    return dev;
  }

  unplug(dev: device): void {
    this.iommu.iommu_release_device(dev);
    this.v.remove_endpoint(dev);
    this.plugged.delete(dev);
  }

  /** Takes everything down. */
  end(): void {
    for (const dev of [...this.plugged.keys()]) this.unplug(dev);
    this.v.remove();
  }

  domain(dev: device): viommu_domain {
    return to_viommu_domain(deref(this.iommu.iommu_get_domain_for_dev(dev)));
  }

  new_domain(): viommu_domain {
    return to_viommu_domain(deref(this.iommu.iommu_domain_alloc(this.bus)));
  }

  map(domain: iommu_domain, iova: number, phys: number, size = PAGE_SIZE, prot = RW): number {
    return this.iommu.iommu_map_atomic(domain, dma_addr_t(iova), phys_addr_t(phys), size, prot);
  }

  unmap(domain: iommu_domain, iova: number, size = PAGE_SIZE): number {
    return this.iommu.iommu_unmap(domain, dma_addr_t(iova), size);
  }

  phys(domain: iommu_domain, iova: number): number {
    return this.iommu.iommu_iova_to_phys(domain, dma_addr_t(iova));
  }

  dma(dev: device): DeviceDma {
    return deref(this.plugged.get(dev));
  }

  /** Whether the device can read and write there. */
  reaches(dev: device, iova: number, len = 1): boolean {
    return this.dma(dev).reachable(iova, len, 3);
  }

  vmm_view(id: number): view {
    const domain = this.v.vmm.state.domains.get(id);
    return [...(domain?.mappings ?? [])].map((m) => line(m.start, m.last, m.phys, m.flags));
  }

  vfio_view(dev: device): view {
    const { container } = this.dma(dev).endpoint;
    return [...container.mappings()].map((m) => line(m.start, m.last, m.phys, m.flags));
  }

  /** Pages of guest memory in the driver's tree. */
  mapped_pages(vdomain: viommu_domain): number {
    let pages = 0;
    for (
      let node = interval_tree_iter_first(vdomain.mappings, 0, Number.MAX_SAFE_INTEGER);
      node;
      node = interval_tree_iter_next(node, 0, Number.MAX_SAFE_INTEGER)
    )
      pages += (node.last - node.start + 1) / PAGE_SIZE;
    return pages;
  }

  /** The driver, the VMM and the VFIO of each device in the domain say the same, and so does each address. */
  expect_agreement(vdomain: viommu_domain, devs: readonly device[], what = ''): void {
    const view = driver_view(vdomain);
    expect(this.vmm_view(vdomain.id), `VMM ${what}`).to.deep.equal(devs.length > 0 ? view : []);
    for (const dev of devs) {
      expect(this.vfio_view(dev), `VFIO ${what}`).to.deep.equal(view);
      const { container } = this.dma(dev).endpoint;
      for (const at of edges(vdomain)) {
        const phys = this.phys(vdomain, at);
        expect(Math.max(0, container.translate(at, 0)), `${what} at ${at.toString(16)}`).to.equal(
          phys,
        );
      }
    }
  }
}

/** First and last byte of each page that is mapped, and the bytes beside it. */
function edges(vdomain: viommu_domain): number[] {
  const at: number[] = [];
  for (
    let node = interval_tree_iter_first(vdomain.mappings, 0, Number.MAX_SAFE_INTEGER);
    node;
    node = interval_tree_iter_next(node, 0, Number.MAX_SAFE_INTEGER)
  )
    for (let page = node.start; page < node.last; page += PAGE_SIZE)
      at.push(Math.max(0, page - 1), page, page + 1, page + PAGE_SIZE - 1, page + PAGE_SIZE);
  return at;
}
