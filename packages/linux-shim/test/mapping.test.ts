// SPDX-License-Identifier: GPL-2.0-only
// Tests of the DMA API's front door with a device that has ops: what is forwarded, and what is refused before.

import { expect } from 'chai';
import sinon from 'sinon';
import {
  DMA_ATTR_ALLOC_SINGLE_PAGES,
  DMA_ATTR_PRIVILEGED,
  DMA_ATTR_SKIP_CPU_SYNC,
  DMA_FROM_DEVICE,
  DMA_MAPPING_ERROR,
  DMA_NONE,
  DMA_TO_DEVICE,
  EIO,
  ENXIO,
  GFP_KERNEL,
  NULL_ptr,
  PAGE_SIZE,
  __GFP_DMA,
  __GFP_DMA32,
  __GFP_HIGHMEM,
  deref,
  dma_addr_t,
  type dma_map_ops,
  dma_sgt_handle,
  page_to_phys,
  phys_addr_t,
  sg_array,
  sg_table,
  virt_addr_t,
  type vm_area_struct,
} from '@iommu-bounce/linux-shim';
import { catch_oops, leak_checked, new_device, read_bytes } from '@iommu-bounce/linux-shim/testing';

const IOVA = dma_addr_t(0xfff000);
const BAR = phys_addr_t(2 ** 40);

/** Ops that remember their calls. */
function spied_ops() {
  return {
    alloc: sinon.stub<Parameters<dma_map_ops['alloc']>>().returns(virt_addr_t(77)),
    free: sinon.stub<Parameters<dma_map_ops['free']>>(),
    alloc_pages: sinon.stub<Parameters<dma_map_ops['alloc_pages']>>().returns(null),
    free_pages: sinon.stub<Parameters<dma_map_ops['free_pages']>>(),
    mmap: sinon.stub<Parameters<dma_map_ops['mmap']>>().returns(-5),
    get_sgtable: sinon.stub<Parameters<dma_map_ops['get_sgtable']>>().returns(-6),
    map_page: sinon.stub<Parameters<dma_map_ops['map_page']>>().returns(IOVA),
    unmap_page: sinon.stub<Parameters<dma_map_ops['unmap_page']>>(),
    map_sg: sinon.stub<Parameters<dma_map_ops['map_sg']>>().returns(2),
    unmap_sg: sinon.stub<Parameters<dma_map_ops['unmap_sg']>>(),
    sync_single_for_cpu: sinon.stub<Parameters<dma_map_ops['sync_single_for_cpu']>>(),
    sync_single_for_device: sinon.stub<Parameters<dma_map_ops['sync_single_for_device']>>(),
    sync_sg_for_cpu: sinon.stub<Parameters<dma_map_ops['sync_sg_for_cpu']>>(),
    sync_sg_for_device: sinon.stub<Parameters<dma_map_ops['sync_sg_for_device']>>(),
    map_resource: sinon.stub<Parameters<dma_map_ops['map_resource']>>().returns(IOVA),
    unmap_resource: sinon.stub<Parameters<dma_map_ops['unmap_resource']>>(),
    get_merge_boundary: sinon.stub<Parameters<dma_map_ops['get_merge_boundary']>>().returns(4095),
  } satisfies dma_map_ops;
}

