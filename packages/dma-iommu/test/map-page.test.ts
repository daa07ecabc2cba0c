// SPDX-License-Identifier: GPL-2.0-only
// Tests of mapping pages and registers, and of syncing them, without a pool, in every state of the series.

import { expect } from 'chai';
import {
  DMA_ATTR_PRIVILEGED,
  DMA_ATTR_SKIP_CPU_SYNC,
  DMA_BIDIRECTIONAL,
  DMA_BIT_MASK,
  DMA_FROM_DEVICE,
  DMA_MAPPING_ERROR,
  DMA_TO_DEVICE,
  type dma_data_direction,
  phys_addr_t,
} from '@iommu-bounce/linux-shim';
import { fill_pattern, for_each_failure, new_device } from '@iommu-bounce/linux-shim/testing';
import {
  IOMMU_CACHE,
  IOMMU_MMIO,
  IOMMU_PRIV,
  IOMMU_READ,
  IOMMU_WRITE,
} from '@iommu-bounce/iommu-core';
import { dma_read, dma_write } from '@iommu-bounce/iommu-core/testing';
import { STATES, type wired, wiring } from '@iommu-bounce/dma-iommu/testing';

const DIRECTIONS: readonly (readonly [dma_data_direction, number])[] = [
  [DMA_BIDIRECTIONAL, IOMMU_READ | IOMMU_WRITE],
  [DMA_TO_DEVICE, IOMMU_READ],
  [DMA_FROM_DEVICE, IOMMU_WRITE],
];

/** Cache operations from now on, as [operation, offset from `base`, bytes]. */
function cache_ops(w: wired, base: number): [string, number, number][] {
  const ops: [string, number, number][] = [];
  w.k.arch.on_cache_op((op, paddr, size) => ops.push([op, paddr - base, size]));
  return ops;
}

