// SPDX-License-Identifier: GPL-2.0-only
// Findings 53 to 60: virtio-iommu, its mappings and requests.

import {
  DMA_BIDIRECTIONAL,
  DMA_MAPPING_ERROR,
  DMA_TO_DEVICE,
  PAGE_SIZE,
  deref,
} from '@iommu-bounce/linux-shim';
import {
  to_viommu_domain,
  VIRTIO_IOMMU_S_INVAL,
  VIRTIO_IOMMU_S_NOMEM,
  VIRTIO_IOMMU_T_MAP,
  VIRTIO_IOMMU_T_UNMAP,
} from '@iommu-bounce/iommu-core';
import type { Finding } from './finding';
import { type Trial, type VirtioMachine, hex, runs, yesNo } from './kit';

/** An address that no driver of the guest uses. */
const AT = 0x10000;

function refusedOverlap(t: Trial): void {
  const m = t.guest();
  const dev = m.plug();
  const domain = m.domain(dev);
  const p = m.page(0x11);
  m.iommuMap(domain, AT, p);
  t.see('mapped, as the driver knows it', m.known(domain));
  t.see('a second map of the address', m.iommuMap(domain, AT, m.page(0x22)));
  const known = m.known(domain);
  t.see('mapped after it, as the driver knows it', known);
  const held = m.held(dev);
  t.see('mapped after it, at the device', held, held !== known);
  const taken = m.iommuUnmap(domain, AT);
  t.see('bytes that an unmap takes away', taken, taken === 0);
  const seen = m.read(dev, AT, 4);
  t.see('the device then reads', runs(seen), seen !== null);
}

function hole(t: Trial): void {
  const m = t.guest();
  const dev = m.plug();
  const domain = m.domain(dev);
  m.iommuMap(domain, AT, m.page(0x11));
  t.see('mapped', m.held(dev));
  t.see('bytes unmapped, of two pages asked for', m.iommuUnmap(domain, AT, 2 * PAGE_SIZE));
  t.see('mapped after it, as the driver knows it', m.known(domain));
  const seen = m.read(dev, AT, 4);
  t.see('the device then reads', runs(seen), seen !== null);
  const again = m.iommuMap(domain, AT, m.page(0x22));
  t.see('a new map of the address', again, again !== 0);
}

function noMemory(t: Trial): void {
  const m = t.guest();
  const dev = m.plug();
  const domain = m.domain(dev);
  m.iommuMap(domain, AT, m.page(0x11));
  m.k.faults.fail('kmalloc', 1);
  t.see('bytes unmapped, without memory', m.iommuUnmap(domain, AT));
  m.k.faults.fail('kmalloc', 0);
  t.see('mapped after it, as the driver knows it', m.known(domain));
  const taken = m.iommuUnmap(domain, AT);
  t.see('bytes unmapped, with memory', taken, taken === 0);
  const seen = m.read(dev, AT, 4);
  t.see('the device then reads', runs(seen), seen !== null);
  viaDmaApi(t, (guest) => {
    guest.k.faults.fail('kmalloc', 1);
  });
}

/** A page is mapped, and unmapped as drivers do it, while something fails: who still reaches it, and whose it is. */
function viaDmaApi(t: Trial, fail: (m: VirtioMachine) => void): void {
  const m = t.guest();
  const dev = m.plug();
  const p = m.page(0x11);
  const at = m.map(dev, p, PAGE_SIZE, DMA_TO_DEVICE);
  const behind = m.pageAt(dev, at);
  fail(m);
  m.unmap(dev, at, PAGE_SIZE, DMA_TO_DEVICE);
  m.k.timers.advance(11_000); // a buffer is evicted
  t.see('warnings and errors in the log', complaints(m));
  const reached = m.pageAt(dev, at);
  t.see('the device still reaches the page', yesNo(reached !== null && reached === behind));
  // A driver whose unmap returns nothing is done with its page, whatever the log says.
  if (!t.setting.pool) m.k.page_alloc.__free_page(p);
  const isFree = reached?._refcount === 0;
  t.see('the page is free', yesNo(isFree), isFree);
}

function neverAttached(t: Trial): void {
  const m = t.guest();
  m.plug();
  const domain = to_viommu_domain(deref(m.on.m.iommu.iommu_domain_alloc(m.bus)));
  const p = m.page(0x11);
  t.dies('a map in a domain without a device', () => {
    t.see('returned', m.iommuMap(domain, AT, p));
  });
}

