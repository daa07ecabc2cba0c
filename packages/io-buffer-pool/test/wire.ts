// SPDX-License-Identifier: GPL-2.0-only
// What the tests of the pool share: a machine after patch 4 with a table driver, and a look into the pool.

import {
  GFP_KERNEL,
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
import { leak_checked } from '@iommu-bounce/linux-shim/testing';
import { type iommu_domain, type iommu_group, iommu_c, iova_c } from '@iommu-bounce/iommu-core';
import {
  type table_domain,
  type table_driver_options,
  table_driver,
  to_table_domain,
} from '@iommu-bounce/iommu-core';
import { dma_read, dma_write } from '@iommu-bounce/iommu-core/testing';
import { dma_iommu_c, type iommu_dma_cookie, to_cookie } from '@iommu-bounce/dma-iommu';
import {
  type io_buffer_class_stats,
  type io_buffer_pool,
  type io_buffer_pool_params,
  io_buffer_pool_c,
  io_buffer_pool_stats,
} from '@iommu-bounce/io-buffer-pool';

export interface wire_options {
  readonly params?: io_buffer_pool_params;
  readonly machine?: machine_options;
  readonly driver?: table_driver_options;
  readonly strict?: boolean;
  readonly kdump?: boolean;
  /** CONFIG_IOMMU_IO_BUFFER; n: the pool is linked but nobody calls it. Default true. */
  readonly configured?: boolean;
}

export class wired {
  readonly iommu: iommu_c;
  readonly iova: iova_c;
  readonly dma_iommu: dma_iommu_c;
  readonly io_buffer_pool: io_buffer_pool_c;
  readonly driver: table_driver;
  /** Pages of 4 KiB that the driver was made to map and unmap. */
  maps = 0;
  unmaps = 0;
  private readonly pci = new bus_type('pci');
  private readonly platform = new bus_type('platform');
  private readonly devices: device[] = [];
  private readonly buffers: [page, number][] = [];

  constructor(
    readonly k: machine,
    options: wire_options,
  ) {
    const { strict } = options;
    this.iommu = new iommu_c(k, strict === undefined ? {} : { strict });
    this.iova = new iova_c(k);
    this.io_buffer_pool = new io_buffer_pool_c(
      k,
      this.iommu,
      {
        __iommu_dma_alloc_iova: (...args) => this.dma_iommu.__iommu_dma_alloc_iova(...args),
        __iommu_dma_free_iova: (cookie, ...args) => {
          this.dma_iommu.__iommu_dma_free_iova(cookie as iommu_dma_cookie, ...args);
        },
        __iommu_dma_alloc_pages: (...args) => this.dma_iommu.__iommu_dma_alloc_pages(...args),
        __iommu_dma_free_pages: (...args) => {
          this.dma_iommu.__iommu_dma_free_pages(...args);
        },
      },
      options.params,
    );
    this.dma_iommu = new dma_iommu_c(
      k,
      this.iommu,
      this.iova,
      this.io_buffer_pool,
      { IOMMU_IO_BUFFER: options.configured ?? true, SWIOTLB: true, DMA_REMAP: true },
      { kdump: options.kdump ?? false },
    );
    this.dma_iommu.do_initcalls();
    this.driver = new table_driver(k, this.iommu, this.dma_iommu, options.driver, {
      map: (_iova, _paddr, size) => (this.maps += size / 4096),
      unmap: (_iova, size) => (this.unmaps += size / 4096),
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
    return to_table_domain(deref(this.iommu.iommu_get_domain_for_dev(dev)));
  }

  /** Takes the device away, and with the last one of its group the domain and the pool. */
  unplug(dev: device): void {
    this.devices.splice(this.devices.indexOf(dev), 1);
    this.iommu.iommu_release_device(dev);
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

  read(dev: device, at: number, len: number): Uint8Array | null {
    return dma_read(this.k, dev, this.domain_of(dev), dma_addr_t(at), len);
  }

  write(dev: device, at: number, bytes: Uint8Array): boolean {
    return dma_write(this.k, dev, this.domain_of(dev), dma_addr_t(at), bytes, bytes.length);
  }

  domain_of(dev: device): table_domain {
    return to_table_domain(this.iommu.iommu_get_dma_domain(dev));
  }

  /** The pool of a domain. */
  pool(domain: iommu_domain): io_buffer_pool {
    return deref(to_cookie(domain).bounce_buffers) as io_buffer_pool;
  }

  stats(domain: iommu_domain): io_buffer_class_stats[] {
    return io_buffer_pool_stats(this.pool(domain));
  }

  /** True if the address is a pool's buffer. */
  bounced(domain: iommu_domain, at: number): boolean {
    return this.pool(domain).classes.some(
      (c) => at >= c.iova_base && at < c.iova_base + c.buffer_size * c.slots.length,
    );
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
      const params = { num_slots: 4, ...options.params };
      const memory = { nodes: [{ lowmem_pages: 2048 }] };
      const w = new wired(room.boot_machine({ memory, ...options.machine }), {
        ...options,
        params,
      });
      live.add(w);
      return w;
    },
    write_off: (w) => {
      live.delete(w);
      room.write_off(w.k);
    },
  };
}
