// SPDX-License-Identifier: GPL-2.0-only
// Findings 66, 67, 69 and 75: races between CPUs, which the explorer of schedules found.

import { DMA_TO_DEVICE } from '@iommu-bounce/linux-shim';
import { new_device } from '@iommu-bounce/linux-shim/testing';
import type { iommu_group } from '@iommu-bounce/iommu-core';
import { type ReplayedStep, exploreProgram, exploreSchedules, replaySchedule } from '../schedules';
import { countAnswered } from '../schedules/derived/marked/attach';
import { DERIVED, MARKED } from '../schedules/scenarios/derived-classes';
import {
  LIST_AGAIN,
  type PoolScenario,
  VIRTIO_DETACH,
  VIRTIO_RETURN,
  poolProgram,
} from '../schedules/scenarios/pool';
import type { Finding } from './finding';
import { type Trial, yesNo } from './kit';
import { withOverlay } from './stepped-overlay';

/** Schedules of lazy-teardown that are tried; an oops comes before the hundredth. */
const LIMIT = 1000;

/** Steps, with the CPUs in two columns. */
function seeSteps(t: Trial, steps: readonly ReplayedStep[], from: number): void {
  t.see('steps', steps.length);
  steps.forEach((step, i) => {
    if (i < from) return;
    const cpu = step.thread.endsWith('CPU 0') ? 'CPU 0      ' : '      CPU 1';
    t.see(`${String(i + 1).padStart(2)} ${cpu}`, stepText(step));
  });
}

function stepText({ operation, object, place }: ReplayedStep): string {
  const what = `${operation} ${object}`.trimEnd();
  return place === '' ? what : `${what}, ${place}`;
}

function timerAtTeardown(t: Trial): void {
  const fix = t.setting.fixes.find(({ findings }) => findings.includes(66));
  const overlay = fix?.overlays.iova;
  const derived = overlay ? withOverlay('iova_c', 'free_iova_flush_queue', overlay) : DERIVED;
  const scenario = 'lazy-teardown';
  const explored = exploreSchedules({ scenario, algorithm: 'brute', limit: LIMIT, derived });
  const { schedules, failures } = explored;
  t.see('orders of the steps that were run', schedules);
  const kinds = [...new Set(failures.map(({ kind }) => kind))];
  t.see('what they show', kinds.length === 0 ? 'nothing' : kinds.join(', '), kinds.length > 0);
  const found = failures.find(({ kind }) => kind === 'oops');
  t.see('the first that kills the machine', found?.schedule ?? 'none', found !== undefined);
  if (!found) return;
  const { outcome, steps, failures: seen } = replaySchedule(found.schedule, derived);
  const start = steps.findIndex(({ thread }) => thread.startsWith('flush timer'));
  seeSteps(t, steps, start - 1);
  t.see('how it ends', outcome, outcome === 'oops');
  seen.forEach(({ kind, what }, i) => {
    t.see(`report ${String(i + 1)}`, `${kind}: ${what}`, true);
  });
}

function attachTogether(t: Trial): void {
  const fix = t.setting.fixes.find(({ findings }) => findings.includes(67));
  const overlay = fix?.overlays.dma_iommu;
  const derived = overlay ? withOverlay('dma_iommu_c', 'iommu_dma_init_domain', overlay) : DERIVED;
  const { steps, failures } = replaySchedule('attach', derived);
  const races = failures.filter(({ kind }) => kind === 'data-race');
  seeSteps(t, steps, 0);
  races.forEach(({ what }, i) => {
    t.see(`race ${String(i + 1)}`, what, true);
  });
  setUpTwice(t, overlay !== undefined);
}

/**
 * One order of the race on a whole machine: the second CPU comes between the test and the set-up of the first.
 * @param waits it has to wait until the first has done all
 */
