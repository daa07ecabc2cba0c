// SPDX-License-Identifier: GPL-2.0-only
// Tests of groups and their references, and of attaching and detaching devices and groups.

import { expect } from 'chai';
import { EBUSY, EINVAL, ENODEV, ENOMEM, deref } from '@iommu-bounce/linux-shim';
import { leak_checked, new_device } from '@iommu-bounce/linux-shim/testing';
import { IOMMU_DOMAIN_UNMANAGED, iommu_c } from '@iommu-bounce/iommu-core';
import { to_table_domain } from '@iommu-bounce/iommu-core';
import sinon from 'sinon';
import { group_of, new_iommu, spied_domain, spied_ops, two_in_a_group } from './new-iommu';

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
    const fourth = deref(iommu.iommu_group_alloc());
    expect(fourth.id).to.equal(3); // 1 is taken still
    iommu.iommu_group_put(null);
    for (const g of [groups[0], again, groups[2], fourth]) iommu.iommu_group_put(g ?? null);
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
    const { k, iommu, driver, first, second, group, release } = two_in_a_group(boot_machine());
    const domain = to_table_domain(iommu.iommu_get_dma_domain(first));
    iommu.iommu_group_remove_device(second);
    driver.detach_dev(domain, second);
    driver.set_attach_deferred(second);
    expect(iommu.iommu_group_add_device(group, second)).to.equal(0);
    expect(domain.attached.has(second)).to.equal(false);
    expect(iommu.iommu_deferred_attach(second, domain)).to.equal(0);
    expect(domain.attached.has(second)).to.equal(true);
    k.faults.fail('iommu_attach', 1); // would make a second attach fail, but there is none
    expect(iommu.iommu_deferred_attach(second, domain)).to.equal(0);
    k.faults.fail('iommu_attach', 0);
    release();
  });
});

describe('iommu_attach_device', () => {
  const { boot_machine } = leak_checked();

  const one_device = () => {
    const all = new_iommu(boot_machine());
    const dev = all.add_device();
    expect(all.iommu.iommu_probe_device(dev)).to.equal(0);
    const own = to_table_domain(all.iommu.iommu_get_dma_domain(dev));
    const other = to_table_domain(deref(all.iommu.iommu_domain_alloc(all.bus)));
    return { ...all, dev, own, other };
  };

  it('moves a device to another domain, and back when it is detached', () => {
    const { iommu, dev, own, other } = one_device();
    expect(other.type).to.equal(IOMMU_DOMAIN_UNMANAGED);
    expect(iommu.iommu_attach_device(other, dev)).to.equal(0);
    expect(iommu.iommu_get_domain_for_dev(dev)).to.equal(other);
    expect(iommu.iommu_get_dma_domain(dev)).to.equal(own);
    expect([own.attached.has(dev), other.attached.has(dev)]).to.deep.equal([false, true]);
    iommu.iommu_detach_device(other, dev);
    expect(iommu.iommu_get_domain_for_dev(dev)).to.equal(own);
    expect([own.attached.has(dev), other.attached.has(dev)]).to.deep.equal([true, false]);
    iommu.iommu_release_device(dev);
  });

  it('is busy while the device is in a domain that is not its default one', () => {
    const { iommu, bus, dev, other } = one_device();
    iommu.iommu_attach_device(other, dev);
    const third = deref(iommu.iommu_domain_alloc(bus));
    expect(iommu.iommu_attach_device(third, dev)).to.equal(-EBUSY);
    expect(iommu.iommu_attach_group(third, group_of(dev))).to.equal(-EBUSY);
    expect(iommu.iommu_get_domain_for_dev(dev)).to.equal(other);
    iommu.iommu_release_device(dev);
  });

  it('leaves the group where it is when the driver refuses', () => {
    const { k, iommu, dev, own, other } = one_device();
    k.faults.fail('iommu_attach', 1);
    expect(iommu.iommu_attach_device(other, dev)).to.equal(-EINVAL);
    expect(iommu.iommu_get_domain_for_dev(dev)).to.equal(own);
    iommu.iommu_release_device(dev);
  });

  it('has nothing for a device without a group', () => {
    const iommu = new iommu_c(boot_machine());
    const ops = spied_ops(4096);
    const domain = spied_domain(iommu, ops);
    expect(iommu.iommu_attach_device(domain, new_device())).to.equal(-ENODEV);
    iommu.iommu_detach_device(domain, new_device());
    expect(iommu.iommu_get_domain_for_dev(new_device())).to.equal(null);
    sinon.assert.notCalled(ops.detach_dev);
  });

  it('is not for a device that shares its group, nor is detaching, which warns', () => {
    const { k, iommu, bus, first, release } = two_in_a_group(boot_machine());
    const other = deref(iommu.iommu_domain_alloc(bus));
    expect(iommu.iommu_attach_device(other, first)).to.equal(-EINVAL);
    expect(k.log.warnings).to.equal(0);
    iommu.iommu_detach_device(other, first);
    expect(k.log.warnings).to.equal(1);
    release();
  });

  it('fails when the driver cannot attach at all', () => {
    const iommu = new iommu_c(boot_machine());
    const domain = spied_domain(iommu, { ...spied_ops(4096), attach_dev: undefined });
    const dev = new_device();
    const group = deref(iommu.iommu_group_alloc());
    iommu.iommu_group_add_device(group, dev);
    expect(iommu.iommu_attach_device(domain, dev)).to.equal(-ENODEV);
    iommu.iommu_group_remove_device(dev);
    iommu.iommu_group_put(group);
  });
});

