// SPDX-License-Identifier: GPL-2.0-only
// Tests of probing devices, of groups and their references, of attaching and detaching.

import { expect } from 'chai';
import {
  EBUSY,
  EINVAL,
  ENODEV,
  ENOMEM,
  type machine,
  bus_type,
  deref,
} from '@iommu-bounce/linux-shim';
import {
  catch_oops,
  for_each_failure,
  leak_checked,
  new_device,
} from '@iommu-bounce/linux-shim/testing';
import {
  IOMMU_DOMAIN_UNMANAGED,
  dev_iommu_priv_get,
  dev_iommu_priv_set,
  iommu_c,
  type iommu_group,
} from '@iommu-bounce/iommu-core';
import { to_table_domain } from '@iommu-bounce/iommu-core/testing';
import sinon from 'sinon';
import { new_iommu, spied_ops } from './new-iommu';

const group_of = (dev: { iommu_group: object | null }): iommu_group =>
  deref(dev.iommu_group) as iommu_group;

/** Two devices of one group, the second one probed after the first. */
function two_in_a_group(k: machine) {
  const all = new_iommu(k);
  const [first, second] = [all.add_device('first'), all.add_device('second')];
  expect(all.iommu.iommu_probe_device(first)).to.equal(0);
  const group = group_of(first);
  all.driver.share_group(second, group);
  expect(all.iommu.iommu_probe_device(second)).to.equal(0);
  const release = (): void => {
    all.iommu.iommu_release_device(first);
    all.iommu.iommu_release_device(second);
  };
  return { ...all, first, second, group, release };
}

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
    expect(k.log.lines.map((l) => l.text)).to.include('second: Failed to add to iommu group 0: -22');
    expect(to_table_domain(iommu.iommu_get_dma_domain(first)).attached.has(first)).to.equal(true);
    iommu.iommu_release_device(first);
  });

  it('keeps what a driver stores for a device until it is released', () => {
    const { iommu, add_device } = new_iommu(boot_machine());
    const dev = add_device();
    expect(dev_iommu_priv_get(dev)).to.equal(null);
    expect(catch_oops(() => { dev_iommu_priv_set(dev, {}); }).kind).to.equal('bad-access');
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
    expect(catch_oops(() => { new iommu_c(k).iommu_group_remove_device(dev); }).kind).to.equal('bad-access');
  });
});

describe('groups', () => {
  const { boot_machine } = leak_checked();

  it('live as long as somebody holds them, and give their number back', () => {
    const iommu = new iommu_c(boot_machine());
    const groups = [0, 1, 2].map(() => iommu.iommu_group_alloc());
    expect(groups.map((g) => g?.id)).to.deep.equal([0, 1, 2]);
    iommu.iommu_group_put(groups[1] ?? null);
    const again = deref(iommu.iommu_group_alloc());
    expect(again.id).to.equal(1);
    expect(iommu.iommu_group_ref_get(again)).to.equal(again);
    iommu.iommu_group_put(again);
    expect(deref(iommu.iommu_group_alloc()).id).to.equal(3);
    iommu.iommu_group_put(null);
    for (const g of [groups[0], again, groups[2]]) iommu.iommu_group_put(g ?? null);
    const dev = new_device();
    expect(iommu.iommu_group_get(dev)).to.equal(null);
  });

  it('keep their default domain until the last device leaves', () => {
    const { iommu, dma_iommu, first, second } = two_in_a_group(boot_machine());
    expect(iommu.iommu_get_dma_domain(first)).to.equal(iommu.iommu_get_dma_domain(second));
    iommu.iommu_release_device(first);
    sinon.assert.notCalled(dma_iommu.iommu_put_dma_cookie);
    iommu.iommu_release_device(second);
    sinon.assert.calledOnce(dma_iommu.iommu_put_dma_cookie);
  });

  it('have no place for a device without memory', () => {
    const k = boot_machine();
    const iommu = new iommu_c(k);
    const group = deref(iommu.iommu_group_alloc());
    const dev = new_device();
    k.faults.fail('kmalloc', 1);
    expect(iommu.iommu_group_add_device(group, dev)).to.equal(-ENOMEM);
    expect(iommu.iommu_group_add_device(group, dev)).to.equal(0);
    iommu.iommu_group_put(group);
    iommu.iommu_group_remove_device(dev);
  });

  it('attach a device later when its driver asks for that', () => {
    const { iommu, driver, first, second, group, release } = two_in_a_group(boot_machine());
    const domain = to_table_domain(iommu.iommu_get_dma_domain(first));
    iommu.iommu_group_remove_device(second);
    driver.detach_dev(domain, second);
    driver.set_attach_deferred(second);
    expect(iommu.iommu_group_add_device(group, second)).to.equal(0);
    expect(domain.attached.has(second)).to.equal(false);
    expect(iommu.iommu_deferred_attach(second, domain)).to.equal(0);
    expect(domain.attached.has(second)).to.equal(true);
    k_fail_attach(driver_machine(iommu), () => iommu.iommu_deferred_attach(second, domain));
    release();
  });
});

/** An attach that fails would be seen: there is none to fail. */
function k_fail_attach(k: machine, call: () => number): void {
  k.faults.fail('iommu_attach', 1);
  expect(call()).to.equal(0);
  k.faults.fail('iommu_attach', 0);
}
