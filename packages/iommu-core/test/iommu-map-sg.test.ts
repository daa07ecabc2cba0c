// SPDX-License-Identifier: GPL-2.0-only
// Tests of iommu_map_sg: joining adjacent entries, roll-back, lists that end early.

import { expect } from 'chai';
import {
  GFP_KERNEL,
  type machine,
  type scatterlist,
  deref,
  sg_array,
  sg_set_page,
  sg_table,
} from '@iommu-bounce/linux-shim';
import { catch_oops, for_each_failure, leak_checked } from '@iommu-bounce/linux-shim/testing';
import { IOMMU_READ, iommu_c } from '@iommu-bounce/iommu-core';
import { to_table_domain } from '@iommu-bounce/iommu-core';
import sinon from 'sinon';
import { calls, iova, new_iommu, spied_domain, spied_ops } from './new-iommu';

const K4 = 2 ** 12;

/** A list of [frame, bytes, offset]. */
function sg_list(
  k: machine,
  entries: readonly (readonly [number, number, number?])[],
): scatterlist {
  const sgl = sg_array(entries.length);
  entries.forEach(([pfn, len, offset = 0], i) => {
    sg_set_page(deref(sgl[i]), k.mm.pfn_to_page(pfn), len, offset);
  });
  return deref(sgl[0]);
}

