// SPDX-License-Identifier: GPL-2.0-only
// The IOMMU groups of a transcript, each with a domain of its own, and devices that join and leave them.

import {
  type bus_type,
  type device,
  ENOMEM,
  list_add_tail,
  list_del,
  list_for_each_entry,
} from '@iommu-bounce/linux-shim';
import {
  IOMMU_DOMAIN_DMA,
  group_device,
  type iommu_c,
  type iommu_domain,
  iommu_group,
} from '@iommu-bounce/iommu-core';
import type { TranscriptIommu } from './iommu';

/** Says why a device or a group cannot do this, and throws. */
export type Refuse = (reason: string) => never;

export class Groups {
  /** By number; of version 1 there is one. */
  private readonly groups = new Map<number, iommu_group>();

  /** @param bus of the domains that groups are lent to */
  constructor(
    private readonly iommu: TranscriptIommu,
    private readonly core: iommu_c,
    private readonly bus: bus_type,
  ) {}

  /** The domain that the DMA API maps in, made with the group's first device; the group may be lent to another. */
  domainOf(id: number): iommu_domain | undefined {
    const group = this.groups.get(id);
    return group && defaultDomain(group);
  }

  /** That of a device's group. */
  domainOfDevice(dev: device): iommu_domain {
    const group = dev.iommu_group as iommu_group | null;
    if (!group) throw new Error(`${dev.init_name} was not declared`);
    return defaultDomain(group);
  }

  /**
   * Puts a device into a group, which is made if it is not there.
   * @param attaches at once, else when it gets its DMA operations
   */
  join(id: number, dev: device, attaches: boolean, fail: Refuse): void {
    // By hand rather than by iommu_group_add_device: its allocation would be a passage of the kmalloc site.
    const member = new group_device();
    member.dev = dev;
    const group = this.groups.get(id) ?? this.make(id, fail);
    if (group.domain !== group.default_domain) fail('its group is in another domain');
    list_add_tail(member.list, group.devices);
    dev.iommu_group = group;
    group.refs++;
    if (attaches && this.iommu.ops.attach_dev?.(defaultDomain(group), dev) !== 0)
      fail('the device is not attached: is a failure armed?');
  }

  /** The device goes, as by iommu_release_device; its group and domain stay. */
  leave(dev: device, fail: Refuse): void {
    const group = dev.iommu_group as iommu_group;
    const all = [...list_for_each_entry(group.devices)];
    const member = all.find((one) => one.dev === dev);
    if (!member) throw new Error(`${dev.init_name} is in no group`);
    if (all.length === 1) fail('it is the last of its group');
    this.iommu.remove(dev);
    list_del(member.list);
    dev.iommu_group = null;
    group.refs--;
  }

  /** Attaches a group to a domain of its own user, as VFIO does. @returns 0 or a negative error */
  lend(id: number, fail: Refuse): number {
    const group = this.known(id, fail);
    if (group.domain !== group.default_domain) fail('the group is in another domain already');
    const domain = this.core.iommu_domain_alloc(this.bus);
    return domain ? this.core.iommu_attach_group(domain, group) : -ENOMEM;
  }

  /** Back to its default domain; the other one goes. */
  giveBack(id: number, fail: Refuse): void {
    const group = this.known(id, fail);
    const { domain } = group;
    if (domain === null || domain === group.default_domain) return fail('the group is not lent');
    this.core.iommu_detach_group(domain, group);
    this.core.iommu_domain_free(domain);
  }

  private known(id: number, fail: Refuse): iommu_group {
    return this.groups.get(id) ?? fail(`no device was declared in group ${String(id)}`);
  }

  private make(id: number, fail: Refuse): iommu_group {
    const { ops } = this.iommu;
    const domain = ops.domain_alloc(IOMMU_DOMAIN_DMA);
    if (!domain) return fail('the domain cannot be made: is a failure armed?');
    domain.ops = ops;
    domain.type = IOMMU_DOMAIN_DMA;
    domain.pgsize_bitmap = ops.pgsize_bitmap;
    const group = new iommu_group();
    group.domain = group.default_domain = domain;
    this.groups.set(id, group);
    return group;
  }
}

function defaultDomain({ default_domain }: iommu_group): iommu_domain {
  if (!default_domain) throw new Error('a group without a domain');
  return default_domain;
}