for (const patches of STATES)
  describe(`iommu_dma_map_page (patches: ${String(patches)})`, () => {
    const { wire } = wiring();

    for (const [dir, access] of DIRECTIONS)
      it(`maps whole pages with the permission of direction ${String(dir)}`, () => {
        const w = wire({ patches });
        for (const [fields, attrs, prot] of [
          [{}, 0, access | IOMMU_CACHE],
          [{}, DMA_ATTR_PRIVILEGED, access | IOMMU_CACHE | IOMMU_PRIV],
          [{ dma_coherent: false }, DMA_ATTR_SKIP_CPU_SYNC, access],
        ] as const) {
          const dev = new_device(fields);
          w.plug(dev);
          const p = w.buffer(1);
          const at = w.map(dev, p, 0x123, 0x1000, dir, attrs);
          expect(at % 4096).to.equal(0x123);
          expect(w.take()).to.eql([
            ['map', at - 0x123, 4096, prot],
            ['map', at - 0x123 + 4096, 4096, prot],
          ]);
          w.unmap(dev, at, 0x1000, dir, attrs);
          expect(w.take()).to.eql([
            ['unmap', at - 0x123, 4096],
            ['unmap', at - 0x123 + 4096, 4096],
          ]);
          expect(w.syncs).to.equal(1);
          w.syncs = 0;
        }
      });

    it('maps without any access for a direction that is none', () => {
      const w = wire({ patches });
      const dev = new_device();
      w.plug(dev);
      // The front door stops such a call; the operations do not.
      const at = dev.dma_ops?.map_page(dev, w.buffer(), 0, 4096, 3, 0);
      expect(w.take()).to.eql([['map', at, 4096, 0]]);
      dev.dma_ops?.unmap_page(dev, at ?? DMA_MAPPING_ERROR, 4096, 3, DMA_ATTR_SKIP_CPU_SYNC);
    });

    it('lets the device reach the very bytes', () => {
      const w = wire({ patches });
      const dev = new_device();
      const domain = w.plug(dev);
      const p = w.buffer();
      const bytes = fill_pattern(w.k, w.phys(p, 0x40), 100, 1);
      const at = w.map(dev, p, 0x40, 100, DMA_BIDIRECTIONAL);
      expect(dma_read(w.k, dev, domain, at, 100)).to.eql(bytes);
      expect(dma_write(w.k, dev, domain, at, new Uint8Array(100), 100)).to.equal(true);
      expect(w.k.mm.bytes_at(w.phys(p, 0x40), 100)).to.eql(new Uint8Array(100));
      w.unmap(dev, at, 100, DMA_BIDIRECTIONAL);
      expect(dma_read(w.k, dev, domain, at, 1)).to.equal(null);
    });

    it('keeps the addresses below the mask that the device has now', () => {
      const w = wire({ patches });
      const dev = new_device({ dma_mask: DMA_BIT_MASK(24) });
      w.plug(dev);
      const at = w.map(dev, w.buffer(), 0, 4096, DMA_TO_DEVICE);
      expect(at).to.equal(2 ** 24 - 4096);
      w.unmap(dev, at, 4096, DMA_TO_DEVICE);
    });

    it('gives back what it took when the driver fails', () => {
      const w = wire({ patches });
      const dev = new_device();
      const domain = w.plug(dev);
      const p = w.buffer(1);
      const failures = for_each_failure(
        w.k,
        'iommu_map',
        () => w.map(dev, p, 0, 0x2000, DMA_TO_DEVICE),
        (failed, at) => {
          expect(at === DMA_MAPPING_ERROR).to.equal(failed);
          if (failed) expect(domain.table.mapped_pages).to.equal(0);
          else w.unmap(dev, at, 0x2000, DMA_TO_DEVICE);
        },
      );
      expect(failures).to.equal(2);
    });

    it('fails without a node for the address, after a second try', () => {
      const w = wire({ patches });
      const dev = new_device();
      w.plug(dev);
      const p = w.buffer();
      const before = w.k.usage();
      w.k.faults.fail('iova_alloc', 2);
      expect(w.map(dev, p, 0, 4096, DMA_TO_DEVICE)).to.equal(DMA_MAPPING_ERROR);
      expect(w.k.usage()).to.eql(before);
      w.k.faults.fail('iova_alloc', 1);
      w.unmap(dev, w.map(dev, p, 0, 4096, DMA_TO_DEVICE), 4096, DMA_TO_DEVICE);
      expect(w.k.log.warnings).to.equal(0);
    });

    it('maintains the caches of a device that is not coherent', () => {
      const w = wire({ patches });
      const dev = new_device({ dma_coherent: false });
      w.plug(dev);
      const p = w.buffer();
      const ops = cache_ops(w, w.phys(p));
      const at = w.map(dev, p, 16, 256, DMA_BIDIRECTIONAL);
      w.k.dma.dma_sync_single_for_cpu(dev, at, 128, DMA_BIDIRECTIONAL);
      w.k.dma.dma_sync_single_for_device(dev, at, 64, DMA_BIDIRECTIONAL);
      w.unmap(dev, at, 256, DMA_BIDIRECTIONAL);
      expect(ops.splice(0)).to.eql([
        ['for_device', 16, 256],
        ['for_cpu', 16, 128],
        ['for_device', 16, 64],
        ['for_cpu', 16, 256],
      ]);
      const skipped = w.map(dev, p, 16, 256, DMA_BIDIRECTIONAL, DMA_ATTR_SKIP_CPU_SYNC);
      w.unmap(dev, skipped, 256, DMA_BIDIRECTIONAL, DMA_ATTR_SKIP_CPU_SYNC);
      expect(ops).to.eql([]);
    });

    it('maintains nothing for a coherent device', () => {
      const w = wire({ patches });
      const dev = new_device();
      w.plug(dev);
      const p = w.buffer();
      const ops = cache_ops(w, 0);
      const at = w.map(dev, p, 0, 256, DMA_BIDIRECTIONAL);
      w.k.dma.dma_sync_single_for_cpu(dev, at, 128, DMA_BIDIRECTIONAL);
      w.k.dma.dma_sync_single_for_device(dev, at, 64, DMA_BIDIRECTIONAL);
      w.unmap(dev, at, 256, DMA_BIDIRECTIONAL);
      expect(ops).to.eql([]);
    });

    it('warns when less is unmapped than was mapped, and frees the addresses', () => {
      const w = wire({ patches });
      const dev = new_device();
      const domain = w.plug(dev);
      const at = w.map(dev, w.buffer(), 0, 4096, DMA_TO_DEVICE);
      w.k.faults.fail('iommu_unmap', 1);
      w.unmap(dev, at, 4096, DMA_TO_DEVICE);
      expect(w.k.log.warnings).to.equal(1);
      expect(domain.table.mapped_pages).to.equal(1);
    });

    it('warns of an address that is not mapped, and does nothing', () => {
      const w = wire({ patches });
      const dev = new_device();
      const domain = w.plug(dev);
      w.unmap(dev, domain.geometry.aperture_start, 4096, DMA_TO_DEVICE);
      expect(w.k.log.warnings).to.equal(1);
      expect(w.take()).to.eql([]);
    });

    it('attaches a device at its first mapping in a kdump kernel', () => {
      for (const kdump of [false, true]) {
        const w = wire({ patches, params: { kdump } });
        const dev = new_device();
        w.driver.set_attach_deferred(dev);
        const domain = w.plug(dev);
        w.driver.detach_dev(domain, dev); // probing attaches, deferred or not, when it makes the domain
        const p = w.buffer();
        w.k.faults.fail('iommu_attach', 1);
        const first = w.map(dev, p, 0, 4096, DMA_TO_DEVICE);
        expect(first === DMA_MAPPING_ERROR).to.equal(kdump);
        if (!kdump) w.unmap(dev, first, 4096, DMA_TO_DEVICE);
        const at = w.map(dev, p, 0, 4096, DMA_TO_DEVICE);
        expect(domain.attached.has(dev)).to.equal(kdump);
        w.unmap(dev, at, 4096, DMA_TO_DEVICE);
      }
    });
  });

