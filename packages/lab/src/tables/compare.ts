// SPDX-License-Identifier: GPL-2.0-only
// The comparison as tables, for a terminal or for a page.

import {
  COST_PARAMETERS,
  type Dependence,
  type Effect,
  type PolicyComparison,
  WORKLOADS,
  type WorkloadRow,
} from '@iommu-bounce/simulation';
import {
  blockSize,
  gigabytesPerS,
  micros,
  percent,
  significant,
  stale,
  time,
  times,
} from '../show/format';
import { type TablePart, partsMarkdown, partsText } from '../show/parts';

/** All of these tables have many columns of numbers beside one of text. */
const LOOK = { numbersFrom: 1, stackedHeads: true } as const;

/** Effects below this, in the ratio, are not shown: the second's share of the CPU time moves by less than 2 %. */
const LEAST = 0.02;
/** Sizes whose dependence is shown. */
const SHOWN = [4096, 131072];

/** For a terminal of 100 columns. */
export function comparisonText(comparisons: readonly PolicyComparison[]): string {
  const names = comparisons[0]?.policies.join(',') ?? '';
  return partsText([
    `Simulated, not measured: ${names} through the ported code in virtual time. ${LEGEND.join(' ')}`,
    ...comparisons.flatMap(comparisonTables),
  ]);
}

/** @param typed the command line that makes the page */
export function comparisonPage(comparisons: readonly PolicyComparison[], typed: string): string {
  const names = comparisons[0]?.policies.join(' and ') ?? '';
  return partsMarkdown([
    `# ${names}, compared: tables`,
    `Look up the figures of ${names} by machine (preset), workload and block size. Simulated, not measured. This page is the output of \`${typed}\`.`,
    LEGEND,
    ...comparisons.flatMap(comparisonTables),
  ]);
}

export function comparisonTables(c: PolicyComparison): TablePart[] {
  return [
    sizeTable(c),
    staleTable(c),
    workloadTable(c, 'throughput', ({ faster }) => times(faster)),
    workloadTable(c, 'CPU time per I/O', ({ cpu }) => percent(cpu, 0)),
    ...c.dependence.filter(({ bs }) => SHOWN.includes(bs)).map((d) => effectTable(c, d)),
    drawTable(c),
  ];
}

function first(c: PolicyComparison): readonly WorkloadRow[] {
  return c.rows.filter(({ workload }) => workload === c.rows[0]?.workload);
}

function sizeTable(c: PolicyComparison): TablePart {
  const [a, b] = c.policies;
  return {
    ...LOOK,
    title: `${c.preset}, reads: throughput; CPU time and IOMMU requests per I/O`,
    head: [
      ...['bs', `MB/s ${a}`, `MB/s ${b}`, 'speed-up'],
      ...[`CPU µs ${a}`, `CPU µs ${b}`, `CPU ${b} / ${a}`],
      ...[`requests ${a}`, `requests ${b}`],
    ],
    rows: first(c).map(({ bs, sides: [x, y], faster, cpu }) => [
      blockSize(bs),
      (x.bandwidth_bytes_per_s / 1e6).toFixed(0),
      (y.bandwidth_bytes_per_s / 1e6).toFixed(0),
      times(faster),
      micros(x.cpu_ns_per_io),
      micros(y.cpu_ns_per_io),
      percent(cpu, 0),
      x.requests_per_io.toFixed(2),
      y.requests_per_io.toFixed(2),
    ]),
  };
}

function staleTable(c: PolicyComparison): TablePart {
  const [a, b] = c.policies;
  return {
    ...LOOK,
    title: `${c.preset}, reads: what the device can still reach after an unmap, and memory`,
    head: [
      ...['bs', `page, mean ${a}`, `page, mean ${b}`, `page, max ${a}`, `page, max ${b}`],
      ...[`old data, max ${b}`, `bounce MiB ${b}`, `IOVA from tree ${a}`],
    ],
    rows: first(c).map(({ bs, sides: [x, y] }) => [
      blockSize(bs),
      stale(x.stale_busy_mean_ns),
      stale(y.stale_busy_mean_ns),
      stale(x.stale_busy_max_ns),
      stale(y.stale_busy_max_ns),
      time(y.stale_contents_max_ns),
      (y.peak_bounce_bytes / 2 ** 20).toFixed(2),
      percent(x.iova_tree_per_io / 2, 0),
    ]),
  };
}

