// SPDX-License-Identifier: GPL-2.0-only
// Tests of untrusted devices, which never see more than the bytes that were mapped for them, in every state.

import { expect } from 'chai';
import {
  DMA_ATTR_SKIP_CPU_SYNC,
  DMA_BIDIRECTIONAL,
  DMA_FROM_DEVICE,
  DMA_MAPPING_ERROR,
  DMA_TO_DEVICE,
  type dma_addr_t,
  mm_c,
  type pci_dev,
  type scatterlist,
  type virt_addr_t,
} from '@iommu-bounce/linux-shim';
import {
  fill_pattern,
  new_pci_dev,
  pattern,
  read_bytes,
  write_bytes,
} from '@iommu-bounce/linux-shim/testing';
import { IOMMU_CACHE, IOMMU_READ } from '@iommu-bounce/iommu-core';
import { type table_domain } from '@iommu-bounce/iommu-core';
import { dma_read, dma_write } from '@iommu-bounce/iommu-core/testing';
import { STATES, type wired, type wire_options, wiring } from '@iommu-bounce/dma-iommu/testing';

const machine = { swiotlb_slabs: 128 };

/** Counts the bytes that are zeroed. */
class noting_mm extends mm_c {
  zeroed = 0;
  override memset(dst: virt_addr_t, value: number, len: number): void {
    this.zeroed += len;
    super.memset(dst, value, len);
  }
}

function zeroed_by(w: wired): number {
  if (w.k.mm instanceof noting_mm) return w.k.mm.zeroed;
  throw new TypeError('a machine without the part');
}

interface plugged {
  readonly w: wired;
  readonly dev: pci_dev;
  readonly domain: table_domain;
}

function untrusted(w: wired, dma_coherent = true): plugged {
  const dev = new_pci_dev({ untrusted: true, dma_coherent });
  return { w, dev, domain: w.plug(dev) };
}

function page_at(addr: dma_addr_t): dma_addr_t {
  return (addr - (addr % 4096)) as dma_addr_t;
}

function used(w: wired): number {
  return w.k.swiotlb.io_tlb_default_mem?.used ?? -1;
}

