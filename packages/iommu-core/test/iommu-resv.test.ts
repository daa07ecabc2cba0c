// SPDX-License-Identifier: GPL-2.0-only
// Tests of reserved regions: the sorted, merged list of a group.

import { expect } from 'chai';
import {
  ENOMEM,
  deref,
  list_head,
  list_for_each_entry,
  phys_addr_t,
} from '@iommu-bounce/linux-shim';
import { for_each_failure, leak_checked, new_device } from '@iommu-bounce/linux-shim/testing';
import {
  IOMMU_READ,
  IOMMU_RESV_DIRECT,
  IOMMU_RESV_MSI,
  IOMMU_RESV_RESERVED,
  IOMMU_WRITE,
  type iommu_resv_region,
  type iommu_resv_type,
} from '@iommu-bounce/iommu-core';
import type { resv_region } from '@iommu-bounce/iommu-core';
import * as fc from 'fast-check';
import sinon from 'sinon';
import { calls, group_of, new_iommu, two_in_a_group } from './new-iommu';

const RW = IOMMU_READ | IOMMU_WRITE;

const region = (start: number, length: number, type: iommu_resv_type, prot = RW): resv_region => ({
  start,
  length,
  type,
  prot,
});

describe('iommu_get_group_resv_regions', () => {
  const { boot_machine } = leak_checked();

  /** The group's list for a single device that reports these, as [start, length, type]. */
  const merged = (...regions: resv_region[]): number[][] => {
    const all = new_iommu(boot_machine());
    const dev = all.add_device();
    all.iommu.iommu_probe_device(dev);
    all.driver.set_resv_regions(dev, regions);
    const head = new list_head<iommu_resv_region>();
    expect(all.iommu.iommu_get_group_resv_regions(group_of(dev), head)).to.equal(0);
    const list = [...list_for_each_entry(head)].map((r) => [r.start, r.length, r.type]);
    all.iommu.generic_iommu_put_resv_regions(dev, head);
    all.iommu.iommu_release_device(dev);
    return list;
  };

  it('sorts by start, then by type', () => {
    expect(
      merged(
        region(30, 5, IOMMU_RESV_MSI),
        region(10, 5, IOMMU_RESV_RESERVED),
        region(30, 2, IOMMU_RESV_DIRECT),
        region(20, 5, IOMMU_RESV_MSI),
      ),
    ).to.deep.equal([
      [10, 5, IOMMU_RESV_RESERVED],
      [20, 5, IOMMU_RESV_MSI],
      [30, 2, IOMMU_RESV_DIRECT],
      [30, 5, IOMMU_RESV_MSI],
    ]);
  });

  it('joins regions of one type that overlap or touch, not such with a gap', () => {
    const join = (start: number, length: number): number[][] =>
      merged(region(10, 10, IOMMU_RESV_MSI), region(start, length, IOMMU_RESV_MSI));
    expect(join(19, 5)).to.deep.equal([[10, 14, IOMMU_RESV_MSI]]);
    expect(join(20, 5)).to.deep.equal([[10, 15, IOMMU_RESV_MSI]]);
    expect(join(5, 5)).to.deep.equal([[5, 15, IOMMU_RESV_MSI]]);
    expect(join(12, 3)).to.deep.equal([[10, 10, IOMMU_RESV_MSI]]);
    expect(join(21, 5)).to.deep.equal([
      [10, 10, IOMMU_RESV_MSI],
      [21, 5, IOMMU_RESV_MSI],
    ]);
  });

  it('joins several at once, across a region of another type, which it leaves alone', () => {
    expect(
      merged(
        region(10, 5, IOMMU_RESV_DIRECT),
        region(18, 4, IOMMU_RESV_RESERVED),
        region(30, 5, IOMMU_RESV_DIRECT),
        region(12, 20, IOMMU_RESV_DIRECT),
      ),
    ).to.deep.equal([
      [10, 25, IOMMU_RESV_DIRECT],
      [18, 4, IOMMU_RESV_RESERVED],
    ]);
  });

  it('gives joined regions the permission of the lower one, or of the later one when both start alike', () => {
    const prot_of = (second_start: number): number[] => {
      const { iommu, driver, add_device } = new_iommu(boot_machine());
      const dev = add_device();
      iommu.iommu_probe_device(dev);
      driver.set_resv_regions(dev, [
        region(10, 5, IOMMU_RESV_DIRECT, IOMMU_READ),
        region(second_start, 5, IOMMU_RESV_DIRECT, IOMMU_WRITE),
      ]);
      const head = new list_head<iommu_resv_region>();
      iommu.iommu_get_group_resv_regions(group_of(dev), head);
      const prots = [...list_for_each_entry(head)].map((r) => r.prot);
      iommu.generic_iommu_put_resv_regions(dev, head);
      iommu.iommu_release_device(dev);
      return prots;
    };
    expect([prot_of(12), prot_of(10), prot_of(8)]).to.deep.equal([
      [IOMMU_READ],
      [IOMMU_WRITE],
      [IOMMU_WRITE],
    ]);
  });

  it('covers for each type what was put in, sorted and without overlap, in any order', () => {
    const any_region = fc
      .tuple(fc.nat({ max: 60 }), fc.integer({ min: 1, max: 12 }), fc.nat({ max: 4 }))
      .map(([start, length, type]) => region(start, length, type as iommu_resv_type));
    fc.assert(
      fc.property(fc.array(any_region, { maxLength: 15 }), (regions) => {
        const list = merged(...regions);
        const points = (
          all: readonly { start: number; length: number; type: number }[],
        ): string[] => [
          ...new Set(
            all.flatMap((r) =>
              Array.from(
                { length: r.length },
                (_, i) => `${String(r.type)}:${String(r.start + i)}`,
              ),
            ),
          ),
        ];
        const covered = list.map(([start = 0, length = 0, type = 0]) => ({ start, length, type }));
        expect(points(covered)).to.have.members(points(regions));
        for (const [i, r] of covered.entries())
          for (const after of covered.slice(i + 1)) {
            expect(after.start).to.be.at.least(r.start);
            if (after.type === r.type) expect(after.start).to.be.above(r.start + r.length);
          }
      }),
      { numRuns: 100 },
    );
  });

  it('collects from all devices of a group, and gives their lists back', () => {
    const { iommu, driver, first, second, group, release } = two_in_a_group(boot_machine());
    const put_resv_regions = sinon.spy();
    Object.assign(driver, { put_resv_regions });
    driver.set_resv_regions(first, [region(10, 5, IOMMU_RESV_MSI)]);
    driver.set_resv_regions(second, [region(14, 6, IOMMU_RESV_MSI)]);
    const head = new list_head<iommu_resv_region>();
    expect(iommu.iommu_get_group_resv_regions(group, head)).to.equal(0);
    expect([...list_for_each_entry(head)].map((r) => [r.start, r.length])).to.deep.equal([
      [10, 10],
    ]);
    expect(calls(put_resv_regions, 0)).to.deep.equal([[first], [second]]);
    iommu.generic_iommu_put_resv_regions(first, head);
    release();
  });

  it('stops without memory; what is on the list stays the caller’s', () => {
    const { k, iommu, driver, add_device } = new_iommu(boot_machine());
    const dev = add_device();
    iommu.iommu_probe_device(dev);
    driver.set_resv_regions(
      dev,
      [1, 2, 3].map((n) => region(n * 100, 10, IOMMU_RESV_RESERVED)),
    );
    const before = k.usage();
    const failures = for_each_failure(
      k,
      'kmalloc',
      () => {
        const head = new list_head<iommu_resv_region>();
        return { ret: iommu.iommu_get_group_resv_regions(group_of(dev), head), head };
      },
      (failed, { ret, head }, n) => {
        expect(ret).to.equal(failed ? -ENOMEM : 0);
        expect([...list_for_each_entry(head)]).to.have.lengthOf(failed ? n : 3);
        iommu.generic_iommu_put_resv_regions(dev, head);
        expect(k.usage()).to.deep.equal(before);
      },
    );
    expect(failures).to.equal(3);
    iommu.iommu_release_device(dev);
  });

  it('is empty without a driver that reports any', () => {
    const { iommu } = new_iommu(boot_machine());
    const head = new list_head<iommu_resv_region>();
    iommu.iommu_get_resv_regions(new_device(), head);
    iommu.iommu_put_resv_regions(new_device(), head);
    expect(head.next).to.equal(head);
  });
});

describe('iommu_alloc_resv_region', () => {
  const { boot_machine } = leak_checked();

  it('reports where it sleeps', () => {
    const { k, iommu } = new_iommu(boot_machine());
    k.context.preempt_disable();
    const r = iommu.iommu_alloc_resv_region(phys_addr_t(1), 2, RW, IOMMU_RESV_MSI);
    k.context.preempt_enable();
    expect(k.log.sleeping_in_atomic).to.equal(1);
    expect(deref(r)).to.include({ start: 1, length: 2, prot: RW, type: IOMMU_RESV_MSI });
    k.slab.kfree(r);
  });
});
