// SPDX-License-Identifier: GPL-2.0-only
// Findings 1 to 7: the pool, and what a device sees.

import { DMA_FROM_DEVICE, DMA_TO_DEVICE } from '@iommu-bounce/linux-shim';
import { new_device } from '@iommu-bounce/linux-shim/testing';
import type { Finding } from './finding';
import { type Trial, hex, runs } from './kit';

/** What a page held before it was freed. */
const OLD = 0xaa;
const OWN = 0x11;
const OTHER = 0x22;

function shortTransfer(t: Trial): void {
  const m = t.machine();
  const dev = new_device();
  m.plug(dev);
  const p = m.page(OWN);
  const at = m.map(dev, p, 0, 100, DMA_FROM_DEVICE);
  t.see('the caller’s 100 bytes before', runs(m.bytes(p, 100)));
  m.write(dev, at, new Uint8Array(10).fill(OTHER));
  m.unmap(dev, at, 100, DMA_FROM_DEVICE);
  const after = m.bytes(p, 100);
  t.see(
    'and after the unmap',
    runs(after),
    after.slice(10).some((byte) => byte !== OWN),
  );
}

function slack(t: Trial): void {
  const m = t.machine();
  const dev = new_device();
  const domain = m.plug(dev);
  const secret = m.page(OTHER);
  m.unmap(dev, m.map(dev, secret, 0, 4096, DMA_TO_DEVICE), 4096, DMA_TO_DEVICE);
  const at = m.map(dev, m.page(OWN), 0, 100, DMA_TO_DEVICE);
  // Without the pool the rest of the page is the mapping's own page.
  const seen = m.read(dev, at, 4096);
  t.see('mapped bytes as the device reads them', runs(seen?.slice(0, 100) ?? null));
  t.see(
    'bytes 100 to 4095 of the same buffer',
    runs(seen?.slice(100) ?? null),
    seen?.slice(100).includes(OTHER) ?? false,
  );
  t.see('address', `${hex(at)}, ${m.bounced(domain, at) ? 'a bounce buffer' : 'the page itself'}`);
  // A slot that is filled anew.
  const other = m.map(dev, m.page(OWN), 0, 100, DMA_FROM_DEVICE);
  m.unmap(dev, other, 100, DMA_FROM_DEVICE);
  const fresh = m.map(dev, m.page(OWN), 0, 100, DMA_TO_DEVICE);
  const old = m.read(dev, fresh, 4096)?.slice(100) ?? null;
  t.see('the same of a buffer that was just filled', runs(old), old?.includes(OLD) ?? false);
}

function staysReadable(t: Trial): void {
  // The unmap falls where the wheel's bucket of 512 ms is just missed.
  const m = t.machine({ machine: { jiffies: 120 } });
  const dev = new_device();
  m.plug(dev);
  const at = m.map(dev, m.page(OWN), 0, 100, DMA_TO_DEVICE);
  t.see('the device reads, while mapped', runs(m.read(dev, at, 100)));
  m.unmap(dev, at, 100, DMA_TO_DEVICE);
  let passed = 0;
  for (const ms of [0, 5120, 10_631, 10_632]) {
    m.k.timers.advance(ms - passed);
    passed = ms;
    const seen = m.read(dev, at, 100);
    t.see(`${String(ms)} ms after the unmap`, runs(seen), seen?.includes(OWN) ?? false);
  }
}

export const POOL: readonly Finding[] = [
  {
    id: 1,
    title: 'A short transfer overwrites the rest of the buffer',
    severity: 'corruption',
    cause: 'any load',
    harm: 'a device that writes less than it was asked for gives the caller old kernel memory, or another transfer’s data, in place of his own bytes',
    where: ['io_buffer_pool_do_sync', 'iommu_dma_unmap_page'],
    later: 'not looked up',
    fix: 'copy-in',
    steps: [
      'A page of 11 is mapped for the device to write 100 bytes.',
      'The device writes 10 bytes of 22.',
      'The page is unmapped. Bytes 10 to 99 were nobody’s to change.',
    ],
    show: shortTransfer,
  },
  {
    id: 2,
    title: 'The slack of a slot is readable by the device',
    severity: 'disclosure',
    cause: 'malicious device',
    harm: 'a device reads old kernel memory and the data of earlier mappings behind each mapping that does not fill its class',
    where: ['io_buffer_pool_fill_slot', 'io_buffer_pool_map_buffer'],
    later: 'not looked up',
    fix: 'zero-slack',
    steps: [
      'A page of 22 is mapped whole for the device to read, and unmapped.',
      '100 bytes of 11 are mapped for the device to read: the same buffer.',
      'The device reads on behind them. A fresh page of the allocator holds aa.',
    ],
    show: slack,
  },
  {
    id: 3,
    title: 'Data stays readable for 5 to 10.6 seconds after the unmap',
    severity: 'disclosure',
    cause: 'malicious device',
    harm: 'a device reads what was sent through a buffer until the eviction worker has seen it twice',
    where: ['__io_buffer_pool_evict', 'calc_index'],
    later: 'not looked up',
    fix: 'scrub',
    steps: [
      '100 bytes of 11 are mapped for the device to read, and unmapped.',
      'The device goes on reading the same address.',
    ],
    show: staysReadable,
  },
];
