// SPDX-License-Identifier: GPL-2.0-only
// Tests of iommu_unmap, of gathering what is to be flushed, and of looking addresses up.

import { expect } from 'chai';
import { phys_addr_t } from '@iommu-bounce/linux-shim';
import { leak_checked } from '@iommu-bounce/linux-shim/testing';
import {
  IOMMU_DOMAIN_IDENTITY,
  IOMMU_READ,
  IOMMU_WRITE,
  iommu_c,
  iommu_flush_iotlb_all,
  iommu_iotlb_gather,
  iommu_iotlb_gather_add_page,
  iommu_iotlb_sync,
} from '@iommu-bounce/iommu-core';
import { to_table_domain } from '@iommu-bounce/iommu-core';
import sinon from 'sinon';
import { calls, iova, new_iommu, spied_domain, spied_ops } from './new-iommu';

const K4 = 2 ** 12;
const M2 = 2 ** 21;
const X86 = K4 + M2 + 2 ** 30;
const RW = IOMMU_READ | IOMMU_WRITE;

describe('iommu_unmap', () => {
  const { boot_machine } = leak_checked();

  const mapped = (at: number, size: number) => {
    const listener = { sync: sinon.spy(), unmap: sinon.spy(), flush_all: sinon.spy() };
    const all = new_iommu(boot_machine(), {}, listener);
    const domain = to_table_domain(all.iommu.iommu_domain_alloc(all.bus) ?? expect.fail());
    expect(all.iommu.iommu_map(domain, iova(at), phys_addr_t(at), size, RW)).to.equal(0);
    const trace = { trace_map: sinon.spy(), trace_unmap: sinon.spy() };
    all.iommu.set_trace(trace);
    return { ...all, domain, listener, trace };
  };

  it('unmaps page by page of the sizes that map would take, and syncs once', () => {
    const { iommu, domain, listener, trace } = mapped(M2 - K4, M2 + 2 * K4);
    expect(iommu.iommu_unmap(domain, iova(M2 - K4), M2 + 2 * K4)).to.equal(M2 + 2 * K4);
    expect(calls(listener.unmap, 0, 1)).to.deep.equal([
      [M2 - K4, K4],
      [M2, M2],
      [2 * M2, K4],
    ]);
    sinon.assert.calledOnce(listener.sync);
    sinon.assert.callOrder(listener.unmap, listener.sync);
    sinon.assert.calledOnceWithExactly(trace.trace_unmap, M2 - K4, M2 + 2 * K4, M2 + 2 * K4);
  });

  it('stops at a hole and says how far it came', () => {
    const { iommu, domain, trace, listener } = mapped(M2, 4 * K4);
    expect(iommu.iommu_unmap(domain, iova(M2 + 2 * K4), K4)).to.equal(K4);
    expect(iommu.iommu_unmap(domain, iova(M2), 4 * K4)).to.equal(2 * K4);
    expect(domain.table.iova_to_phys(iova(M2 + 3 * K4))).to.equal(M2 + 3 * K4);
    expect(trace.trace_unmap.lastCall.args).to.deep.equal([M2, 4 * K4, 2 * K4]);
    sinon.assert.calledTwice(listener.sync);
  });

  it('goes on at the end of what a callback unmapped, even if that is more', () => {
    const iommu = new iommu_c(boot_machine());
    const ops = { ...spied_ops(K4 + M2), unmap: sinon.fake.returns(M2) };
    expect(iommu.iommu_unmap(spied_domain(iommu, ops), iova(M2), K4)).to.equal(M2);
    sinon.assert.calledOnce(ops.unmap);
  });

  it('leaves the rest mapped when a callback fails', () => {
    const { iommu, domain, k } = mapped(K4, 3 * K4);
    k.faults.fail('iommu_unmap', 1, 1);
    expect(iommu.iommu_unmap(domain, iova(K4), 3 * K4)).to.equal(K4);
    expect(domain.table.mapped_pages).to.equal(2);
  });

  it('leaves the sync to the caller of iommu_unmap_fast', () => {
    const { iommu, domain, listener } = mapped(K4, K4);
    const gather = new iommu_iotlb_gather();
    expect(iommu.iommu_unmap_fast(domain, iova(K4), K4, gather)).to.equal(K4);
    sinon.assert.notCalled(listener.sync);
    iommu_flush_iotlb_all(domain);
    sinon.assert.calledOnce(listener.flush_all);
  });

  it('unmaps nothing unaligned, says so, and yet syncs', () => {
    const { iommu, domain, k, listener, trace } = mapped(K4, K4);
    expect(iommu.iommu_unmap(domain, iova(K4), K4 + 1)).to.equal(0);
    expect(iommu.iommu_unmap(domain, iova(K4 + 1), K4)).to.equal(0);
    expect(k.log.lines.map((l) => l.text)).to.deep.equal([
      'iommu: unaligned: iova 0x1000 size 0x1001 min_pagesz 0x1000',
      'iommu: unaligned: iova 0x1001 size 0x1000 min_pagesz 0x1000',
    ]);
    sinon.assert.calledTwice(listener.sync);
    sinon.assert.notCalled(trace.trace_unmap);
  });

  it('unmaps nothing without a callback or page sizes, nor in domains that do not translate', () => {
    const iommu = new iommu_c(boot_machine());
    const ops = spied_ops(X86);
    const unmap = (o: object, type?: number): number => {
      const domain = spied_domain(iommu, o);
      domain.type = type ?? domain.type;
      return iommu.iommu_unmap(domain, iova(K4), K4);
    };
    expect(unmap({ ...ops, unmap: undefined })).to.equal(0);
    expect(unmap(spied_ops(0))).to.equal(0);
    expect(unmap(ops, IOMMU_DOMAIN_IDENTITY)).to.equal(0);
    sinon.assert.notCalled(ops.unmap);
    expect(unmap(ops)).to.equal(K4);
  });
});

