// SPDX-License-Identifier: GPL-2.0-only
// Machines on either IOMMU: their devices' places, and what listeners are told.

import { expect } from 'chai';
import { IO_BUFFER_Y, boot, bootOn, pciDevice, pool_of } from '@iommu-bounce/integration';
import { io_buffer_pool_stats } from '@iommu-bounce/io-buffer-pool';
import { type table_listener, virtio_iommu_c } from '@iommu-bounce/iommu-core';
import {
  DMA_BIDIRECTIONAL,
  DMA_FROM_DEVICE,
  GFP_KERNEL,
  bus_type,
  deref,
  dma_addr_t,
} from '@iommu-bounce/linux-shim';

const machine = { memory: { nodes: [{ lowmem_pages: 64 }] } };

describe('bootOn', () => {
  it('gives each device an endpoint of its own, to one that comes back a new one', () => {
    const on = bootOn('virtio', { machine });
    const bus = new bus_type('pci');
    const [a, b] = ['0000:00:01.0', '0000:00:02.0'].map((name) => pciDevice(name, bus));
    on.plug(deref(a));
    on.m.iommu.iommu_release_device(deref(a));
    on.plug(deref(a));
    on.plug(deref(b));
    expect(deref(on.virtio).vmm.state.endpoints.size).to.equal(3);
  });

  for (const driver of ['virtio', 'table'] as const)
    it(`lets a device on ${driver} do what its mapping allows, and nothing elsewhere`, () => {
      const on = bootOn(driver, { patches: 0, params: 'iommu.strict=1', machine });
      const dev = pciDevice('0000:00:01.0');
      on.plug(dev);
      const { k } = on.m;
      const page = deref(k.page_alloc.alloc_pages(GFP_KERNEL, 0));
      const addr = k.dma.dma_map_page_attrs(dev, page, 0, 4096, DMA_FROM_DEVICE, 0);
      const translate = on.translator(dev);
      expect(translate(addr + 8, true)).to.equal(page.pfn * 4096 + 8);
      expect(translate(addr, false)).to.equal(-1);
      expect(translate(addr + 4096, true)).to.equal(-1);
      k.dma.dma_unmap_page_attrs(dev, addr, 4096, DMA_FROM_DEVICE, 0);
      expect(translate(addr, true)).to.equal(-1);
    });

  it('tells a listener that is an instance of a class, too', () => {
    class Counts implements table_listener {
      readonly seen: string[] = [];
      map(): void {
        this.seen.push('map');
      }
      before_unmap(): void {
        this.seen.push('before_unmap');
      }
      unmap(): void {
        this.seen.push('unmap');
      }
      sync(): void {
        this.seen.push('sync');
      }
      flush_all(): void {
        this.seen.push('flush_all');
      }
    }
    const table = new Counts();
    const on = bootOn('table', { patches: 0, params: 'iommu.strict=1', machine }, { table });
    const dev = pciDevice('0000:00:01.0');
    const domain = on.plug(dev);
    const { k } = on.m;
    const page = deref(k.page_alloc.alloc_pages(GFP_KERNEL, 0));
    table.seen.length = 0;
    const addr = k.dma.dma_map_page_attrs(dev, page, 0, 4096, DMA_FROM_DEVICE, 0);
    k.dma.dma_unmap_page_attrs(dev, addr, 4096, DMA_FROM_DEVICE, 0);
    deref(on.m.driver.flush_iotlb_all?.bind(on.m.driver))(domain);
    expect(table.seen).to.deep.equal(['map', 'before_unmap', 'unmap', 'sync', 'flush_all']);
  });

  it('refuses what only the other driver obeys', () => {
    class overlay extends virtio_iommu_c {}
    const overlays = { virtio_iommu: overlay };
    for (const wrong of [{ dmaEntryLimit: 1 }, { hooks: {} }])
      expect(() => bootOn('table', {}, wrong)).to.throw(
        RangeError,
        `bootOn('table') does not obey ${Object.keys(wrong).join()}: leave it out, or boot on 'virtio'`,
      );
    expect(() => bootOn('table', { overlays })).to.throw(RangeError, 'overlays.virtio_iommu');
    expect(() => bootOn('virtio', {}, { table: {} })).to.throw(RangeError, "boot on 'table'");
    expect(() => boot({ overlays })).to.throw(RangeError, "bootOn('virtio'");
    expect(bootOn('virtio', { overlays, machine }).m.driver).to.be.an.instanceOf(overlay);
    for (const driver of ['virtio', 'table'] as const)
      bootOn(driver, { machine }, { pageSizeMask: 4096 });
  });

  it('watches the driver without changing what it has', () => {
    for (const driver of ['virtio', 'table'] as const) {
      let calls = 0;
      const plain = bootOn(driver, { machine }).m.driver;
      const watched = bootOn(driver, { machine }, { watch: { called: () => calls++ } });
      for (const name of ['map', 'flush_iotlb_all', 'iotlb_sync_map', 'device_group'] as const)
        expect(name in watched.m.driver, `${driver} ${name}`).to.equal(name in plain);
      const dev = pciDevice('0000:00:01.0');
      watched.plug(dev);
      const { k } = watched.m;
      const page = deref(k.page_alloc.alloc_pages(GFP_KERNEL, 0));
      calls = 0;
      k.dma.dma_map_page_attrs(dev, page, 0, 4096, DMA_FROM_DEVICE, 0);
      expect(calls, driver).to.equal(1);
    }
  });
});

describe('a domain whose cookie is renewed', () => {
  it('uses the new pool, though another CPU mapped while the old one was destroyed', () => {
    let meanwhile: (() => void) | null = null;
    const table: table_listener = {
      before_unmap: () => {
        const once = meanwhile;
        meanwhile = null;
        once?.();
      },
    };
    const params = 'io_buffer_pool.num_slots=4 iommu.strict=1';
    const on = bootOn('table', { config: IO_BUFFER_Y, params, machine }, { table });
    const dev = pciDevice('0000:00:01.0');
    const domain = on.plug(dev);
    const { k, dma_iommu } = on.m;
    const page = deref(k.page_alloc.alloc_pages(GFP_KERNEL, 0));
    const map = (dir: typeof DMA_FROM_DEVICE | typeof DMA_BIDIRECTIONAL): dma_addr_t =>
      k.dma.dma_map_page_attrs(dev, page, 0, 64, dir, 0);
    const pair = (): void => {
      k.dma.dma_unmap_page_attrs(dev, map(DMA_FROM_DEVICE), 64, DMA_FROM_DEVICE, 0);
    };
    pair();
    const old = pool_of(domain);
    meanwhile = () => {
      map(DMA_BIDIRECTIONAL);
    };
    dma_iommu.iommu_put_dma_cookie(domain);
    expect(dma_iommu.iommu_get_dma_cookie(domain)).to.equal(0);
    dma_iommu.iommu_setup_dma_ops(dev, dma_addr_t(0), 2 ** 48);
    pair();
    const renewed = deref(pool_of(domain));
    expect(renewed).to.not.equal(old);
    expect(io_buffer_pool_stats(renewed)[0]?.wo).to.equal(1);
  });
});
