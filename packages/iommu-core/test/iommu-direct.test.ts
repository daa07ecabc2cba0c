// SPDX-License-Identifier: GPL-2.0-only
// Tests of the 1:1 mappings that a device's reserved regions ask for.

import { expect } from 'chai';
import { leak_checked } from '@iommu-bounce/linux-shim/testing';
import {
  IOMMU_READ,
  IOMMU_RESV_DIRECT,
  IOMMU_RESV_DIRECT_RELAXABLE,
  IOMMU_RESV_MSI,
  IOMMU_RESV_RESERVED,
  IOMMU_WRITE,
  type iommu_resv_region,
  type iommu_resv_type,
} from '@iommu-bounce/iommu-core';
import { type resv_region, type table_listener, to_table_domain } from '@iommu-bounce/iommu-core';
import sinon from 'sinon';
import { calls, group_of, iova, new_iommu } from './new-iommu';

const K4 = 4096;
const RW = IOMMU_READ | IOMMU_WRITE;

const region = (start: number, length: number, type: iommu_resv_type, prot = RW): resv_region => ({
  start,
  length,
  type,
  prot,
});

describe('the 1:1 mappings of a probed device', () => {
  const { boot_machine } = leak_checked();

  const probed = (regions: resv_region[], listener: table_listener = {}, passthrough = false) => {
    const all = new_iommu(boot_machine(), { passthrough }, listener);
    const dev = all.add_device();
    all.driver.set_resv_regions(dev, regions);
    expect(all.iommu.iommu_probe_device(dev)).to.equal(0);
    const domain = to_table_domain(all.iommu.iommu_get_dma_domain(dev));
    return { ...all, dev, domain };
  };

  it('are made for both kinds of direct regions, in whole pages, then all is flushed', () => {
    const listener = { map: sinon.spy(), flush_all: sinon.spy() };
    const { iommu, dev, domain } = probed(
      [
        region(8 * K4, 2 * K4, IOMMU_RESV_DIRECT),
        region(16 * K4, K4, IOMMU_RESV_DIRECT_RELAXABLE, IOMMU_READ),
        region(32 * K4, K4, IOMMU_RESV_RESERVED),
        region(40 * K4, K4, IOMMU_RESV_MSI),
      ],
      listener,
    );
    expect(domain.table.ranges()).to.deep.equal([
      { iova: 8 * K4, size: 2 * K4, prot: RW },
      { iova: 16 * K4, size: K4, prot: IOMMU_READ },
    ]);
    expect(domain.table.iova_to_phys(iova(9 * K4 + 7))).to.equal(9 * K4 + 7);
    sinon.assert.calledOnce(listener.flush_all);
    sinon.assert.callOrder(listener.map, listener.flush_all);
    iommu.iommu_release_device(dev);
  });

  it('lose the page that an unaligned region begins in, and keep the one it ends in', () => {
    const { iommu, dev, domain } = probed([region(8 * K4 + 1, 2 * K4, IOMMU_RESV_DIRECT)]);
    expect(domain.table.ranges()).to.deep.equal([{ iova: 9 * K4, size: 2 * K4, prot: RW }]);
    iommu.iommu_release_device(dev);
  });

  it('leave out what another region has mapped, on both sides of it', () => {
    const map = sinon.spy();
    const { iommu, dev } = probed(
      [region(10 * K4, 2 * K4, IOMMU_RESV_DIRECT), region(8 * K4, 8 * K4, IOMMU_RESV_DIRECT)],
      { map },
    );
    const pages = calls(map, 0).map(([at = 0]) => at / K4);
    expect(pages).to.deep.equal([10, 11, 8, 9, 12, 13, 14, 15]);
    iommu.iommu_release_device(dev);
  });

  it('stop at one that cannot be made, without a flush, and probing succeeds all the same', () => {
    const k = boot_machine();
    const flush_all = sinon.spy();
    const { iommu, driver, add_device } = new_iommu(k, {}, { flush_all });
    const dev = add_device();
    driver.set_resv_regions(
      dev,
      [8, 16, 32].map((n) => region(n * K4, K4, IOMMU_RESV_DIRECT)),
    );
    k.faults.fail('iommu_map', 1, 1);
    expect(iommu.iommu_probe_device(dev)).to.equal(0);
    const { table } = to_table_domain(iommu.iommu_get_dma_domain(dev));
    expect(table.ranges().map((r) => r.iova)).to.deep.equal([8 * K4]);
    sinon.assert.notCalled(flush_all);
    iommu.iommu_release_device(dev);
  });

  it('finding: break for the second device of a group when a region begins at 0, which always looks unmapped', () => {
    const { iommu, driver, add_device } = new_iommu(boot_machine());
    const [first, second] = [add_device('first'), add_device('second')];
    driver.set_resv_regions(first, [region(0, K4, IOMMU_RESV_DIRECT)]);
    driver.set_resv_regions(
      second,
      [0, 8].map((n) => region(n * K4, K4, IOMMU_RESV_DIRECT)),
    );
    iommu.iommu_probe_device(first);
    driver.share_group(second, group_of(first));
    expect(iommu.iommu_probe_device(second)).to.equal(0);
    const { table } = to_table_domain(iommu.iommu_get_dma_domain(second));
    expect(table.ranges().map((r) => r.iova)).to.deep.equal([0]); // page 8 is missing
    iommu.iommu_release_device(first);
    iommu.iommu_release_device(second);
  });

  it('are not made in a domain that does not translate', () => {
    const map = sinon.spy();
    const regions = [region(8 * K4, K4, IOMMU_RESV_DIRECT)];
    const { iommu, dev } = probed(regions, { map }, true);
    sinon.assert.notCalled(map);
    iommu.iommu_release_device(dev);
  });

  it('can be prepared by the driver, each kind of region before it is looked at', () => {
    const { iommu, driver, add_device } = new_iommu(boot_machine());
    const apply_resv_region = sinon.spy();
    Object.assign(driver, { apply_resv_region });
    const dev = add_device();
    driver.set_resv_regions(dev, [
      region(8 * K4, K4, IOMMU_RESV_RESERVED),
      region(16 * K4, K4, IOMMU_RESV_DIRECT),
    ]);
    iommu.iommu_probe_device(dev);
    expect(
      apply_resv_region.args.map((c) => (c as [object, object, iommu_resv_region])[2].start),
    ).to.deep.equal([8 * K4, 16 * K4]);
    iommu.iommu_release_device(dev);
  });
});
