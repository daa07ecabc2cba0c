// SPDX-License-Identifier: GPL-2.0-only
// Many devices on one machine under one policy: the ported code runs, devices come, jobs begin and end.

import { PAGE_SIZE } from '@iommu-bounce/linux-shim';
import type { iommu_domain } from '@iommu-bounce/iommu-core';
import { pciDevice, pool_of } from '@iommu-bounce/integration';
import type { CostParameters } from '../../cost';
import { type BufferLayout, bufferBytes } from '../../jobs';
import {
  type SimMachine,
  type Plugged,
  type Platform,
  type MachinePlan,
  bootMachine,
  simDevice,
} from '../../policies';
import {
  Cause,
  Engine,
  type Invariant,
  IoSlot,
  JobRun,
  type MachineNeeds,
  invariants,
  same,
} from '../../sim';
import { LOAD_NS, LOOKS_NS, type PlannedDevice } from './load';
import { SLOT_BYTES, kmallocBytes } from './sizes';

/** For what else the machine allocates. */
const SPARE_PAGES = 4096;
/** The largest buffer of the pool, in pages: no I/O of these jobs takes more. */
const CLASS_PAGES = 32;

export interface DevicesOptions {
  readonly cpus: number;
  readonly seed: number;
  readonly moveData: boolean;
  readonly layout: BufferLayout;
  readonly progress: (ios: number, share: number) => void;
}

/** What a run leaves behind. */
export interface DevicesOutcome {
  readonly engine: Engine;
  readonly machine: SimMachine;
  readonly plugged: readonly Plugged[];
  readonly meanLoad: number;
  readonly mean: number;
  readonly after: readonly { readonly after_ns: number; readonly bytes: number }[];
  /** Means over all devices. */
  readonly setup: { readonly requests: number; readonly requestNs: number };
  readonly busyIos: number;
  readonly leaks: readonly string[];
  readonly invariants: readonly Invariant[];
}

export function runDevices(
  plan: MachinePlan,
  platform: Platform,
  devices: readonly PlannedDevice[],
  options: DevicesOptions,
): DevicesOutcome {
  const needs = needsOf(devices, options);
  const plugged: Plugged[] = [];
  const setup = { requests: 0, requestNs: 0 };
  const machine = bootMachine(plan, platform, needs, (plug) => {
    for (const [i, { pluggedAt }] of devices.entries())
      if (pluggedAt === null) plugged[i] = plug(pciDevice(placeOf(i)), 'nvme');
  });
  // Devices that come later are what is measured; where none does, one is plugged in when all is over.
  const { meter } = machine;
  machine.mm.moves = options.moveData;
  meter.reset();
  const plugIn = (i: number): void => {
    const requests = machine.allRequests();
    const start = meter.ledger.now;
    plugged[i] = machine.plug(pciDevice(placeOf(i)), 'nvme');
    setup.requests += machine.allRequests() - requests;
    setup.requestNs += meter.ledger.now - start;
    meter.ledger.charge(Cause.pool, arraysNs(platform.cost, plugged[i].domain));
  };

  const jobs = placeJobs(machine, devices, needs, options);
  const device = {
    ...simDevice(plan, machine, plugged[0] as Plugged),
    ...{ translated: false, slots: 0, slotOf: () => -1 },
  };
  const settle = (i: number): void => {
    const own = simDevice(plan, machine, plugged[i] as Plugged);
    const placed = jobs[i];
    for (const pfns of placed?.buffers ?? [])
      placed?.run.free.push(new IoSlot(placed.run, pfns, own));
  };
  for (const i of plugged.keys()) if (plugged[i]) settle(i);
  const engine = new Engine(
    device,
    options.cpus,
    jobs.flatMap((placed) => (placed ? [placed.run] : [])),
    options.moveData,
  );

  for (const { at, happens } of timelineOf(devices)) {
    engine.runUntil(at);
    options.progress(engine.io.completed, Math.min(1, at / LOAD_NS));
    happens({
      plug: (i) => {
        engine.doAt(options.cpus - 1, at, () => {
          plugIn(i);
        });
        settle(i);
      },
      start: (i) => {
        const placed = jobs[i];
        if (placed) engine.start(placed.run, at);
      },
    });
  }
  engine.runUntil(LOAD_NS);
  const meanLoad = engine.io.seen.bounce.mean(LOAD_NS);
  const after = LOOKS_NS.map((after_ns) => {
    engine.runUntil(LOAD_NS + after_ns);
    return { after_ns, bytes: machine.bounceBytes() };
  });
  const mean = engine.io.seen.bounce.mean(LOAD_NS + (LOOKS_NS.at(-1) ?? 0));
  const checked = [
    ...invariants(engine, device),
    same('mappings that found no room', engine.io.mapFailures, 0),
  ];
  const leaks = machine.shutDown();

  let measured = devices.filter(({ pluggedAt }) => pluggedAt !== null).length;
  if (measured === 0) {
    plugIn(devices.length);
    measured = 1;
    plugged.pop();
  }
  return {
    ...{ engine, machine, plugged, meanLoad, mean, after, leaks, invariants: checked },
    setup: { requests: setup.requests / measured, requestNs: setup.requestNs / measured },
    busyIos: jobs[0]?.run.submitted ?? 0,
  };
}

