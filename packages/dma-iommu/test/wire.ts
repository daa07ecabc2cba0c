// SPDX-License-Identifier: GPL-2.0-only
// What the tests of dma-iommu share: a machine in some state of the series, its table driver, devices and buffers.

import {
  GFP_KERNEL,
  bus_type,
  deref,
  type device,
  type dma_addr_t,
  type dma_data_direction,
  type machine,
  type machine_options,
  type page,
  page_to_phys,
  pci_dev,
  type phys_addr_t,
  sg_array,
  sg_set_page,
  type scatterlist,
} from '@iommu-bounce/linux-shim';
import { leak_checked } from '@iommu-bounce/linux-shim/testing';
import { type iommu_group, iommu_c, iova_c } from '@iommu-bounce/iommu-core';
import {
  type table_domain,
  type table_driver_options,
  table_driver,
  to_table_domain,
} from '@iommu-bounce/iommu-core';
import {
  type dma_iommu_config,
  type dma_iommu_object,
  type dma_iommu_params,
  dma_iommu_after,
  type io_buffer_pool_h,
  io_buffer_pool_h_stubs,
  type series_state,
} from '@iommu-bounce/dma-iommu';

export const STATES: readonly series_state[] = [0, 1, 2, 3, 4];

/** What the driver was made to do: pages mapped or unmapped. */
export type iommu_event =
  readonly ['map', number, number, number] | readonly ['unmap', number, number];

export interface wire_options {
  readonly patches?: series_state;
  readonly machine?: machine_options;
  readonly config?: Partial<dma_iommu_config>;
  readonly params?: dma_iommu_params;
  /** Stands for io-buffer-pool.o. Default: the header's stubs. */
  readonly pool?: io_buffer_pool_h;
  readonly strict?: boolean;
  readonly driver?: table_driver_options;
}

export class wired {
  readonly iommu: iommu_c;
  readonly iova: iova_c;
  readonly dma_iommu: dma_iommu_object;
  readonly driver: table_driver;
  readonly events: iommu_event[] = [];
  syncs = 0;
  flushes = 0;
  private readonly pci = new bus_type('pci');
  readonly platform = new bus_type('platform');
  private readonly devices: device[] = [];
  private readonly buffers: [page, number][] = [];

  constructor(
    readonly k: machine,
    options: wire_options,
  ) {
    const { strict } = options;
    this.iommu = new iommu_c(k, strict === undefined ? {} : { strict });
    this.iova = new iova_c(k);
    this.dma_iommu = new dma_iommu_after[options.patches ?? 4](
      k,
      this.iommu,
      this.iova,
      options.pool ?? new io_buffer_pool_h_stubs(),
      {
        IOMMU_IO_BUFFER: options.pool !== undefined,
        SWIOTLB: true,
        DMA_REMAP: true,
        ...options.config,
      },
      options.params,
    );
    this.dma_iommu.do_initcalls();
    this.driver = new table_driver(k, this.iommu, this.dma_iommu, options.driver, {
      map: (iova, _paddr, size, prot) => this.events.push(['map', iova, size, prot]),
      unmap: (iova, size) => this.events.push(['unmap', iova, size]),
      sync: () => this.syncs++,
      flush_all: () => this.flushes++,
    });
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

  /** 2^order contiguous lowmem pages. */
  buffer(order = 0): page {
    const p = deref(this.k.page_alloc.alloc_pages(GFP_KERNEL, order));
    this.buffers.push([p, order]);
    return p;
  }

  phys(p: page, offset = 0): phys_addr_t {
    return (page_to_phys(p) + offset) as phys_addr_t;
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

  /** The events since the last call. */
  take(): iommu_event[] {
    return this.events.splice(0);
  }

  /** Takes the devices away, with them their domains, and the buffers. */
  end(): void {
    for (const dev of this.devices.splice(0)) this.iommu.iommu_release_device(dev);
    for (const [p, order] of this.buffers.splice(0)) this.k.page_alloc.__free_pages(p, order);
  }
}

/** In a `describe`: machines that are taken down, then checked for leaks, after each test. */
export function wiring(): {
  wire: (options?: wire_options) => wired;
  write_off: (w: wired) => void;
} {
  const live = new Set<wired>();
  afterEach(function () {
    if (this.currentTest?.state !== 'failed') for (const w of live) w.end();
    live.clear();
  });
  const room = leak_checked();
  return {
    wire: (options = {}) => {
      const memory = { nodes: [{ lowmem_pages: 2048 }] };
      const w = new wired(room.boot_machine({ memory, ...options.machine }), options);
      live.add(w);
      return w;
    },
    write_off: (w) => {
      live.delete(w);
      room.write_off(w.k);
    },
  };
}
