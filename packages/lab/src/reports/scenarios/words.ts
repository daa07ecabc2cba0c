// SPDX-License-Identifier: GPL-2.0-only
// What words mean that several pages use.

import type { Word } from './parts-report';

export const OF_MEMORY: readonly Word[] = [
  ['peak', 'The most bounce memory at any time.'],
  ['mean under load', 'The mean over the time of the load.'],
  ['mean load + idle', 'The mean over that and the idle time behind it.'],
];

export const OF_REQUESTS: readonly Word[] = [
  [
    'requests',
    'What the IOMMU is asked: behind virtio-iommu, messages to the VMM; on bare metal, calls of the driver.',
  ],
];

export const OF_EXITS: readonly Word[] = [
  ['exit', 'The guest stops and the VMM runs until it has served the request.'],
  [
    'hit',
    'A mapping for which the pool has a buffer that is mapped already: no request to the IOMMU.',
  ],
];

export const OF_POLICIES: readonly Word[] = [
  ['policy', 'What protects memory from the device, and how: see docs/simulation.md.'],
  [
    'stale window',
    'Time from the return of an unmap until the device can no longer reach the page. “always”: there is no translation.',
  ],
];
