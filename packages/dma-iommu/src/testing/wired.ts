// SPDX-License-Identifier: GPL-2.0-only
// A machine in some state of the series: dma-iommu.c over the table driver, with devices and buffers to map.

import {
  GFP_KERNEL,
  PAGE_SIZE,
  bus_type,
  deref,
  type device,
  dma_addr_t,
  type dma_data_direction,
  type machine,
  type machine_options,
  type page,
  page_to_phys,
  pci_dev,
  phys_addr_t,
  sg_array,
  sg_set_page,
  type scatterlist,
} from '@iommu-bounce/linux-shim';
import {
  type iommu_group,
  type iommu_c,
  type iova_c,
  type table_domain,
  type table_driver_options,
  table_driver,
  to_table_domain,
} from '@iommu-bounce/iommu-core';
import { dma_read, dma_write } from '@iommu-bounce/iommu-core/testing';
import type { dma_iommu_object, series_state } from '../states';
import { type wire_dma_iommu_options, wire_dma_iommu } from '../wire';

/** Every state of the series. */
export const STATES: readonly series_state[] = [0, 1, 2, 3, 4];

/** What the driver was asked to do: ['map', iova, bytes, prot] or ['unmap', iova, bytes]. */
export type iommu_event =
  | readonly ['map', number, number, number]
  | readonly ['unmap', number, number];

export interface wire_options extends Omit<wire_dma_iommu_options, 'machine' | 'driver'> {
  readonly machine?: machine_options;
  readonly driver?: table_driver_options;
}

/** The machine, and the verbs of the tests. */
export class wired {
  readonly iommu: iommu_c;
  readonly iova: iova_c;
  readonly dma_iommu: dma_iommu_object;
  readonly driver: table_driver;
  /** What happened since the last device was plugged or the last `take()`. */
  readonly events: iommu_event[] = [];
  /** Unmaps that waited for the IOMMU, and flushes of everything, since the last device was plugged. */
  syncs = 0;
  flushes = 0;
  readonly platform = new bus_type('platform');
  private readonly pci = new bus_type('pci');
  private readonly devices: device[] = [];
  private readonly buffers: [page, number][] = [];

  constructor(
    readonly k: machine,
    options: wire_options = {},
  ) {
    const { driver, ...others } = options;
    let made: table_driver | undefined;
    const up = wire_dma_iommu({
      ...others,
      machine: k,
      driver: (_k, iommu, dma_iommu) =>
        (made = new table_driver(k, iommu, dma_iommu, driver, {
          map: (iova, _paddr, size, prot) => this.events.push(['map', iova, size, prot]),
          unmap: (iova, size) => this.events.push(['unmap', iova, size]),
          sync: () => this.syncs++,
          flush_all: () => this.flushes++,
        })),
    });
    this.iommu = up.iommu;
    this.iova = up.iova;
    this.dma_iommu = up.dma_iommu;
    this.driver = deref(made);
    this.pci.iommu_ops = this.platform.iommu_ops = this.driver;
  }

  /** Probes the device; its domain. A group makes it share that group's domain. */
  plug(dev: device, group?: iommu_group): table_domain {
    dev.bus = dev instanceof pci_dev ? this.pci : this.platform;
    if (group) this.driver.share_group(dev, group);
    const ret = this.iommu.iommu_probe_device(dev);
    if (ret !== 0) throw new Error(`iommu_probe_device: ${String(ret)}`);
    this.devices.push(dev);
    this.take();
    this.syncs = this.flushes = 0;
    return to_table_domain(deref(this.iommu.iommu_get_domain_for_dev(dev)));
  }

  /** Takes the device away, and with the last one of its group the domain. */
  unplug(dev: device): void {
    this.devices.splice(this.devices.indexOf(dev), 1);
    this.iommu.iommu_release_device(dev);
  }

  domain_of(dev: device): table_domain {
    return to_table_domain(this.iommu.iommu_get_dma_domain(dev));
  }

  /** 2^order contiguous pages; lowmem unless the flags allow highmem. */
  buffer(order = 0, gfp = GFP_KERNEL): page {
    const p = deref(this.k.page_alloc.alloc_pages(gfp, order));
    this.buffers.push([p, order]);
    return p;
  }

  /** Gives single pages of `buffer` back before the end. */
  free(pages: readonly page[]): void {
    for (const p of pages) {
      this.buffers.splice(
        this.buffers.findIndex(([q]) => q === p),
        1,
      );
      this.k.page_alloc.__free_page(p);
    }
  }

  phys(p: page, offset = 0): phys_addr_t {
    return phys_addr_t(page_to_phys(p) + offset);
  }

  /** A list of [page, length, offset]. */
  list(...entries: readonly (readonly [page, number, number])[]): scatterlist {
    const sgl = sg_array(entries.length);
    entries.forEach(([p, len, offset], i) => {
      sg_set_page(deref(sgl[i]), p, len, offset);
    });
    return deref(sgl[0]);
  }

  map(
    dev: device,
    p: page,
    off: number,
    len: number,
    dir: dma_data_direction,
    attrs = 0,
  ): dma_addr_t {
    return this.k.dma.dma_map_page_attrs(dev, p, off, len, dir, attrs);
  }

  unmap(dev: device, addr: dma_addr_t, len: number, dir: dma_data_direction, attrs = 0): void {
    this.k.dma.dma_unmap_page_attrs(dev, addr, len, dir, attrs);
  }

  map_sg(dev: device, sgl: scatterlist, nents: number, dir: dma_data_direction, attrs = 0): number {
    return this.k.dma.dma_map_sg_attrs(dev, sgl, nents, dir, attrs);
  }

  unmap_sg(dev: device, sgl: scatterlist, nents: number, dir: dma_data_direction, attrs = 0): void {
    this.k.dma.dma_unmap_sg_attrs(dev, sgl, nents, dir, attrs);
  }

  /** What the device reads; null if it faults. */
  read(dev: device, at: number, len: number): Uint8Array | null {
    return dma_read(this.k, dev, this.domain_of(dev), dma_addr_t(at), len);
  }

  /** The device writes; false if it faults. */
  write(dev: device, at: number, bytes: Uint8Array): boolean {
    return dma_write(this.k, dev, this.domain_of(dev), dma_addr_t(at), bytes, bytes.length);
  }

  /** The events since the last call. */
  take(): iommu_event[] {
    return this.events.splice(0);
  }

  /** Pages of 4 KiB in those events. */
  pages(op: 'map' | 'unmap'): number {
    let pages = 0;
    for (const [what, , size] of this.events) if (what === op) pages += size / PAGE_SIZE;
    return pages;
  }

  /** Takes the devices away, with them their domains, and the buffers. */
  end(): void {
    for (const dev of this.devices.splice(0)) this.iommu.iommu_release_device(dev);
    for (const [p, order] of this.buffers.splice(0)) this.k.page_alloc.__free_pages(p, order);
  }
}
