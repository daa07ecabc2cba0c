// SPDX-License-Identifier: GPL-2.0-only
// The page of many devices: how bounce memory grows with them, when it goes, what a new device costs.

import type {
  Approach,
  ApproachFigures,
  DeviceCountFigures,
  DevicesDocument,
  DevicesRun,
} from '@iommu-bounce/simulation';
import { APPROACH_LABELS, approachOf, devicesAnswer, devicesFigures } from '../../tables/devices';
import { memory, plural, time } from '../../show/format';
import { otherColour, policyColour } from '../charts/colours';
import { memoryChart } from '../charts/memory';
import { type Protection, marked, planned, signsText } from '../charts/protection';
import { type Figure, chartView, series } from '../charts/view';
import { type PartsReport, type Word, tableLinks, tablesOf } from './parts-report';
import { OF_MEMORY, OF_REQUESTS } from './words';

/** Which of the runs' policies an approach is, and so what it leaves to the device. */
const policyOf = (approach: Approach): string => (approach === 'pool' ? 'pool' : 'swiotlb-force');
const PROTECTIONS = planned(['pool', 'swiotlb-force']);

function name(approach: Approach): string {
  const policy = policyOf(approach);
  return APPROACH_LABELS[approach] + marked(policy, PROTECTIONS).slice(policy.length);
}

/** What the signs at approaches mean. */
const SIGNS = signsText(
  PROTECTIONS.map((one): Protection =>
    one.policy === 'pool' ? one : { ...one, policy: 'swiotlb' },
  ),
  '',
);

export function devicesReport(document: DevicesDocument): Omit<PartsReport, 'title' | 'command'> {
  const parts = devicesFigures(document);
  const tables = tablesOf(parts);
  const { counts } = document;
  const approaches = tables.slice(0, counts.length);
  const [after, setup] = tables.slice(counts.length);
  return {
    parts,
    answer: [devicesAnswer(document)],
    figures: [
      { ...memoryFigure(counts), table: tableLinks(approaches) },
      { ...timeFigure(document), table: tableLinks(after ? [after] : []) },
      { ...setupFigure(counts), table: tableLinks(setup ? [setup] : []) },
    ],
    words: WORDS(document),
  };
}

type Drawn = Omit<Figure, 'table'>;
const MIB = 2 ** 20;

function memoryFigure(counts: readonly DeviceCountFigures[]): Drawn {
  const rows = counts.flatMap(({ domains, approaches }) =>
    approaches.map((figures) => ({ domains, ...figures })),
  );
  const part = (title: string, colour: string, bytes: (row: ApproachFigures) => number) =>
    series(
      title,
      colour,
      rows.map((row) => bytes(row) / MIB),
    );
  return {
    heading: 'Bounce memory at its peak, by number of devices',
    view: chartView({
      id: 'memory',
      kind: 'stack',
      labels: rows.map(({ domains, approach }) => `${String(domains)}: ${name(approach)}`),
      labelTitle: 'devices: bounce memory',
      valueTitle: 'MiB',
      unit: 'MiB',
      digits: 1,
      series: [
        part('set aside at boot', policyColour('swiotlb-force'), ({ approach, memory: m }) =>
          approach === 'pool' ? 0 : m.peak_bytes,
        ),
        part('allocated while needed', policyColour('pool'), ({ approach, memory: m }) =>
          approach === 'pool' ? m.peak_bytes : 0,
        ),
        part('slot arrays', otherColour(0), ({ memory: m }) => m.array_bytes),
      ],
      switches: [],
    }),
    says: 'The most memory that each way to bounce has at any time. What is set aside at boot is gone for everything else, used or not. Slot arrays are the records of buffers; they stay as long as the device.',
    signs: SIGNS,
    published: null,
    folded: false,
  };
}

/** The memory of the runs with most devices, while they are busy and then idle. */
function timeFigure({ counts, load }: DevicesDocument): Drawn {
  const most = counts.at(-1);
  const reserved = (most && approachOf(most, 'global')?.memory.peak_bytes) ?? 0;
  const memories = (most?.runs ?? []).map((run) => ({
    ...{ policy: run.policy, group: null, label: '' },
    reservedBytes: run.policy === 'pool' ? 0 : reserved,
    points: curve(run, load.watched_ns),
  }));
  // No choice on this page: nothing goes away.
  const view = memoryChart('memory-over-time', memories, PROTECTIONS);
  return {
    heading: `Bounce memory over virtual time, ${plural(most?.domains ?? 0, 'device')}`,
    view,
    says: `${time(load.load_ns)} of load, then ${time(load.watched_ns - load.load_ns)} idle. The pool's pages go 5.1 to 10.4 s after their last use. Under swiotlb-force the curve is what is handed out of its area; the area stays.`,
    signs: SIGNS,
    published: null,
    folded: false,
  };
}

