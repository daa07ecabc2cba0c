// SPDX-License-Identifier: GPL-2.0-only
// Findings 68 and 84: what the driver has checked, or passed on, is copied once more.

import { DMA_ATTR_SKIP_CPU_SYNC, DMA_FROM_DEVICE, dma_addr_t } from '@iommu-bounce/linux-shim';
import { new_device } from '@iommu-bounce/linux-shim/testing';
import type { Finding } from './finding';
import { type Trial, runs } from './kit';

const BYTES = 64;
const CHECKED = 0x11;
const CHANGED = 0x66;

/** A driver looks at what it got, and gives the mapping back; the device writes in between. */
function lookThenUnmap(t: Trial, words: string, attrs: number): void {
  const m = t.machine();
  const dev = new_device();
  m.plug(dev);
  const p = m.page(0);
  const at = m.map(dev, p, 0, BYTES, DMA_FROM_DEVICE);
  m.write(dev, at, new Uint8Array(BYTES).fill(CHECKED));
  m.k.dma.dma_sync_single_for_cpu(dev, at, BYTES, DMA_FROM_DEVICE);
  t.see(`${words}: the driver checks`, runs(m.bytes(p, BYTES)));
  m.write(dev, at, new Uint8Array(BYTES).fill(CHANGED));
  t.see(`${words}: before the unmap`, runs(m.bytes(p, BYTES)));
  m.unmap(dev, at, BYTES, DMA_FROM_DEVICE, attrs);
  const used = m.bytes(p, BYTES);
  t.see(`${words}: and after it, what the driver uses`, runs(used), used[0] !== CHECKED);
}

function checkedThenCopied(t: Trial): void {
  lookThenUnmap(t, 'dma_unmap_page', 0);
  lookThenUnmap(t, 'with DMA_ATTR_SKIP_CPU_SYNC', DMA_ATTR_SKIP_CPU_SYNC);
}

const HALF = 2048;
const HEADER = 64;
const REWRITTEN = 0x33;

/** A page for two packets: the second one comes while the stack has the first, and writes into it. */
function passedOn(t: Trial): void {
  const m = t.machine();
  const dev = new_device();
  m.plug(dev);
  const p = m.page(0);
  const at = m.map(dev, p, 0, 4096, DMA_FROM_DEVICE);
  for (const offset of [0, HALF]) {
    m.write(dev, dma_addr_t(at + offset), new Uint8Array(HALF).fill(CHECKED));
    m.k.dma.dma_sync_single_for_cpu(dev, dma_addr_t(at + offset), HALF, DMA_FROM_DEVICE);
    if (offset === 0) m.bytes(p, HEADER).fill(REWRITTEN);
  }
  t.see('before the unmap, the first packet', runs(m.bytes(p, HALF)));
  m.unmap(dev, at, 4096, DMA_FROM_DEVICE);
  const got = m.bytes(p, HALF);
  t.see('and after it', runs(got), got[0] !== REWRITTEN);
}

export const DOUBLE_FETCH: readonly Finding[] = [
  {
    id: 68,
    title: 'The unmap copies again what the driver has checked',
    severity: 'corruption',
    cause: 'malicious device',
    harm: 'a device changes data between the driver’s check of it and its use, as it can without the pool: a length, an index or a header that was right is wrong',
    where: ['iommu_dma_unmap_page', 'iommu_dma_unmap_sg'],
    later:
      'not mended in v2: its patch 3/9 copies at the unmap too; so does swiotlb of v5.14, in swiotlb_tbl_unmap_single',
    fix: null,
    design:
      'the driver unmaps with DMA_ATTR_SKIP_CPU_SYNC what it has synced, or checks after the unmap; the pool cannot tell, since a driver may hand a buffer that it only read back to the device without a sync (DMA-API-HOWTO)',
    steps: [
      'A device writes 64 bytes of 11. The driver syncs them for the CPU and checks them; the device writes 66; the driver unmaps, and uses them.',
      'The same, with an unmap that is told to copy nothing.',
    ],
    show: checkedThenCopied,
  },
  {
    id: 84,
    title: 'The unmap undoes what was written since the sync',
    severity: 'corruption',
    cause: 'driver misuse',
    harm: 'a driver that passes a part of a page on while the rest is mapped, as mlx4 of v5.14 does with packets, has it overwritten by the unmap: what the network stack has written into it is lost, and a malicious device chooses what is there instead',
    where: ['iommu_dma_unmap_page'],
    later:
      'not mended in v2, by reading: its patch 3/9 copies all that was mapped at the unmap too; so does swiotlb of v5.14',
    fix: null,
    design:
      'the driver unmaps with DMA_ATTR_SKIP_CPU_SYNC what it has synced, as many network drivers do; the pool cannot tell (68)',
    steps: [
      'A page is mapped for two packets. The first arrives, is synced and passed on; its header of 64 bytes is rewritten to 33.',
      'The second arrives and is synced. The page is unmapped while the stack still has the first.',
    ],
    show: passedOn,
  },
];
