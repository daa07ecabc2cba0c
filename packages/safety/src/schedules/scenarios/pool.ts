// SPDX-License-Identifier: GPL-2.0-only
// Drivers on two or three CPUs at one pool, with its eviction work and its end.

import {
  DMA_FROM_DEVICE,
  DMA_MAPPING_ERROR,
  DMA_TO_DEVICE,
  PAGE_SIZE,
  deref,
} from '@iommu-bounce/linux-shim';
import type { iommu_domain } from '@iommu-bounce/iommu-core';
import type { Executor } from '../executor';
import type { Body, Program, Thread } from '../program';
import { checkGone, checkLog, checkRest } from './checks';
import { MARKED } from './derived-classes';
import { fillBytes, isAll } from './device-access';
import { mapList } from './lists';
import { type PoolMachineOptions, PoolMachine } from './machine';

/** Bytes that a mapping has. */
const LENGTH = 16;

/** What a thread does. */
export type PoolTask =
  /** Maps, has the device read or write, unmaps, and looks at the bytes. */
  | { readonly does: 'map-unmap'; readonly dir: 'to' | 'from'; readonly times?: number }
  /** The same with a sync for the CPU before the unmap. */
  | { readonly does: 'map-sync-unmap' }
  /** Maps a list, has the device read, unmaps; the list is the same each time. */
  | { readonly does: 'map-list'; readonly times: number }
  /** The eviction work, once it is queued. */
  | { readonly does: 'evict' }
  /** A device of a group gets its ops: the addresses and the pool of their domain are set up. */
  | { readonly does: 'attach' }
  /** Maps and unmaps; then its domain and the pool come to their end. */
  | { readonly does: 'map-unmap-teardown' }
  /** Maps and unmaps; then the device leaves its domain for another one, as for VFIO. With virtio-iommu. */
  | { readonly does: 'map-unmap-detach' }
  /** The same; then the device comes back, and looks at its old buffer. */
  | { readonly does: 'map-unmap-return' }
  /** A device that looks at the address of each slot, mapped to it or not. */
  | { readonly does: 'late-device' }
  /** The timer of the flush queue, once it is armed; on CPU 0. */
  | { readonly does: 'flush-timer' }
  /** A map and unmap in an interrupt handler of CPU 0. */
  | { readonly does: 'interrupt'; readonly dir: 'to' | 'from' };

export interface PoolScenario extends Omit<PoolMachineOptions, 'cpus'> {
  readonly tasks: readonly PoolTask[];
}

/** A list is mapped twice, a page once, with one slot for both. */
export const LIST_AGAIN: PoolScenario = {
  tasks: [
    { does: 'map-list', times: 2 },
    { does: 'map-unmap', dir: 'to' },
  ],
  slots: 1,
};

/** A driver is done and its device goes to another virtio-iommu domain, while the eviction work of the old one runs. */
export const VIRTIO_DETACH: PoolScenario = {
  tasks: [
    { does: 'map-unmap-detach' },
    { does: 'evict' },
    { does: 'evict' },
    { does: 'late-device' },
  ],
  virtio: true,
};

/** The device comes back while the eviction work runs: what can happen there lies between two accesses, which are steps here. */
export const VIRTIO_RETURN: PoolScenario = {
  tasks: [{ does: 'map-unmap-return' }, { does: 'evict' }, { does: 'evict' }],
  slots: 1,
  virtio: true,
  derived: MARKED,
};

/** A program with its machine, to be looked into. */
export interface PoolProgram extends Program {
  readonly machine: PoolMachine;
}

