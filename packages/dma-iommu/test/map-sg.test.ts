// SPDX-License-Identifier: GPL-2.0-only
// Tests of mapping scatterlists without a pool, in every state of the series.

import { expect } from 'chai';
import {
  DMA_ATTR_SKIP_CPU_SYNC,
  DMA_BIDIRECTIONAL,
  DMA_MAPPING_ERROR,
  DMA_TO_DEVICE,
  type device,
  type scatterlist,
  sg_next,
} from '@iommu-bounce/linux-shim';
import { fill_pattern, for_each_failure, new_device } from '@iommu-bounce/linux-shim/testing';
import { IOMMU_CACHE, IOMMU_READ } from '@iommu-bounce/iommu-core';
import { dma_read } from '@iommu-bounce/iommu-core/testing';
import { STATES, type wired, wiring } from '@iommu-bounce/dma-iommu/testing';

/** Fields of all entries: [address relative to the first one's, device length, offset, length]. */
function fields(sgl: scatterlist): [number, number, number, number][] {
  const all: [number, number, number, number][] = [];
  for (let s: scatterlist | null = sgl; s; s = sg_next(s)) {
    const at = s.dma_address === DMA_MAPPING_ERROR ? -1 : s.dma_address - sgl.dma_address;
    all.push([at, s.dma_length, s.offset, s.length]);
  }
  return all;
}

function map_sg(w: wired, dev: device, sgl: scatterlist, nents: number, attrs = 0): number {
  return w.k.dma.dma_map_sg_attrs(dev, sgl, nents, DMA_TO_DEVICE, attrs);
}

function unmap_sg(w: wired, dev: device, sgl: scatterlist, nents: number, attrs = 0): void {
  w.k.dma.dma_unmap_sg_attrs(dev, sgl, nents, DMA_TO_DEVICE, attrs);
}

