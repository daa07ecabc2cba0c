// SPDX-License-Identifier: GPL-2.0-only
// Many devices: the pool, a swiotlb area for all, and an area for each device, side by side.

import { check_options, check_value, list_of, whole } from '@iommu-bounce/linux-shim/options';
import { newLayout } from '../../jobs';
import { IovaView, type MachinePlan, policiesNamed } from '../../policies';
import { presetInfo } from '../../cost';
import { MACHINE } from '../../options';
import type { ScenarioMachine } from '../machine';
import { swiotlb_by_device } from './counting-swiotlb';
import type {
  ApproachFigures,
  DeviceCountFigures,
  DevicesDocument,
  DevicesRun,
  SetupFigures,
} from './document';
import { BURST, BUSY, DEVICE_COUNTS, LOAD_NS, LOOKS_NS, devicesOf } from './load';
import { type DevicesOutcome, arrayBytes, arraysNs, runDevices } from './run';
import { tlbAreaFor, tlbArrayBytes } from './sizes';

/** Runs of a number of devices. */
const RUNS = 3;

/** @param progress told what is going on, and how much of it is done, 0 to 1 */
export function devicesExperiment(
  machine: ScenarioMachine,
  progress: (what: string, share: number) => void = () => undefined,
  counts: readonly number[] = DEVICE_COUNTS,
): DevicesDocument {
  check_options('devicesExperiment', machine, MACHINE);
  check_value('devicesExperiment', 'counts', counts, list_of(whole(1), { least: 1 }));
  const { preset, cost, cpus, layout, seed, moveData } = machine;
  return {
    scenario: 'devices',
    simulated: true,
    preset,
    cost: { ...cost },
    cpus,
    layout,
    seed,
    data_moved: moveData,
    load: {
      busy: { bs: BUSY.bytes, iodepth: BUSY.iodepth },
      burst: { bs: BURST.bytes, iodepth: BURST.iodepth, ios: BURST.ios },
      load_ns: LOAD_NS,
      watched_ns: LOAD_NS + (LOOKS_NS.at(-1) ?? 0),
    },
    counts: counts.map((count, i) =>
      countFigures(machine, count, (what, run, share) => {
        const before = i * RUNS + run;
        const all = counts.length * RUNS;
        progress(`${String(before + 1)} of ${String(all)}: ${what}`, (before + share) / all);
      }),
    ),
  };
}

function planNamed(name: string): MachinePlan {
  const [policy] = policiesNamed(name);
  if (!policy) throw new Error(`no policy ${name}`);
  return policy.plan;
}

function countFigures(
  machine: ScenarioMachine,
  count: number,
  progress: (what: string, run: number, share: number) => void,
): DeviceCountFigures {
  const { cost, cpus, seed, moveData } = machine;
  const devices = devicesOf(count);
  const on = { iommu: presetInfo(machine.preset).iommu, cost };
  let runs = 0;
  const run = (plan: MachinePlan, what: string, idle = false): DevicesOutcome => {
    const outcome = runDevices(
      plan,
      on,
      idle ? devicesOf(1).map((d) => ({ ...d, job: null })) : devices,
      {
        cpus,
        seed,
        moveData,
        layout: newLayout(machine.layout, seed),
        progress: (ios, share) => {
          progress(
            `${String(count)} devices, ${what}, ${ios.toLocaleString('en')} I/Os`,
            runs,
            share,
          );
        },
      },
    );
    runs++;
    return outcome;
  };
  const pool = run(planNamed('pool'), 'pool');
  const swiotlb = run(
    { ...planNamed('swiotlb-force'), parts: { swiotlb: swiotlb_by_device } },
    'swiotlb',
  );
  // What plugging a device in takes anyway, and what is taken of its addresses.
  const plain = run(planNamed('strict'), 'strict', true);
  const jobs = devices.filter(({ job }) => job !== null).length;
  return {
    domains: count,
    plugged_late: devices.filter(({ pluggedAt }) => pluggedAt !== null).length,
    bursts: jobs - 1,
    idle: count - jobs,
    approaches: [poolFigures(machine, pool, plain), ...areaFigures(machine, swiotlb)],
    runs: [runFigures('pool', pool), runFigures('swiotlb-force', swiotlb)],
  };
}

