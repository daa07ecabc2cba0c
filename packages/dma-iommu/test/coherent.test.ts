// SPDX-License-Identifier: GPL-2.0-only
// Tests of coherent memory: scattered and remapped, contiguous, tables of pages; mapping it to users; failures.

import { expect } from 'chai';
import { stub } from 'sinon';
import {
  DMA_ATTR_ALLOC_SINGLE_PAGES,
  DMA_ATTR_FORCE_CONTIGUOUS,
  DMA_BIDIRECTIONAL,
  DMA_BIT_MASK,
  ENOMEM,
  ENXIO,
  GFP_ATOMIC,
  GFP_KERNEL,
  NULL_ptr,
  type device,
  type dma_handle_out,
  dma_addr_t,
  sg_next,
  sg_page,
  sg_table,
  type virt_addr_t,
  type vm_area_struct,
  virt_addr_t as to_virt,
} from '@iommu-bounce/linux-shim';
import { for_each_failure, new_device, pattern } from '@iommu-bounce/linux-shim/testing';
import { dma_read } from '@iommu-bounce/iommu-core/testing';
import { STATES, type wired, wiring } from '@iommu-bounce/dma-iommu/testing';

/** Ways to get 3 pages: name, flags, attributes, whether the device is coherent. */
const WAYS = [
  ['scattered', GFP_KERNEL, 0, true],
  ['scattered, not coherent', GFP_KERNEL, DMA_ATTR_ALLOC_SINGLE_PAGES, false],
  ['contiguous', GFP_ATOMIC, 0, true],
  ['contiguous, remapped', GFP_KERNEL, DMA_ATTR_FORCE_CONTIGUOUS, false],
] as const;

const SIZE = 0x2345;

interface memory {
  readonly cpu: virt_addr_t;
  readonly handle: dma_addr_t;
}

function alloc(w: wired, dev: device, gfp: number, attrs: number): memory {
  const handle: dma_handle_out = { value: dma_addr_t(0) };
  const cpu = w.k.dma.dma_alloc_attrs(dev, SIZE, handle, gfp, attrs);
  return { cpu, handle: handle.value };
}

function free(w: wired, dev: device, { cpu, handle }: memory, attrs: number): void {
  w.k.dma.dma_free_attrs(dev, SIZE, cpu, handle, attrs);
}

