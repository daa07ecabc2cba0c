// SPDX-License-Identifier: GPL-2.0-only
// The answer of an experiment: which policy gives how much of what against the kernel as it is.

import type { FioDocument, FioRun } from '@iommu-bounce/simulation';
import { count, micros, percent } from '../show/format';
import { ALIKE } from './compare-summary';
import { plural } from './capture-words';
import { runName } from './fio-figures';

/** What the others are held against: the first of these that was run, else the first policy. */
const REFERENCES = ['strict', 'none'];

/** Runs of the same jobs, one for each policy. */
type Group = readonly FioRun[];

export function groupsOfRuns(runs: readonly FioRun[]): Group[] {
  const groups: FioRun[][] = [];
  for (const run of runs) {
    const last = groups.at(-1);
    if (last && !last.some((one) => runName(one) === runName(run))) last.push(run);
    else groups.push([run]);
  }
  return groups;
}

/** The first line. */
export function fioAnswer({ runs }: FioDocument): string {
  const groups = groupsOfRuns(runs);
  const names = (groups[0] ?? []).map(({ policy }) => policy);
  const reference = REFERENCES.find((name) => names.includes(name)) ?? names[0] ?? '';
  const best = groups.map((group) => bestOf(group, reference));
  const winners = [...new Set(best.map((run) => (run ? runName(run) : '')))].filter(Boolean);
  if (winners.length === 0) return `Simulated: ${alone(runs)}.`;
  const said = winners.map((winner) => {
    const won = groups.filter((_, i) => {
      const run = best[i];
      return run !== undefined && run !== null && runName(run) === winner;
    });
    const figures = against(winner, reference, won);
    const where = winners.length > 1 ? ` in ${count(won.length)} of ${jobs(groups)}` : '';
    return winners.length > 1 ? `${winner}${where} (${figures})` : `${winner} gives ${figures}`;
  });
  return winners.length > 1
    ? `Simulated: the most throughput beside ${reference} comes from ${said.join(', ')}.`
    : `Simulated: ${said.join('')}${groups.length > 1 ? `, over ${jobs(groups)}` : ''}.`;
}

function jobs(groups: readonly Group[]): string {
  const isOne = groups.every(([run]) => run?.jobs.length === 1);
  return isOne ? plural(groups.length, 'job') : plural(groups.length, 'group') + ' of jobs';
}

/** The most throughput; of those that give as much, the one with the least CPU time. Null: nothing to compare. */
function bestOf(group: Group, reference: string): FioRun | null {
  const others = group.filter(({ policy }) => policy !== reference && !REFERENCES.includes(policy));
  const rest = others.length > 0 ? others : group.filter(({ policy }) => policy !== reference);
  const most = Math.max(...rest.map(speed));
  return rest
    .filter((run) => speed(run) >= most * (1 - ALIKE))
    .reduce<FioRun | null>((a, b) => (a === null || cpu(b) < cpu(a) ? b : a), null);
}

/** `2.88 to 4.64 times the throughput of strict at 7 to 35 % of its CPU time per I/O`. */
function against(winner: string, reference: string, groups: readonly Group[]): string {
  const ratios = (name: string, figure: (run: FioRun) => number): number[] =>
    groups.flatMap((group) => {
      const one = group.find((run) => runName(run) === winner);
      const other = group.find(({ policy }) => policy === name);
      return one && other ? [figure(one) / figure(other)] : [];
    });
  const none = reference === 'none' || winner === 'none' ? [] : ratios('none', speed);
  return (
    `${range(ratios(reference, speed), (x) => x.toFixed(2))} times the throughput of ${reference} ` +
    `at ${range(ratios(reference, cpu), whole)} % of its CPU time per I/O` +
    (none.length > 0 ? `, and ${range(none, whole)} % of the throughput of none` : '')
  );
}

function alone(runs: readonly FioRun[]): string {
  const [first] = runs;
  return (
    `${first ? runName(first) : 'nothing'} gives ${range(
      runs.map(({ iops }) => Math.round(iops)),
      count,
    )} IOPS ` + `and takes ${range(runs.map(cpu), micros)} µs of CPU per I/O`
  );
}

function speed(run: FioRun): number {
  return run.bandwidth_bytes_per_s;
}

function cpu(run: FioRun): number {
  return run.cpu_ns_per_io.total;
}

/** Both ends, once where they look alike. */
function range(values: readonly number[], show: (x: number) => string): string {
  const [least, most] = [show(Math.min(...values)), show(Math.max(...values))];
  return least === most ? least : `${least} to ${most}`;
}

/** Percent without the sign. */
function whole(x: number): string {
  return percent(x, 0).replace(' %', '');
}