function setUpTwice(t: Trial, waits: boolean): void {
  const m = t.machine({ classSizes: 1 });
  const before = m.k.usage().allocations;
  const [first, second] = [new_device(), new_device({ name: 'second' })];
  const own = m.iova.init_iova_domain.bind(m.iova);
  let setUps = 0;
  m.iova.init_iova_domain = (...args) => {
    if (setUps++ === 0 && !waits) m.plug(second, first.iommu_group as iommu_group);
    own(...args);
  };
  const domain = m.plug(first);
  if (waits) m.plug(second, first.iommu_group as iommu_group);
  t.see('set-ups of the one domain', setUps, setUps > 1);
  const [klass] = m.poolOf(domain)?.classes ?? [];
  if (klass) {
    const { iovad } = m.cookie(domain);
    const reserved = m.iova.find_iova(iovad, klass.unaligned_iova / iovad.granule) !== null;
    t.see('the pool’s addresses are reserved', yesNo(reserved), !reserved);
  }
  // Larger than a buffer: the pool has no part in these, until one gets an address of the pool's.
  let mapped = 0;
  const died = t.dies('eight mappings larger than a buffer', () => {
    for (; mapped < 8; mapped++) m.map(first, m.page(0x11, 1), 0, 8192, DMA_TO_DEVICE);
  });
  t.see('of them mapped', mapped, mapped < 8);
  if (died) return;
  m.unplug(second);
  m.unplug(first);
  const lost = m.k.usage().allocations - before;
  t.see('structs left when both devices are gone', lost, lost > 0);
}

function listAgain(t: Trial): void {
  const { pool, fixes } = t.setting;
  const isMarked = fixes.some(({ marks }) => marks?.includes('io_buffer_slot.orig_buffer'));
  const scenario = { ...LIST_AGAIN, derived: isMarked ? MARKED : DERIVED };
  const program = poolProgram(pool ? scenario : { ...scenario, slots: 0 });
  const { schedules, complete, failures } = exploreProgram(program, { scenario: 'list-again' });
  t.see('orders of the steps that were run', schedules);
  t.see('these are all', yesNo(complete));
  const races = [...new Set(failures.map(({ kind, what }) => `${kind}: ${what}`))];
  races.forEach((race, i) => {
    t.see(`report ${String(i + 1)}`, race, true);
  });
  t.see('the first order that shows one', failures[0]?.schedule ?? 'none', races.length > 0);
}

function evictedAtDetach(t: Trial): void {
  if (!t.setting.fixes.some(({ findings }) => findings.includes(75))) {
    evicted(t, 'virtio-detach', 'leaves', VIRTIO_DETACH);
    evicted(t, 'virtio-return', 'comes back', VIRTIO_RETURN);
    return;
  }
  // Where each access of the count is a step, no race keeps an order from being run: none of them reaches what is free.
  const derived = { ...MARKED, virtio_iommu_c: countAnswered(MARKED.virtio_iommu_c as never) };
  evicted(t, 'virtio-detach', 'leaves', { ...VIRTIO_DETACH, derived });
  evicted(t, 'virtio-return', 'comes back', { ...VIRTIO_RETURN, derived });
}

/**
 * What the eviction work and the device come to in all orders of a scenario.
 * @param whole with the pool; its schedules are replayed on its own derived classes
 */
function evicted(t: Trial, scenario: string, when: string, whole: PoolScenario): void {
  const tasks = whole.tasks.filter(({ does }) => does !== 'evict');
  const program = poolProgram(t.setting.pool ? whole : { ...whole, tasks, slots: 0 });
  const { schedules, complete, failures } = exploreProgram(program, { scenario });
  t.see(`it ${when}: orders of the steps that were run`, schedules);
  t.see(`it ${when}: these are all`, yesNo(complete));
  const found = failures.find(({ kind }) => kind === 'device-sees-freed');
  const what = `it ${when}: the first in which it reaches what is free`;
  t.see(what, found?.schedule ?? 'none', !!found);
  if (!found) return;
  const { steps, failures: seen } = replaySchedule(found.schedule, whole.derived);
  t.see(`it ${when}: steps`, steps.length);
  const from = steps.findIndex(({ thread }) => thread.startsWith('evict'));
  steps.slice(from - 1).forEach((step, i) => {
    t.see(`it ${when}: ${String(from + i)}`, `${step.thread}: ${stepText(step)}`);
  });
  seen
    .filter(({ kind }) => kind !== 'data-race')
    .forEach((failure, i) => {
      t.see(`it ${when}: report ${String(i + 1)}`, failure.what, true);
    });
}

