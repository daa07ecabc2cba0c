// SPDX-License-Identifier: GPL-2.0-only
// Policies on one machine: each workload under each of them, simulated, and what the difference between two depends on.

import {
  type whole_number,
  an_object,
  check_options,
  list_of,
  one_of,
  text,
} from '@iommu-bounce/linux-shim/options';
import { MACHINE, POLICY_LIST } from '../options';
import { type CostParameters, type PresetName, presetInfo } from '../cost';
import { InputError } from '../errors';
import type { LayoutName } from '../jobs';
import { BASES, type Base, type Policy, commonBase, onBase, runPolicy } from '../policies';
import { type RunResult, wrongsOf } from '../sim';
import { type ComparedWorkload, FROM, WORKLOADS, inUse, jobOf, trialIos, untilOf } from './cases';
import { Dependences, type Dependence } from './dependence';
import { partOf } from './part';
import { priceOf } from './price';

export interface Setup {
  readonly preset: PresetName;
  readonly cost: CostParameters;
  readonly cpus: number;
  readonly seed: number;
  /** At least two. */
  readonly policies: readonly Policy[];
  /** Whose IOMMU code all of them run on. Default: the latest that all can. */
  readonly base?: Base;
  /** Names of the two whose difference is examined. Default: the last policy and the best of the others. */
  readonly pair?: readonly [string, string];
  readonly workloads?: readonly ComparedWorkload[];
}

/** What one policy did with one size, once its caches were in use. Times in nanoseconds, sizes in bytes. */
export interface ComparedSide {
  /** The way in which memory is protected. */
  readonly policy: string;
  /** Bytes per virtual second. */
  readonly bandwidth_bytes_per_s: number;
  /** I/Os per virtual second. */
  readonly iops: number;
  /** Nanoseconds of CPU time per I/O. */
  readonly cpu_ns_per_io: number;
  /** Of this, nanoseconds of waiting for locks. */
  readonly lock_wait_ns_per_io: number;
  /** Requests to the IOMMU per I/O. */
  readonly requests_per_io: number;
  /** Nanoseconds: 99 % of the I/Os take no longer. */
  readonly latency_p99_ns: number;
  /** Mean, in ns, that a page stayed reachable after its unmap, of those out of reach again by the last completion. */
  readonly stale_busy_mean_ns: number | null;
  /** The longest of these, ns. */
  readonly stale_busy_max_ns: number | null;
  /** The longest with the idle time after the traffic, ns; null: always. */
  readonly stale_max_ns: number | null;
  /** The longest, in ns, that a device could read what was in a bounce buffer after its unmap. */
  readonly stale_contents_max_ns: number;
  /** Bytes of bounce buffers, at most. */
  readonly peak_bounce_bytes: whole_number;
  /** Address ranges that the tree gave or took back, of the two that an I/O needs. */
  readonly iova_tree_per_io: number;
  /** Invariants that its runs were checked for. */
  readonly invariants_checked: whole_number;
  /** What is wrong with its runs: nothing, unless the simulation is. */
  readonly wrong: readonly string[];
}

/** Two policies, and how the second does. */
export interface Against {
  /** The two. */
  readonly pair: readonly [string, string];
  /** The second's by the first's. */
  readonly ratio: number;
}

export interface WorkloadRow {
  /** The workload in a few words. */
  readonly workload: string;
  /** How the buffers lie in guest memory. */
  readonly layout: LayoutName;
  /** Reads or writes. */
  readonly rw: 'read' | 'write';
  /** I/Os in flight, of each clone. */
  readonly iodepth: whole_number;
  /** Clones of the job. */
  readonly numjobs: whole_number;
  /** Bytes of an I/O. */
  readonly bs: whole_number;
  /** In the order of the policies. */
  readonly sides: readonly ComparedSide[];
  /** Throughput, of the pair, or of the last policy and the fastest of the others. */
  readonly faster: Against;
  /** CPU time per I/O, of the pair, or of the last policy and the cheapest of the others. */
  readonly cpu: Against;
}

/** Of the first workload, for one size: the pair whose CPU time is compared in the row, and what that depends on. */
export interface PairDependence extends Dependence {
  /** The two. */
  readonly pair: readonly [string, string];
}

export interface PolicyComparison {
  /** The machine whose cost parameters were used, before any were changed. */
  readonly preset: PresetName;
  /** The kernel whose IOMMU code all policies run on. */
  readonly base: Base;
  /** Ways in which memory is protected, in the order of `sides`. */
  readonly policies: readonly string[];
  /** The pair that was asked for; null: the last policy and the best of the others, row by row. */
  readonly pair: readonly [string, string] | null;
  /** The cost parameters that were used. */
  readonly cost: CostParameters;
  /** One for each workload and size. */
  readonly rows: readonly WorkloadRow[];
  /** What the difference of the pair depends on, for each size of the first workload. */
  readonly dependence: readonly PairDependence[];
}

/** @returns the base. @throws InputError for policies that have no common base, and for a pair that is not among them */
export function expectComparable({ preset, policies, base, pair }: Setup): Base {
  const names = policies.map(({ name }) => name);
  if (names.length < 2) throw new InputError('expected at least two policies');
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new InputError(`expected different policies, got ${twice} twice`);
  for (const name of pair ?? [])
    if (!names.includes(name))
      throw new InputError(`the pair's ${name} is not among ${names.join(', ')}`);
  if (pair && pair[0] === pair[1]) throw new InputError('expected a pair of different policies');
  const { iommu } = presetInfo(preset);
  const common = base ?? commonBase(policies, iommu);
  for (const one of policies) onBase(one, common, iommu);
  return common;
}