for (const patches of STATES)
  describe(`iommu_dma_alloc (patches: ${String(patches)})`, () => {
    const { wire } = wiring();

    for (const [way, gfp, attrs, dma_coherent] of WAYS) {
      it(`gives zeroed memory that CPU and device share: ${way}`, () => {
        const w = wire({ patches });
        const dev = new_device({ dma_coherent });
        const domain = w.plug(dev);
        const mem = alloc(w, dev, gfp, attrs);
        expect(domain.table.mapped_pages).to.equal(3);
        expect(dma_read(w.k, dev, domain, mem.handle, 0x3000)).to.eql(new Uint8Array(0x3000));
        const bytes = pattern(SIZE, 1);
        let done = 0;
        w.k.mm.for_each_piece(mem.cpu, SIZE, (at, n) => {
          w.k.mm.ram.set(bytes.subarray(done, done + n), at);
          done += n;
        });
        expect(dma_read(w.k, dev, domain, mem.handle, SIZE)).to.eql(bytes);
        free(w, dev, mem, attrs);
        expect(domain.table.mapped_pages).to.equal(0);
      });

      it(`gives everything back when a step fails: ${way}`, () => {
        for (const site of ['kmalloc', 'page_alloc', 'iommu_map', 'vmap'] as const) {
          const w = wire({ patches });
          const dev = new_device({ dma_coherent });
          const domain = w.plug(dev);
          const before = w.k.usage();
          let least = 0;
          const failures = for_each_failure(
            w.k,
            site,
            () => alloc(w, dev, gfp, attrs),
            (failed, mem) => {
              // A failed large block is no failure: smaller ones do.
              if (mem.cpu === NULL_ptr) least++;
              if (!failed) expect(mem.cpu).not.to.equal(NULL_ptr);
              if (mem.cpu !== NULL_ptr) free(w, dev, mem, attrs);
              expect(domain.table.mapped_pages).to.equal(0);
              const { pages, vmalloc_areas } = w.k.usage();
              expect([pages, vmalloc_areas]).to.eql([before.pages, before.vmalloc_areas]);
            },
          );
          expect(least, site).to.be.most(failures);
          if (site === 'iommu_map') expect(least).to.be.greaterThan(0);
        }
      });
    }

    it('gives nothing without an address for it', () => {
      const w = wire({ patches });
      const dev = new_device();
      w.plug(dev);
      const before = w.k.usage();
      for (const [, gfp, attrs] of WAYS) {
        w.k.faults.fail('iova_alloc', 2);
        expect(alloc(w, dev, gfp, attrs).cpu).to.equal(NULL_ptr);
        expect(w.k.usage()).to.eql(before);
      }
    });

    it('stays below the coherent mask', () => {
      const w = wire({ patches });
      const dev = new_device({ coherent_dma_mask: DMA_BIT_MASK(24) });
      w.plug(dev);
      const mem = alloc(w, dev, GFP_KERNEL, 0);
      expect(mem.handle).to.equal(2 ** 24 - 0x4000);
      free(w, dev, mem, 0);
    });

    it('works with an IOMMU whose smallest page is less than one of the CPU', () => {
      const w = wire({ patches, driver: { pgsize_bitmap: 1024 + 4096 } });
      const dev = new_device();
      const domain = w.plug(dev);
      const handle: dma_handle_out = { value: dma_addr_t(0) };
      const cpu = w.k.dma.dma_alloc_attrs(dev, 0x3000, handle, GFP_KERNEL, 0);
      expect(domain.table.mapped_pages).to.equal(3);
      w.k.dma.dma_free_attrs(dev, 0x3000, cpu, handle.value, 0);
    });

    it('gets single pages of the CPU where the smallest page of the IOMMU is less', () => {
      const w = wire({ patches, driver: { pgsize_bitmap: 1024 + 4096 } });
      const dev = new_device();
      const domain = w.plug(dev);
      const mem = alloc(w, dev, GFP_KERNEL, DMA_ATTR_ALLOC_SINGLE_PAGES);
      expect(domain.table.mapped_pages * 4096).to.equal(0x2400); // 0x2345 bytes, in pages of the IOMMU
      free(w, dev, mem, DMA_ATTR_ALLOC_SINGLE_PAGES);
    });

    it('asks for blocks as large as pages of the IOMMU, unless single pages are wanted', () => {
      for (const [attrs, requests] of [
        [0, 1],
        [DMA_ATTR_ALLOC_SINGLE_PAGES, 16],
      ] as const) {
        const w = wire({ patches, driver: { pgsize_bitmap: 0x1000 + 0x10000 } });
        const dev = new_device();
        w.plug(dev);
        const handle: dma_handle_out = { value: dma_addr_t(0) };
        w.k.faults.count_passages();
        const cpu = w.k.dma.dma_alloc_attrs(dev, 0x10000, handle, GFP_KERNEL, attrs);
        expect(w.k.faults.passages('page_alloc')).to.equal(requests);
        w.k.dma.dma_free_attrs(dev, 0x10000, cpu, handle.value, attrs);
      }
    });

    it('has the scattered pages prepared for a device that is not coherent', () => {
      for (const dma_coherent of [true, false]) {
        const w = wire({ patches });
        const dev = new_device({ dma_coherent });
        const domain = w.plug(dev);
        const holes = Array.from({ length: 8 }, () => w.buffer());
        w.free(holes.filter((_, i) => i % 2 === 0)); // no two neighbours are free: an entry for each page
        const prepared: [number, number][] = [];
        stub(w.k.arch, 'arch_dma_prep_coherent').callsFake((p, size) => {
          prepared.push([w.phys(p), size]);
        });
        const mem = alloc(w, dev, GFP_KERNEL, DMA_ATTR_ALLOC_SINGLE_PAGES);
        const at = (n: number): number => domain.table.iova_to_phys(dma_addr_t(mem.handle + n));
        const pages = [0, 0x1000, 0x2000].map((n) => [at(n), 0x1000]);
        expect(prepared).to.eql(dma_coherent ? [] : pages);
        free(w, dev, mem, DMA_ATTR_ALLOC_SINGLE_PAGES);
      }
    });

    it('attaches a device at its first allocation in a kdump kernel', () => {
      for (const kdump of [false, true]) {
        const w = wire({ patches, params: { kdump } });
        const dev = new_device();
        w.driver.set_attach_deferred(dev);
        const domain = w.plug(dev);
        w.driver.detach_dev(domain, dev);
        w.k.faults.fail('iommu_attach', 1);
        const first = alloc(w, dev, GFP_KERNEL, 0);
        expect(first.cpu === NULL_ptr).to.equal(kdump);
        if (!kdump) free(w, dev, first, 0);
        const mem = alloc(w, dev, GFP_KERNEL, 0);
        expect(domain.attached.has(dev)).to.equal(kdump);
        free(w, dev, mem, 0);
      }
    });

    it('gives a table of pages in one device segment', () => {
      const w = wire({ patches });
      const dev = new_device();
      const domain = w.plug(dev);
      const sh = w.k.dma.dma_alloc_noncontiguous(dev, SIZE, DMA_BIDIRECTIONAL, GFP_KERNEL, 0);
      if (!sh?.sgt.sgl) throw new Error('no table');
      expect(sh.sgt.nents).to.equal(1);
      expect(sh.sgt.sgl.dma_length).to.equal(0x3000);
      expect(domain.table.mapped_pages).to.equal(3);
      w.k.dma.dma_free_noncontiguous(dev, SIZE, sh, DMA_BIDIRECTIONAL);
      expect(domain.table.mapped_pages).to.equal(0);
      w.k.slab.kfree(sh); // finding: nobody else does
    });

    it('gives no table when a step fails', () => {
      const w = wire({ patches });
      const dev = new_device();
      w.plug(dev);
      const before = w.k.usage();
      const failures = for_each_failure(
        w.k,
        'kmalloc',
        () => w.k.dma.dma_alloc_noncontiguous(dev, SIZE, DMA_BIDIRECTIONAL, GFP_KERNEL, 0),
        (failed, sh) => {
          expect(sh === null).to.equal(failed);
          if (sh) w.k.dma.dma_free_noncontiguous(dev, SIZE, sh, DMA_BIDIRECTIONAL);
          if (sh) w.k.slab.kfree(sh);
          expect(w.k.usage().pages).to.equal(before.pages);
        },
      );
      expect(failures).to.equal(3); // handle, array, table
    });
  });

