// SPDX-License-Identifier: GPL-2.0-only
// Findings 22 to 29: wrong or odd use.

import {
  DMA_ATTR_SKIP_CPU_SYNC,
  DMA_FROM_DEVICE,
  DMA_TO_DEVICE,
  dma_addr_t,
} from '@iommu-bounce/linux-shim';
import { new_device } from '@iommu-bounce/linux-shim/testing';
import type { Finding } from './finding';
import { type Machine, type Trial, hex, lists, runs } from './kit';

function secondUnmap(t: Trial): void {
  const m = t.machine({ numSlots: 2, classSizes: 1 });
  const dev = new_device();
  const domain = m.plug(dev);
  const [klass] = m.poolOf(domain)?.classes ?? [];
  const p = m.page(0x11);
  const at = m.map(dev, p, 0, 100, DMA_TO_DEVICE);
  m.unmap(dev, at, 100, DMA_TO_DEVICE);
  t.see('lists after the unmap', lists(klass));
  if (
    t.dies('second unmap', () => {
      m.unmap(dev, at, 100, DMA_TO_DEVICE);
    })
  )
    return;
  t.see('warnings', m.k.log.warnings);
  const twice = lists(klass);
  t.see('lists after the second unmap', twice, twice.includes('without end'));
  if (
    t.dies('ten seconds later, the eviction worker', () => {
      m.k.timers.advance(10_000);
    })
  ) {
    const { locks_held, irqs_disabled } = m.k.usage();
    t.see(
      'locks held, interrupts off',
      `${String(locks_held)}, ${irqs_disabled ? 'yes' : 'no'}`,
      true,
    );
  }
}

/** The buffer is gone by the second unmap, and its page is somebody else's. */
function lateSecondUnmap(t: Trial): void {
  const m = t.machine({ numSlots: 2, classSizes: 1 });
  const dev = new_device();
  m.plug(dev);
  const at = m.map(dev, m.page(0x11), 0, 100, DMA_TO_DEVICE);
  m.unmap(dev, at, 100, DMA_TO_DEVICE);
  m.k.timers.advance(20_000);
  const other = m.page(0x33);
  m.unmap(dev, at, 100, DMA_TO_DEVICE);
  t.see('unmapped again when its buffer is gone: warnings', m.k.log.warnings);
  const next = m.map(dev, m.page(0x22), 0, 100, DMA_TO_DEVICE);
  const seen = m.read(dev, next, 100);
  t.see('100 bytes of 22 are mapped; the device reads', runs(seen), seen?.[0] !== 0x22);
  const got = m.bytes(other, 4096);
  t.see('a page of 33 that the kernel allocated in between', runs(got), got[0] !== 0x33);
}

function unmappedTwice(t: Trial): void {
  secondUnmap(t);
  lateSecondUnmap(t);
}

/** What an oops leaves behind. */
function seeLeft(t: Trial, m: Machine): void {
  const { locks_held, irqs_disabled } = m.k.usage();
  t.see('locks held, interrupts off', `${String(locks_held)}, ${irqs_disabled ? 'yes' : 'no'}`);
}

function neverFilled(t: Trial): void {
  for (const [what, attrs] of [
    ['unmap of an address that was never mapped', 0],
    ['the same by a driver that syncs itself', DMA_ATTR_SKIP_CPU_SYNC],
  ] as const) {
    const m = t.machine();
    const dev = new_device();
    const domain = m.plug(dev);
    const at = dma_addr_t(m.stats(domain)[0]?.iova_base ?? 0x10000);
    const isDead = t.dies(what, () => {
      m.unmap(dev, at, 100, DMA_TO_DEVICE, attrs);
    });
    if (isDead && attrs !== 0) seeLeft(t, m);
    if (!isDead) t.see(`${what}: warnings`, m.k.log.warnings);
  }
}

function syncEntry(t: Trial): void {
  const m = t.machine();
  const dev = new_device();
  m.plug(dev);
  const [p, q] = [m.page(0x11), m.page(0x11)];
  const sgl = m.list([p, 4096, 0], [q, 4096, 0]);
  m.map_sg(dev, sgl, 2, DMA_FROM_DEVICE);
  const second = dma_addr_t(sgl.dma_address + 4096);
  m.write(dev, sgl.dma_address, new Uint8Array(8192).fill(0x22));
  const isDead = t.dies('sync of the second entry by its address', () => {
    m.k.dma.dma_sync_single_for_cpu(dev, second, 4096, DMA_FROM_DEVICE);
  });
  if (isDead) return;
  const seen = m.bytes(q, 4096);
  t.see('the second page after it', runs(seen), seen.includes(0x11));
}