export function poolProgram(scenario: PoolScenario): (rt: Executor) => PoolProgram {
  return (rt) => {
    const { tasks, ...options } = scenario;
    const machine = new PoolMachine(rt, { ...options, cpus: tasks.length });
    const rounds = tasks.some(({ does }) => does === 'evict');
    const running = rounds ? rt.object('evict_work running') : undefined;
    if (running !== undefined) machine.kernel.work = running;
    // Its end may wait for a timer that runs.
    const timer = tasks.some(({ does }) => does === 'flush-timer');
    if (timer) machine.kernel.timer = rt.object('fq_timer running');
    const detaches = tasks.some(({ does }) => does === 'map-unmap-detach');
    const ends = tasks.some(({ does }) => does === 'map-unmap-teardown' || does === 'attach');
    return {
      machine,
      plain: machine.hasPlainForms && !ends && !detaches,
      threads: tasks.map((task, i) => threadOf(rt, machine, task, i, running)),
      reset: () => {
        machine.reset();
      },
      check: () => {
        if (ends) checkLog(machine);
        else checkRest(machine, detaches);
      },
    };
  };
}

function threadOf(
  rt: Executor,
  machine: PoolMachine,
  task: PoolTask,
  i: number,
  running: number | undefined,
): Thread {
  const task0 = { name: `CPU ${String(i)}`, cpu: i, kind: 'task' as const };
  switch (task.does) {
    case 'map-unmap':
      return {
        ...task0,
        body: () => mapUnmap(rt, machine, i, task.dir === 'to', task.times ?? 1, false),
      };
    case 'map-sync-unmap':
      return { ...task0, body: () => mapUnmap(rt, machine, i, false, 1, true) };
    case 'map-list':
      return { ...task0, body: () => mapList(rt, machine, i, task.times) };
    case 'evict':
      return {
        ...task0,
        ...waitsFor(deref(machine.pool).evict_work, () => pending(machine)),
        ...(running === undefined ? {} : { holds: running }),
        name: `evict on CPU ${String(i)}`,
        body: () => evict(machine),
      };
    case 'flush-timer': {
      const timer = machine.iovad.fq_timer;
      return {
        ...waitsFor(timer, () => timer.due === 1),
        holds: machine.kernel.timer,
        name: 'flush timer on CPU 0',
        cpu: 0,
        kind: 'softirq',
        body: () => flushTimer(machine),
      };
    }
    case 'attach':
      return { ...task0, body: () => attach(rt, machine) };
    case 'map-unmap-teardown':
      return { ...task0, body: () => mapUnmapTeardown(rt, machine, i) };
    case 'map-unmap-detach':
      return { ...task0, body: () => mapUnmapDetach(rt, machine, i) };
    case 'map-unmap-return':
      return { ...task0, body: () => mapUnmapReturn(rt, machine, i) };
    case 'late-device':
      return { ...task0, name: 'device', body: () => lateDevice(machine) };
    case 'interrupt':
      return {
        name: 'interrupt on CPU 0',
        cpu: 0,
        kind: 'hardirq',
        body: () => interrupt(rt, machine, i, task.dir === 'to'),
      };
  }
}

/** Not before something has been queued. */
function waitsFor(what: object, ready: () => boolean): Pick<Thread, 'ready' | 'wakes'> {
  return { ready, wakes: (what as { schedule_number?: number }).schedule_number ?? -1 };
}

function pending({ pool }: PoolMachine): boolean {
  return pool?.evict_work.work.pending ?? false;
}

/** What tells the bytes of two mappings apart. */
function pattern(i: number, turn: number): number {
  return 0x10 * (i + 1) + turn;
}

