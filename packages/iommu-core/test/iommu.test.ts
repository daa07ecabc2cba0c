// SPDX-License-Identifier: GPL-2.0-only
// Tests of iommu_map: page sizes, alignment, roll-back, syncs, trace points, context.

import { expect } from 'chai';
import {
  EINVAL,
  ENODEV,
  ENOMEM,
  GFP_ATOMIC,
  GFP_KERNEL,
  phys_addr_t,
} from '@iommu-bounce/linux-shim';
import { catch_oops, for_each_failure, leak_checked } from '@iommu-bounce/linux-shim/testing';
import {
  IOMMU_DOMAIN_BLOCKED,
  IOMMU_DOMAIN_IDENTITY,
  IOMMU_READ,
  IOMMU_WRITE,
  iommu_c,
} from '@iommu-bounce/iommu-core';
import { page_sizes, to_table_domain } from '@iommu-bounce/iommu-core';
import * as fc from 'fast-check';
import sinon from 'sinon';
import { calls, iova, new_iommu, spied_domain, spied_ops } from './new-iommu';

const K4 = 2 ** 12;
const M2 = 2 ** 21;
const G1 = 2 ** 30;
const X86 = K4 + M2 + G1;
const RW = IOMMU_READ | IOMMU_WRITE;

describe('iommu_map', () => {
  const { boot_machine, write_off } = leak_checked();

  const mapped_sizes = (bitmap: number, at: number, paddr: number, size: number): number[] => {
    const iommu = new iommu_c(boot_machine());
    const ops = spied_ops(bitmap);
    expect(
      iommu.iommu_map(spied_domain(iommu, ops), iova(at), phys_addr_t(paddr), size, RW),
    ).to.equal(0);
    return calls(ops.map, 3).flat();
  };

  it('takes the largest page that fits what is left', () => {
    expect(mapped_sizes(X86, G1, 2 * G1, G1 + M2 + K4)).to.deep.equal([G1, M2, K4]);
  });

  it('climbs to large pages and down again', () => {
    const sizes = mapped_sizes(X86, M2 - K4, 3 * M2 - K4, M2 + 2 * K4);
    expect(sizes).to.deep.equal([K4, M2, K4]);
  });

  it('takes small pages when either address is not aligned to a large one', () => {
    expect(mapped_sizes(X86, M2, M2 + K4, M2)).to.deep.equal(new Array(512).fill(K4));
    expect(mapped_sizes(X86, M2 + K4, M2, M2)).to.deep.equal(new Array(512).fill(K4));
  });

  it('takes the largest page there is for address 0', () => {
    expect(mapped_sizes(X86, 0, 0, 2 * G1)).to.deep.equal([G1, G1]);
  });

  it('uses every power of two when all sizes are supported', () => {
    expect(mapped_sizes(page_sizes(12, 52), 0, 0, 7 * K4)).to.deep.equal([4 * K4, 2 * K4, K4]);
    expect(mapped_sizes(page_sizes(12, 52), 2 ** 47, 2 ** 40, 2 ** 40)).to.deep.equal([2 ** 40]);
  });

  it('covers any aligned range by supported, aligned pages without a gap', () => {
    const iommu = new iommu_c(boot_machine());
    const pfn = fc.oneof(fc.nat({ max: 2 ** 20 }), fc.integer({ min: 0, max: 2 ** 36 }));
    const bitmap = fc
      .uniqueArray(fc.integer({ min: 13, max: 40 }), { maxLength: 6 })
      .map((bits) => bits.reduce((sum, b) => sum + 2 ** b, K4));
    fc.assert(
      fc.property(pfn, pfn, fc.integer({ min: 1, max: 1000 }), bitmap, (at, phys, pages, sizes) => {
        const ops = spied_ops(sizes);
        const [from, to] = [at * K4, phys * K4];
        const domain = spied_domain(iommu, ops);
        expect(iommu.iommu_map(domain, iova(from), phys_addr_t(to), pages * K4, RW)).to.equal(0);
        let done = 0;
        for (const [i = 0, p = 0, size = 0] of calls(ops.map, 1, 2, 3)) {
          const supported = Math.floor(sizes / size) % 2 === 1;
          if (!supported || i % size || p % size || i !== from + done || p !== to + done)
            expect.fail(`page of ${String(size)} at ${String(i)} to ${String(p)}`);
          done += size;
        }
        expect(done).to.equal(pages * K4);
      }),
      { numRuns: 50 },
    );
  });

  it('hands on the permission and whether it may sleep, then syncs the whole range once', () => {
    const iommu = new iommu_c(boot_machine());
    const ops = spied_ops(K4);
    const domain = spied_domain(iommu, ops);
    iommu.iommu_map(domain, iova(K4), phys_addr_t(0), 2 * K4, IOMMU_READ);
    iommu.iommu_map_atomic(domain, iova(8 * K4), phys_addr_t(0), K4, IOMMU_WRITE);
    expect(calls(ops.map, 4, 5)).to.deep.equal([
      [IOMMU_READ, GFP_KERNEL],
      [IOMMU_READ, GFP_KERNEL],
      [IOMMU_WRITE, GFP_ATOMIC],
    ]);
    expect(calls(ops.iotlb_sync_map, 1, 2)).to.deep.equal([
      [K4, 2 * K4],
      [8 * K4, K4],
    ]);
    sinon.assert.callOrder(ops.map, ops.map, ops.iotlb_sync_map, ops.map, ops.iotlb_sync_map);
    sinon.assert.notCalled(ops.iotlb_sync);
  });

  for (const [what, at, paddr, size] of [
    ['address', 0x1800, 0, K4],
    ['physical address', K4, 0x800, K4],
    ['size', K4, 0, K4 + 1],
  ] as const)
    it(`refuses an unaligned ${what} and says so`, () => {
      const k = boot_machine();
      const iommu = new iommu_c(k);
      const ops = spied_ops(X86);
      const domain = spied_domain(iommu, ops);
      expect(iommu.iommu_map(domain, iova(at), phys_addr_t(paddr), size, RW)).to.equal(-EINVAL);
      sinon.assert.notCalled(ops.map);
      expect(k.log.lines.map((l) => l.text)).to.deep.equal([
        `iommu: unaligned: iova 0x${at.toString(16)} pa 0x${paddr.toString(16).padStart(16, '0')} size 0x${size.toString(16)} min_pagesz 0x1000`,
      ]);
    });

  it('refuses what is aligned to 4 KiB when the smallest page is larger', () => {
    const iommu = new iommu_c(boot_machine());
    const domain = spied_domain(iommu, spied_ops(2 ** 16));
    const map = (at: number): number =>
      iommu.iommu_map(domain, iova(at), phys_addr_t(0), 2 ** 16, RW);
    expect([map(K4), map(2 ** 16)]).to.deep.equal([-EINVAL, 0]);
  });

  it('has nothing to do for no bytes, and succeeds', () => {
    const iommu = new iommu_c(boot_machine());
    const ops = spied_ops(X86);
    expect(iommu.iommu_map(spied_domain(iommu, ops), iova(K4), phys_addr_t(0), 0, RW)).to.equal(0);
    sinon.assert.notCalled(ops.map);
    sinon.assert.calledOnce(ops.iotlb_sync_map);
  });

  it('fails without a callback or page sizes, and in domains that do not translate', () => {
    const iommu = new iommu_c(boot_machine());
    const map = (ops: object, type?: number): number => {
      const domain = spied_domain(iommu, ops);
      domain.type = type ?? domain.type;
      return iommu.iommu_map(domain, iova(K4), phys_addr_t(0), K4, RW);
    };
    expect(map({ ...spied_ops(X86), map: undefined })).to.equal(-ENODEV);
    expect(map(spied_ops(0))).to.equal(-ENODEV);
    expect(map(spied_ops(X86), IOMMU_DOMAIN_IDENTITY)).to.equal(-EINVAL);
    expect(map(spied_ops(X86), IOMMU_DOMAIN_BLOCKED)).to.equal(-EINVAL);
  });

  it('is told apart from iommu_map_atomic by a report in atomic context', () => {
    const k = boot_machine();
    const iommu = new iommu_c(k);
    const domain = spied_domain(iommu, spied_ops(X86));
    k.context.preempt_disable();
    iommu.iommu_map_atomic(domain, iova(0), phys_addr_t(0), K4, RW);
    expect(k.log.sleeping_in_atomic).to.equal(0);
    iommu.iommu_map(domain, iova(0), phys_addr_t(0), K4, RW);
    expect(k.log.sleeping_in_atomic).to.equal(1);
    expect(k.log.lines.at(-1)?.text).to.match(/sleeping function .* at iommu_map /);
    k.context.preempt_enable();
  });

  it('does not sync what could not be mapped', () => {
    const iommu = new iommu_c(boot_machine());
    const ops = { ...spied_ops(K4), map: sinon.fake.returns(-ENOMEM) };
    const domain = spied_domain(iommu, ops);
    expect(iommu.iommu_map(domain, iova(K4), phys_addr_t(0), K4, RW)).to.equal(-ENOMEM);
    sinon.assert.notCalled(ops.iotlb_sync_map);
    sinon.assert.calledOnce(ops.iotlb_sync);
  });

  it('dies when the page sizes change so that none fits', () => {
    const k = boot_machine();
    write_off(k);
    const iommu = new iommu_c(k);
    const ops = spied_ops(K4);
    const domain = spied_domain(iommu, { ...ops, map: () => ((domain.pgsize_bitmap = M2), 0) });
    const died = catch_oops(() => iommu.iommu_map(domain, iova(0), phys_addr_t(0), 2 * K4, RW));
    expect(died.kind).to.equal('bug');
  });
});