function syncAfterUnmap(t: Trial): void {
  const m = t.machine();
  const dev = new_device();
  m.plug(dev);
  const at = m.map(dev, m.page(0x11), 0, 100, DMA_FROM_DEVICE);
  m.unmap(dev, at, 100, DMA_FROM_DEVICE);
  t.dies('sync of the address after its unmap', () => {
    m.k.dma.dma_sync_single_for_cpu(dev, at, 100, DMA_FROM_DEVICE);
  });
}

function longSync(t: Trial): void {
  const m = t.machine();
  const dev = new_device();
  m.plug(dev);
  const p = m.page(0x11, 1);
  const at = m.map(dev, p, 0, 100, DMA_FROM_DEVICE);
  m.write(dev, at, new Uint8Array(100).fill(0x22));
  const isDead = t.dies('sync of 200 bytes of 100', () => {
    m.k.dma.dma_sync_single_for_cpu(dev, at, 200, DMA_FROM_DEVICE);
  });
  const after = m.bytes(p, 200);
  // The device wrote the first 100 only.
  const isOver = after.slice(100).some((byte) => byte !== 0x11);
  if (!isDead) t.see('the caller’s bytes after it', runs(after), isOver);
  t.dies('sync of 4097 bytes', () => {
    m.k.dma.dma_sync_single_for_cpu(dev, at, 4097, DMA_FROM_DEVICE);
  });
}

function emptyList(t: Trial): void {
  const m = t.machine({ numSlots: 2, classSizes: 1 });
  const dev = new_device();
  const domain = m.plug(dev);
  const [klass] = m.poolOf(domain)?.classes ?? [];
  t.see('lists before', lists(klass));
  for (const times of ['once', 'twice']) {
    const sgl = m.list([m.page(0x11), 0, 0]);
    m.map_sg(dev, sgl, 1, DMA_TO_DEVICE);
    m.unmap_sg(dev, sgl, 1, DMA_TO_DEVICE);
    const { ro, wo, rw, empty } = m.stats(domain)[0] ?? { ro: 0, wo: 0, rw: 0, empty: 2 };
    t.see(
      `a list without bytes mapped and unmapped ${times}`,
      lists(klass),
      ro + wo + rw + empty < 2,
    );
  }
}

function longList(t: Trial): void {
  const m = t.machine();
  const dev = new_device();
  const domain = m.plug(dev);
  const p = m.page(0x11);
  const sgl = m.list([p, 2 ** 31, 0], [p, 2 ** 31, 0], [p, 100, 0]);
  const segments = m.map_sg(dev, sgl, 3, DMA_FROM_DEVICE);
  const isBounced = segments > 0 && m.bounced(domain, sgl.dma_address);
  const got = segments === 0 ? 'refused: no addresses' : `${String(sgl.dma_length)} bytes`;
  t.see('4 GiB and 100 bytes are mapped as', got, isBounced);
  if (segments === 0) return;
  t.dies('unmap', () => {
    m.unmap_sg(dev, sgl, 3, DMA_FROM_DEVICE);
  });
}

function longEntry(t: Trial): void {
  const m = t.machine();
  const dev = new_device();
  m.plug(dev);
  t.see('segment size of the device', String(dev.dma_parms?.max_segment_size ?? 0));
  const sgl = m.list([m.page(0x11, 5), 65_537, 0]);
  const isDead = t.dies('map of one entry of 65537 bytes', () => {
    m.map_sg(dev, sgl, 1, DMA_TO_DEVICE);
  });
  if (isDead) return;
  t.see('address', hex(sgl.dma_address));
  t.dies('unmap', () => {
    m.unmap_sg(dev, sgl, 1, DMA_TO_DEVICE);
  });
}