describe('iommu_dma_map_resource', () => {
  const { wire } = wiring();

  it('maps registers as such, never cached', () => {
    const w = wire();
    const dev = new_device();
    const domain = w.plug(dev);
    const registers = phys_addr_t(2 ** 40 + 0x10);
    const at = w.k.dma.dma_map_resource(dev, registers, 0x100, DMA_BIDIRECTIONAL, 0);
    expect(w.take()).to.eql([['map', at - 0x10, 4096, IOMMU_READ | IOMMU_WRITE | IOMMU_MMIO]]);
    expect(domain.table.iova_to_phys(at)).to.equal(registers);
    w.k.dma.dma_unmap_resource(dev, at, 0x100, DMA_BIDIRECTIONAL, 0);
    expect(domain.table.mapped_pages).to.equal(0);
  });
});

describe('iommu_dma_get_merge_boundary', () => {
  const { wire } = wiring();

  it('is the smallest page of the domain', () => {
    const w = wire({ driver: { pgsize_bitmap: 1024 + 4096 } });
    const dev = new_device();
    w.plug(dev);
    expect(w.k.dma.dma_get_merge_boundary(dev)).to.equal(1023);
  });
});

describe('finding: a mapping of no bytes', () => {
  const { wire } = wiring();

  it('succeeds, translates nothing, and its address is lost at the unmap', () => {
    const w = wire({ driver: { aperture: [0x1000, 0x1fff] } });
    const dev = new_device();
    w.plug(dev);
    const p = w.buffer();
    const at = w.map(dev, p, 0, 0, DMA_TO_DEVICE);
    expect(at).to.equal(0x1000);
    expect(w.take()).to.eql([]);
    w.unmap(dev, at, 0, DMA_TO_DEVICE);
    expect(w.k.log.warnings).to.equal(1);
    expect(w.map(dev, p, 0, 4096, DMA_TO_DEVICE)).to.equal(DMA_MAPPING_ERROR);
  });
});

describe('finding: an unmap that fails', () => {
  const { wire } = wiring();

  it('gives its address to the next mapping, while the device reaches the old page', () => {
    const w = wire({ patches: 0 });
    const dev = new_device();
    w.plug(dev);
    const [old, next] = [w.buffer(), w.buffer()];
    const at = w.map(dev, old, 0, 4096, DMA_BIDIRECTIONAL);
    w.k.faults.fail('iommu_unmap', 1);
    w.unmap(dev, at, 4096, DMA_BIDIRECTIONAL); // warns, and nothing else
    expect(w.k.log.warnings).to.equal(1);
    expect(w.write(dev, at, Uint8Array.of(0xee))).to.equal(true);
    expect(w.k.mm.bytes_at(w.phys(old), 1)[0]).to.equal(0xee);
    // The address is free: the table has it mapped, and refuses the next mapping of it.
    expect(w.map(dev, next, 0, 4096, DMA_BIDIRECTIONAL)).to.equal(DMA_MAPPING_ERROR);
    expect(w.write(dev, at, Uint8Array.of(0xdd))).to.equal(true);
    expect(w.k.mm.bytes_at(w.phys(old), 1)[0]).to.equal(0xdd);
  });
});
