// SPDX-License-Identifier: GPL-2.0-only
// Where a CPU's time goes, each run a bar of its causes.

import { CAUSES, type FioDocument } from '@iommu-bounce/simulation';
import { timeGroupsOf, timeIn } from '../../tables/fio-figures';
import { html, htmlTable } from '../../show/html';
import { fixed, micros, rowKey } from '../charts/cells';
import { timeColour } from '../charts/colours';
import { groupsOf } from '../../tables/fio-groups';
import { marked, protectionsOf, signsText } from '../charts/protection';
import { type Figure, chartView, series } from '../charts/view';

export function timeFigure(document: FioDocument): Figure {
  const rows = groupsOf(document).flatMap(({ index, label, runs }) =>
    runs.map((run) => ({ run, label, key: { policy: run.policy, group: index } })),
  );
  const runs = rows.map(({ run }) => run);
  const protections = protectionsOf(runs);
  const shown = timeGroupsOf(runs);
  const attributes = rows.map(({ key }) => rowKey(key));
  const head = ['policy', 'block size', 'total'];
  const causes = CAUSES.filter((cause) =>
    runs.some((run) => run.cpu_ns_per_io.by_cause[cause] > 0),
  );
  return {
    heading: 'Where the time goes',
    view: chartView({
      id: 'time',
      kind: 'stack',
      labels: rows.map(({ run, label }) => `${label} ${marked(run.policy, protections)}`),
      labelKeys: rows.map(({ key }) => key),
      labelTitle: '',
      valueTitle: 'CPU time, µs per I/O',
      unit: 'µs per I/O',
      digits: 2,
      series: shown.map(([name, list]) =>
        series(
          name,
          timeColour(name),
          runs.map((run) => timeIn(run, list) / 1000),
        ),
      ),
      switches: ['shares'],
    }),
    says: 'CPU time in µs per I/O, by cause: before the series (strict), with it (pool), and under each other policy that was run. A run can also wait for the drive; that takes no CPU time.',
    signs: signsText(protections, ''),
    published: null,
    table: html`${htmlTable(
        [...head, ...shown.map(([name]) => name), 'CPUs busy', 'drive busy'],
        rows.map(({ run, label }) => [
          run.policy,
          label,
          micros(run.cpu_ns_per_io.total),
          ...shown.map(([, list]) => micros(timeIn(run, list))),
          fixed(run.cpus_busy, 2),
          fixed(run.drive_busy, 2),
        ]),
        2,
        attributes,
      )}
      <p>The same by single cause, µs per I/O:</p>
      ${htmlTable(
        [...head, ...causes],
        rows.map(({ run, label }) => [
          run.policy,
          label,
          micros(run.cpu_ns_per_io.total),
          ...causes.map((cause) => micros(run.cpu_ns_per_io.by_cause[cause])),
        ]),
        2,
        attributes,
      )}`,
    folded: true,
  };
}