describe('the DMA API with ops', () => {
  const { boot_machine } = leak_checked();

  function setup() {
    const k = boot_machine();
    const ops = spied_ops();
    const dev = new_device({ dma_ops: ops });
    return { k, ops, dev, p: k.mm.pfn_to_page(9), sg: deref(sg_array(3)[0]) };
  }

  it('forwards maps and unmaps with all their arguments', () => {
    const { k, ops, dev, p, sg } = setup();
    const attrs = DMA_ATTR_PRIVILEGED;
    expect(k.dma.dma_map_page_attrs(dev, p, 5, 6, DMA_TO_DEVICE, attrs)).to.equal(IOVA);
    sinon.assert.calledOnceWithExactly(ops.map_page, dev, p, 5, 6, DMA_TO_DEVICE, attrs);
    k.dma.dma_unmap_page_attrs(dev, IOVA, 6, DMA_TO_DEVICE, attrs);
    sinon.assert.calledOnceWithExactly(ops.unmap_page, dev, IOVA, 6, DMA_TO_DEVICE, attrs);
    expect(k.dma.dma_map_sg_attrs(dev, sg, 3, DMA_FROM_DEVICE, attrs)).to.equal(2);
    sinon.assert.calledOnceWithExactly(ops.map_sg, dev, sg, 3, DMA_FROM_DEVICE, attrs);
    k.dma.dma_unmap_sg_attrs(dev, sg, 3, DMA_FROM_DEVICE, attrs);
    sinon.assert.calledOnceWithExactly(ops.unmap_sg, dev, sg, 3, DMA_FROM_DEVICE, attrs);
    expect(k.dma.dma_map_resource(dev, BAR, 8, DMA_TO_DEVICE, attrs)).to.equal(IOVA);
    sinon.assert.calledOnceWithExactly(ops.map_resource, dev, BAR, 8, DMA_TO_DEVICE, attrs);
    k.dma.dma_unmap_resource(dev, IOVA, 8, DMA_TO_DEVICE, attrs);
    sinon.assert.calledOnceWithExactly(ops.unmap_resource, dev, IOVA, 8, DMA_TO_DEVICE, attrs);
  });

  it('takes a linear address apart into page and offset', () => {
    const { k, ops, dev, p } = setup();
    k.dma.dma_map_single(dev, virt_addr_t(9 * PAGE_SIZE + 123), 10, DMA_TO_DEVICE);
    sinon.assert.calledOnceWithExactly(ops.map_page, dev, p, 123, 10, DMA_TO_DEVICE, 0);
    k.dma.dma_unmap_single(dev, IOVA, 10, DMA_TO_DEVICE);
    sinon.assert.calledOnceWithExactly(ops.unmap_page, dev, IOVA, 10, DMA_TO_DEVICE, 0);
  });

  it('forwards syncs', () => {
    const { k, ops, dev, sg } = setup();
    for (const name of ['sync_single_for_cpu', 'sync_single_for_device'] as const) {
      k.dma[`dma_${name}`](dev, IOVA, 7, DMA_FROM_DEVICE);
      sinon.assert.calledOnceWithExactly(ops[name], dev, IOVA, 7, DMA_FROM_DEVICE);
    }
    for (const name of ['sync_sg_for_cpu', 'sync_sg_for_device'] as const) {
      k.dma[`dma_${name}`](dev, sg, 3, DMA_TO_DEVICE);
      sinon.assert.calledOnceWithExactly(ops[name], dev, sg, 3, DMA_TO_DEVICE);
    }
  });

  it('forwards allocations, without the zone flags and in whole pages', () => {
    const { k, ops, dev, p } = setup();
    const handle = { value: IOVA };
    const zones = __GFP_DMA | __GFP_DMA32 | __GFP_HIGHMEM;
    expect(k.dma.dma_alloc_attrs(dev, 100, handle, GFP_KERNEL | zones, 4)).to.equal(77);
    sinon.assert.calledOnceWithExactly(ops.alloc, dev, 100, handle, GFP_KERNEL, 4);
    k.dma.dma_free_attrs(dev, 100, virt_addr_t(77), IOVA, 4);
    sinon.assert.calledOnceWithExactly(ops.free, dev, 100, virt_addr_t(77), IOVA, 4);
    k.dma.dma_alloc_pages(dev, 5000, handle, DMA_TO_DEVICE, GFP_KERNEL);
    sinon.assert.calledOnceWithExactly(
      ops.alloc_pages,
      dev,
      8192,
      handle,
      DMA_TO_DEVICE,
      GFP_KERNEL,
    );
    k.dma.dma_free_pages(dev, 5000, p, IOVA, DMA_TO_DEVICE);
    sinon.assert.calledOnceWithExactly(ops.free_pages, dev, 8192, p, IOVA, DMA_TO_DEVICE);
  });

  it('refuses zone flags and missing masks in dma_alloc_pages', () => {
    const { k, ops, dev } = setup();
    const handle = { value: IOVA };
    for (const zone of [__GFP_DMA, __GFP_DMA32, __GFP_HIGHMEM])
      expect(k.dma.dma_alloc_pages(dev, 1, handle, DMA_TO_DEVICE, GFP_KERNEL | zone)).to.equal(
        null,
      );
    dev.coherent_dma_mask = 0;
    expect(k.dma.dma_alloc_pages(dev, 1, handle, DMA_TO_DEVICE, GFP_KERNEL)).to.equal(null);
    sinon.assert.notCalled(ops.alloc_pages);
    expect(k.log.warnings).to.equal(4);
  });

  it('frees NULL silently, and warns of a free with interrupts off', () => {
    const { k, ops, dev } = setup();
    k.dma.dma_free_attrs(dev, 100, NULL_ptr, IOVA, 0);
    sinon.assert.notCalled(ops.free);
    expect(k.log.warnings).to.equal(0);
    const flags = k.context.local_irq_save();
    k.dma.dma_free_attrs(dev, 100, virt_addr_t(77), IOVA, 0);
    k.context.local_irq_restore(flags);
    expect([k.log.warnings, ops.free.callCount]).to.deep.equal([1, 1]);
  });

  it('forwards what makes memory visible elsewhere', () => {
    const { k, ops, dev } = setup();
    const sgt = new sg_table();
    const vma: vm_area_struct = { vm_pgoff: 0, nr_pages: 1, mapped: [] };
    const cpu = virt_addr_t(77);
    expect(k.dma.dma_get_sgtable_attrs(dev, sgt, cpu, IOVA, 9, 1)).to.equal(-6);
    sinon.assert.calledOnceWithExactly(ops.get_sgtable, dev, sgt, cpu, IOVA, 9, 1);
    expect(k.dma.dma_mmap_attrs(dev, vma, cpu, IOVA, 9, 1)).to.equal(-5);
    sinon.assert.calledOnceWithExactly(ops.mmap, dev, vma, cpu, IOVA, 9, 1);
    expect(k.dma.dma_get_merge_boundary(dev)).to.equal(4095);
  });

  it('forwards allocations of single pages, and refuses other attributes', () => {
    const { k, ops, dev } = setup();
    const sh = new dma_sgt_handle();
    const alloc = sinon
      .stub<Parameters<NonNullable<dma_map_ops['alloc_noncontiguous']>>>()
      .returns(sh);
    const free = sinon.stub<Parameters<NonNullable<dma_map_ops['free_noncontiguous']>>>();
    dev.dma_ops = { ...ops, alloc_noncontiguous: alloc, free_noncontiguous: free };
    const attrs = DMA_ATTR_ALLOC_SINGLE_PAGES;
    expect(k.dma.dma_alloc_noncontiguous(dev, 9, DMA_TO_DEVICE, GFP_KERNEL, attrs)).to.equal(sh);
    sinon.assert.calledOnceWithExactly(alloc, dev, 9, DMA_TO_DEVICE, GFP_KERNEL, attrs);
    expect(sh.sgt.nents).to.equal(1);
    k.dma.dma_free_noncontiguous(dev, 9, sh, DMA_TO_DEVICE);
    sinon.assert.calledOnceWithExactly(free, dev, 9, sh, DMA_TO_DEVICE);
    expect(
      k.dma.dma_alloc_noncontiguous(dev, 9, DMA_TO_DEVICE, GFP_KERNEL, DMA_ATTR_SKIP_CPU_SYNC),
    ).to.equal(null);
    expect([alloc.callCount, k.log.warnings]).to.deep.equal([1, 1]);
  });

  it('refuses maps without a mask', () => {
    const { k, ops, dev, p, sg } = setup();
    dev.dma_mask = null;
    expect(k.dma.dma_map_page_attrs(dev, p, 0, 1, DMA_TO_DEVICE, 0)).to.equal(DMA_MAPPING_ERROR);
    expect(k.dma.dma_map_sg_attrs(dev, sg, 1, DMA_TO_DEVICE, 0)).to.equal(0);
    expect(k.dma.dma_map_resource(dev, BAR, 1, DMA_TO_DEVICE, 0)).to.equal(DMA_MAPPING_ERROR);
    expect(k.dma.dma_set_mask(dev, 1)).to.equal(-EIO);
    expect(k.log.warnings).to.equal(3);
    for (const op of [ops.map_page, ops.map_sg, ops.map_resource]) sinon.assert.notCalled(op);
  });

  it('refuses RAM as a resource', () => {
    const { k, ops, dev } = setup();
    const ram = phys_addr_t(9 * PAGE_SIZE);
    expect(k.dma.dma_map_resource(dev, ram, 1, DMA_TO_DEVICE, 0)).to.equal(DMA_MAPPING_ERROR);
    sinon.assert.notCalled(ops.map_resource);
    expect(k.log.warnings).to.equal(1);
  });

  it('is a BUG without a direction, whatever the call', () => {
    const { k, dev, p, sg } = setup();
    for (const call of [
      () => k.dma.dma_map_page_attrs(dev, p, 0, 1, DMA_NONE, 0),
      () => k.dma.dma_map_sg_attrs(dev, sg, 1, DMA_NONE, 0),
      () => k.dma.dma_map_resource(dev, BAR, 1, DMA_NONE, 0),
      ...(['dma_unmap_page_attrs', 'dma_unmap_resource'] as const).map((name) => () => {
        k.dma[name](dev, IOVA, 1, DMA_NONE, 0);
      }),
      ...(['dma_sync_single_for_cpu', 'dma_sync_single_for_device'] as const).map((name) => () => {
        k.dma[name](dev, IOVA, 1, DMA_NONE);
      }),
      ...(['dma_sync_sg_for_cpu', 'dma_sync_sg_for_device'] as const).map((name) => () => {
        k.dma[name](dev, sg, 1, DMA_NONE);
      }),
      () => {
        k.dma.dma_unmap_sg_attrs(dev, sg, 1, DMA_NONE, 0);
      },
    ])
      expect(catch_oops(call).message).to.match(/^kernel BUG: dma_\w+ without a direction$/);
  });

  it('is a BUG when map_sg gives an error number', () => {
    const { k, ops, dev, sg } = setup();
    ops.map_sg.returns(-12);
    const e = catch_oops(() => k.dma.dma_map_sg_attrs(dev, sg, 1, DMA_TO_DEVICE, 0));
    expect(e.message).to.equal('kernel BUG: map_sg returned an error number');
  });

  it('sets masks', () => {
    const { k, dev } = setup();
    expect([k.dma.dma_set_mask(dev, 0xffff), k.dma.dma_set_coherent_mask(dev, 0xfff)]).to.eql([
      0, 0,
    ]);
    expect([dev.dma_mask, dev.coherent_dma_mask]).to.deep.equal([0xffff, 0xfff]);
  });
});

