// SPDX-License-Identifier: GPL-2.0-only
// The scenario of many devices as tables for a terminal.

import {
  type Approach,
  type ApproachFigures,
  type DeviceCountFigures,
  type DevicesDocument,
  wrongsOf,
} from '@iommu-bounce/simulation';
import { type Part, type TablePart } from '../show/parts';
import { count, memory, plural, time } from '../show/format';

/** Marks what is computed, not read from running code. */
const COMPUTED = ' *';

/** Approaches as table rows name them. */
export const APPROACH_LABELS: Readonly<Record<Approach, string>> = {
  pool: 'pool',
  global: 'one swiotlb, 64 MiB',
  'global-needed': 'one swiotlb, exact',
  'per-device': 'per device, own peak',
  'per-device-alike': 'per device, max peak',
};

/** The answer, and what it rests on. */
export function devicesParts(document: DevicesDocument): Part[] {
  const said = devicesAnswer(document);
  return [...(said === '' ? [] : [said]), ...devicesFigures(document)];
}

/** Empty without runs of all approaches. */
export function devicesAnswer({ counts }: DevicesDocument): string {
  const most = counts.at(-1);
  const pool = most && approachOf(most, 'pool');
  const one = most && approachOf(most, 'global');
  const each = most && approachOf(most, 'per-device-alike');
  if (!pool || !one || !each) return '';
  return (
    `With ${plural(most.domains, 'device')} the pool holds ${memory(pool.memory.peak_bytes)} at its peak, and ${memory(pool.memory.array_bytes)} of slot arrays that stay. ` +
    `One swiotlb area takes ${memory(one.memory.peak_bytes)} at boot whatever the load, and protects nothing. ` +
    `An area for each device, so that any of them can be the busy one, takes ${memory(each.memory.peak_bytes)} at boot.`
  );
}

export function approachOf(
  { approaches }: DeviceCountFigures,
  approach: Approach,
): ApproachFigures | undefined {
  return approaches.find((one) => one.approach === approach);
}

export function devicesFigures(document: DevicesDocument): Part[] {
  const { counts } = document;
  return [
    heading(document),
    ...counts.map((figures) => approachTable(countHeading(figures), figures.approaches)),
    afterTable('Bounce memory, by time since the load ended', counts),
    setupTable('Plugging in a device: IOMMU requests and time', counts),
    runTable('The simulated runs', counts),
    'Note: * is arithmetic on figures of the runs, cost parameters and sizes of C structs (docs/scenarios.md). All other figures are read from the ported code as it ran. The size of slot arrays does not depend on the load.',
    ...counts.flatMap(({ domains, runs }) =>
      runs.flatMap((run) =>
        wrongsOf(run).map((what) => `WRONG: ${String(domains)} devices, ${run.policy}: ${what}`),
      ),
    ),
  ];
}

function heading({ preset, cpus, layout, seed, data_moved, load }: DevicesDocument): string {
  const { busy, burst } = load;
  return (
    `Simulated, not measured: ${time(load.load_ns)} of load, then ${time(load.watched_ns - load.load_ns)} idle, in virtual time. ` +
    `One device reads ${memory(busy.bs)} blocks at iodepth ${String(busy.iodepth)}, some read ${memory(burst.bs)} ` +
    `${String(burst.ios)} times at iodepth ${String(burst.iodepth)}, the rest are idle. Costs: ${preset}; ${String(cpus)} CPUs, memory layout ${layout}, ` +
    `seed ${String(seed)}${data_moved ? ', data moved and checked' : ', data not moved'}.`
  );
}

function countHeading({ domains, bursts, idle, plugged_late }: DeviceCountFigures): string {
  return domains === 1
    ? '1 device, busy'
    : `${String(domains)} devices, each in its own domain: 1 busy, ${String(bursts)} with a burst, ${String(idle)} idle; ${String(plugged_late)} hot-plugged`;
}

function approachTable(title: string, approaches: readonly ApproachFigures[]): TablePart {
  return {
    title,
    head: [
      'bounce memory',
      'peak',
      'mean\nunder load',
      'mean\nload + idle',
      'slot\narrays',
      'IOVA\nreserved',
    ],
    rows: approaches.map(({ approach, memory: m, iova_reserved_bytes }) => {
      const sign = m.source === 'run' ? '' : COMPUTED;
      return [
        APPROACH_LABELS[approach],
        memory(m.peak_bytes) + sign,
        memory(m.mean_load_bytes) + sign,
        memory(m.mean_bytes) + sign,
        memory(m.array_bytes) + COMPUTED,
        memory(iova_reserved_bytes),
      ];
    }),
    numbersFrom: 1,
  };
}

function afterTable(title: string, counts: readonly DeviceCountFigures[]): TablePart {
  const looks = counts[0]?.approaches[0]?.memory.after ?? [];
  return {
    title,
    head: ['devices', 'bounce memory', ...looks.map(({ after_ns }) => time(after_ns))],
    rows: counts.flatMap(({ domains, approaches }) =>
      approaches
        .filter(({ approach }) => approach === 'pool' || approach === 'global')
        .map(({ approach, memory: m }) => [
          String(domains),
          APPROACH_LABELS[approach],
          ...m.after.map(({ bytes }) => memory(bytes)),
        ]),
    ),
    numbersFrom: 2,
  };
}

function setupTable(title: string, counts: readonly DeviceCountFigures[]): TablePart {
  const all = counts.at(-1)?.approaches ?? [];
  return {
    title,
    head: [
      ...['bounce memory', 'requests', 'of which\nadded', 'request\ntime'],
      ...['slot arrays\nand IOVA, time', 'at boot,\ntime', 'unplanned\ndevice'],
    ],
    rows: all.map(({ approach, setup }) => [
      APPROACH_LABELS[approach],
      setup.requests.toFixed(0),
      setup.requests_added.toFixed(0),
      time(setup.request_ns),
      time(setup.array_ns) + (setup.array_ns > 0 ? COMPUTED : ''),
      time(setup.boot_ns) + (setup.boot_ns > 0 ? COMPUTED : ''),
      setup.hotplug ? 'served' : 'no area',
    ]),
    numbersFrom: 1,
  };
}

function runTable(title: string, counts: readonly DeviceCountFigures[]): TablePart {
  return {
    title,
    head: ['devices', 'policy', 'I/Os', 'IOPS of the busy device', 'copied', 'pages checked'],
    rows: counts.flatMap(({ domains, runs }) =>
      runs.map((run) => [
        String(domains),
        run.policy,
        count(run.ios),
        count(Math.round(run.busy_iops)),
        memory(run.copied_bytes),
        run.data ? count(run.data.pages_checked) : '',
      ]),
    ),
    numbersFrom: 2,
  };
}
