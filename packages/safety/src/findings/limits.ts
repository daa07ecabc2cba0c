// SPDX-License-Identifier: GPL-2.0-only
// Findings 30 to 36: limits.

import {
  DMA_ATTR_PRIVILEGED,
  DMA_BIDIRECTIONAL,
  DMA_FROM_DEVICE,
  DMA_TO_DEVICE,
} from '@iommu-bounce/linux-shim';
import { new_device } from '@iommu-bounce/linux-shim/testing';
import type { Finding } from './finding';
import { type Trial, hex, lists, yesNo } from './kit';

function fullClass(t: Trial): void {
  const m = t.machine({ numSlots: 1, classSizes: 1 | 4 });
  const dev = new_device();
  const domain = m.plug(dev);
  const p = m.page(0x11);
  const first = m.map(dev, p, 0, 100, DMA_TO_DEVICE);
  const second = m.map(dev, p, 0, 100, DMA_TO_DEVICE);
  t.see('first mapping is bounced', yesNo(m.bounced(domain, first)));
  const [, larger] = m.stats(domain);
  const free = larger?.empty ?? 0;
  const isBounced = m.bounced(domain, second);
  t.see('second mapping is bounced', yesNo(isBounced), free > 0 && !isBounced);
  t.see('free slots of the larger class', free);
}

function starved(t: Trial): void {
  const m = t.machine({ numSlots: 2, classSizes: 1, machine: { jiffies: 120 } });
  const dev = new_device();
  const domain = m.plug(dev);
  const p = m.page(0x11);
  const [klass] = m.poolOf(domain)?.classes ?? [];
  const sent = [0, 1].map(() => m.map(dev, p, 0, 100, DMA_TO_DEVICE));
  for (const at of sent) m.unmap(dev, at, 100, DMA_TO_DEVICE);
  t.see('lists after two mappings to the device', lists(klass));
  let passed = 0;
  for (const ms of [0, 10_631, 10_632]) {
    m.k.timers.advance(ms - passed);
    passed = ms;
    const at = m.map(dev, p, 0, 100, DMA_FROM_DEVICE);
    m.unmap(dev, at, 100, DMA_FROM_DEVICE);
    const isBounced = m.bounced(domain, at);
    t.see(
      `bounced from the device, ${String(ms)} ms later`,
      yesNo(isBounced),
      t.setting.pool && !isBounced,
    );
  }
}

function longSearch(t: Trial): void {
  const m = t.machine({ numSlots: 9, classSizes: 1 });
  const dev = new_device();
  const domain = m.plug(dev);
  const p = m.page(0x11);
  const taken = Array.from({ length: 8 }, () =>
    m.map(dev, p, 0, 100, DMA_TO_DEVICE, DMA_ATTR_PRIVILEGED),
  );
  for (const at of taken) m.unmap(dev, at, 100, DMA_TO_DEVICE, DMA_ATTR_PRIVILEGED);
  let met = 0;
  for (const slot of m.poolOf(domain)?.classes[0]?.slots.slice(0, 8) ?? []) {
    const { prot } = slot;
    Object.defineProperty(slot, 'prot', {
      get: () => {
        if (m.k.context.irqs_disabled()) met++;
        return prot;
      },
    });
  }
  m.map(dev, p, 0, 100, DMA_TO_DEVICE);
  t.see('idle privileged buffers', m.poolOf(domain) ? 8 : 0);
  t.see('of which an unprivileged map looks at, interrupts off', met, met > 1);
}

function boundary(t: Trial): void {
  for (const [what, max_segment_size, mask, len] of [
    ['a class of 128 KiB, a boundary of 64 KiB', 2 ** 17, 0xffff, 2 ** 16],
    ['segments of 20 KiB, a boundary of 32 KiB', 0x5000, 0x7fff, 0x5000],
  ] as const) {
    const m = t.machine();
    const dev = new_device({ dma_parms: { max_segment_size, segment_boundary_mask: mask } });
    m.plug(dev);
    const big = m.page(0x11, 5);
    const sgl = m.list([big, len, 0], [m.k.mm.pfn_to_page(big.pfn + 16), len, 0]);
    const segments = m.map_sg(dev, sgl, 2, DMA_TO_DEVICE);
    const seen: string[] = [];
    let crosses = 0;
    for (let i = 0, sg: typeof sgl | null = sgl; sg && i < segments; i++, sg = sg.next_entry) {
      const last = sg.dma_address + sg.dma_length - 1;
      if (Math.floor(sg.dma_address / (mask + 1)) !== Math.floor(last / (mask + 1))) crosses++;
      seen.push(`${hex(sg.dma_address)}-${hex(last)}`);
    }
    t.see(`${what}: segments`, seen.join(', '), crosses > 0);
    t.see(`${what}: that cross it`, crosses, crosses > 0);
  }
}

function offset(t: Trial): void {
  const m = t.machine();
  const dev = new_device({ dma_parms: { min_align_mask: 4095 } });
  m.plug(dev);
  const sgl = m.list([m.page(0x11), 512, 512]);
  m.map_sg(dev, sgl, 1, DMA_TO_DEVICE);
  const got = sgl.dma_address % 4096;
  t.see('offset in the page, of the memory', 512);
  t.see('offset in the page, of the address', got, got !== 512);
}