export const WRONG_USE: readonly Finding[] = [
  {
    id: 22,
    title: 'A second unmap breaks the cache',
    severity: 'corruption',
    cause: 'driver misuse',
    harm: 'a driver that unmaps twice stops a CPU with a lock held, or, when the buffer is gone, has the next mapping copied over a page that the kernel has given to somebody else; without the pool there is a warning',
    where: ['io_buffer_pool_unmap_buffer', '__io_buffer_pool_evict', 'io_buffer_pool_map_buffer'],
    later: 'not mended in v2, by reading: 6/9 puts a slot into its cache in use or not',
    fix: 'in-use',
    steps: [
      '100 bytes are mapped, and unmapped twice.',
      'Ten seconds later the eviction worker walks the cache.',
      'On another machine the second unmap comes after the eviction, and before it a page is allocated. Then 100 bytes are mapped.',
    ],
    show: unmappedTwice,
  },
  {
    id: 23,
    title: 'Unmapping a slot that was never filled is a BUG, with the lock held',
    severity: 'crash',
    cause: 'driver misuse',
    harm: 'a driver that unmaps an address it never mapped stops a CPU with a lock held, where without the pool there is a warning',
    where: ['io_buffer_pool_unmap_buffer'],
    later:
      'not mended in v2, by reading: 6/9 asks no slot whether it was ever used; its array may not be there, or hold what its memory held before, and where the permission is 0 it is the same BUG_ON, with the lock held',
    fix: 'in-use',
    steps: ['The first address of the pool is unmapped. No buffer was ever mapped there.'],
    show: neverFilled,
  },
  {
    id: 24,
    title: 'sync_single on a list mapping kills the machine',
    severity: 'crash',
    cause: 'driver misuse',
    harm: 'a driver that syncs one entry of a list by its address, which works with swiotlb=force, follows a wild pointer',
    where: ['io_buffer_pool_sync_single'],
    later: 'not mended in v2, by reading: 3/9 takes the list for a page',
    fix: 'sync-entry',
    steps: [
      'A list of two pages is mapped, and the device writes both.',
      'The second one is synced by its address.',
    ],
    show: syncEntry,
  },
  {
    id: 25,
    title: 'A sync after the unmap kills the machine',
    severity: 'crash',
    cause: 'driver misuse',
    harm: 'a driver that syncs an address after its unmap follows a wild pointer, where without the pool nothing happens',
    where: ['io_buffer_pool_sync_single'],
    later: 'not mended in v2, by reading: 6/9 finds the slot, whose buffer is NULL',
    fix: 'in-use',
    steps: ['A page is mapped, unmapped and synced.'],
    show: syncAfterUnmap,
  },
  {
    id: 26,
    title: 'A sync longer than the mapping runs off the pages',
    severity: 'corruption',
    cause: 'driver misuse',
    harm: 'a driver that syncs more than it mapped overwrites bytes behind its buffer, or follows a pointer behind the pages',
    where: ['io_buffer_pool_do_sync'],
    later: 'not mended in v2: 3/9 checks no length',
    fix: 'clamp-sync',
    steps: [
      '100 bytes of two pages of 11 are mapped; the device writes 22.',
      '200 bytes are synced, then 4097.',
    ],
    show: longSync,
  },
  {
    id: 27,
    title: 'A list without bytes takes a slot forever',
    severity: 'leak',
    cause: 'driver misuse',
    harm: 'each list without bytes costs a slot, until nothing is bounced any more',
    where: ['io_buffer_pool_map_sg'],
    later:
      'not mended in v2, by reading: 7/9 bounces a list without bytes, and 6/9 rounds its 0 bytes up to a power of two, which the kernel leaves undefined: where that is 1 it takes the pool in front of the first',
    fix: 'empty-list',
    steps: ['A list without bytes is mapped and unmapped, twice.'],
    show: emptyList,
  },
  {
    id: 28,
    title: 'The size of a list wraps at 4 GiB',
    severity: 'crash',
    cause: 'unusual set-up',
    harm: 'a list of 4 GiB and more gets a buffer of a few bytes, and its sync follows a pointer behind the pages',
    where: ['io_buffer_pool_map_sg'],
    later:
      'half mended in v2: 3/9 sums in a size_t; by reading, 6/9 keeps the power of two above it in an int, which is 0 above 2 GiB, and takes the pool in front of the first, of a list that must be bounced',
    fix: 'long-list',
    steps: ['A list of 4 GiB and 100 bytes is mapped, and unmapped.'],
    show: longList,
  },
  {
    id: 29,
    title: 'An entry longer than the segment size kills the machine',
    severity: 'crash',
    cause: 'driver misuse',
    harm: 'a list whose entries are longer than the device’s segments, 64 KiB unless its driver sets them, follows a wild pointer',
    where: ['io_buffer_pool_map_sg'],
    later:
      'not mended in v2, by reading: 3/9 has the same loop; lists above always_bounce_limit are bounced for untrusted devices only (7/9)',
    fix: 'few-entries',
    steps: ['A list of one entry of 65537 bytes is mapped and unmapped.'],
    show: longEntry,
  },
];
