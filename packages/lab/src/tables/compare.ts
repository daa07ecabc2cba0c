// SPDX-License-Identifier: GPL-2.0-only
// The comparison as tables, for a terminal or for a page.

import Table from 'cli-table3';
import {
  COST_PARAMETERS,
  type CostUnit,
  type Dependence,
  type Effect,
  type PolicyComparison,
  WORKLOADS,
  type WorkloadRow,
} from '@iommu-bounce/simulation';
import { time, wrapped } from '../show/text';

export interface Cells {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Effects below this, in the ratio, are not shown: the second's share of the CPU time moves by less than 2 %. */
const LEAST = 0.02;
/** Sizes whose dependence is shown. */
const SHOWN = [4096, 131072];

export function comparisonCells(c: PolicyComparison): Cells[] {
  return [
    sizeTable(c),
    staleTable(c),
    workloadTable(c, 'throughput', ({ faster }) => `${faster.toFixed(2)} x`),
    workloadTable(c, 'CPU time per I/O', ({ cpu }) => percent(cpu)),
    ...c.dependence.filter(({ bs }) => SHOWN.includes(bs)).map((d) => effectTable(c, d)),
    drawTable(c),
  ];
}

function size(bs: number): string {
  return `${String(bs / 1024)}k`;
}

function percent(x: number): string {
  return `${(100 * x).toFixed(0)} %`;
}

function first(c: PolicyComparison): readonly WorkloadRow[] {
  return c.rows.filter(({ workload }) => workload === c.rows[0]?.workload);
}

function sizeTable(c: PolicyComparison): Cells {
  const [a, b] = c.policies;
  return {
    title: `${c.preset}, reads: throughput; CPU time and IOMMU requests per I/O`,
    head: [
      ...['bs', `MB/s ${a}`, `MB/s ${b}`, 'speed-up'],
      ...[`CPU µs ${a}`, `CPU µs ${b}`, `CPU ${b} / ${a}`],
      ...[`requests ${a}`, `requests ${b}`],
    ],
    rows: first(c).map(({ bs, sides: [x, y], faster, cpu }) => [
      size(bs),
      (x.bandwidth_bytes_per_s / 1e6).toFixed(0),
      (y.bandwidth_bytes_per_s / 1e6).toFixed(0),
      `${faster.toFixed(2)} x`,
      (x.cpu_ns_per_io / 1e3).toFixed(2),
      (y.cpu_ns_per_io / 1e3).toFixed(2),
      percent(cpu),
      x.requests_per_io.toFixed(2),
      y.requests_per_io.toFixed(2),
    ]),
  };
}

function staleTable(c: PolicyComparison): Cells {
  const [a, b] = c.policies;
  return {
    title: `${c.preset}, reads: what the device can still reach after an unmap, and memory`,
    head: [
      ...['bs', `page, mean ${a}`, `page, mean ${b}`, `page, max ${a}`, `page, max ${b}`],
      ...[`old data, max ${b}`, `bounce MiB ${b}`, `IOVA from tree ${a}`],
    ],
    rows: first(c).map(({ bs, sides: [x, y] }) => [
      size(bs),
      stale(x.stale_busy_mean_ns),
      stale(y.stale_busy_mean_ns),
      stale(x.stale_busy_max_ns),
      stale(y.stale_busy_max_ns),
      time(y.stale_contents_max_ns),
      (y.peak_bounce_bytes / 2 ** 20).toFixed(2),
      percent(x.iova_tree_per_io / 2),
    ]),
  };
}

function stale(ns: number | null): string {
  return ns === null ? 'always' : time(ns);
}

function workloadTable(
  c: PolicyComparison,
  what: string,
  cell: (row: WorkloadRow) => string,
): Cells {
  const sizes = [...new Set(c.rows.map(({ bs }) => bs))].sort((x, y) => x - y);
  const names = [...new Set(c.rows.map(({ workload }) => workload))];
  return {
    title: `${c.preset}: ${what}, ${c.policies[1]} / ${c.policies[0]}`,
    head: ['workload', ...sizes.map(size)],
    rows: names.map((name) => [
      name,
      ...sizes.map((bs) => {
        const row = c.rows.find((one) => one.workload === name && one.bs === bs);
        return row ? cell(row) : '';
      }),
    ]),
  };
}

function effectTable(c: PolicyComparison, d: Dependence): Cells {
  const [a, b] = c.policies;
  const rows = d.effects.filter(
    ({ low, high }) => Math.max(low.cpu, high.cpu) - Math.min(low.cpu, high.cpu) >= LEAST,
  );
  const accepted = rows.some((row) => row.accepted !== null);
  return {
    title: `${c.preset}, reads of ${size(d.bs)}: CPU time per I/O, ${b} / ${a}, when one parameter changes (unchanged: ${percent(d.cpu)})`,
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
  return percent(one.cpu) + (cut ? ` (${value(name, one.value)})` : '');
}

function acceptedCell({ accepted }: Effect): string {
  if (!accepted) return '';
  const shares = accepted.map(({ cpu }) => cpu).sort((x, y) => x - y);
  return shares.map(percent).join(' to ');
}

function value(name: string, x: number): string {
  const unit: CostUnit | undefined = COST_PARAMETERS.find((p) => p.name === name)?.unit;
  if (unit === 'bytes/s') return `${(x / 1e9).toFixed(1)} GB/s`;
  return `${x < 100 ? String(Number(x.toPrecision(2))) : x.toFixed(0)} ns`;
}

function drawTable(c: PolicyComparison): Cells {
  return {
    title: `${c.preset}, reads: share of 10,000 random parameter sets in which ${c.policies[1]} takes less CPU time, by range`,
    head: ['bs', '1/4 to 4x', 'physical range', 'calibrated range', 'worst case, µs'],
    rows: c.dependence.map(({ bs, second_wins: w, worst_loss_ns }) => [
      size(bs),
      percent1(w.around),
      percent1(w.physical),
      w.accepted === null ? '' : percent1(w.accepted),
      (worst_loss_ns / 1e3).toFixed(1),
    ]),
  };
}

function percent1(x: number): string {
  return `${(100 * x).toFixed(1)} %`;
}

export function terminalTable({ title, head, rows }: Cells): string {
  const table = new Table({
    // Words below each other: a terminal has 100 columns.
    head: head.map((name) => name.replaceAll(' ', '\n')),
    style: { head: [], border: [], compact: true },
    colAligns: head.map((_, i) => (i === 0 ? 'left' : 'right')),
  });
  table.push(...rows.map((row) => [...row]));
  return `${wrapped(title)}\n${table.toString()}`;
}

/** Padded as prettier does it. */
export function markdownTable({ title, head, rows }: Cells): string {
  const widths = head.map((_, i) => Math.max(3, ...[head, ...rows].map((r) => cell(r, i).length)));
  const pad = (text: string, i: number): string =>
    i === 0 ? text.padEnd(widths[i] ?? 0) : text.padStart(widths[i] ?? 0);
  const line = (cells: readonly string[]): string => `| ${cells.map(pad).join(' | ')} |`;
  const rule = widths.map((width, i) => '-'.repeat(width - Math.min(i, 1)) + (i > 0 ? ':' : ''));
  return [`## ${title}`, '', line(head), line(rule), ...rows.map(line)].join('\n');
}

function cell(row: readonly string[], i: number): string {
  return row[i] ?? '';
}

/** What the words of the tables mean. */
export const LEGEND: readonly string[] = [
  `Workloads: "${WORKLOADS[0]?.name ?? ''}" is one job that reads at iodepth 64, memory layout fresh. Each other workload changes the one thing that it is named after.`,
  'Requests: behind virtio-iommu, requests to the VMM; on bare metal, calls of the IOMMU driver, one per page.',
  'Page: time from the return of an unmap until the device can no longer reach the page, while there is traffic. Old data: how long data in a bounce buffer stays readable, idle time included.',
  'IOVA from tree: share of address ranges that come from the tree or return to it, instead of the cache of the CPU.',
  'At 1/4, at 4x: the parameter times this factor; in brackets the value, if the physical range ends earlier. Calibrated range: at both ends of what the calibration accepts. Break-even value: with it both policies take the same CPU time. Parameters with less effect than 2 % are not shown.',
  'Random parameter sets: all parameters at once, each alike on a logarithmic scale within 1/4 to 4 times its value, its physical range, or the range that the calibration accepts. Worst case: CPU time per I/O of the second policy minus that of the first, each parameter at the end of its physical range that is worse for the second; negative: the second still wins.',
];