function workloadTable(
  c: PolicyComparison,
  what: string,
  cell: (row: WorkloadRow) => string,
): TablePart {
  const sizes = [...new Set(c.rows.map(({ bs }) => bs))].sort((x, y) => x - y);
  const names = [...new Set(c.rows.map(({ workload }) => workload))];
  return {
    ...LOOK,
    title: `${c.preset}: ${what}, ${c.policies[1]} / ${c.policies[0]}`,
    head: ['workload', ...sizes.map(blockSize)],
    rows: names.map((name) => [
      name,
      ...sizes.map((bs) => {
        const row = c.rows.find((one) => one.workload === name && one.bs === bs);
        return row ? cell(row) : '';
      }),
    ]),
  };
}

function effectTable(c: PolicyComparison, d: Dependence): TablePart {
  const [a, b] = c.policies;
  const rows = d.effects.filter(
    ({ low, high }) => Math.max(low.cpu, high.cpu) - Math.min(low.cpu, high.cpu) >= LEAST,
  );
  const accepted = rows.some((row) => row.accepted !== null);
  return {
    ...LOOK,
    title: `${c.preset}, reads of ${blockSize(d.bs)}: CPU time per I/O, ${b} / ${a}, when one parameter changes (unchanged: ${percent(d.cpu, 0)})`,
    head: [
      'parameter',
      'value',
      'at 1/4',
      'at 4x',
      ...(accepted ? ['calibrated range'] : []),
      'break-even value',
    ],
    rows: rows.map((effect) => [
      effect.name,
      value(effect.name, c.cost[effect.name] ?? NaN),
      shareAt(effect, 'low', c),
      shareAt(effect, 'high', c),
      ...(accepted ? [acceptedCell(effect)] : []),
      effect.equal_at === null ? 'never' : value(effect.name, effect.equal_at),
    ]),
  };
}

/** With the value where the physical range ends before the factor is reached. */
function shareAt({ name, low, high }: Effect, which: 'low' | 'high', c: PolicyComparison): string {
  const one = which === 'low' ? low : high;
  const wanted = (c.cost[name] ?? NaN) * (which === 'low' ? 1 / 4 : 4);
  const cut = Math.abs(one.value / wanted - 1) > 1e-9;
  return percent(one.cpu, 0) + (cut ? ` (${value(name, one.value)})` : '');
}

function acceptedCell({ accepted }: Effect): string {
  if (!accepted) return '';
  const shares = accepted.map(({ cpu }) => cpu).sort((x, y) => x - y);
  return shares.map((share) => percent(share, 0)).join(' to ');
}

function value(name: string, x: number): string {
  const unit = COST_PARAMETERS.find((p) => p.name === name)?.unit;
  if (unit === 'bytes/s') return gigabytesPerS(x);
  return `${x < 100 ? significant(x, 2) : x.toFixed(0)} ns`;
}

function drawTable(c: PolicyComparison): TablePart {
  return {
    ...LOOK,
    title: `${c.preset}, reads: share of 10,000 random parameter sets in which ${c.policies[1]} takes less CPU time, by range`,
    head: ['bs', '1/4 to 4x', 'physical range', 'calibrated range', 'worst case, µs'],
    rows: c.dependence.map(({ bs, second_wins: w, worst_loss_ns }) => [
      blockSize(bs),
      percent(w.around),
      percent(w.physical),
      w.accepted === null ? '' : percent(w.accepted),
      micros(worst_loss_ns, 1),
    ]),
  };
}

/** What the words of the tables mean. */
const LEGEND: readonly string[] = [
  `Workloads: "${WORKLOADS[0]?.name ?? ''}" is one job that reads at iodepth 64, memory layout fresh. Each other workload changes the one thing that it is named after.`,
  'Requests: behind virtio-iommu, requests to the VMM; on bare metal, calls of the IOMMU driver, one per page.',
  'Page: time from the return of an unmap until the device can no longer reach the page, while there is traffic. Old data: how long data in a bounce buffer stays readable, idle time included.',
  'IOVA from tree: share of address ranges that come from the tree or return to it, instead of the cache of the CPU.',
  'At 1/4, at 4x: the parameter times this factor; in brackets the value, if the physical range ends earlier. Calibrated range: at both ends of what the calibration accepts. Break-even value: with it both policies take the same CPU time. Parameters with less effect than 2 % are not shown.',
  'Random parameter sets: all parameters at once, each alike on a logarithmic scale within 1/4 to 4 times its value, its physical range, or the range that the calibration accepts. Worst case: CPU time per I/O of the second policy minus that of the first, each parameter at the end of its physical range that is worse for the second; negative: the second still wins.',
];