function oneSlotMore(t: Trial): void {
  const m = t.machine({ numSlots: 8 });
  const domain = m.plug(new_device());
  for (const { unaligned_iova, iova_base, buffer_size } of m.poolOf(domain)?.classes ?? []) {
    const { iovad } = m.cookie(domain);
    const node = m.iova.find_iova(iovad, unaligned_iova / iovad.granule);
    const bytes = node ? (node.pfn_hi - node.pfn_lo + 1) * iovad.granule : 0;
    const slots = bytes / buffer_size;
    t.see(
      `class of ${String(buffer_size / 1024)} KiB: bytes skipped to align it`,
      iova_base - unaligned_iova,
    );
    t.see(
      `class of ${String(buffer_size / 1024)} KiB: slots that addresses are taken for, of 8`,
      slots,
      slots > 8,
    );
  }
}

function flushes(t: Trial): void {
  const m = t.machine();
  const dev = new_device();
  m.plug(dev);
  const p = m.page(0x11);
  const taken = [0, 1, 2, 3].map(() => m.map(dev, p, 0, 100, DMA_BIDIRECTIONAL));
  for (const at of taken) m.unmap(dev, at, 100, DMA_BIDIRECTIONAL);
  const atUnmap = m.syncs;
  t.see('flushes at four unmaps', atUnmap);
  m.k.timers.advance(11_000);
  const later = m.syncs - atUnmap;
  t.see('flushes of the eviction of their buffers', later, later > 1);
}

export const LIMITS: readonly Finding[] = [
  {
    id: 30,
    title: 'A full class does not use a larger one',
    severity: 'cost',
    cause: 'any load',
    harm: 'a burst of small mappings goes to the IOMMU although larger buffers are free',
    where: ['io_buffer_pool_map_buffer'],
    later: 'partly mended in v2: 3/9 has single-use buffers, since 7/9 for untrusted devices only',
    fix: 'next-class',
    steps: ['Each of two classes has one slot. Two small pages are mapped.'],
    show: fullClass,
  },
  {
    id: 31,
    title: 'Unused buffers of one permission starve another',
    severity: 'cost',
    cause: 'any load',
    harm: 'after a burst in one direction the other is not bounced for up to 10.6 seconds, although all buffers are idle',
    where: ['io_buffer_pool_map_buffer'],
    later:
      'not mended in v2: 6/9 has a cache for each permission; untrusted devices get single-use buffers',
    fix: 'take-idle',
    steps: [
      'The only two slots are used for sends, which end.',
      'A receive is mapped at once, and later.',
    ],
    show: starved,
  },
  {
    id: 32,
    title: 'Linear search with interrupts off',
    severity: 'cost',
    cause: 'unusual set-up',
    harm: 'a map walks past each idle buffer of another privilege or cacheability, 1,023 at most, with interrupts off',
    where: ['io_buffer_pool_map_buffer'],
    later: 'not mended in v2: 6/9 walks the list with the lock held',
    fix: 'cache-each-prot',
    steps: [
      'Eight buffers are used with DMA_ATTR_PRIVILEGED, and become idle.',
      'A page is mapped without it.',
    ],
    show: longSearch,
  },
  {
    id: 33,
    title: 'Segments can cross a boundary of the device',
    severity: 'corruption',
    cause: 'unusual set-up',
    harm: 'a device that wraps at its boundary transfers part of a segment from or to another address',
    where: ['io_buffer_class_init', 'io_buffer_pool_map_sg'],
    later: 'not mended in v2: 6/9 aligns slots to their size, 3/9 cuts at the segment size',
    fix: 'seg-boundary',
    steps: ['A list of two entries is mapped for a device with a segment boundary.'],
    show: boundary,
  },
  {
    id: 34,
    title: 'A list loses the offset of its first byte',
    severity: 'cost',
    cause: 'unusual set-up',
    harm: 'the contract of min_align_mask is broken, at nobody’s cost in v5.13: of its drivers only NVMe’s sets the mask, and it takes the offset from the address',
    where: ['io_buffer_pool_map_sg'],
    later: 'not mended in v2: 3/9 puts lists at the start of a buffer',
    fix: 'keep-offset',
    steps: [
      'A list that begins 512 bytes into a page is mapped for a device with min_align_mask 4095.',
    ],
    show: offset,
  },
  {
    id: 35,
    title: 'One slot too many is reserved',
    severity: 'cost',
    cause: 'any load',
    harm: 'each class takes the addresses of a slot that does not exist; small ones, which are rounded up to a power of two, take twice what they need',
    where: ['io_buffer_class_init'],
    later: 'mended in v2: 6/9 reserves what the slots need, and less where addresses are few',
    fix: 'exact-range',
    steps: ['A pool of eight slots for each of three classes is made.'],
    show: oneSlotMore,
  },
  {
    id: 36,
    title: 'One IOTLB flush per evicted buffer',
    severity: 'cost',
    cause: 'any load',
    harm: 'an idle pool of 1,024 buffers costs 1,024 flushes where one would do',
    where: ['io_buffer_pool_free_slot'],
    later: 'not mended in v2: 3/9 calls iommu_unmap for each buffer',
    fix: 'one-flush',
    steps: ['Four pages are mapped and unmapped; eleven seconds pass.'],
    show: flushes,
  },
];