function curve(
  { bounce_over_time: { interval_ns, bytes } }: DevicesRun,
  untilNs: number,
): { readonly ns: number; readonly bytes: number }[] {
  const points = bytes.map((level, i) => ({ ns: Math.max(i, 0.5) * interval_ns, bytes: level }));
  const last = points.at(-1);
  return last ? [...points, { ns: Math.max(untilNs, last.ns), bytes: last.bytes }] : [];
}

function setupFigure(counts: readonly DeviceCountFigures[]): Drawn {
  const approaches = counts.at(-1)?.approaches ?? [];
  const part = (title: string, i: number, ns: (one: ApproachFigures['setup']) => number) =>
    series(
      title,
      otherColour(i),
      approaches.map(({ setup }) => ns(setup) / 1000),
    );
  return {
    heading: 'Time that plugging in a device takes, and time at boot',
    view: chartView({
      id: 'setup',
      kind: 'bars',
      labels: approaches.map(({ approach }) => name(approach)),
      labelTitle: 'bounce memory',
      valueTitle: 'time, µs',
      unit: 'µs',
      digits: 0,
      series: [
        part('requests, per device', 0, ({ request_ns }) => request_ns),
        part('slot arrays and addresses, per device', 1, ({ array_ns }) => array_ns),
        part('once, at boot', 2, ({ boot_ns }) => boot_ns),
      ],
      switches: ['logValues'],
      on: ['logValues'],
    }),
    says: 'Requests to the IOMMU are charged in the run; the rest is arithmetic. An area for each device has to be set aside at boot, so a device that nobody planned has none.',
    signs: SIGNS,
    published: null,
    folded: false,
  };
}

const WORDS = ({ load: { busy, burst } }: DevicesDocument): readonly Word[] => [
  [
    'device',
    'A drive behind the IOMMU in a domain of its own, that is with page table, addresses and pool of its own.',
  ],
  [
    'busy',
    `The one device that reads ${memory(busy.bs)} blocks all the time, ${String(busy.iodepth)} at once.`,
  ],
  [
    'burst',
    `${String(burst.ios)} reads of ${memory(burst.bs)}, ${String(burst.iodepth)} at once, on one device; bursts come one after the other.`,
  ],
  ['idle', 'A device that is there and does nothing.'],
  ['hot-plugged', 'A device that comes while the others work.'],
  ['devices', 'How many there are in the run.'],
  ['bounce memory', 'Where the buffers come from; one row each:'],
  [APPROACH_LABELS.pool, 'The series. Pages are allocated when they are needed, and go later.'],
  [APPROACH_LABELS.global, "5.13's one area for all devices (swiotlb=force), set aside at boot."],
  [
    APPROACH_LABELS['global-needed'],
    'The same, just as large as this load needs. Nobody knows that at boot.',
  ],
  [
    APPROACH_LABELS['per-device'],
    'An area for each device with I/O, as large as its own peak. Nobody knows that at boot.',
  ],
  [
    APPROACH_LABELS['per-device-alike'],
    'An area for each device, as large as the largest of these peaks: any of them may be the busy one.',
  ],
  ...OF_MEMORY,
  [
    'slot arrays',
    'Records of buffers, 40 bytes each, allocated with the device whatever its load.',
  ],
  ['IOVA reserved', 'Addresses that no other mapping of the domain can have.'],
  ['0, 5.0 s … after', 'Memory that is still held so long after the load has ended.'],
  ...OF_REQUESTS,
  ['of which added', 'Requests that the way to bounce adds to those that every device needs.'],
  ['request time', 'Time of these requests, mean over the hot-plugged devices.'],
  [
    'slot arrays and IOVA, time',
    'Time to allocate and clear the records, and to reserve the addresses.',
  ],
  ['at boot, time', 'Time to allocate and clear the areas, once.'],
  ['unplanned device', 'Whether a device that nobody planned at boot can bounce.'],
  ['policy', 'How the machine of the run was booted: see docs/simulation.md.'],
  ['I/Os', 'Reads that were done in the run.'],
  ['IOPS of the busy device', 'Its reads per second of virtual time.'],
  ['copied', 'Bytes that were copied between buffers.'],
  ['pages checked', 'Pages whose bytes were compared with what the device wrote.'],
];