/** @param progress told what is going on, and how much of it is done, 0 to 1 */
export function comparePolicies(
  setup: Setup,
  progress: (what: string, share: number) => void = () => undefined,
): PolicyComparison {
  const { preset, cost, cpus, seed } = MACHINE;
  check_options('comparePolicies', setup, {
    ...{ preset, cost, cpus, seed },
    policies: POLICY_LIST,
    base: one_of(...BASES),
    pair: list_of(text, { exactly: 2 }),
    workloads: list_of(an_object, { least: 1 }),
  });
  const base = expectComparable(setup);
  const { iommu } = presetInfo(setup.preset);
  const policies = setup.policies.map((one) => onBase(one, base, iommu));
  const rows: WorkloadRow[] = [];
  const depends: PairDependence[] = [];
  const dependences = new Dependences(setup.cost, setup.preset, setup.seed);
  const workloads = setup.workloads ?? WORKLOADS;
  const all = workloads.reduce((sum, { sizes }) => sum + sizes.length, 0);
  for (const workload of workloads)
    for (const bs of workload.sizes) {
      progress(`${workload.name}, ${String(bs / 1024)}k`, rows.length / all);
      const runs = policies.map((policy) => measured(setup, policy, workload, bs));
      const sides = runs.map(({ side }) => side);
      const cpu = against(setup, sides, ({ cpu_ns_per_io }) => cpu_ns_per_io, -1);
      const faster = against(setup, sides, (one) => one.bandwidth_bytes_per_s, 1);
      const { name, layout, rw, iodepth, numjobs } = workload;
      rows.push({ ...{ workload: name, layout, rw, iodepth, numjobs, bs, sides }, faster, cpu });
      if (workload !== workloads[0]) continue;
      const [first, second] = cpu.pair.map((of) => {
        const run = runs.find(({ side }) => side.policy === of)?.part;
        if (!run) throw new Error(`no run of ${of}`);
        return priceOf(run, setup.cost, rw === 'read');
      });
      if (!first || !second) throw new Error('expected two policies');
      depends.push({
        pair: cpu.pair,
        ...dependences.of(bs, [first, second]),
      });
    }
  return {
    preset: setup.preset,
    base,
    policies: policies.map(({ name }) => name),
    pair: setup.pair ?? null,
    cost: { ...setup.cost },
    rows,
    dependence: depends,
  };
}

/** @param sign 1: the most is the best, -1: the least is */
function against(
  { pair }: Setup,
  sides: readonly ComparedSide[],
  figure: (side: ComparedSide) => number,
  sign: 1 | -1,
): Against {
  const named = (name: string): ComparedSide | undefined =>
    sides.find(({ policy }) => policy === name);
  const others = [...sides].slice(0, -1).sort((a, b) => sign * (figure(b) - figure(a)));
  const first = pair ? named(pair[0]) : others[0];
  const second = pair ? named(pair[1]) : sides.at(-1);
  if (!first || !second) throw new Error('expected two policies');
  return { pair: [first.policy, second.policy], ratio: figure(second) / figure(first) };
}

type Ends = Parameters<typeof jobOf>[2];

interface MeasuredRun {
  readonly part: RunResult;
  readonly side: ComparedSide;
}

function measured(
  setup: Setup,
  policy: Policy,
  workload: ComparedWorkload,
  bs: number,
): MeasuredRun {
  const trial = run(setup, policy, workload, bs, { ios: trialIos(workload) });
  const used = inUse(policy, bs, trial.iops);
  const runs = [FROM, untilOf(policy)].map(({ ios, ns }) =>
    run(setup, used, workload, bs, { ns: Math.min(ns, (ios * 1e9) / trial.iops) }),
  );
  const [start, whole] = runs;
  if (!start || !whole) throw new Error('expected two runs');
  const part = partOf(whole, start);
  return { part, side: side(policy.name, part, runs) };
}

function run(
  setup: Setup,
  policy: Policy,
  workload: ComparedWorkload,
  bs: number,
  ends: Ends,
): RunResult {
  const { cpus, seed, cost } = setup;
  const platform = { iommu: presetInfo(setup.preset).iommu, cost };
  const { layout } = workload;
  return runPolicy(policy, platform, [jobOf(workload, bs, ends)], {
    ...{ cpus, seed, moveData: false, layout },
  });
}

/** @param runs those that the part was taken from */
function side(policy: string, part: RunResult, runs: readonly RunResult[]): ComparedSide {
  return {
    policy,
    bandwidth_bytes_per_s: part.bandwidth_bytes_per_s,
    iops: part.iops,
    cpu_ns_per_io: part.cpu_ns_per_io.total,
    lock_wait_ns_per_io: part.cpu_ns_per_io.by_cause.lockWait,
    requests_per_io: part.iommu_requests / part.ios,
    latency_p99_ns: part.latency_ns.p99,
    stale_busy_mean_ns: part.stale_busy_mean_ns,
    stale_busy_max_ns: part.stale_busy_max_ns,
    stale_max_ns: part.stale_max_ns,
    stale_contents_max_ns: part.stale_contents_max_ns,
    peak_bounce_bytes: part.peak_bounce_bytes,
    iova_tree_per_io: part.iova_tree / part.ios,
    invariants_checked: runs.reduce((sum, { invariants }) => sum + invariants.length, 0),
    wrong: [...new Set(runs.flatMap(wrongsOf))],
  };
}