for (const patches of STATES)
  describe(`iommu_dma_map_sg (patches: ${String(patches)})`, () => {
    const { wire } = wiring();

    it('joins what ends and begins with a page, and restores the offsets and lengths', () => {
      const w = wire({ patches });
      const dev = new_device();
      const domain = w.plug(dev);
      const [a, b, c] = [w.buffer(), w.buffer(), w.buffer()];
      const bytes = fill_pattern(w.k, w.phys(b), 4096, 7);
      const sgl = w.list([a, 0xe00, 0x200], [b, 4096, 0], [c, 0x300, 0]);
      expect(map_sg(w, dev, sgl, 3)).to.equal(1);
      expect(fields(sgl)).to.eql([
        [0, 0xe00 + 4096 + 0x300, 0x200, 0xe00],
        [-1, 0, 0, 4096],
        [-1, 0, 0, 0x300],
      ]);
      expect(
        w.take().every(([op, , , prot]) => op === 'map' && prot === (IOMMU_READ | IOMMU_CACHE)),
      ).to.be.true;
      const at = (sgl.dma_address + 0xe00) as typeof sgl.dma_address;
      expect(dma_read(w.k, dev, domain, at, 4096)).to.eql(bytes);
      unmap_sg(w, dev, sgl, 3);
      expect(domain.table.mapped_pages).to.equal(0);
      expect(w.k.log.warnings).to.equal(0);
    });

    it('begins a new segment where an entry does not begin or end with a page', () => {
      const w = wire({ patches });
      const dev = new_device();
      const domain = w.plug(dev);
      const [a, b, c] = [w.buffer(), w.buffer(), w.buffer(1)];
      const sgl = w.list([a, 0x100, 0], [b, 0x200, 0x10], [c, 0x1800, 0]);
      expect(map_sg(w, dev, sgl, 3)).to.equal(3);
      expect(fields(sgl)).to.eql([
        [0, 0x100, 0, 0x100],
        [0x1010, 0x200, 0x10, 0x200],
        [0x2000, 0x1800, 0, 0x1800],
      ]);
      unmap_sg(w, dev, sgl, 3);
      expect(domain.table.mapped_pages).to.equal(0);
    });

    it('makes no segment longer than the device takes', () => {
      const w = wire({ patches });
      const dev = new_device({ dma_parms: { max_segment_size: 0x2000 } });
      w.plug(dev);
      const pages = [0, 0, 0].map(() => w.buffer());
      const sgl = w.list(...pages.map((p) => [p, 4096, 0] as const));
      expect(map_sg(w, dev, sgl, 3)).to.equal(2);
      expect(fields(sgl).map(([at, len]) => [at, len])).to.eql([
        [0, 0x2000],
        [0x2000, 0x1000],
        [-1, 0],
      ]);
      unmap_sg(w, dev, sgl, 3);
      expect(w.k.log.warnings).to.equal(0);
    });

    it('lets no segment cross a boundary of the device', () => {
      const w = wire({ patches });
      const dev = new_device({ dma_parms: { segment_boundary_mask: 0x1fff } });
      const domain = w.plug(dev);
      const [a, b, c] = [w.buffer(), w.buffer(1), w.buffer()];
      const sgl = w.list([a, 4096, 0], [b, 0x2000, 0], [c, 4096, 0]);
      expect(map_sg(w, dev, sgl, 3)).to.equal(3);
      // The first entry is lengthened up to the boundary for the second one to begin there.
      expect(fields(sgl).map(([at, len]) => [at, len])).to.eql([
        [0, 0x1000],
        [0x2000, 0x2000],
        [0x4000, 0x1000],
      ]);
      expect(domain.table.mapped_pages).to.equal(5);
      unmap_sg(w, dev, sgl, 3);
      expect(domain.table.mapped_pages).to.equal(0);
      expect(w.k.log.warnings).to.equal(0);
    });

    it('leaves the list as it was when it fails, with invalid device fields', () => {
      const w = wire({ patches });
      const dev = new_device();
      const domain = w.plug(dev);
      const [a, b] = [w.buffer(), w.buffer()];
      const sgl = w.list([a, 0x100, 0x20], [b, 4096, 0]);
      const expect_restored = (): void => {
        expect(domain.table.mapped_pages).to.equal(0);
        expect(fields(sgl)).to.eql([
          [-1, 0, 0x20, 0x100],
          [-1, 0, 0, 4096],
        ]);
      };
      w.k.faults.fail('iova_alloc', 2); // it is tried twice
      expect(map_sg(w, dev, sgl, 2)).to.equal(0);
      expect_restored();
      const failures = for_each_failure(
        w.k,
        'iommu_map',
        () => map_sg(w, dev, sgl, 2),
        (failed, segments) => {
          expect(segments).to.equal(failed ? 0 : 2);
          if (failed) expect_restored();
          else unmap_sg(w, dev, sgl, 2);
        },
      );
      expect(failures).to.equal(2);
    });

    it('maintains the caches of each entry for a device that is not coherent', () => {
      const w = wire({ patches });
      const dev = new_device({ dma_coherent: false });
      w.plug(dev);
      const [a, b] = [w.buffer(), w.buffer()];
      const sgl = w.list([a, 0x100, 0x20], [b, 0x80, 0]);
      const ops: [string, number, number][] = [];
      w.k.arch.on_cache_op((op, paddr, size) => ops.push([op, paddr, size]));
      map_sg(w, dev, sgl, 2);
      w.k.dma.dma_sync_sg_for_cpu(dev, sgl, 2, DMA_BIDIRECTIONAL);
      w.k.dma.dma_sync_sg_for_device(dev, sgl, 2, DMA_BIDIRECTIONAL);
      unmap_sg(w, dev, sgl, 2);
      const each = (op: string): [string, number, number][] => [
        [op, w.phys(a, 0x20), 0x100],
        [op, w.phys(b), 0x80],
      ];
      const calls = ['for_device', 'for_cpu', 'for_device', 'for_cpu'];
      expect(ops.splice(0)).to.eql(calls.flatMap(each));
      map_sg(w, dev, sgl, 2, DMA_ATTR_SKIP_CPU_SYNC);
      unmap_sg(w, dev, sgl, 2, DMA_ATTR_SKIP_CPU_SYNC);
      expect(ops).to.eql([]);
    });

    it('maintains the caches of entries that share a device segment', () => {
      const w = wire({ patches });
      const dev = new_device({ dma_coherent: false });
      w.plug(dev);
      const [a, b] = [w.buffer(), w.buffer()];
      const sgl = w.list([a, 4096, 0], [b, 4096, 0]);
      expect(map_sg(w, dev, sgl, 2)).to.equal(1); // so the second has no address of its own
      const ops: [string, number, number][] = [];
      w.k.arch.on_cache_op((op, paddr, size) => ops.push([op, paddr, size]));
      w.k.dma.dma_sync_sg_for_cpu(dev, sgl, 2, DMA_BIDIRECTIONAL);
      w.k.dma.dma_sync_sg_for_device(dev, sgl, 2, DMA_BIDIRECTIONAL);
      expect(ops).to.eql([
        ['for_cpu', w.phys(a), 4096],
        ['for_cpu', w.phys(b), 4096],
        ['for_device', w.phys(a), 4096],
        ['for_device', w.phys(b), 4096],
      ]);
      unmap_sg(w, dev, sgl, 2);
    });

    it('syncs nothing for a coherent device', () => {
      const w = wire({ patches });
      const dev = new_device();
      w.plug(dev);
      const sgl = w.list([w.buffer(), 0x100, 0]);
      let ops = 0;
      w.k.arch.on_cache_op(() => ops++);
      map_sg(w, dev, sgl, 1);
      w.k.dma.dma_sync_sg_for_cpu(dev, sgl, 1, DMA_BIDIRECTIONAL);
      w.k.dma.dma_sync_sg_for_device(dev, sgl, 1, DMA_BIDIRECTIONAL);
      unmap_sg(w, dev, sgl, 1);
      expect(ops).to.equal(0);
    });

    it('attaches a device at its first list in a kdump kernel', () => {
      const w = wire({ patches, params: { kdump: true } });
      const dev = new_device();
      w.driver.set_attach_deferred(dev);
      const domain = w.plug(dev);
      w.driver.detach_dev(domain, dev);
      const sgl = w.list([w.buffer(), 0x100, 0]);
      w.k.faults.fail('iommu_attach', 1);
      expect(map_sg(w, dev, sgl, 1)).to.equal(0);
      expect(map_sg(w, dev, sgl, 1)).to.equal(1);
      expect(domain.attached.has(dev)).to.equal(true);
      unmap_sg(w, dev, sgl, 1);
    });

    it('finding: an empty entry behind a full one leaves the whole list without translation', () => {
      const w = wire({ patches });
      const dev = new_device();
      const domain = w.plug(dev);
      const [a, b] = [w.buffer(), w.buffer()];
      const sgl = w.list([a, 4096, 0], [b, 0, 0]);
      expect(map_sg(w, dev, sgl, 2)).to.equal(1);
      expect([sgl.dma_length, domain.table.mapped_pages]).to.eql([4096, 0]);
      expect(dma_read(w.k, dev, domain, sgl.dma_address, 1)).to.equal(null);
      unmap_sg(w, dev, sgl, 2);
      expect(w.k.log.warnings).to.equal(1);
    });
  });
