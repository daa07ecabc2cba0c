// SPDX-License-Identifier: GPL-2.0-only
// Findings: the series on virtio-iommu, from the DMA API down to what a device reaches.

import { expect } from 'chai';
import {
  DMA_BIDIRECTIONAL,
  DMA_FROM_DEVICE,
  DMA_MAPPING_ERROR,
  GFP_KERNEL,
  bus_type,
  deref,
  type device,
  type dma_addr_t,
  list_for_each_entry,
  type page,
  page_to_phys,
} from '@iommu-bounce/linux-shim';
import {
  VIRTIO_IOMMU_RESV_MEM_T_MSI,
  VIRTIO_IOMMU_RESV_MEM_T_RESERVED,
  VIRTIO_IOMMU_T_ATTACH,
  VIRTIO_IOMMU_T_MAP,
} from '@iommu-bounce/iommu-core';
import {
  IO_BUFFER_Y,
  type MachineOnIommu,
  bootOn,
  pciDevice,
  plug,
} from '@iommu-bounce/integration';
import { pool_of } from '@iommu-bounce/integration';
import { to_cookie } from '@iommu-bounce/dma-iommu';
import { io_buffer_pool_stats } from '@iommu-bounce/io-buffer-pool';

const NO_POOL = '';
const machine = { memory: { nodes: [{ lowmem_pages: 64 }] } };
const FOUR_PAGES = 'io_buffer_pool.class_sizes=1 io_buffer_pool.num_slots=4';

function page_of(on: MachineOnIommu): page {
  return deref(on.m.k.page_alloc.alloc_pages(GFP_KERNEL, 0));
}

function map(on: MachineOnIommu, dev: device, p: page): dma_addr_t {
  return on.m.k.dma.dma_map_page_attrs(dev, p, 0, 4096, DMA_FROM_DEVICE, 0);
}

function unmap(on: MachineOnIommu, dev: device, at: dma_addr_t): void {
  on.m.k.dma.dma_unmap_page_attrs(dev, at, 4096, DMA_FROM_DEVICE, 0);
}

describe('a device that is removed with a live mapping', () => {
  for (const config of [NO_POOL, IO_BUFFER_Y])
    it(`finding: a released device leaves its mappings to the next domain of its number${config && ', the pool its buffers'}`, () => {
      const on = bootOn('virtio', { config, machine });
      const bus = new bus_type('pci');
      const [a, b] = ['0000:00:01.0', '0000:00:02.0'].map((name) => pciDevice(name, bus));
      on.plug(deref(a));
      const p = page_of(on);
      const at = on.m.k.dma.dma_map_page_attrs(deref(a), p, 0, 4096, DMA_BIDIRECTIONAL, 0);
      const reaches_a = on.translator(deref(a));
      const target = reaches_a(at, true);
      if (!config) expect(target).to.equal(page_to_phys(p));
      on.m.iommu.iommu_release_device(deref(a)); // echo 1 > /sys/bus/pci/devices/0000:00:01.0/remove

      on.plug(deref(b));
      const reaches_b = on.translator(deref(b));
      expect([reaches_b(at, false), reaches_b(at, true)]).to.deep.equal([target, target]);
      expect(reaches_a(at, true)).to.equal(target);

      // It gets the same addresses, and the device refuses to map them twice.
      const own = page_of(on);
      const first = map(on, deref(b), own);
      if (config) {
        expect(first).not.to.equal(at); // falls back to an ordinary mapping
        expect(
          io_buffer_pool_stats(deref(pool_of(on.m.iommu.iommu_get_dma_domain(deref(b)))))[0],
        ).to.include({ wo: 0 });
      } else {
        expect(first).to.equal(DMA_MAPPING_ERROR);
      }
      if (first !== DMA_MAPPING_ERROR) unmap(on, deref(b), first);
    });
});

