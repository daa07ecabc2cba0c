// SPDX-License-Identifier: GPL-2.0-only
// The page of a network card's traffic: which policy is fastest, where the time goes, what memory the ring holds.

import type { NetDocument, NetPolicyRun } from '@iommu-bounce/simulation';
import { NET_TIME_GROUPS, netAnswer, netFigures } from '../../tables/net';
import { timeOf } from '../../tables/fio-figures';
import { policyColour, timeColour } from '../charts/colours';
import { memoryChart, withMemory } from '../charts/memory';
import { type Protection, isHatched, marked, protectionsOf, signsText } from '../charts/protection';
import { type Figure, chartView, series } from '../charts/view';
import { type PartsReport, type Word, tableLinks, tablesOf } from './parts-report';
import { OF_EXITS, OF_POLICIES } from './words';

export function netReport(document: NetDocument): Omit<PartsReport, 'title' | 'command'> {
  const { runs } = document;
  const parts = netFigures(document);
  const [rate, time, ring] = tablesOf(parts).map((table) => tableLinks([table]));
  const protections = protectionsOf(runs);
  const withTable = (figure: Drawn, table: typeof rate): Figure[] =>
    table ? [{ ...figure, table }] : [];
  return {
    parts,
    answer: [netAnswer(document)],
    figures: [
      ...withTable(rateFigure(document, protections), rate),
      ...withTable(timeFigure(runs, protections), time),
      ...withTable(memoryFigure(runs, protections), ring),
    ],
    words: WORDS,
  };
}

type Drawn = Omit<Figure, 'table'>;

function rateFigure({ runs, workload }: NetDocument, protections: readonly Protection[]): Drawn {
  return {
    heading: 'Packets per second, by policy',
    view: chartView({
      id: 'rate',
      kind: 'bars',
      labels: [workload === 'net-rx' ? 'download' : 'upload'],
      labelTitle: '',
      valueTitle: 'packets per second',
      unit: 'packets/s',
      digits: 0,
      series: runs.map((run) =>
        series(marked(run.policy, protections), policyColour(run.policy), [run.packets_per_s], {
          hatched: isHatched(run.policy, protections),
        }),
      ),
      switches: ['logValues'],
    }),
    says: 'Packets both ways per second of virtual time, with one CPU. More is better, up to what the link carries.',
    signs: signsText(protections),
    published: null,
    folded: false,
  };
}

function timeFigure(runs: readonly NetPolicyRun[], protections: readonly Protection[]): Drawn {
  const shown = NET_TIME_GROUPS.map(([name, causes]) => ({
    name,
    us: runs.map((run) => timeOf(run.cpu_ns_per_packet.by_cause, causes) / 1000),
  })).filter(({ us }) => us.some((one) => one > 0));
  return {
    heading: 'Where CPU time goes, per packet',
    view: chartView({
      id: 'time',
      kind: 'stack',
      labels: runs.map(({ policy }) => marked(policy, protections)),
      labelTitle: '',
      valueTitle: 'CPU time, µs per packet',
      unit: 'µs per packet',
      digits: 2,
      series: shown.map(({ name, us }) => series(name, timeColour(name), us)),
      switches: ['shares'],
    }),
    says: 'CPU time per packet, by cause.',
    signs: signsText(protections, ''),
    published: null,
    folded: false,
  };
}

function memoryFigure(runs: readonly NetPolicyRun[], protections: readonly Protection[]): Drawn {
  const memories = runs.map((run) => {
    const { interval_ns: width, bytes } = run.bounce_over_time;
    const points = bytes.map((level, i) => ({ ns: Math.max(i, 0.5) * width, bytes: level }));
    return {
      ...{ policy: run.policy, group: null, label: '' },
      reservedBytes: run.reserved_bounce_bytes,
      points,
    };
  });
  return {
    heading: 'Bounce memory over virtual time',
    view: memoryChart('memory', memories, protections),
    says: `Memory of bounce buffers while there is traffic; runs end when all packets are done. ${withMemory(memories)}`,
    signs: signsText(
      protections.filter(({ policy }) =>
        memories.some((m) => m.policy === policy && m.points.length + m.reservedBytes > 0),
      ),
      '',
    ),
    published: null,
    folded: false,
  };
}

const WORDS: readonly Word[] = [
  ...OF_POLICIES,
  ...OF_EXITS,
  ['packets/s', 'Packets received and sent, per second of virtual time.'],
  ['MB/s', 'Their bytes, 10⁶ per second.'],
  ['map µs, unmap µs', 'Time in the DMA API per packet, copies and waits included.'],
  ['IOMMU req', 'Requests to the IOMMU per packet, each with an exit behind virtio-iommu.'],
  ['copies', 'Copies (memcpy) per packet.'],
  ['CPU busy, link busy', 'Share of the time that the CPU, or the busier way of the wire, works.'],
  ['stale max', 'The longest stale window while there was traffic.'],
  ['total', 'CPU time per packet; the columns behind it are its parts:'],
  ['packet', 'Driver, network stack and interrupts.'],
  ['DMA API', 'The DMA API and the IOMMU core: calls, addresses, page tables.'],
  ['exits', 'Leaving the guest, and the work of the VMM.'],
  ['VFIO', 'Its ioctls: pinning, mapping, unpinning, flushing in the host.'],
  ['invalidate', 'Invalidating the IOTLB on bare metal.'],
  ['bounce, copy', 'Finding a bounce buffer, and copying through it.'],
  ['lock', 'Waiting for locks.'],
  ['posted buffers', 'Receive buffers that the card has, in bytes, when its ring is first full.'],
  ['bounce buffers, bounce peak', 'Bounce memory of these, and the most at any time.'],
  ['posted p50', 'How long a receive buffer waits for its packet: half of them longer.'],
  [
    'latency rx, latency tx',
    'From the packet in its buffer until the stack has it; from the beginning of sending until the unmap. p50, p99: half, or one in a hundred, take longer.',
  ],
];