describe('iommu_map when a callback fails', () => {
  const { boot_machine } = leak_checked();

  it('leaves nothing mapped, whichever page it is, and syncs once', () => {
    const k = boot_machine();
    const sync = sinon.spy();
    const { iommu, bus } = new_iommu(k, {}, { sync });
    const trace = { trace_map: sinon.spy(), trace_unmap: sinon.spy() };
    iommu.set_trace(trace);
    const domain = to_table_domain(iommu.iommu_domain_alloc(bus) ?? expect.fail());
    const at = iova(M2 - 2 * K4);
    const size = M2 + 4 * K4;
    const failures = for_each_failure(
      k,
      'iommu_map',
      () => iommu.iommu_map(domain, at, phys_addr_t(at), size, RW),
      (failed, ret, n) => {
        expect(ret).to.equal(failed ? -ENOMEM : 0);
        expect(domain.table.mapped_pages).to.equal(failed ? 0 : size / K4);
        sinon.assert.callCount(sync, failed ? 1 : 0);
        sinon.assert.callCount(trace.trace_map, failed ? 0 : 1);
        if (failed) {
          const done = [0, K4, 2 * K4, M2 + 2 * K4, M2 + 3 * K4][n];
          sinon.assert.calledOnceWithExactly(trace.trace_unmap, at, done, done);
        }
        sinon.resetHistory();
        [sync, trace.trace_map, trace.trace_unmap].forEach((spy) => {
          spy.resetHistory();
        });
      },
    );
    expect(failures).to.equal(5);
    iommu.iommu_domain_free(domain);
  });
});
