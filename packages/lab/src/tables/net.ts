// SPDX-License-Identifier: GPL-2.0-only
// Network traffic as tables for a terminal.

import {
  type CauseName,
  type NetDocument,
  type NetPolicyRun,
  wrongsOf,
} from '@iommu-bounce/simulation';
import { OF_PACKETS, answerText, reachOf } from './answer';
import { TIME_GROUPS, timeOf } from './fio-figures';
import { type Part, type TablePart } from '../show/parts';
import { count, megabytes, memory, micros, percent, stale, time } from '../show/format';

/** The answer, and what it rests on. */
export function netParts(document: NetDocument): Part[] {
  return [netAnswer(document), ...netFigures(document)];
}

export function netAnswer({ workload, runs }: NetDocument): string {
  const contestants = runs.map((run) => ({
    policy: name(run),
    rate: run.packets_per_s,
    cpuNs: run.cpu_ns_per_packet.total,
    reach: reachOf(run.stale_max_ns),
  }));
  return `Simulated: ${answerText([{ label: workload, contestants }], OF_PACKETS)}`;
}

export function netFigures(document: NetDocument): Part[] {
  const { runs } = document;
  const notes = runs.flatMap((run) => [
    ...(run.what_if === null ? [] : [`* ${run.policy} is a what-if: ${run.what_if}`]),
    ...(run.fixes.length > 0 ? [`${run.policy}: ${run.fixes.join(', ')}`] : []),
  ]);
  return [
    heading(document),
    rateTable(
      'Throughput and cost: map and unmap in µs per packet, IOMMU requests and copies per packet',
      runs,
    ),
    timeTable('Where CPU time goes, µs per packet', runs),
    ringTable('Posted receive buffers, their bounce buffers, and latency per packet', runs),
    ...notes.map((note) => `Note: ${note}`),
    ...runs.flatMap((run) => wrongsOf(run).map((what) => `WRONG: ${run.policy}: ${what}`)),
  ];
}

function heading({ workload, preset, nic, seed, data_moved, runs }: NetDocument): string {
  const [first] = runs;
  const what = workload === 'net-rx' ? 'a download of full packets' : 'an upload';
  return (
    `Simulated, not measured: ${what}, ${count(first?.received ?? 0)} received and ${count(first?.sent ?? 0)} sent through the ported code, ` +
    `in order and sizes recorded from a virtio network card; one CPU, a link of ` +
    `${((8 * nic.nicBytesPerS) / 1e9).toFixed(1)} Gbit/s. Costs: ${preset}; seed ${String(seed)}` +
    `${data_moved ? ', data moved and checked' : ', data not moved'}.`
  );
}

function name({ policy, what_if }: NetPolicyRun): string {
  return `${policy}${what_if === null ? '' : ' *'}`;
}

function rateTable(title: string, runs: readonly NetPolicyRun[]): TablePart {
  return {
    title,
    head: [
      ...['policy', 'packets/s', 'MB/s', 'map\nµs', 'unmap\nµs', 'IOMMU\nreq', 'copies'],
      ...['CPU\nbusy', 'link\nbusy', 'stale\nmax'],
    ],
    rows: runs.map((run) => [
      name(run),
      count(Math.round(run.packets_per_s)),
      megabytes(run.bandwidth_bytes_per_s),
      micros(run.map_ns_per_packet),
      micros(run.unmap_ns_per_packet),
      (run.iommu_requests / run.packets).toFixed(2),
      (run.copies / run.packets).toFixed(2),
      percent(run.cpu_busy, 0),
      percent(run.wire_busy, 0),
      stale(run.stale_busy_max_ns),
    ]),
    numbersFrom: 1,
  };
}

/** The groups of fio, with the packet in place of the I/O. */
export const NET_TIME_GROUPS = TIME_GROUPS.map(
  ([group, causes]) => [group === 'I/O' ? 'packet' : group, causes] as const,
);

function timeTable(title: string, runs: readonly NetPolicyRun[]): TablePart {
  const sum = (run: NetPolicyRun, causes: readonly CauseName[]): number =>
    timeOf(run.cpu_ns_per_packet.by_cause, causes);
  const shown = NET_TIME_GROUPS.filter(([, causes]) => runs.some((run) => sum(run, causes) > 0));
  return {
    title,
    head: ['policy', 'total', ...shown.map(([group]) => group)],
    rows: runs.map((run) => [
      name(run),
      micros(run.cpu_ns_per_packet.total),
      ...shown.map(([, causes]) => micros(sum(run, causes))),
    ]),
    numbersFrom: 1,
  };
}

function ringTable(title: string, runs: readonly NetPolicyRun[]): TablePart {
  return {
    title,
    head: [
      ...['policy', 'posted\nbuffers', 'bounce\nbuffers', 'bounce\npeak', 'posted\np50'],
      ...['latency\nrx p50', 'latency\nrx p99', 'latency\ntx p99'],
    ],
    rows: runs.map((run) => [
      name(run),
      memory(run.ring.bytes),
      memory(run.ring.bounce_bytes),
      memory(run.peak_bounce_bytes),
      time(run.ring.held_ns.p50),
      time(run.rx_latency_ns.p50),
      time(run.rx_latency_ns.p99),
      time(run.tx_latency_ns.p99),
    ]),
    numbersFrom: 1,
  };
}
