// SPDX-License-Identifier: GPL-2.0-only
// Finding 68: what the driver has checked is copied once more.

import { DMA_ATTR_SKIP_CPU_SYNC, DMA_FROM_DEVICE } from '@iommu-bounce/linux-shim';
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
];