describe('iommu_iova_to_phys', () => {
  const { boot_machine } = leak_checked();

  it('adds the offset in the page, and gives 0 for what is not mapped and without a callback', () => {
    const { iommu, bus } = new_iommu(boot_machine());
    const domain = iommu.iommu_domain_alloc(bus) ?? expect.fail();
    iommu.iommu_map(domain, iova(K4), phys_addr_t(5 * K4), K4, RW);
    const at = (n: number): number => iommu.iommu_iova_to_phys(domain, iova(n));
    expect([at(K4 - 1), at(K4), at(K4 + 5), at(2 * K4)]).to.deep.equal([0, 5 * K4, 5 * K4 + 5, 0]);
    expect(iommu.iommu_iova_to_phys(spied_domain(iommu, spied_ops(X86)), iova(K4))).to.equal(0);
  });
});

describe('iommu_iotlb_gather_add_page', () => {
  const { boot_machine } = leak_checked();

  const gathering = () => {
    const iommu = new iommu_c(boot_machine());
    const synced: number[][] = [];
    const ops = {
      ...spied_ops(X86),
      iotlb_sync: (_domain: object, g: { start: number; end: number; pgsize: number }) =>
        synced.push([g.start, g.end, g.pgsize]),
    };
    const domain = spied_domain(iommu, ops);
    const gather = new iommu_iotlb_gather();
    const add = (at: number, size: number): void => {
      iommu_iotlb_gather_add_page(domain, gather, iova(at), size);
    };
    return { synced, domain, gather, add };
  };

  it('joins pages of one size that touch or overlap, on both sides', () => {
    const { synced, domain, gather, add } = gathering();
    for (const page of [8, 9, 7, 8]) add(page * K4, K4);
    expect(synced).to.deep.equal([]);
    iommu_iotlb_sync(domain, gather);
    expect(synced).to.deep.equal([[7 * K4, 10 * K4 - 1, K4]]);
  });

  it('syncs before a page that touches nothing, above or below', () => {
    const { synced, gather, add } = gathering();
    for (const page of [8, 10, 3]) add(page * K4, K4);
    expect(synced).to.deep.equal([
      [8 * K4, 9 * K4 - 1, K4],
      [10 * K4, 11 * K4 - 1, K4],
    ]);
    expect([gather.start, gather.end]).to.deep.equal([3 * K4, 4 * K4 - 1]);
  });

  it('syncs before a page of another size', () => {
    const { synced, gather, add } = gathering();
    add(M2 - K4, K4);
    add(M2, M2);
    expect(synced).to.deep.equal([[M2 - K4, M2 - 1, K4]]);
    expect([gather.start, gather.end, gather.pgsize]).to.deep.equal([M2, 2 * M2 - 1, M2]);
  });
});
