// SPDX-License-Identifier: GPL-2.0-only
// Two policies on one machine: each workload under both, simulated, and what the difference depends on.

import { type CostParameters, type PresetName, presetInfo } from '../cost';
import { type LayoutName, newLayout } from '../jobs';
import type { Policy } from '../policies';
import { type RunResult, needsOf, simulate } from '../sim';
import { WORKLOADS, type ComparedWorkload, jobOf } from './cases';
import { type Price, priceOf } from './price';
import { type Dependence, dependence } from './dependence';

export interface Setup {
  readonly preset: PresetName;
  readonly cost: CostParameters;
  readonly cpus: number;
  readonly seed: number;
  readonly policies: readonly [Policy, Policy];
  readonly workloads?: readonly ComparedWorkload[];
}

/** What one policy did with one size. Times in nanoseconds, sizes in bytes. */
export interface ComparedSide {
  readonly bandwidth_bytes_per_s: number;
  readonly iops: number;
  readonly cpu_ns_per_io: number;
  readonly lock_wait_ns_per_io: number;
  readonly requests_per_io: number;
  readonly latency_p99_ns: number;
  /** While there is traffic: of the pages that were out of the device's reach again by the last completion. */
  readonly stale_busy_mean_ns: number | null;
  readonly stale_busy_max_ns: number | null;
  readonly stale_contents_max_ns: number;
  readonly peak_bounce_bytes: number;
  /** Address ranges that the tree gave or took back, of the two that an I/O needs. */
  readonly iova_tree_per_io: number;
}

export interface WorkloadRow {
  readonly workload: string;
  readonly layout: LayoutName;
  readonly rw: 'read' | 'write';
  readonly iodepth: number;
  readonly numjobs: number;
  readonly bs: number;
  /** In the order of the policies. */
  readonly sides: readonly [ComparedSide, ComparedSide];
  /** The second's throughput by the first's. */
  readonly faster: number;
  /** The second's CPU time of an I/O by the first's. */
  readonly cpu: number;
}

export interface PolicyComparison {
  readonly preset: PresetName;
  readonly policies: readonly [string, string];
  readonly cost: Readonly<Record<string, number>>;
  readonly rows: readonly WorkloadRow[];
  /** Of the first workload, for each size. */
  readonly dependence: readonly Dependence[];
}

/** @param progress told what is going on */
export function comparePolicies(
  setup: Setup,
  progress: (what: string) => void = () => undefined,
): PolicyComparison {
  const rows: WorkloadRow[] = [];
  const depends: Dependence[] = [];
  const [first, second] = setup.policies;
  const workloads = setup.workloads ?? WORKLOADS;
  for (const workload of workloads)
    for (const bs of workload.sizes) {
      progress(`${setup.preset}, ${workload.name}, ${String(bs / 1024)}k`);
      const runs = [run(setup, first, workload, bs), run(setup, second, workload, bs)] as const;
      const sides = [side(runs[0]), side(runs[1])] as const;
      const { name, layout, rw, iodepth, numjobs } = workload;
      rows.push({
        ...{ workload: name, layout, rw, iodepth, numjobs, bs, sides },
        faster: sides[1].bandwidth_bytes_per_s / sides[0].bandwidth_bytes_per_s,
        cpu: sides[1].cpu_ns_per_io / sides[0].cpu_ns_per_io,
      });
      if (workload !== workloads[0]) continue;
      const price = (r: RunResult): Price => priceOf(r, setup.cost, rw === 'read');
      depends.push(
        dependence(bs, [price(runs[0]), price(runs[1])], setup.cost, setup.preset, setup.seed),
      );
    }
  return {
    preset: setup.preset,
    policies: [first.name, second.name],
    cost: { ...setup.cost },
    rows,
    dependence: depends,
  };
}

function run(setup: Setup, policy: Policy, workload: ComparedWorkload, bs: number): RunResult {
  const { cpus, seed, cost } = setup;
  const layout = newLayout(workload.layout, seed);
  const jobs = [jobOf(workload, bs)];
  const needs = needsOf(jobs, cpus, layout);
  const device = policy.boot({ iommu: presetInfo(setup.preset).iommu, cost }, needs);
  return simulate(device, jobs, needs, { cpus, seed, moveData: false, layout });
}

function side(run: RunResult): ComparedSide {
  return {
    bandwidth_bytes_per_s: run.bandwidth_bytes_per_s,
    iops: run.iops,
    cpu_ns_per_io: run.cpu_ns_per_io.total,
    lock_wait_ns_per_io: run.cpu_ns_per_io.by_cause.lockWait,
    requests_per_io: run.iommu_requests / run.ios,
    latency_p99_ns: run.latency_ns.p99,
    stale_busy_mean_ns: run.stale_busy_mean_ns,
    stale_busy_max_ns: run.stale_busy_max_ns,
    stale_contents_max_ns: run.stale_contents_max_ns,
    peak_bounce_bytes: run.peak_bounce_bytes,
    iova_tree_per_io: run.iova_tree / run.ios,
  };
}