describe('attaching a device again', () => {
  it('finding: replays the idle cache, request by request, with interrupts off and a lock held', () => {
    const seen = { attach: 0, map: 0, atomic: 0 };
    let watching = false;
    const on: MachineOnIommu = bootOn(
      'virtio',
      {
        config: IO_BUFFER_Y,
        params: 'io_buffer_pool.class_sizes=1',
        machine: { memory: { nodes: [{ lowmem_pages: 1100 }] } },
      },
      {
        hooks: {
          request: (type) => {
            if (!watching) return;
            if (type === VIRTIO_IOMMU_T_ATTACH) seen.attach++;
            if (type !== VIRTIO_IOMMU_T_MAP) return;
            seen.map++;
            // The domain's mappings_lock around it all, and the request lock.
            if (on.m.k.locks.held >= 2 && on.m.k.context.irqs_disabled()) seen.atomic++;
          },
        },
      },
    );
    const dev = pciDevice('0000:00:01.0');
    on.plug(dev);
    const p = page_of(on);
    const all = Array.from({ length: 1024 }, () => map(on, dev, p));
    for (const at of all) unmap(on, dev, at);

    // As vfio-pci takes a device and gives it back.
    const { iommu } = on.m;
    const users = deref(iommu.iommu_domain_alloc(deref(dev.bus)));
    expect(iommu.iommu_attach_device(users, dev)).to.equal(0);
    watching = true;
    iommu.iommu_detach_device(users, dev);
    expect(seen).to.deep.equal({ attach: 1, map: 1024, atomic: 1024 });
    expect(on.pinnedPages()).to.equal(1024);
    watching = false;
    iommu.iommu_domain_free(users);
  });
});

describe('cached buffers', () => {
  it('finding: hold all free memory until the eviction worker comes', () => {
    const on = bootOn('virtio', {
      config: IO_BUFFER_Y,
      params: 'io_buffer_pool.class_sizes=1 io_buffer_pool.num_slots=8192',
      machine: { memory: { nodes: [{ lowmem_pages: 1024 }] } },
    });
    const { k } = on.m;
    const dev = pciDevice('0000:00:01.0');
    on.plug(dev);
    const p = page_of(on);
    const free = k.page_alloc.free_pages();
    const all = Array.from({ length: free }, () => map(on, dev, p));
    for (const at of all) unmap(on, dev, at);
    expect(k.page_alloc.free_pages()).to.equal(0);
    expect(k.page_alloc.alloc_pages(GFP_KERNEL, 0)).to.equal(null);
    k.timers.advance(9_999);
    expect(k.page_alloc.alloc_pages(GFP_KERNEL, 0)).to.equal(null);
    k.timers.advance(10_000);
    expect(k.page_alloc.free_pages()).to.equal(free);
  });
});

describe('a reserved region', () => {
  for (const config of [NO_POOL, IO_BUFFER_Y])
    it(`finding: hands out addresses of a region that ends below its start${config && ', the pool too'}`, () => {
      const start = 0xffff_0000;
      for (const last of [0xffff_ffff, 0x1000]) {
        const on = bootOn('virtio', { config, machine, ...(config && { params: FOUR_PAGES }) });
        const dev = pciDevice('0000:00:01.0');
        const subtype = VIRTIO_IOMMU_RESV_MEM_T_RESERVED;
        deref(on.virtio).add_endpoint(dev, 1, [{ start, last, subtype }]);
        plug(on.m, dev);
        const at = map(on, dev, page_of(on));
        expect(at >= start, `to ${String(last)}: ${String(at)}`).to.equal(last < start);
        unmap(on, dev, at);
      }
    });

  it('finding: counts the pages of such a window of MSIs as an int: none, or those of another number', () => {
    const pages = (start: number, last: number): number => {
      const on = bootOn('virtio', { config: NO_POOL, machine });
      const dev = pciDevice('0000:00:01.0');
      const subtype = VIRTIO_IOMMU_RESV_MEM_T_MSI;
      deref(on.virtio).add_endpoint(dev, 1, [{ start, last, subtype }]);
      plug(on.m, dev);
      const { msi_page_list } = to_cookie(on.m.iommu.iommu_get_dma_domain(dev));
      return [...list_for_each_entry(msi_page_list)].length;
    };
    expect(pages(0xfee0_0000, 0xfeef_ffff), 'as it should be').to.equal(256);
    expect(pages(0xfee0_0000, 0xfff), 'some pages below').to.equal(0);
    // 2^32 - 3 pages below, 16 TiB; at 12 TiB below they would be 2^30 structs.
    expect(pages(0x1000 + (2 ** 32 - 3) * 4096, 0xfff), '16 TiB below').to.equal(3);
  });
});
