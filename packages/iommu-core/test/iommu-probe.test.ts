// SPDX-License-Identifier: GPL-2.0-only
// Tests of probing and releasing devices, and of what is undone when that fails.

import { expect } from 'chai';
import { EINVAL, ENODEV, ENOMEM, bus_type } from '@iommu-bounce/linux-shim';
import {
  catch_oops,
  for_each_failure,
  leak_checked,
  new_device,
} from '@iommu-bounce/linux-shim/testing';
import { dev_iommu_priv_get, dev_iommu_priv_set, iommu_c } from '@iommu-bounce/iommu-core';
import { to_table_domain } from '@iommu-bounce/iommu-core';
import sinon from 'sinon';
import { group_of, new_iommu, spied_ops } from './new-iommu';

describe('iommu_probe_device', () => {
  const { boot_machine, write_off } = leak_checked();

  it('gives a device a group with a default domain, attaches it and hands it to the DMA API', () => {
    const { k, iommu, dma_iommu, add_device } = new_iommu(boot_machine());
    const dev = add_device();
    expect(iommu.iommu_probe_device(dev)).to.equal(0);
    const domain = to_table_domain(iommu.iommu_get_dma_domain(dev));
    expect(domain.attached.has(dev)).to.equal(true);
    expect(iommu.iommu_group_default_domain(group_of(dev))).to.equal(domain);
    expect(iommu.iommu_get_domain_for_dev(dev)).to.equal(domain);
    sinon.assert.calledOnceWithExactly(dma_iommu.iommu_setup_dma_ops, dev, 0, 2 ** 48);
    sinon.assert.callOrder(dma_iommu.iommu_get_dma_cookie, dma_iommu.iommu_setup_dma_ops);
    iommu.iommu_release_device(dev);
    expect([dev.iommu_group, dev.iommu, domain.attached.size]).to.deep.equal([null, null, 0]);
    sinon.assert.calledOnceWithExactly(dma_iommu.iommu_put_dma_cookie, domain);
    expect(k.log.lines.map((l) => l.text)).to.deep.equal([
      'nic: Adding to iommu group 0',
      'nic: Removing from iommu group 0',
    ]);
  });

  it('calls the driver in the order of the C', () => {
    const iommu = new iommu_c(boot_machine());
    const ops = {
      ...spied_ops(4096),
      probe_device: sinon.fake.returns(0),
      device_group: sinon.fake(() => iommu.iommu_group_alloc()),
      get_resv_regions: sinon.fake(),
      put_resv_regions: sinon.fake(),
      probe_finalize: sinon.fake(),
      release_device: sinon.fake(),
    };
    const bus = new bus_type('platform');
    bus.iommu_ops = ops;
    const dev = new_device({ bus });
    expect(iommu.iommu_probe_device(dev)).to.equal(0);
    iommu.iommu_release_device(dev);
    sinon.assert.callOrder(
      ops.probe_device,
      ops.device_group,
      ops.domain_alloc,
      ops.attach_dev,
      ops.get_resv_regions,
      ops.flush_iotlb_all,
      ops.put_resv_regions,
      ops.probe_finalize,
      ops.release_device,
      ops.domain_free,
    );
    sinon.assert.notCalled(ops.detach_dev);
  });

  it('has nothing for a device without a bus, a driver, or a driver that wants it', () => {
    const iommu = new iommu_c(boot_machine());
    const bus = new bus_type('platform');
    expect(iommu.iommu_probe_device(new_device())).to.equal(-ENODEV);
    expect(iommu.iommu_probe_device(new_device({ bus }))).to.equal(-ENODEV);
    bus.iommu_ops = { ...spied_ops(4096), probe_device: () => -EINVAL };
    const dev = new_device({ bus });
    expect(iommu.iommu_probe_device(dev)).to.equal(-EINVAL);
    expect([dev.iommu, dev.iommu_group]).to.deep.equal([null, null]);
  });

  it('goes on without a default domain', () => {
    const { iommu, dma_iommu, add_device } = new_iommu(boot_machine());
    dma_iommu.iommu_get_dma_cookie = sinon.fake.returns(-ENOMEM);
    const dev = add_device();
    expect(iommu.iommu_probe_device(dev)).to.equal(0);
    expect(iommu.iommu_get_domain_for_dev(dev)).to.equal(null);
    expect(catch_oops(() => iommu.iommu_get_dma_domain(dev)).kind).to.equal('bad-access');
    iommu.iommu_release_device(dev);
  });

  for (const [site, error, count] of [
    ['kmalloc', -ENOMEM, 3],
    ['iommu_attach', -EINVAL, 1],
  ] as const)
    it(`undoes everything at a failure of ${site}`, () => {
      const { k, iommu, add_device } = new_iommu(boot_machine());
      const dev = add_device();
      const before = k.usage();
      const failures = for_each_failure(
        k,
        site,
        () => iommu.iommu_probe_device(dev),
        (failed, ret) => {
          expect(ret).to.equal(failed ? error : 0);
          expect(dev.iommu_group === null).to.equal(failed);
          iommu.iommu_release_device(dev);
          expect(k.usage()).to.deep.equal(before);
        },
      );
      expect(failures).to.equal(count);
    });

  it('attaches at once even a device whose driver wants that deferred', () => {
    const { iommu, driver, add_device } = new_iommu(boot_machine());
    const dev = add_device();
    driver.set_attach_deferred(dev);
    iommu.iommu_probe_device(dev);
    expect(to_table_domain(iommu.iommu_get_dma_domain(dev)).attached.has(dev)).to.equal(true);
    iommu.iommu_release_device(dev);
  });

  it('lets the second device of a group fail without harm to the first', () => {
    const { k, iommu, driver, add_device } = new_iommu(boot_machine());
    const [first, second] = [add_device('first'), add_device('second')];
    iommu.iommu_probe_device(first);
    driver.share_group(second, group_of(first));
    const before = k.usage();
    // The group attaches it first, then probing does so once more.
    for (const passage of [0, 1]) {
      k.faults.fail('iommu_attach', 1, passage);
      expect(iommu.iommu_probe_device(second)).to.equal(-EINVAL);
      expect([second.iommu_group, second.iommu]).to.deep.equal([null, null]);
      expect(k.usage()).to.deep.equal(before);
    }
    expect(k.log.lines.map((l) => l.text)).to.include(
      'second: Failed to add to iommu group 0: -22',
    );
    expect(to_table_domain(iommu.iommu_get_dma_domain(first)).attached.has(first)).to.equal(true);
    iommu.iommu_release_device(first);
  });

  it('keeps what a driver stores for a device until it is released', () => {
    const { iommu, add_device } = new_iommu(boot_machine());
    const dev = add_device();
    expect(dev_iommu_priv_get(dev)).to.equal(null);
    expect(
      catch_oops(() => {
        dev_iommu_priv_set(dev, {});
      }).kind,
    ).to.equal('bad-access');
    iommu.iommu_probe_device(dev);
    const endpoint = { id: 8 };
    dev_iommu_priv_set(dev, endpoint);
    expect(dev_iommu_priv_get(dev)).to.equal(endpoint);
    iommu.iommu_release_device(dev);
    expect(dev_iommu_priv_get(dev)).to.equal(null);
    iommu.iommu_release_device(dev); // not probed any more: nothing happens
  });

  it('oopses when a device without a group is removed from it', () => {
    const k = boot_machine();
    write_off(k);
    const dev = new_device();
    expect(
      catch_oops(() => {
        new iommu_c(k).iommu_group_remove_device(dev);
      }).kind,
    ).to.equal('bad-access');
  });
});