export const RACES: readonly Finding[] = [
  {
    id: 66,
    title: 'A flush queue is freed while its timer runs',
    severity: 'crash',
    cause: 'unusual set-up',
    harm: 'in lazy mode, a device that is unplugged soon after its last unmap kills the machine, as was seen when NVMe devices were removed',
    where: ['free_iova_flush_queue', 'fq_flush_timeout'],
    later:
      'mended in v5.17 by d7061627d701, "iommu/iova: Fix race between FQ timeout and teardown", and in stable kernels from 4.14 on',
    fix: 'wait-timer',
    steps: [
      'CPU 1 maps and unmaps a page, which arms the timer of the flush queue, and takes the domain down.',
      'The timer runs on CPU 0 meanwhile. The steps are shown from its start on.',
    ],
    show: timerAtTeardown,
  },
  {
    id: 67,
    title: 'Two devices of a group set up one domain at the same time',
    severity: 'crash',
    cause: 'unusual set-up',
    harm: 'two devices of one group that are probed at the same time break the tree of addresses: those of the pool are given out again',
    where: ['iommu_dma_init_domain', 'init_iova_domain'],
    later:
      'mended in v6.0 by ac9a5d522bb8, "iommu/dma: Fix race condition during iova_domain initialization" (mail of 30 May 2022, 20220530120748.31733-1-yf.wang@mediatek.com)',
    fix: 'lock-set-up',
    steps: [
      'Two CPUs set up the domain of a group for a device each. The one that comes second reads start_pfn without a lock, and believes in a domain that is not ready.',
      'On a whole machine, the second set-up comes between the test and the set-up of the first.',
    ],
    show: attachTogether,
  },
  {
    id: 69,
    title: 'A list that is mapped again races with the owner of its old slot',
    severity: 'cost',
    cause: 'any load',
    harm: 'KCSAN reports a correct driver; the value that is read differs from the list’s address whoever wins, so that nothing else comes of it',
    where: ['io_buffer_pool_sync_sg', 'io_buffer_pool_map_buffer', 'io_buffer_pool_unmap_buffer'],
    later:
      'not mended in v2, by reading: 3/9 looks the old address up with a lock, and reads orig_buffer of what it found after it has given the lock back',
    fix: 'mark-owner',
    steps: [
      'The pool has one slot. CPU 0 maps a list, unmaps it, and maps it again; CPU 1 maps and unmaps a page.',
      'Where CPU 1 has the slot, the second map of the list finds none: iommu_dma_map_sg syncs the list, whose entry still has the slot’s address.',
      'With the fix each access of orig_buffer is a step of its own, and no race.',
    ],
    show: listAgain,
  },
  {
    id: 75,
    title: 'A buffer is freed while its device leaves the domain',
    severity: 'disclosure',
    cause: 'unusual set-up',
    harm: 'a device that moves to another domain and back, as for VFIO, can read and write a page that the pool has just given back',
    where: ['viommu_attach_dev', 'viommu_unmap'],
    later:
      'not mended in v7.0 or later, by reading: viommu_attach_dev lowers nr_endpoints before the request and raises it after the replay there too',
    fix: 'count-answered',
    steps: [
      'CPU 0 maps and unmaps a page through virtio-iommu, then attaches the device to another domain.',
      'The eviction work runs meanwhile, and the device touches the address of its old buffer.',
      'The same, and the device is attached to its old domain again. Here, and with the fix, each access of nr_endpoints is a step, and all orders are run.',
    ],
    show: evictedAtDetach,
  },
];