describe('iommu_attach_group and iommu_detach_group', () => {
  const { boot_machine } = leak_checked();

  it('move all devices of a group, and back', () => {
    const { k, iommu, bus, first, second, group, release } = two_in_a_group(boot_machine());
    const other = to_table_domain(deref(iommu.iommu_domain_alloc(bus)));
    expect(iommu.iommu_attach_group(other, group)).to.equal(0);
    expect([...other.attached]).to.deep.equal([first, second]);
    iommu.iommu_detach_group(other, group);
    expect(other.attached.size).to.equal(0);
    expect(group.domain).to.equal(group.default_domain);
    k.faults.fail('iommu_attach', 1);
    iommu.iommu_detach_group(other, group); // already there: nothing is attached, so nothing fails
    k.faults.fail('iommu_attach', 0);
    expect(k.log.warnings).to.equal(0);
    release();
  });

  it('leave the first device moved when the second one fails', () => {
    const { k, iommu, bus, first, second, group, release } = two_in_a_group(boot_machine());
    const other = to_table_domain(deref(iommu.iommu_domain_alloc(bus)));
    k.faults.fail('iommu_attach', 1, 1);
    expect(iommu.iommu_attach_group(other, group)).to.equal(-EINVAL);
    expect([...other.attached]).to.deep.equal([first]);
    expect(to_table_domain(deref(group.domain)).attached.has(second)).to.equal(true);
    expect(group.domain).to.equal(group.default_domain);
    release();
  });

  it('warn when the default domain cannot be attached again, and leave the group where it is', () => {
    const { k, iommu, bus, group, release } = two_in_a_group(boot_machine());
    const other = deref(iommu.iommu_domain_alloc(bus));
    iommu.iommu_attach_group(other, group);
    k.faults.fail('iommu_attach', 1, 1);
    iommu.iommu_detach_group(other, group);
    expect(k.log.warnings).to.equal(1);
    expect(group.domain).to.equal(other);
    release();
  });

  it('detach device by device where there is no default domain, but none that waits to be attached', () => {
    const iommu = new iommu_c(boot_machine());
    const late = new_device({ name: 'late' });
    const ops = {
      ...spied_ops(4096),
      is_attach_deferred: (_: object, dev: object) => dev === late,
    };
    const domain = spied_domain(iommu, ops);
    const group = deref(iommu.iommu_group_alloc());
    const devices = [new_device({ name: 'a' }), late, new_device({ name: 'b' })];
    for (const dev of devices) iommu.iommu_group_add_device(group, dev);
    expect(iommu.iommu_attach_group(domain, group)).to.equal(0);
    expect(iommu.iommu_get_domain_for_dev(late)).to.equal(domain);
    iommu.iommu_detach_group(domain, group);
    expect(ops.detach_dev.args.map((call: unknown[]) => call[1])).to.deep.equal([
      devices[0],
      devices[2],
    ]);
    expect(group.domain).to.equal(null);
    for (const dev of devices) iommu.iommu_group_remove_device(dev);
    iommu.iommu_group_put(group);
  });

  it('detach nothing where the driver cannot', () => {
    const iommu = new iommu_c(boot_machine());
    const domain = spied_domain(iommu, { ...spied_ops(4096), detach_dev: undefined });
    const group = deref(iommu.iommu_group_alloc());
    const dev = new_device();
    iommu.iommu_group_add_device(group, dev);
    iommu.iommu_attach_device(domain, dev);
    iommu.iommu_detach_device(domain, dev);
    expect(group.domain).to.equal(null);
    iommu.iommu_group_remove_device(dev);
    iommu.iommu_group_put(group);
  });
});
