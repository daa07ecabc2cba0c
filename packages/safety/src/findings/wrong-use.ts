// SPDX-License-Identifier: GPL-2.0-only
// Findings 22 to 29: wrong or odd use.

import { DMA_TO_DEVICE } from '@iommu-bounce/linux-shim';
import { new_device } from '@iommu-bounce/linux-shim/testing';
import type { Finding } from './finding';
import { type Trial, lists } from './kit';

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

export const WRONG_USE: readonly Finding[] = [
  {
    id: 22,
    title: 'A second unmap breaks the cache',
    severity: 'crash',
    cause: 'driver misuse',
    harm: 'a driver that unmaps twice stops a CPU with a lock held, where without the pool there is a warning',
    where: ['io_buffer_pool_unmap_buffer', '__io_buffer_pool_evict', 'io_buffer_pool_map_buffer'],
    later: 'not looked up',
    fix: 'in-use',
    steps: [
      '100 bytes are mapped, and unmapped twice.',
      'Ten seconds later the eviction worker walks the cache.',
    ],
    show: secondUnmap,
  },
];