describe('iommu_map_sg', () => {
  const { boot_machine, write_off } = leak_checked();

  const map = (...entries: (readonly [number, number, number?])[]) => {
    const k = boot_machine();
    const iommu = new iommu_c(k);
    const trace_map = sinon.spy();
    iommu.set_trace({ trace_map });
    const ops = spied_ops(K4 + 2 ** 21);
    const sg = sg_list(k, entries);
    const ret = iommu.iommu_map_sg(
      spied_domain(iommu, ops),
      iova(0x100000),
      sg,
      entries.length,
      IOMMU_READ,
    );
    return { ret, ops, trace_map };
  };

  it('maps scattered entries one after the other and syncs once at the end', () => {
    const { ret, ops, trace_map } = map([8, K4], [4, 2 * K4], [20, K4]);
    expect(ret).to.equal(4 * K4);
    const expected = [
      [0x100000, 8 * K4, K4],
      [0x101000, 4 * K4, 2 * K4],
      [0x103000, 20 * K4, K4],
    ];
    expect(trace_map.args).to.deep.equal(expected);
    expect(calls(ops.iotlb_sync_map, 1, 2)).to.deep.equal([[0x100000, 4 * K4]]);
    sinon.assert.callOrder(ops.map, ops.map, ops.map, ops.map, ops.iotlb_sync_map);
    sinon.assert.notCalled(ops.unmap);
  });

  it('joins entries that are adjacent in memory', () => {
    const { ret, trace_map } = map([8, K4], [9, 2 * K4], [11, K4], [13, K4], [14, K4], [12, K4]);
    expect(ret).to.equal(7 * K4);
    expect(trace_map.args).to.deep.equal([
      [0x100000, 8 * K4, 4 * K4],
      [0x104000, 13 * K4, 2 * K4],
      [0x106000, 12 * K4, K4],
    ]);
  });

  it('joins pieces of a page to whole pages', () => {
    const { ret, trace_map } = map([8, 1024], [8, K4 - 1024, 1024], [9, 512], [9, 3584, 512]);
    expect(ret).to.equal(2 * K4);
    expect(trace_map.args).to.deep.equal([[0x100000, 8 * K4, 2 * K4]]);
  });

  it('counts the offset of an entry, even past its page', () => {
    const { ret, trace_map } = map([8, K4, K4], [10, K4]);
    expect(ret).to.equal(2 * K4);
    expect(trace_map.args).to.deep.equal([[0x100000, 9 * K4, 2 * K4]]);
  });

  it('gives 0 for an entry that ends within a page, with nothing left mapped', () => {
    const { ret, ops } = map([8, K4], [10, 100], [12, K4]);
    expect(ret).to.equal(0);
    expect(calls(ops.unmap, 1, 2)).to.deep.equal([[0x100000, K4]]);
    sinon.assert.calledOnce(ops.iotlb_sync);
    sinon.assert.notCalled(ops.iotlb_sync_map);
  });

  it('skips empty entries between others', () => {
    const { ret, trace_map } = map([8, K4], [30, 0], [10, K4]);
    expect(ret).to.equal(2 * K4);
    expect(trace_map.args.map((call) => (call as number[])[1])).to.deep.equal([8 * K4, 10 * K4]);
  });

  it('never maps what an empty last entry follows in memory', () => {
    const { ret, ops } = map([8, K4], [9, 0]);
    expect(ret).to.equal(0);
    sinon.assert.notCalled(ops.map);
    expect(map([8, K4], [20, K4], [21, 0]).ret).to.equal(K4);
  });

  it('looks at as many entries as it is told, and at the first even for none', () => {
    const k = boot_machine();
    const iommu = new iommu_c(k);
    const ops = spied_ops(K4);
    const domain = spied_domain(iommu, ops);
    const sg = sg_list(k, [
      [8, K4],
      [9, K4],
    ]);
    expect(iommu.iommu_map_sg(domain, iova(K4), sg, 1, IOMMU_READ)).to.equal(K4);
    expect(iommu.iommu_map_sg(domain, iova(K4), sg, 0, IOMMU_READ)).to.equal(0);
    sinon.assert.calledOnce(ops.map);
    write_off(k);
    expect(catch_oops(() => iommu.iommu_map_sg(domain, iova(K4), sg, 3, IOMMU_READ)).kind).to.equal(
      'bad-access',
    );
  });

  it('follows a chained table', () => {
    const k = boot_machine({ memory: { nodes: [{ lowmem_pages: 2048 }] } });
    const { iommu, bus } = new_iommu(k);
    const domain = to_table_domain(iommu.iommu_domain_alloc(bus) ?? expect.fail());
    const table = new sg_table();
    k.sg.sg_alloc_table(table, 200, GFP_KERNEL);
    const page_of = (i: number): number => 2000 - 2 * i;
    let sg = table.sgl;
    for (let i = 0; i < 200; i++) {
      const entry = deref(sg);
      sg_set_page(entry, k.mm.pfn_to_page(page_of(i)), K4, 0);
      sg = entry.is_last ? null : (deref(entry.next_entry).chain ?? entry.next_entry);
    }
    expect(iommu.iommu_map_sg(domain, iova(K4), deref(table.sgl), 200, IOMMU_READ)).to.equal(
      200 * K4,
    );
    for (const i of [0, 126, 127, 199])
      expect(domain.table.iova_to_phys(iova((i + 1) * K4))).to.equal(page_of(i) * K4);
    k.sg.sg_free_table(table);
  });

  it('leaves nothing mapped, whichever callback fails', () => {
    const k = boot_machine();
    const sync = sinon.spy();
    const { iommu, bus } = new_iommu(k, {}, { sync });
    const domain = to_table_domain(iommu.iommu_domain_alloc(bus) ?? expect.fail());
    const sg = sg_list(k, [
      [8, 2 * K4],
      [4, 3 * K4],
      [20, K4],
    ]);
    const failures = for_each_failure(
      k,
      'iommu_map',
      () => iommu.iommu_map_sg_atomic(domain, iova(K4), sg, 3, IOMMU_READ),
      (failed, ret) => {
        expect(ret).to.equal(failed ? 0 : 6 * K4);
        expect(domain.table.mapped_pages).to.equal(failed ? 0 : 6);
        // Once for the run of pages that failed, once for all that came before.
        sinon.assert.callCount(sync, failed ? 2 : 0);
        sync.resetHistory();
      },
    );
    expect(failures).to.equal(6);
  });

  it('is told apart from iommu_map_sg_atomic by a report in atomic context', () => {
    const k = boot_machine();
    const iommu = new iommu_c(k);
    const domain = spied_domain(iommu, spied_ops(K4));
    const sg = sg_list(k, [[8, K4]]);
    const flags = k.context.local_irq_save();
    iommu.iommu_map_sg_atomic(domain, iova(K4), sg, 1, IOMMU_READ);
    expect(k.log.sleeping_in_atomic).to.equal(0);
    iommu.iommu_map_sg(domain, iova(K4), sg, 1, IOMMU_READ);
    expect(k.log.sleeping_in_atomic).to.equal(1);
    k.context.local_irq_restore(flags);
  });
});