describe('coherent memory for users', () => {
  const { wire } = wiring();

  for (const [way, gfp, attrs, dma_coherent] of WAYS)
    it(`shows its pages in an area of user memory and in a table: ${way}`, () => {
      const w = wire();
      const dev = new_device({ dma_coherent });
      const domain = w.plug(dev);
      const mem = alloc(w, dev, gfp, attrs);
      const phys = [0, 1, 2].map((n) =>
        domain.table.iova_to_phys(dma_addr_t(mem.handle + n * 4096)),
      );
      const vma: vm_area_struct = { vm_pgoff: 1, nr_pages: 2, mapped: [] };
      expect(w.k.dma.dma_mmap_attrs(dev, vma, mem.cpu, mem.handle, SIZE, attrs)).to.equal(0);
      expect(vma.mapped.map((p) => w.phys(p))).to.eql(phys.slice(1));
      for (const [vm_pgoff, nr_pages] of [
        [3, 1],
        [2, 2],
      ] as const) {
        const outside: vm_area_struct = { vm_pgoff, nr_pages, mapped: [] };
        expect(w.k.dma.dma_mmap_attrs(dev, outside, mem.cpu, mem.handle, SIZE, attrs)).to.equal(
          -ENXIO,
        );
      }
      const sgt = new sg_table();
      expect(w.k.dma.dma_get_sgtable_attrs(dev, sgt, mem.cpu, mem.handle, SIZE, attrs)).to.equal(0);
      expect(sgt.sgl && w.phys(sg_page(sgt.sgl))).to.equal(phys[0]);
      let bytes = 0;
      for (let s = sgt.sgl; s; s = sg_next(s)) bytes += s.length;
      expect(bytes).to.equal(way.startsWith('scattered') ? SIZE : 0x3000);
      w.k.sg.sg_free_table(sgt);
      w.k.faults.fail('kmalloc', 1);
      const ret = w.k.dma.dma_get_sgtable_attrs(dev, sgt, mem.cpu, mem.handle, SIZE, attrs);
      expect(ret).to.equal(-ENOMEM);
      free(w, dev, mem, attrs);
    });

  it('finds a block that was remapped without an array of its own', () => {
    const w = wire();
    const dev = new_device();
    w.plug(dev);
    const mem = alloc(w, dev, GFP_KERNEL, 0);
    const inside = to_virt(mem.cpu + 4096); // not the address of an area, so there is no array to be found
    const vma: vm_area_struct = { vm_pgoff: 0, nr_pages: 1, mapped: [] };
    w.k.dma.dma_mmap_attrs(dev, vma, inside, mem.handle, 4096, 0);
    expect(vma.mapped).to.eql([w.k.vmalloc.vmalloc_to_page(inside)]);
    free(w, dev, mem, 0);
  });

  it('maps pages for streaming use', () => {
    const w = wire();
    const dev = new_device();
    const domain = w.plug(dev);
    const handle: dma_handle_out = { value: dma_addr_t(0) };
    const p = w.k.dma.dma_alloc_pages(dev, 0x1001, handle, DMA_BIDIRECTIONAL, GFP_KERNEL);
    if (!p) throw new Error('no pages');
    expect(domain.table.iova_to_phys(handle.value)).to.equal(w.phys(p));
    expect(domain.table.mapped_pages).to.equal(2);
    w.k.dma.dma_free_pages(dev, 0x1001, p, handle.value, DMA_BIDIRECTIONAL);
    expect(domain.table.mapped_pages).to.equal(0);
  });

  it('has no remapping and no tables of pages with CONFIG_DMA_REMAP=n', () => {
    const w = wire({ config: { DMA_REMAP: false } });
    const dev = new_device();
    w.plug(dev);
    expect(dev.dma_ops).not.to.have.property('alloc_noncontiguous');
    const mem = alloc(w, dev, GFP_KERNEL, 0);
    expect(w.k.vmalloc.is_vmalloc_addr(mem.cpu)).to.equal(false);
    free(w, dev, mem, 0);
  });
});

