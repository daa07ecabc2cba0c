// SPDX-License-Identifier: GPL-2.0-only
// The comparison as tables, for a terminal or for a page.

import {
  COST_PARAMETERS,
  type ComparedSide,
  type Effect,
  type PairDependence,
  type PolicyComparison,
  WORKLOADS,
  type WorkloadRow,
} from '@iommu-bounce/simulation';
import {
  blockSize,
  gigabytesPerS,
  megabytes,
  micros,
  percent,
  significant,
  stale,
  time,
  times,
} from '../show/format';
import { type Part, type TablePart, partsMarkdown, partsText } from '../show/parts';
import type { Screen } from '../show/text';
import { comparisonAnswers, firstRows, summaryTables } from './compare-summary';

/** All of these tables have many columns of numbers beside one of text. */
const LOOK = { numbersFrom: 1, stackedHeads: true } as const;

/** Effects below this, in the ratio, are not shown: the second's share of the CPU time moves by less than 2 %. */
const LEAST = 0.02;
/** Sizes whose dependence is shown. */
const SHOWN = [4096, 131072];

export function comparisonText(comparisons: readonly PolicyComparison[], screen?: Screen): string {
  return partsText(
    [...comparisonAnswers(comparisons), ...comparisonParts(comparisons, [LEGEND])],
    screen,
  );
}

/** @param legend what the words mean, if it is to stand between the tables */
export function comparisonParts(
  comparisons: readonly PolicyComparison[],
  legend: readonly Part[] = [],
): Part[] {
  return [
    `Simulated, not measured: ${policiesOf(comparisons)} through the ported code in virtual time.`,
    ...summaryTables(comparisons),
    ...legend,
    ...comparisons.flatMap(comparisonTables),
    ...wrongParts(comparisons),
  ];
}

/** @param typed the command line that makes the page */
export function comparisonPage(comparisons: readonly PolicyComparison[], typed: string): string {
  const names = policiesOf(comparisons);
  return partsMarkdown([
    `# ${names}, compared: tables`,
    `Look up the figures of ${names} by machine (preset), workload and block size. Simulated, not measured. This page is the output of \`${typed}\`.`,
    LEGEND,
    ...summaryTables(comparisons),
    ...comparisons.flatMap(comparisonTables),
    ...wrongParts(comparisons),
  ]);
}

/** What the runs must not show, in lines; none unless the simulation is wrong. */
export function comparisonWrongs(comparisons: readonly PolicyComparison[]): string[] {
  return comparisons.flatMap(({ preset, rows }) =>
    rows.flatMap(({ workload, bs, sides }) =>
      sides.flatMap(({ policy, wrong }) =>
        wrong.map((what) => `WRONG: ${preset}, ${workload}, ${policy}, ${blockSize(bs)}: ${what}`),
      ),
    ),
  );
}

function wrongParts(comparisons: readonly PolicyComparison[]): string[][] {
  const lines = comparisonWrongs(comparisons);
  return lines.length > 0 ? [lines] : [];
}

export function comparisonTables(c: PolicyComparison): TablePart[] {
  return [
    sizeTable(c),
    requestTable(c),
    staleTable(c),
    cheapestTable(c),
    workloadTable(c, 'CPU time per I/O', 'cheapest', ({ cpu }) => percent(cpu.ratio, 0)),
    workloadTable(c, 'throughput', 'fastest', ({ faster }) => times(faster.ratio)),
    ...c.dependence.filter(({ bs }) => SHOWN.includes(bs)).map((d) => effectTable(c, d)),
    drawTable(c),
  ];
}

function policiesOf(comparisons: readonly PolicyComparison[]): string {
  const names = [...(comparisons[0]?.policies ?? [])];
  const last = names.pop() ?? '';
  return `${names.join(', ')} and ${last}`;
}

/** Before a table's title. */
function place({ preset, base }: PolicyComparison): string {
  return `${preset}, base ${base}`;
}

/** Columns of one figure, a policy each. Policies that have none of it are left out. */
function columns(
  c: PolicyComparison,
  what: string,
  figure: (side: ComparedSide) => number | null,
  show: (side: ComparedSide) => string,
  all = true,
): { readonly head: string[]; readonly cells: (row: WorkloadRow) => string[] } {
  const shown = c.policies.filter(
    (_, i) => all || firstRows(c).some(({ sides }) => figure(sides[i] as ComparedSide) !== 0),
  );
  return {
    head: shown.map((name) => `${what} ${name}`),
    cells: ({ sides }) => sides.filter(({ policy }) => shown.includes(policy)).map(show),
  };
}

function tableOf(
  c: PolicyComparison,
  title: string,
  groups: readonly ReturnType<typeof columns>[],
): TablePart {
  return {
    ...LOOK,
    title,
    cuts: groups.map((_, i) => 1 + groups.slice(0, i).reduce((n, { head }) => n + head.length, 0)),
    head: ['bs', ...groups.flatMap(({ head }) => head)],
    rows: firstRows(c).map((row) => [
      blockSize(row.bs),
      ...groups.flatMap(({ cells }) => cells(row)),
    ]),
  };
}

function sizeTable(c: PolicyComparison): TablePart {
  const speed = (one: ComparedSide): number => one.bandwidth_bytes_per_s;
  const cpu = (one: ComparedSide): number => one.cpu_ns_per_io;
  return tableOf(c, `${place(c)}, reads: CPU time per I/O and throughput`, [
    columns(c, 'CPU µs', cpu, (one) => micros(cpu(one))),
    columns(c, 'MB/s', speed, (one) => megabytes(speed(one))),
  ]);
}