function* mapUnmap(
  rt: Executor,
  machine: PoolMachine,
  i: number,
  toDevice: boolean,
  times: number,
  sync: boolean,
): Body {
  const { dma, dev, k, kernel } = machine;
  const p = deref(machine.buffers[i]);
  const memory = k.mm.ram;
  const start = p.pfn * PAGE_SIZE;
  const dir = toDevice ? DMA_TO_DEVICE : DMA_FROM_DEVICE;
  for (let turn = 0; turn < times; turn++) {
    const mine = pattern(i, turn);
    fillBytes(memory, toDevice ? mine : 0, start, LENGTH);
    const iova = rt.callsNow()
      ? dma.iommu_dma_map_page_now(dev, p, 0, LENGTH, dir, 0)
      : yield* dma.iommu_dma_map_page(dev, p, 0, LENGTH, dir, 0);
    rt.returned();
    if (iova === DMA_MAPPING_ERROR) {
      rt.fail('no-mapping', `${String(i)}: the map failed`);
      return;
    }
    if (kernel.device(iova)) yield;
    if (toDevice) {
      if (machine.access.reads(iova, mine, LENGTH) !== true)
        rt.fail('wrong-data', `CPU ${String(i)}: the device does not read what the driver wrote`);
    } else if (!machine.access.writes(iova, mine, LENGTH))
      rt.fail('wrong-data', `CPU ${String(i)}: the device does not reach its mapping`);
    if (sync) {
      if (rt.callsNow()) dma.iommu_dma_sync_single_for_cpu_now(dev, iova, LENGTH, dir);
      else yield* dma.iommu_dma_sync_single_for_cpu(dev, iova, LENGTH, dir);
      rt.returned();
    }
    if (rt.callsNow()) dma.iommu_dma_unmap_page_now(dev, iova, LENGTH, dir, 0);
    else yield* dma.iommu_dma_unmap_page(dev, iova, LENGTH, dir, 0);
    rt.returned();
    if (!isAll(memory, mine, start, LENGTH))
      rt.fail('wrong-data', `CPU ${String(i)}: the driver has other bytes after the unmap`);
  }
}

/** Addresses of a domain, in bytes. */
const SPACE = 2 ** 32;

function* attach(rt: Executor, machine: PoolMachine): Body {
  const ret = yield* machine.dma.iommu_dma_init_domain(machine.fresh, 0, SPACE, machine.dev);
  if (ret !== 0) rt.fail('no-mapping', `iommu_dma_init_domain returned ${String(ret)}`);
}

function* mapUnmapTeardown(rt: Executor, machine: PoolMachine, i: number): Body {
  yield* mapUnmap(rt, machine, i, true, 1, false);
  if (machine.hasPins) yield* machine.driver.domain_free(machine.domain);
  else yield* machine.dma.iommu_put_dma_cookie(machine.domain);
  checkGone(machine);
}

function* mapUnmapDetach(rt: Executor, machine: PoolMachine, i: number): Body {
  yield* mapUnmap(rt, machine, i, true, 1, false);
  yield* attachTo(rt, machine, machine.fresh);
}

function* attachTo(rt: Executor, machine: PoolMachine, domain: iommu_domain): Body {
  const ret = yield* machine.driver.attach_dev(domain, machine.dev);
  if (ret !== 0) rt.fail('no-mapping', `attach_dev returned ${String(ret)}`);
}

function* mapUnmapReturn(rt: Executor, machine: PoolMachine, i: number): Body {
  yield* mapUnmapDetach(rt, machine, i);
  yield* attachTo(rt, machine, machine.domain);
  yield* lateDevice(machine);
}

function* lateDevice(machine: PoolMachine): Body {
  for (const { iova_base, buffer_size, slots } of machine.classes)
    for (const { index } of slots) {
      const iova = iova_base + buffer_size * index;
      if (machine.kernel.device(iova)) yield;
      machine.access.reads(iova, 0, LENGTH);
    }
}

function* evict(machine: PoolMachine): Body {
  const { work } = deref(machine.pool).evict_work;
  work.pending = false;
  if (machine.rt.callsNow()) machine.evictor.io_buffer_pool_evict_now(work);
  else yield* machine.evictor.io_buffer_pool_evict(work);
  machine.rt.returned();
}

function* flushTimer(machine: PoolMachine): Body {
  const { iovad } = machine;
  const { context } = machine.k;
  iovad.fq_timer.due = 0;
  context.preempt_disable();
  if (machine.rt.callsNow()) machine.flusher.fq_flush_timeout_now(iovad);
  else yield* machine.flusher.fq_flush_timeout(iovad);
  machine.rt.returned();
  context.preempt_enable();
}

function* interrupt(rt: Executor, machine: PoolMachine, i: number, toDevice: boolean): Body {
  const { context } = machine.k;
  machine.kernel.beginsMasked();
  const flags = context.local_irq_save();
  context.preempt_disable();
  yield* mapUnmap(rt, machine, i, toDevice, 1, false);
  context.preempt_enable();
  context.local_irq_restore(flags);
}