function unreadReply(t: Trial): void {
  viaDmaApi(t, (m) => {
    m.virtio.vmm.refuse = (type) => (type === VIRTIO_IOMMU_T_UNMAP ? VIRTIO_IOMMU_S_NOMEM : null);
  });
}

function complaints(m: VirtioMachine): number {
  return m.k.log.warnings + m.k.log.lines.filter(({ level }) => level === 'err').length;
}

function released(t: Trial): void {
  const m = t.guest();
  const first = m.plug();
  const secret = m.page(0x11);
  const at = m.map(first, secret, PAGE_SIZE, DMA_BIDIRECTIONAL);
  t.see('number of the first device’s domain', m.domain(first).id);
  m.on.m.iommu.iommu_release_device(first);
  const next = m.plug();
  t.see('number of the second device’s domain', m.domain(next).id);
  const held = m.held(next);
  t.see('mapped for it at once', held, held !== 'none');
  const seen = m.read(next, at, 4);
  t.see('it reads at the first device’s address', runs(seen), seen?.includes(0x11) ?? false);
  const own = m.map(next, m.page(0x22), PAGE_SIZE, DMA_BIDIRECTIONAL);
  const isRefused = own === DMA_MAPPING_ERROR;
  t.see('its own first map', isRefused ? 'refused' : hex(own), isRefused);
  t.see('of a bounce buffer', yesNo(m.bounced(next, own)), t.setting.pool && !m.bounced(next, own));
}

function usedLength(t: Trial): void {
  for (const used of [4, 0, 40]) {
    const m = t.guest();
    const dev = m.plug();
    m.virtio.vmm.refuse = (type) => (type === VIRTIO_IOMMU_T_MAP ? VIRTIO_IOMMU_S_INVAL : null);
    const push = m.virtio.queue.push.bind(m.virtio.queue);
    m.virtio.queue.push = (chain) => {
      push(chain, used);
    };
    const ret = m.iommuMap(m.domain(dev), AT, m.page(0x11));
    const reaches = m.read(dev, AT, 4) !== null;
    t.see(`a refused map, used length ${String(used)}`, ret, ret === 0 && !reaches);
    t.see(`the device reaches it, used length ${String(used)}`, yesNo(reaches));
  }
}

function replay(t: Trial): void {
  const buffers = 128;
  const m = t.guest({ numSlots: buffers });
  const dev = m.plug();
  const p = m.page(0x11);
  const all = Array.from({ length: buffers }, () => m.map(dev, p, PAGE_SIZE, DMA_TO_DEVICE));
  for (const at of all) m.unmap(dev, at, PAGE_SIZE, DMA_TO_DEVICE);
  t.see('mappings in use', 0);
  // As vfio-pci takes a device and gives it back.
  const { iommu } = m.on.m;
  const users = deref(iommu.iommu_domain_alloc(m.bus));
  iommu.iommu_attach_device(users, dev);
  const { counters } = m.virtio;
  counters.reset();
  iommu.iommu_detach_device(users, dev);
  const maps = counters.requests[VIRTIO_IOMMU_T_MAP] ?? 0;
  t.see('maps sent when the device comes back', maps);
  // One is the request that attaches it.
  const { vmexits } = counters;
  t.see('vmexits, interrupts off', vmexits - 1, maps > 1 && vmexits > maps);
}

