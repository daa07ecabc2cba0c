// SPDX-License-Identifier: GPL-2.0-only
// Finding 80: a group that has lost a device is counted wrong. The random model found it.

import { DMA_TO_DEVICE, PAGE_SIZE, deref } from '@iommu-bounce/linux-shim';
import type { iommu_group } from '@iommu-bounce/iommu-core';
import type { Finding } from './finding';
import { type Trial, runs, yesNo } from './kit';

const OWN = 0x11;
/** An address that no driver of the guest uses, as that of a doorbell for MSIs. */
const DOORBELL = 0x10000;

function returnsUnmapped(t: Trial): void {
  const m = t.guest();
  const { iommu } = m.on.m;
  const { driver } = m.virtio;
  const first = m.plug();
  driver.device_group = () => iommu.iommu_group_ref_get(first.iommu_group as iommu_group);
  const second = m.plug();
  const domain = m.domain(second);
  const p = m.page(OWN);
  const at = m.map(second, p, PAGE_SIZE, DMA_TO_DEVICE);
  m.unmap(second, at, PAGE_SIZE, DMA_TO_DEVICE);
  m.iommuMap(domain, DOORBELL, m.page(OWN));
  iommu.iommu_release_device(first);
  m.virtio.remove_endpoint(first);
  t.see('devices of the group, one was pulled out', 1);
  t.see('as the driver counts them', domain.nr_endpoints);
  const users = deref(iommu.iommu_domain_alloc(m.bus));
  iommu.iommu_attach_device(users, second);
  iommu.iommu_detach_device(users, second);
  const known = m.known(domain);
  const held = m.held(second);
  t.see('it was VFIO’s, and is back; mapped, as the driver knows it', known);
  t.see('and at the device', held, held !== known);
  const again = m.map(second, p, PAGE_SIZE, DMA_TO_DEVICE);
  t.see('a page is mapped in an idle buffer', yesNo(m.bounced(second, again)));
  const seen = m.read(second, again, PAGE_SIZE);
  t.see('the device reads it', runs(seen), seen === null);
  const rung = m.read(second, DOORBELL, 4);
  t.see('it reaches what was mapped for good, as a doorbell is', yesNo(rung !== null), !rung);
}

export const HOT_UNPLUG: readonly Finding[] = [
  {
    id: 80,
    title: 'A group that has lost a device comes back without its mappings',
    severity: 'loss of service',
    cause: 'unusual set-up',
    harm: 'a device that VFIO gives back faults at idle buffers that the pool hands out again, and its interrupts are lost where their doorbell is mapped',
    where: ['viommu_release_device', 'viommu_attach_dev'],
    later:
      'mended in v6.5 by 809d0810e352, "iommu/virtio: Detach domain on endpoint release", which lowers the count since a review asked for it',
    fix: 'detach',
    steps: [
      'A group has two devices. A page is mapped for the second one and unmapped, and an address is mapped as that of a doorbell.',
      'The first one is pulled out. The second one is attached to another domain, as for VFIO, and given back.',
      'A page is mapped for it again.',
    ],
    show: returnsUnmapped,
  },
];
