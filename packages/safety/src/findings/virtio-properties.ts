// SPDX-License-Identifier: GPL-2.0-only
// Findings 61 and 62: virtio-iommu, what a device says of itself when it is probed.

import {
  DMA_TO_DEVICE,
  PAGE_SIZE,
  type device,
  list_for_each_entry,
  list_head,
} from '@iommu-bounce/linux-shim';
import {
  type iommu_resv_region,
  VIRTIO_IOMMU_PROBE_T_RESV_MEM,
  VIRTIO_IOMMU_RESV_MEM_T_RESERVED,
  virtio_iommu_req_tail,
} from '@iommu-bounce/iommu-core';
import type { Finding } from './finding';
import { type Trial, type VirtioMachine, hex } from './kit';

/** Bytes of a RESV_MEM property's head. */
function head(length: number): number[] {
  return [VIRTIO_IOMMU_PROBE_T_RESV_MEM, 0, length, 0];
}

/** Probes a device that has these bytes for its properties; how the driver answers, and its regions. */
function probe(m: VirtioMachine, properties: readonly number[]): { ret: number; regions: string } {
  const { queue } = m.virtio;
  const push = queue.push.bind(queue);
  queue.push = (chain, written) => {
    if (chain.inLen > virtio_iommu_req_tail.sizeof) chain.write(0, Uint8Array.from(properties));
    push(chain, written);
  };
  const dev = m.add();
  dev.bus = m.bus;
  m.bus.iommu_ops = m.virtio.driver;
  const ret = m.on.m.iommu.iommu_probe_device(dev);
  return { ret, regions: ret === 0 ? regionsOf(m, dev) : 'none' };
}

/** The driver adds it. C: MSI_IOVA_BASE */
const MSI_WINDOW = 0x8000000;

/** Reserved regions that the device named: start and length. */
function regionsOf(m: VirtioMachine, dev: device): string {
  const list = new list_head<iommu_resv_region>();
  m.on.m.iommu.iommu_get_resv_regions(dev, list);
  const all = [...list_for_each_entry(list)]
    .filter(({ start }) => start !== MSI_WINDOW)
    .map(({ start, length }) => `${hex(start)}, ${bytesOf(length)} bytes`);
  m.on.m.iommu.iommu_put_resv_regions(dev, list);
  return all.length === 0 ? 'none' : all.join('; ');
}

/** The port's largest number stands for 2^64 - 1. */
function bytesOf(length: number): string {
  return length > 2 ** 52 ? 'nearly 2^64' : String(length);
}

const EINVAL = -22;

function propertyLength(t: Trial): void {
  const zeros = (n: number): number[] => new Array<number>(n).fill(0);
  // A property without bytes, and bytes behind it that are another's.
  const short = probe(t.guest(), [...head(0), ...zeros(4), 1]);
  t.see('a property without bytes: error', short.ret, short.ret !== EINVAL);
  // An unknown property up to the last 4 of 512 bytes, and one there that says that it has 20 bytes more.
  const filler = [9, 0, 504 & 0xff, 504 >> 8];
  const { ret, regions } = probe(t.guest(), [...filler, ...zeros(504), ...head(20)]);
  t.see('a property that ends behind the buffer: error', ret, ret !== EINVAL);
  t.see('region made of bytes behind the buffer', regions, regions !== 'none');
}

function belowStart(t: Trial): void {
  const start = 0xffff_0000;
  for (const last of [0xffff_ffff, start - 1, 0x1000]) {
    const m = t.guest();
    const dev = m.add([{ start, last, subtype: VIRTIO_IOMMU_RESV_MEM_T_RESERVED }]);
    dev.bus = m.bus;
    m.bus.iommu_ops = m.virtio.driver;
    const ret = m.on.m.iommu.iommu_probe_device(dev);
    const what = `${hex(start)} to ${hex(last)}`;
    t.see(`${what}: error`, ret, ret === 0 && last < start);
    t.see(`${what}: region`, ret === 0 ? regionsOf(m, dev) : 'none');
    if (ret !== 0) continue;
    const at = m.map(dev, m.page(0x11), PAGE_SIZE, DMA_TO_DEVICE);
    t.see(`${what}: address of a page`, hex(at), at >= start);
  }
}

export const VIRTIO_PROPERTIES: readonly Finding[] = [
  {
    id: 61,
    title: 'A property is read before its length is checked',
    severity: 'loss of service',
    cause: 'unusual set-up',
    harm: 'a VMM with a property that is too short, or ends behind the buffer, makes the guest read kernel memory behind it and reserve addresses by it',
    where: ['viommu_add_resv_mem', 'viommu_probe_endpoint'],
    later:
      'not mended in v7.0 or later, by reading: viommu_add_resv_mem reads start and end before it looks at the length',
    fix: 'check-length',
    steps: [
      'A device has a reserved region whose property has no bytes. -22 would say so; -75 is what the bytes behind it say.',
      'Another one has 20 bytes, the last 16 of them behind the buffer (zeros here; in C what lies there).',
    ],
    show: propertyLength,
  },
  {
    id: 62,
    title: 'A reserved region that ends below its start is accepted',
    severity: 'corruption',
    cause: 'unusual set-up',
    harm: 'a VMM with such a region gets no error, and the guest hands out the addresses from its start on; with a window of MSIs far above its end it runs out of memory',
    where: ['viommu_add_resv_mem', 'iova_reserve_iommu_regions', 'cookie_init_hw_msi_region'],
    later:
      'not mended in v7.0 or later, by reading: of viommu_add_resv_mem’s checks none compares end and start',
    fix: 'end-below',
    steps: [
      'Devices have a reserved region of 64 KiB below 4 GiB, one of no bytes, and one that ends below its start.',
      'Each that is accepted maps a page.',
    ],
    show: belowStart,
  },
];