export const VIRTIO: readonly Finding[] = [
  {
    id: 53,
    title: 'A refused overlapping map deletes an older mapping',
    severity: 'disclosure',
    cause: 'driver misuse',
    harm: 'after a second map of an address the device goes on reading and writing the first page, which nobody can unmap: its owner is told that there was nothing, and may free it',
    where: ['viommu_map', 'viommu_del_mappings'],
    later:
      'changed in v6.8, not mended in v7.0 or later, by reading: the refusal is not heard (57), both mappings stay in the tree, and the unmap asks the device for twice as many bytes: it takes the mapping behind with it, or is refused; viommu_map_pages rolls back by range too, but only where it cannot queue its request',
    fix: 'no-overlap',
    steps: [
      'A page of 11 is mapped, and another page at the same address. The device refuses the second.',
      'The address is unmapped.',
    ],
    show: refusedOverlap,
  },
  {
    id: 54,
    title: 'A range with a hole is forgotten and stays mapped',
    severity: 'disclosure',
    cause: 'driver misuse',
    harm: 'after an unmap that is longer than the mapping the device goes on reading and writing the page, which the kernel may use for other things',
    where: ['viommu_unmap'],
    later: 'not mended in v7.0 or later, by reading: viommu_unmap_pages does the same',
    fix: 'unmap-first',
    steps: ['One page of 11 is mapped, and two pages are unmapped there.'],
    show: hole,
  },
  {
    id: 55,
    title: 'Without memory for the request, the device keeps the mapping',
    severity: 'disclosure',
    cause: 'failure',
    harm: 'one failed allocation of 64 bytes, and a page that was unmapped stays open to the device until it is unplugged; without the pool a driver frees it meanwhile',
    where: ['viommu_unmap'],
    later: 'not mended in v7.0 or later, by reading: viommu_unmap_pages forgets first, too',
    fix: 'unmap-first',
    steps: [
      'A page of 11 is mapped. While it is unmapped there is no memory.',
      'It is unmapped again, with memory, which no caller of v5.13 does.',
      'A page is mapped and unmapped through the DMA API, without memory for the request.',
    ],
    show: noMemory,
  },
  {
    id: 56,
    title: 'A map in a domain that was never attached oopses',
    severity: 'crash',
    cause: 'driver misuse',
    harm: 'a user of the IOMMU API that maps before it attaches a device kills the machine in place of an error',
    where: ['viommu_iotlb_sync'],
    later:
      'mended in v6.16 by 07107e74444b, "iommu/virtio: Move to domain_alloc_paging()": a domain has its IOMMU from the beginning',
    fix: 'sync-attached',
    steps: ['A domain is made, and a page is mapped in it. No device was ever attached to it.'],
    show: neverAttached,
  },
  {
    id: 57,
    title: 'The reply to a queued UNMAP is never read',
    severity: 'disclosure',
    cause: 'failure',
    harm: 'a device reads a page that the kernel has freed, since its VMM could not unmap it and nobody looked',
    where: ['viommu_add_req', 'viommu_sync_req'],
    later:
      'not mended in v7.0 or later, by reading: viommu_add_req asks for no reply, and nobody reads that to a MAP either',
    fix: 'read-replies',
    steps: [
      'A page is mapped and unmapped. The VMM has no memory, and refuses each UNMAP.',
      'With the pool, eleven seconds pass until the buffer is evicted. Without it, the driver frees its page.',
    ],
    show: unreadReply,
  },
  {
    id: 58,
    title: 'A removed device leaves its mappings to the next domain',
    severity: 'disclosure',
    cause: 'unusual set-up',
    harm: 'after a hot unplug the next device reads and writes the pages of the one before, and its own map of such an address is refused',
    where: ['viommu_release_device', 'viommu_domain_free'],
    later: 'mended in v6.5 by 809d0810e352, "iommu/virtio: Detach domain on endpoint release"',
    fix: 'detach',
    steps: [
      'A page of 11 is mapped for a device, which is removed.',
      'Another device is plugged in. It reads the first one’s address, and maps a page.',
    ],
    show: released,
  },
  {
    id: 59,
    title: 'A refused map counts as mapped when the used length is not 4',
    severity: 'loss of service',
    cause: 'failure',
    harm: 'with a VMM that drops a request or counts its bytes otherwise, a driver believes in a mapping that is not there, and its device faults',
    where: ['__viommu_sync_req', 'viommu_get_req_errno'],
    later:
      'not mended in v7.0 or later, by reading: __viommu_sync_req compares the length as before, and since v6.8 nobody reads the reply to a MAP (57)',
    fix: 'unread-is-error',
    steps: [
      'The VMM refuses a map. It says that it wrote 4 bytes, as it did; 0; or 40, with those that it read.',
    ],
    show: usedLength,
  },
  {
    id: 60,
    title: 'Attaching again replays the idle cache',
    severity: 'cost',
    cause: 'unusual set-up',
    harm: 'when VFIO gives a device back, interrupts are off for as many vmexits as there are idle buffers, 1,024 in each class',
    where: ['viommu_attach_dev', 'viommu_replay_mappings'],
    later: 'not mended in v7.0 or later, by reading: viommu_replay_mappings waits for each MAP',
    fix: 'replay-at-once',
    steps: [
      'A pool has 128 idle buffers. The device is attached to another domain, as VFIO does, and given back.',
    ],
    show: replay,
  },
];