interface Doer {
  plug(device: number): void;
  start(device: number): void;
}

/** What happens when, in order. */
function timelineOf(
  devices: readonly PlannedDevice[],
): { readonly at: number; readonly happens: (doer: Doer) => void }[] {
  return devices
    .flatMap(({ pluggedAt, job, from }, i) => [
      ...(pluggedAt === null
        ? []
        : [
            {
              at: pluggedAt,
              happens: (doer: Doer) => {
                doer.plug(i);
              },
            },
          ]),
      ...(job === null || from === 0
        ? []
        : [
            {
              at: from,
              happens: (doer: Doer) => {
                doer.start(i);
              },
            },
          ]),
    ])
    .sort((a, b) => a.at - b.at);
}

/** Bus 1 on, 32 devices each. */
function placeOf(i: number): string {
  const hex = (n: number): string => n.toString(16).padStart(2, '0');
  return `0000:${hex(1 + Math.floor(i / 32))}:${hex(i % 32)}.0`;
}

function needsOf(
  devices: readonly PlannedDevice[],
  { cpus, layout, moveData }: Pick<DevicesOptions, 'cpus' | 'layout' | 'moveData'>,
): MachineNeeds {
  let bufferFrames = 0;
  let bouncePages = SPARE_PAGES;
  for (const { job } of devices) {
    if (!job) continue;
    bufferFrames += layout.framesNeeded(job.iodepth, bufferBytes(job));
    bouncePages += job.iodepth * CLASS_PAGES;
  }
  return { cpus, bufferFrames, bouncePages, bytes: moveData };
}

interface Placed {
  readonly run: JobRun;
  readonly buffers: readonly Float64Array[];
}

/** By device; null for one without a job. */
function placeJobs(
  machine: SimMachine,
  devices: readonly PlannedDevice[],
  needs: MachineNeeds,
  { layout, seed }: DevicesOptions,
): (Placed | null)[] {
  let firstPfn = machine.k.reserved_pfn;
  const end = firstPfn + needs.bufferFrames;
  const placed = devices.map(({ job, from }, i) => {
    if (!job) return null;
    const run = new JobRun(job, seed + i);
    run.waits = from > 0;
    const frames = layout.framesNeeded(job.iodepth, bufferBytes(job));
    const buffers = layout.buffers(job.iodepth, bufferBytes(job), { firstPfn, frames });
    firstPfn += frames;
    // The first place is taken first.
    return { run, buffers: buffers.reverse() };
  });
  if (firstPfn > end) throw new Error('the buffers do not fit their memory');
  return placed;
}

/** Slot arrays of a domain's pool, as kmalloc holds them; 0 without a pool. Arithmetic from the C's sizes. */
export function arrayBytes(domain: iommu_domain | null): number {
  const classes = (domain ? pool_of(domain) : null)?.classes ?? [];
  return classes.reduce((sum, { slots }) => sum + kmallocBytes(slots.length * SLOT_BYTES), 0);
}

/** What it takes to make them: pages, clearing, and a range of addresses each. */
export function arraysNs(cost: CostParameters, domain: iommu_domain | null): number {
  const classes = (domain ? pool_of(domain) : null)?.classes ?? [];
  return classes.reduce((sum, { slots }) => {
    const bytes = slots.length * SLOT_BYTES;
    return (
      sum +
      (kmallocBytes(bytes) / PAGE_SIZE) * cost.pageAllocNs +
      cost.copyFixedNs +
      (bytes * 1e9) / cost.copyWarmBytesPerS +
      cost.iovaTreeNs / 2
    );
  }, 0);
}
