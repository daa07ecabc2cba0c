// SPDX-License-Identifier: GPL-2.0-only
// The scenarios that are explored, by name.

import type { ProgramFactory } from '../executor';
import type { Derived } from './derived-classes';
import { LIST_AGAIN, type PoolScenario, VIRTIO_DETACH, VIRTIO_RETURN, poolProgram } from './pool';

export interface Scenario {
  /** One line: who does what. */
  readonly title: string;
  /** Small enough for every single run of it. */
  readonly small: boolean;
  /** Kinds of failures that the C itself has here: docs/schedules.md tells of each. */
  readonly finds: readonly string[];
  /** @param derived the code that runs; default: the port's */
  readonly program: (derived?: Derived) => ProgramFactory;
}

const TO = { does: 'map-unmap', dir: 'to' } as const;
const FROM = { does: 'map-unmap', dir: 'from' } as const;
const EVICT = { does: 'evict' } as const;

function pool(
  title: string,
  small: boolean,
  scenario: PoolScenario,
  finds: readonly string[] = [],
): Scenario {
  return {
    title,
    small,
    finds,
    program: (derived) => poolProgram(derived === undefined ? scenario : { ...scenario, derived }),
  };
}

export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  'map-unmap': pool('two CPUs map and unmap a page', true, { tasks: [TO, FROM] }),
  'same-permission': pool('two CPUs use buffers of one cache, twice', false, {
    tasks: [
      { ...TO, times: 2 },
      { ...TO, times: 2 },
    ],
  }),
  'last-slot': pool('two CPUs, one slot: who comes late is mapped without the pool', false, {
    tasks: [TO, TO],
    slots: 1,
  }),
  evict: pool('a CPU maps and unmaps twice, the eviction work runs', true, {
    tasks: [{ ...TO, times: 2 }, EVICT],
  }),
  'evict-two': pool('two CPUs map and unmap, the eviction work runs', false, {
    tasks: [TO, FROM, EVICT],
  }),
  'evict-two-rounds': pool('a CPU maps and unmaps twice, the eviction work runs twice', false, {
    tasks: [{ ...TO, times: 2 }, EVICT, EVICT],
  }),
  'late-device': pool('a device looks at all buffers while they are evicted', false, {
    tasks: [TO, { does: 'late-device' }, EVICT, EVICT],
  }),
  sync: pool('a sync for the CPU while another CPU maps and unmaps', false, {
    tasks: [{ does: 'map-sync-unmap' }, FROM],
  }),
  list: pool('a CPU maps and unmaps a list, another one a page', false, {
    tasks: [{ does: 'map-list', times: 1 }, FROM],
  }),
  'list-again': pool(
    'a CPU maps and unmaps a list twice, another one a page, with one slot',
    false,
    LIST_AGAIN,
    ['data-race'],
  ),
  interrupt: pool('an interrupt maps and unmaps while its CPU does', true, {
    tasks: [TO, { does: 'interrupt', dir: 'to' }],
  }),
  teardown: pool(
    'a driver ends and its domain with it, the eviction work may be about to run',
    true,
    {
      tasks: [{ does: 'map-unmap-teardown' }, EVICT],
      whole: true,
    },
  ),
  three: pool('three CPUs map and unmap', false, { tasks: [TO, FROM, TO], slots: 3 }),
  attach: pool(
    'two devices of a group get their ops on two CPUs',
    false,
    { tasks: [{ does: 'attach' }, { does: 'attach' }], whole: true },
    ['data-race'],
  ),
  lazy: pool('two CPUs map and unmap without a pool, the flush timer runs', false, {
    tasks: [TO, FROM, { does: 'flush-timer' }],
    slots: 0,
    lazy: true,
  }),
  'lazy-teardown': pool(
    'a domain ends while the timer of its flush queue runs on another CPU',
    false,
    {
      tasks: [{ does: 'flush-timer' }, { does: 'map-unmap-teardown' }],
      slots: 0,
      lazy: true,
      whole: true,
    },
    ['data-race'],
  ),
  virtio: pool('two CPUs map and unmap a page through virtio-iommu', false, {
    tasks: [TO, FROM],
    virtio: true,
  }),
  'virtio-teardown': pool(
    'a driver ends and its virtio-iommu domain with it, the eviction work may be about to run',
    true,
    { tasks: [{ does: 'map-unmap-teardown' }, EVICT], virtio: true },
  ),
  'virtio-detach': pool(
    'a device leaves its virtio-iommu domain while buffers of it are evicted',
    false,
    VIRTIO_DETACH,
    ['data-race', 'device-sees-freed'],
  ),
  'virtio-return': pool(
    'a device leaves its virtio-iommu domain and comes back while a buffer of it is evicted',
    false,
    VIRTIO_RETURN,
    ['device-sees-freed', 'leak'],
  ),
  'virtio-direct': pool('the same without a pool', false, {
    tasks: [TO, FROM],
    slots: 0,
    virtio: true,
  }),
};