for (const patches of STATES)
  describe(`untrusted devices (patches: ${String(patches)})`, () => {
    const { wire } = wiring();
    const start = (options: wire_options = {}, coherent = true): plugged =>
      untrusted(wire({ patches, machine, ...options }), coherent);

    it('get whole pages as they are', () => {
      const { w, dev } = start();
      const p = w.buffer();
      const at = w.map(dev, p, 0, 4096, DMA_TO_DEVICE);
      expect(used(w)).to.equal(0);
      w.unmap(dev, at, 4096, DMA_TO_DEVICE);
    });

    it('get a copy of less than a page, and zeros around it', () => {
      const { w, dev, domain } = start();
      const p = w.buffer();
      const bytes = fill_pattern(w.k, w.phys(p), 4096, 3);
      const at = w.map(dev, p, 256, 512, DMA_TO_DEVICE);
      expect(used(w)).to.equal(2);
      expect(dma_read(w.k, dev, domain, at, 512)).to.eql(bytes.slice(256, 768));
      expect(
        dma_read(w.k, dev, domain, page_at(at), 4096)?.filter((b) => b !== 0).length,
      ).to.be.most(512);
      w.unmap(dev, at, 512, DMA_TO_DEVICE);
      expect(used(w)).to.equal(0);
    });

    it('see nothing that was in the slots before, whatever the direction', () => {
      for (const dir of [DMA_TO_DEVICE, DMA_FROM_DEVICE, DMA_BIDIRECTIONAL] as const)
        for (const attrs of [0, DMA_ATTR_SKIP_CPU_SYNC]) {
          const { w, dev, domain } = start();
          const { start: slots = 0, end = 0 } = w.k.swiotlb.io_tlb_default_mem ?? {};
          w.k.mm.ram.fill(0xee, slots, end);
          const at = w.map(dev, w.buffer(), 256, 512, dir, attrs);
          const page = domain.table.iova_to_phys(page_at(at));
          const shown = w.k.mm.ram.subarray(page, page + 4096);
          const old = shown.reduce((n, b) => n + Number(b === 0xee), 0);
          // Less than a slot lies in front of the bytes, and is another mapping's: all else is zeroed or copied.
          expect(old, `${String(dir)} ${String(attrs)}`).to.equal(0);
          w.unmap(dev, at, 512, dir, DMA_ATTR_SKIP_CPU_SYNC);
        }
    });

    it('have only those bytes of their slots zeroed that are not copied', () => {
      for (const [dir, attrs, zeroed] of [
        [DMA_TO_DEVICE, 0, 4096 - 512],
        [DMA_BIDIRECTIONAL, 0, 4096 - 512],
        [DMA_FROM_DEVICE, 0, 4096],
        [DMA_TO_DEVICE, DMA_ATTR_SKIP_CPU_SYNC, 4096],
      ] as const) {
        const { w, dev } = start({ machine: { ...machine, parts: { mm: noting_mm } } });
        const p = w.buffer();
        const before = zeroed_by(w);
        const at = w.map(dev, p, 256, 512, dir, attrs);
        expect(zeroed_by(w) - before, `${String(dir)} ${String(attrs)}`).to.equal(zeroed);
        w.unmap(dev, at, 512, dir, attrs);
      }
    });

    it('leave what they wrote in the buffer, and only that', () => {
      const { w, dev, domain } = start();
      const p = w.buffer();
      const bytes = fill_pattern(w.k, w.phys(p), 4096, 4);
      const at = w.map(dev, p, 256, 512, DMA_FROM_DEVICE);
      const written = pattern(512, 5);
      expect(dma_write(w.k, dev, domain, at, written, 512)).to.equal(true);
      w.unmap(dev, at, 512, DMA_FROM_DEVICE);
      bytes.set(written, 256);
      expect(read_bytes(w.k, w.phys(p), 4096)).to.eql(bytes);
    });

    it('see what the CPU syncs, and the other way round', () => {
      const { w, dev, domain } = start();
      const p = w.buffer();
      const at = w.map(dev, p, 0, 100, DMA_BIDIRECTIONAL, DMA_ATTR_SKIP_CPU_SYNC);
      const bytes = fill_pattern(w.k, w.phys(p), 100, 6);
      expect(dma_read(w.k, dev, domain, at, 100)).to.eql(new Uint8Array(100));
      w.k.dma.dma_sync_single_for_device(dev, at, 100, DMA_BIDIRECTIONAL);
      expect(dma_read(w.k, dev, domain, at, 100)).to.eql(bytes);
      const written = pattern(100, 7);
      dma_write(w.k, dev, domain, at, written, 100);
      expect(read_bytes(w.k, w.phys(p), 100)).to.eql(bytes);
      w.k.dma.dma_sync_single_for_cpu(dev, at, 100, DMA_BIDIRECTIONAL);
      expect(read_bytes(w.k, w.phys(p), 100)).to.eql(written);
      w.unmap(dev, at, 100, DMA_BIDIRECTIONAL, DMA_ATTR_SKIP_CPU_SYNC);
    });

    it('have the caches of the slots maintained if they are not coherent', () => {
      const { w, dev } = start({}, false);
      const p = w.buffer();
      const ops: [string, boolean][] = [];
      w.k.arch.on_cache_op((op, paddr) => ops.push([op, w.k.swiotlb.is_swiotlb_buffer(paddr)]));
      const at = w.map(dev, p, 0, 100, DMA_BIDIRECTIONAL);
      w.unmap(dev, at, 100, DMA_BIDIRECTIONAL);
      expect(ops).to.eql([
        ['for_device', true],
        ['for_cpu', true],
      ]);
    });

    it('get an error when the slots run out, the addresses or the driver fail', () => {
      const { w, dev } = start();
      const p = w.buffer(7);
      expect(w.map(dev, p, 1, 300_000, DMA_TO_DEVICE)).to.equal(DMA_MAPPING_ERROR);
      for (const [site, count] of [
        ['iova_alloc', 2],
        ['iommu_map', 1],
      ] as const) {
        w.k.faults.fail(site, count);
        expect(w.map(dev, p, 1, 100, DMA_TO_DEVICE)).to.equal(DMA_MAPPING_ERROR);
        expect(used(w)).to.equal(0);
      }
    });

    it('warn at the unmap of an address that is not mapped', () => {
      const { w, dev, domain } = start();
      w.unmap(dev, domain.geometry.aperture_start, 100, DMA_TO_DEVICE, DMA_ATTR_SKIP_CPU_SYNC);
      expect(w.k.log.warnings).to.equal(1);
    });

    it('have each entry of a list bounced by itself', () => {
      const { w, dev, domain } = start();
      const [a, b] = [w.buffer(), w.buffer()];
      const bytes = fill_pattern(w.k, w.phys(a, 16), 100, 8);
      const sgl = w.list([a, 100, 16], [b, 4096, 0]);
      expect(w.k.dma.dma_map_sg_attrs(dev, sgl, 2, DMA_TO_DEVICE, 0)).to.equal(2);
      expect(used(w)).to.equal(2);
      expect(domain.table.mapped_pages).to.equal(2);
      expect(dma_read(w.k, dev, domain, sgl.dma_address, 100)).to.eql(bytes);
      w.k.dma.dma_unmap_sg_attrs(dev, sgl, 2, DMA_TO_DEVICE, 0);
      expect(used(w)).to.equal(0);
      expect(domain.table.mapped_pages).to.equal(0);
    });

    it('have a list synced entry by entry', () => {
      const { w, dev, domain } = start();
      const [a, b] = [w.buffer(), w.buffer()];
      const sgl = w.list([a, 100, 16], [b, 200, 0]);
      const last = sgl.next_entry as scatterlist;
      w.k.dma.dma_map_sg_attrs(dev, sgl, 2, DMA_TO_DEVICE, DMA_ATTR_SKIP_CPU_SYNC);
      const bytes = pattern(200, 9);
      write_bytes(w.k, w.phys(b), bytes);
      w.k.dma.dma_sync_sg_for_device(dev, sgl, 2, DMA_TO_DEVICE);
      expect(dma_read(w.k, dev, domain, last.dma_address, 200)).to.eql(bytes);
      w.k.dma.dma_sync_sg_for_cpu(dev, sgl, 2, DMA_TO_DEVICE);
      w.k.dma.dma_unmap_sg_attrs(dev, sgl, 2, DMA_TO_DEVICE, DMA_ATTR_SKIP_CPU_SYNC);
    });

    it('have the entries unmapped that were mapped before one that fails', () => {
      const { w, dev, domain } = start();
      const sgl = w.list([w.buffer(), 100, 16], [w.buffer(), 200, 0], [w.buffer(), 4096, 0]);
      w.k.faults.fail('iommu_map', 1, 2);
      expect(w.k.dma.dma_map_sg_attrs(dev, sgl, 3, DMA_TO_DEVICE, 0)).to.equal(0);
      expect(used(w)).to.equal(0);
      expect(domain.table.mapped_pages).to.equal(0);
    });

    const mapped =
      patches === 4
        ? 'finding: get lists mapped with a bool for a permission'
        : 'get lists mapped with the permission of the direction';
    it(mapped, () => {
      for (const coherent of [true, false]) {
        const { w, dev, domain } = start({}, coherent);
        const sgl = w.list([w.buffer(), 100, 0]);
        w.k.dma.dma_map_sg_attrs(dev, sgl, 1, DMA_FROM_DEVICE, 0);
        const prot = w.take()[0]?.[3];
        const wrong = coherent ? IOMMU_READ : 0;
        const right = 2 | (coherent ? IOMMU_CACHE : 0);
        expect(prot).to.equal(patches === 4 ? wrong : right);
        const allowed = dma_write(w.k, dev, domain, sgl.dma_address, null, 100);
        expect(allowed).to.equal(patches !== 4);
        w.k.dma.dma_unmap_sg_attrs(dev, sgl, 1, DMA_FROM_DEVICE, 0);
      }
    });
  });

describe('CONFIG_SWIOTLB=n', () => {
  const { wire } = wiring();

  it('shows an untrusted device the whole page', () => {
    const w = wire({ config: { SWIOTLB: false } });
    const { dev, domain } = untrusted(w);
    const p = w.buffer();
    const bytes = fill_pattern(w.k, w.phys(p), 4096, 3);
    const at = w.map(dev, p, 256, 512, DMA_TO_DEVICE);
    expect(dma_read(w.k, dev, domain, page_at(at), 4096)).to.eql(bytes);
    w.unmap(dev, at, 512, DMA_TO_DEVICE);
  });

  it('finding: lets an untrusted device have the lazy flush queue', () => {
    for (const SWIOTLB of [true, false]) {
      const w = wire({ config: { SWIOTLB }, strict: false });
      const { dev } = untrusted(w);
      const at = w.map(dev, w.buffer(), 0, 4096, DMA_TO_DEVICE);
      w.unmap(dev, at, 4096, DMA_TO_DEVICE);
      expect([w.syncs, w.k.usage().timers]).to.eql(SWIOTLB ? [1, 0] : [0, 1]);
    }
  });
});
