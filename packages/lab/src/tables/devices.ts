// SPDX-License-Identifier: GPL-2.0-only
// The scenario of many devices as tables for a terminal of 100 columns.

import type {
  ApproachFigures,
  DeviceCountFigures,
  DevicesDocument,
  DevicesRun,
} from '@iommu-bounce/simulation';
import { type Part, type TablePart } from '../show/parts';
import { memory, time } from '../show/text';
import { count } from './replay-figures';

/** Behind what is computed and not read off running code. */
const COMPUTED = ' *';

export function devicesParts(document: DevicesDocument): Part[] {
  const { counts } = document;
  return [
    heading(document),
    ...counts.map((figures) => approachTable(countHeading(figures), figures.approaches)),
    afterTable('Bounce memory after the load has ended', counts),
    setupTable('What a device takes to be plugged in', counts),
    runTable('The runs behind it', counts),
    'Note: what bears a * is arithmetic on figures of the runs, on cost parameters and on the sizes of the C (docs/scenarios.md); all else is read off the ported code as it ran. Slot arrays stay whatever the load.',
    ...counts.flatMap(({ domains, runs }) =>
      runs.flatMap((run) =>
        deviceWrongs(run).map(
          (what) => `WRONG: ${String(domains)} devices, ${run.policy}: ${what}`,
        ),
      ),
    ),
  ];
}

/** What a run must not show; a check failed. */
export function deviceWrongs({ leaks, data, mapping_failures }: DevicesRun): string[] {
  const wrong = [...leaks];
  if (data && data.pages_wrong > 0) wrong.push(`${count(data.pages_wrong)} pages arrived wrong`);
  if (data && data.faults > 0) wrong.push(`${count(data.faults)} accesses found no translation`);
  if (mapping_failures > 0) wrong.push(`${count(mapping_failures)} mappings found no room`);
  return wrong;
}

function heading({ preset, cpus, layout, seed, data_moved, load }: DevicesDocument): string {
  const { busy, burst } = load;
  return (
    `Simulated, not measured: ${time(load.load_ns)} of load and ${time(load.watched_ns - load.load_ns)} of rest in virtual time. ` +
    `One device reads ${memory(busy.bs)} at a queue depth of ${String(busy.iodepth)}, some read ${String(burst.ios)} times ` +
    `${memory(burst.bs)} at ${String(burst.iodepth)}, the rest do nothing. Costs: ${preset}; ${String(cpus)} CPUs, memory layout ${layout}, ` +
    `seed ${String(seed)}${data_moved ? ', data moved and checked' : ', data not moved'}.`
  );
}

function countHeading({ domains, bursts, idle, plugged_late }: DeviceCountFigures): string {
  return domains === 1
    ? '1 device, busy'
    : `${String(domains)} devices, each in a domain of its own: 1 busy, ${String(bursts)} with a burst, ${String(idle)} idle; ${String(plugged_late)} plugged in late`;
}

function approachTable(title: string, approaches: readonly ApproachFigures[]): TablePart {
  return {
    title,
    head: [
      'bounce memory of',
      'peak',
      'mean in load',
      'mean of all',
      'slot arrays',
      'IOVA reserved',
    ],
    rows: approaches.map(({ approach, memory: m, iova_reserved_bytes }) => {
      const sign = m.source === 'run' ? '' : COMPUTED;
      return [
        approach,
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
    head: ['devices', 'of', ...looks.map(({ after_ns }) => time(after_ns))],
    rows: counts.flatMap(({ domains, approaches }) =>
      approaches
        .filter(({ approach }) => approach === 'pool' || approach === 'global')
        .map(({ approach, memory: m }) => [
          String(domains),
          approach,
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
    head: ['of', 'requests', 'added', 'their time', 'arrays, addresses', 'at boot', 'unplanned'],
    rows: all.map(({ approach, setup }) => [
      approach,
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
    head: ['devices', 'policy', 'I/Os', 'IOPS of the busy one', 'copied', 'pages checked'],
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
