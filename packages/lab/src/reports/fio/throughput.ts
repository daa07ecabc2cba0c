// SPDX-License-Identifier: GPL-2.0-only
// Throughput by policy and block size, and what each run cost beside it.

import type { FioDocument, FioRun } from '@iommu-bounce/simulation';
import * as format from '../../show/format';
import { type Html, htmlTable } from '../../show/html';
import { cell, fixed, kib, micros, rowKey, whole } from '../charts/cells';
import { policyColour } from '../charts/colours';
import { type Group, groupsOf, policiesOf } from '../../tables/fio-groups';
import { isHatched, marked, protectionsOf, signsText } from '../charts/protection';
import { type Figure, chartView, series } from '../charts/view';

const HEAD = [
  ...['policy', 'block size', 'MB/s', 'IOPS', 'map µs', 'unmap µs', 'requests per I/O'],
  ...['copied MB', 'bounce peak KiB', 'stale max µs', 'p50 µs', 'p99 µs', 'p99.9 µs'],
];

export function throughputFigure(document: FioDocument): Figure {
  const groups = groupsOf(document);
  const protections = protectionsOf(document.runs);
  const rows = groups.flatMap((group) => group.runs.map((run) => ({ run, group })));
  return {
    heading: 'Throughput by policy and block size',
    view: chartView({
      id: 'throughput',
      kind: 'bars',
      labels: groups.map(({ label }) => label),
      labelKeys: groups.map(({ index }) => ({ policy: null, group: index })),
      labelTitle: 'block size',
      valueTitle: 'throughput, MB/s',
      unit: 'MB/s',
      digits: 0,
      series: policiesOf(document).map((policy) =>
        series(
          marked(policy, protections),
          policyColour(policy),
          groups.map(({ runs }) => {
            const run = runs.find((one) => one.policy === policy);
            return run ? run.bandwidth_bytes_per_s / 1e6 : null;
          }),
          { policy, hatched: isHatched(policy, protections) },
        ),
      ),
      switches: ['logValues'],
    }),
    says: 'Throughput in MB/s (10⁶ bytes). The table adds, per I/O, time in map and unmap and requests to the IOMMU; “stale max” is the longest time that the device could still reach a page after its unmap; p50 to p99.9 are latencies.',
    signs: signsText(protections),
    published: null,
    table: htmlTable(
      HEAD,
      rows.map(({ run, group }) => row(run, group)),
      2,
      rows.map(({ run, group }) => rowKey({ policy: run.policy, group: group.index })),
    ),
    folded: rows.length > 12,
  };
}

function row(run: FioRun, { label }: Group): (string | Html)[] {
  const perIo = (nsPerGb: number): number => nsPerGb / (1e9 / run.bs);
  const { p50, p99, p999 } = run.latency_ns;
  return [
    run.policy,
    label,
    cell(run.bandwidth_bytes_per_s, format.megabytes(run.bandwidth_bytes_per_s)),
    whole(run.iops),
    micros(perIo(run.map_ns_per_gb)),
    micros(perIo(run.unmap_ns_per_gb)),
    fixed(run.iommu_requests / run.ios, 2),
    cell(run.copied_bytes, format.megabytes(run.copied_bytes)),
    kib(run.peak_bounce_bytes),
    run.stale_busy_max_ns === null ? 'always reachable' : micros(run.stale_busy_max_ns),
    ...[p50, p99, p999].map((ns) => cell(ns, format.micros(ns, 1))),
  ];
}