function poolFigures(
  { cost }: ScenarioMachine,
  pool: DevicesOutcome,
  plain: DevicesOutcome,
): ApproachFigures {
  const { plugged, setup } = pool;
  const domain = plugged[0]?.domain ?? null;
  const taken = plugged.reduce((sum, device) => sum + new IovaView(device.domain).taken(), 0);
  const anyway = plugged.length * new IovaView(plain.plugged[0]?.domain ?? null).taken();
  return {
    approach: 'pool',
    what: "the series: pages when they are needed, gone 5.1 to 10.4 s after; each domain's slot arrays stay",
    memory: {
      peak_bytes: pool.engine.io.seen.bounce.peak,
      mean_load_bytes: pool.meanLoad,
      mean_bytes: pool.mean,
      source: 'run',
      array_bytes: plugged.reduce((sum, device) => sum + arrayBytes(device.domain), 0),
      after: pool.after,
    },
    iova_reserved_bytes: taken - anyway,
    setup: {
      requests: setup.requests,
      requests_added: setup.requests - plain.setup.requests,
      request_ns: setup.requestNs,
      array_ns: arraysNs(cost, domain),
      boot_ns: 0,
      hotplug: true,
    },
  };
}

function areaFigures(machine: ScenarioMachine, swiotlb: DevicesOutcome): ApproachFigures[] {
  const { k } = swiotlb.machine;
  if (!(k.swiotlb instanceof swiotlb_by_device)) throw new Error('the machine counts no slots');
  const counting = k.swiotlb;
  const needed = tlbAreaFor(swiotlb.engine.io.seen.bounce.peak);
  const own = swiotlb.plugged.map(({ dev }) => counting.peak_of(dev)).filter((peak) => peak > 0);
  const ownAreas = own.map(tlbAreaFor);
  const all = ownAreas.reduce((sum, bytes) => sum + bytes, 0);
  const area = (
    approach: ApproachFigures['approach'],
    what: string,
    bytes: number,
    source: 'run' | 'arithmetic',
    hotplug: boolean,
  ): ApproachFigures => ({
    approach,
    what,
    memory: {
      peak_bytes: bytes,
      mean_load_bytes: bytes,
      mean_bytes: bytes,
      source,
      array_bytes: tlbArrayBytes(bytes),
      after: LOOKS_NS.map((after_ns) => ({ after_ns, bytes })),
    },
    iova_reserved_bytes: 0,
    setup: { ...noSetup(swiotlb), boot_ns: clearingNs(machine, bytes), hotplug },
  });
  return [
    area(
      'global',
      'one swiotlb area of 64 MiB for all devices, set aside at boot',
      swiotlb.machine.reservedBounceBytes,
      'run',
      true,
    ),
    area(
      'global-needed',
      'the same just large enough for this load, had anybody known it at boot',
      needed,
      'arithmetic',
      true,
    ),
    area(
      'per-device',
      `an area for each of the ${String(own.length)} devices with I/O, as large as its own peak (restricted DMA pools); the idle ones get none`,
      all,
      'arithmetic',
      false,
    ),
    area(
      'per-device-alike',
      'an area for every device, idle or not, as large as the largest of these peaks: any may be the busy one',
      swiotlb.plugged.length * Math.max(...ownAreas),
      'arithmetic',
      false,
    ),
  ];
}

function noSetup({ setup }: DevicesOutcome): Omit<SetupFigures, 'boot_ns' | 'hotplug'> {
  return {
    requests: setup.requests,
    requests_added: 0,
    request_ns: setup.requestNs,
    array_ns: 0,
  };
}

/** 5.13 clears the area when the machine boots. */
function clearingNs({ cost }: ScenarioMachine, bytes: number): number {
  return (bytes * 1e9) / cost.copyWarmBytesPerS;
}

function runFigures(policy: DevicesRun['policy'], outcome: DevicesOutcome): DevicesRun {
  const { engine, machine, leaks, busyIos, invariants } = outcome;
  const { data } = engine.io;
  return {
    policy,
    ios: engine.io.completed,
    busy_iops: (busyIos * 1e9) / LOAD_NS,
    copied_bytes: machine.meter.copiedBytes,
    mapping_failures: engine.io.mapFailures,
    bounce_over_time: engine.io.seen.bounce.curve(),
    data: data && { pages_checked: data.pages, pages_wrong: data.wrong, faults: data.faults },
    leaks,
    invariants,
  };
}
