// SPDX-License-Identifier: GPL-2.0-only
// Findings 14 to 21: second devices and set-up.

import { DMA_TO_DEVICE } from '@iommu-bounce/linux-shim';
import { new_device } from '@iommu-bounce/linux-shim/testing';
import type { Finding } from './finding';
import { type Trial, hex, runs, yesNo } from './kit';

function noTranslation(t: Trial): void {
  const m = t.machine();
  m.k.faults.fail('workqueue', 1);
  const dev = new_device();
  const domain = m.plug(dev);
  t.see('attached to its domain', yesNo(domain.attached.has(dev)));
  t.see('translated DMA ops', yesNo(dev.dma_ops !== null), dev.dma_ops === null);
  const p = m.page(0x11);
  const at = m.map(dev, p, 0, 100, DMA_TO_DEVICE);
  const physical = Number(at) === Number(m.phys(p));
  t.see('address that the driver gets', `${hex(at)}${physical ? ', the physical one' : ''}`);
  const seen = m.read(dev, at, 100);
  t.see('the device reads there', runs(seen), seen === null);
}

export const SET_UP: readonly Finding[] = [
  {
    id: 17,
    title: 'A failed pool costs the device its translation',
    severity: 'loss of service',
    cause: 'failure',
    harm: 'one failed allocation while a device is probed, and each of its accesses faults',
    where: ['iommu_setup_dma_ops'],
    later: 'not looked up',
    fix: 'pool-optional',
    steps: [
      'The pool’s workqueue cannot be allocated while a device is probed.',
      'Its driver maps a page, and the device reads it.',
    ],
    show: noTranslation,
  },
];