describe('findings in coherent memory', () => {
  const { wire, write_off } = wiring();

  it('finding: the handle of a table of pages is never freed', () => {
    const w = wire();
    const dev = new_device();
    w.plug(dev);
    const held: number[] = [];
    for (let i = 0; i < 3; i++) {
      const sh = w.k.dma.dma_alloc_noncontiguous(dev, 4096, DMA_BIDIRECTIONAL, GFP_KERNEL, 0);
      if (sh) w.k.dma.dma_free_noncontiguous(dev, 4096, sh, DMA_BIDIRECTIONAL);
      held.push(w.k.usage().allocations);
    }
    const [first = 0] = held; // with it, the address went into the range cache
    expect(held).to.eql([first, first + 1, first + 2]);
    write_off(w);
  });

  it('finding: the first chunk of a chained table is lost when the second cannot be had', () => {
    const w = wire({ machine: { memory: { nodes: [{ lowmem_pages: 1024 }] } } });
    const dev = new_device();
    w.plug(dev);
    // 300 pages, no two of them neighbours: three chunks.
    const holes = Array.from({ length: 600 }, () => w.k.page_alloc.alloc_pages(GFP_KERNEL, 0));
    holes.forEach((p, i) => {
      if (p && i % 2 === 0) w.k.page_alloc.__free_page(p);
    });
    const before = w.k.usage().pages;
    const handle: dma_handle_out = { value: dma_addr_t(0) };
    w.k.faults.fail('page_alloc', 1, 301); // behind the pages and the first chunk
    const cpu = w.k.dma.dma_alloc_attrs(
      dev,
      300 * 4096,
      handle,
      GFP_KERNEL,
      DMA_ATTR_ALLOC_SINGLE_PAGES,
    );
    expect(cpu).to.equal(NULL_ptr);
    expect(w.k.usage().pages).to.equal(before + 1);
    write_off(w);
  });
});