function requestTable(c: PolicyComparison): TablePart {
  const requests = (one: ComparedSide): number => one.requests_per_io;
  const tree = (one: ComparedSide): number => one.iova_tree_per_io / 2;
  return tableOf(c, `${place(c)}, reads: IOMMU requests per I/O, and IOVA from tree`, [
    columns(c, 'requests', requests, (one) => requests(one).toFixed(2)),
    columns(c, 'tree', tree, (one) => percent(tree(one))),
  ]);
}

function staleTable(c: PolicyComparison): TablePart {
  const mean = (one: ComparedSide): number | null => one.stale_busy_mean_ns;
  const max = (one: ComparedSide): number | null => one.stale_busy_max_ns;
  const old = (one: ComparedSide): number => one.stale_contents_max_ns;
  const bounce = (one: ComparedSide): number => one.peak_bounce_bytes;
  return tableOf(
    c,
    `${place(c)}, reads: what the device can still reach after an unmap, and memory (policies without it are left out)`,
    [
      columns(c, 'page, mean', mean, (one) => stale(mean(one)), false),
      columns(c, 'page, max', max, (one) => stale(max(one)), false),
      columns(c, 'old data, max', old, (one) => time(old(one)), false),
      columns(c, 'bounce MiB', bounce, (one) => (bounce(one) / 2 ** 20).toFixed(2), false),
    ],
  );
}

function byWorkload(
  c: PolicyComparison,
  title: string,
  cell: (row: WorkloadRow) => string,
): TablePart {
  const sizes = [...new Set(c.rows.map(({ bs }) => bs))].sort((x, y) => x - y);
  const names = [...new Set(c.rows.map(({ workload }) => workload))];
  return {
    ...LOOK,
    title,
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

function cheapestTable(c: PolicyComparison): TablePart {
  return {
    ...byWorkload(
      c,
      `${place(c)}: policy with the least CPU time per I/O`,
      ({ sides }) => sides.reduce((a, b) => (b.cpu_ns_per_io < a.cpu_ns_per_io ? b : a)).policy,
    ),
    numbersFrom: Infinity,
  };
}

/** @param best what the first of the pair is, unless the pair was asked for */
function workloadTable(
  c: PolicyComparison,
  what: string,
  best: string,
  cell: (row: WorkloadRow) => string,
): TablePart {
  const [first, second] = c.pair ?? [`${best} other policy`, c.policies.at(-1) ?? ''];
  return byWorkload(c, `${place(c)}: ${what}, ${second} / ${first}`, cell);
}

function effectTable(c: PolicyComparison, d: PairDependence): TablePart {
  const [a, b] = d.pair;
  const rows = d.effects.filter(
    ({ low, high }) => Math.max(low.cpu, high.cpu) - Math.min(low.cpu, high.cpu) >= LEAST,
  );
  const accepted = rows.some((row) => row.accepted !== null);
  return {
    ...LOOK,
    title: `${place(c)}, reads of ${blockSize(d.bs)}: CPU time per I/O, ${b} / ${a}, when one parameter changes (unchanged: ${percent(d.cpu, 0)})`,
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
      value(effect.name, c.cost[effect.name]),
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
  const wanted = c.cost[name] * (which === 'low' ? 1 / 4 : 4);
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
    numbersFrom: 2,
    title: `${place(c)}, reads: share of 10,000 random parameter sets in which ${c.dependence[0]?.pair[1] ?? ''} takes less CPU time than another policy, by range`,
    head: ['bs', 'than', '1/4 to 4x', 'physical range', 'calibrated range', 'worst case, µs'],
    rows: c.dependence.map(({ bs, pair, second_wins: w, worst_loss_ns }) => [
      blockSize(bs),
      pair[0],
      percent(w.around),
      percent(w.physical),
      w.accepted === null ? '' : percent(w.accepted),
      micros(worst_loss_ns, 1),
    ]),
  };
}

/** What the words of the tables mean. */
export const LEGEND: readonly string[] = [
  `Workloads: "${WORKLOADS[0]?.name ?? ''}" is one job that reads at iodepth 64, memory layout fresh. Each other workload changes the one thing that it is named after.`,
  'Base: the kernel whose IOMMU code all policies run on. 5.13 is the port; 6.8 is the port with the IOVA cache of v6.7 and, behind virtio-iommu, the driver of v6.8. lazy-large has the single flush queue of v6.7.',
  'Figures are those of a machine in use: the first I/Os do not count, and lazy-large finds in the IOVA cache what a flush gives back.',
  'Requests: behind virtio-iommu, requests to the VMM; on bare metal, calls of the IOMMU driver, one per page.',
  'Page: time from the return of an unmap until the device can no longer reach the page, while there is traffic; with idle: after the last I/O too. Old data: how long data in a bounce buffer stays readable, idle time included.',
  'IOVA from tree: share of address ranges that come from the tree or return to it, instead of the cache of the CPU.',
  'Other policy: the cheapest, or the fastest, of the policies before the last one, in each cell.',
  'At 1/4, at 4x: the parameter times this factor; in brackets the value, if the physical range ends earlier. Calibrated range: at both ends of what the calibration accepts. Break-even value: with it both policies take the same CPU time. Parameters with less effect than 2 % are not shown.',
  'Random parameter sets: all parameters at once, each alike on a logarithmic scale within 1/4 to 4 times its value, its physical range, or the range that the calibration accepts. Worst case: CPU time per I/O of the second policy minus that of the first, each parameter at the end of its physical range that is worse for the second; negative: the second still wins.',
];