describe('the DMA API without ops', () => {
  const { boot_machine } = leak_checked();

  it('has no tables, user mappings, merging or scattered allocations', () => {
    const k = boot_machine();
    const dev = new_device();
    const vma: vm_area_struct = { vm_pgoff: 0, nr_pages: 1, mapped: [] };
    expect([
      k.dma.dma_get_sgtable_attrs(dev, new sg_table(), NULL_ptr, IOVA, 1, 0),
      k.dma.dma_mmap_attrs(dev, vma, NULL_ptr, IOVA, 1, 0),
      k.dma.dma_get_merge_boundary(dev),
      k.dma.dma_alloc_noncontiguous(dev, 1, DMA_TO_DEVICE, GFP_KERNEL, 0),
    ]).to.deep.equal([-ENXIO, -ENXIO, 0, null]);
    k.dma.dma_free_noncontiguous(dev, 1, new dma_sgt_handle(), DMA_TO_DEVICE);
    expect(k.usage().pages).to.equal(0);
  });
});

describe('dma_common_alloc_pages', () => {
  const { boot_machine } = leak_checked();

  it('gives zeroed pages of the node, mapped without a sync', () => {
    const k = boot_machine({ memory: { nodes: [{ lowmem_pages: 8 }, { lowmem_pages: 8 }] } });
    const ops = spied_ops();
    const dev = new_device({ dma_ops: ops, numa_node: 1 });
    const handle = { value: dma_addr_t(0) };
    const p = deref(k.dma.dma_common_alloc_pages(dev, 8192, handle, DMA_TO_DEVICE, GFP_KERNEL));
    const skip = DMA_ATTR_SKIP_CPU_SYNC;
    sinon.assert.calledOnceWithExactly(ops.map_page, dev, p, 0, 8192, DMA_TO_DEVICE, skip);
    expect([handle.value, p.nid, k.page_alloc.pages_in_use]).to.deep.equal([IOVA, 1, 2]);
    expect(read_bytes(k, page_to_phys(p), 8192).every((b) => b === 0)).to.equal(true);
    k.dma.dma_common_free_pages(dev, 8192, p, IOVA, DMA_TO_DEVICE);
    sinon.assert.calledOnceWithExactly(ops.unmap_page, dev, IOVA, 8192, DMA_TO_DEVICE, skip);
  });

  it('holds nothing when there are no pages or no mapping, and needs ops', () => {
    const k = boot_machine();
    const ops = spied_ops();
    const dev = new_device({ dma_ops: ops });
    const alloc = (): unknown =>
      k.dma.dma_common_alloc_pages(dev, 1, { value: IOVA }, DMA_TO_DEVICE, GFP_KERNEL);
    k.faults.fail('page_alloc', 1);
    expect(alloc()).to.equal(null);
    sinon.assert.notCalled(ops.map_page);
    ops.map_page.returns(DMA_MAPPING_ERROR);
    expect(alloc()).to.equal(null);
    expect(k.page_alloc.pages_in_use).to.equal(0);
    dev.dma_ops = null;
    expect(catch_oops(alloc).kind).to.equal('bad-access');
  });
});
