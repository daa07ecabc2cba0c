// SPDX-License-Identifier: GPL-2.0-only
// Runs jobs given as flags under a policy, as the command does, and gives the result.

import { type CostParameters, type PresetName, preset, presetInfo } from '../cost';
import { type FioJob, type LayoutName, jobFromFlags, newLayout } from '../jobs';
import { type Policy, policiesNamed } from '../policies';
import { type RequestLimits, type SimDevice, type RunResult, needsOf, simulate } from '../sim';

/** Costs of these tests' own, round where they can be: a preset may be calibrated anew. */
export const COSTS: CostParameters = {
  ...preset('laptop-virtio'),
  ...{ submitNs: 3000, completeNs: 1500, interruptNs: 1500 },
  ...{ dmaMapNs: 200, dmaUnmapNs: 200, iovaCachedNs: 80, iovaTreeNs: 2000, pageAllocNs: 150 },
  ...{ copyFixedNs: 25, copyWarmBytesPerS: 12e9, copyColdBytesPerS: 8e9 },
  ...{ poolMapNs: 40, poolUnmapNs: 100, swiotlbMapNs: 400, swiotlbUnmapNs: 200 },
  ...{ vmexitNs: 4000, vmmRequestNs: 1000, vfioMapNs: 2000, vfioUnmapNs: 3000 },
  ...{ pinNs: 250, unpinNs: 2500, hostFlushNs: 1000 },
  ...{ nvmeLatencyNs: 45_000, nvmeIops: 100_000, nvmeBytesPerS: 1.3e9, nvmeQueueDepth: 1023 },
};

export interface Setup {
  readonly layout?: LayoutName;
  readonly cpus?: number;
  readonly seed?: number;
  readonly data?: boolean;
  readonly preset?: PresetName;
  readonly cost?: Readonly<Record<string, number>>;
  readonly limits?: RequestLimits;
  /** Changes the machine before anything runs on it. */
  readonly change?: (device: SimDevice) => SimDevice;
}

export function job(flags: Readonly<Record<string, string>>): FioJob {
  return jobFromFlags({ iodepth: '64', ...flags }).job;
}

/**
 * @param policy a name, or the thing itself
 * @throws Error where an invariant of the run does not hold
 */
export function runJobs(
  policy: string | Policy,
  jobs: readonly FioJob[],
  setup: Setup = {},
): RunResult {
  const { cpus = 4, seed = 1, data = true, preset: name = 'laptop-virtio' } = setup;
  const layout = newLayout(setup.layout ?? 'fresh', seed);
  const needs = needsOf(jobs, cpus, layout, setup.limits);
  const found = typeof policy === 'string' ? policiesNamed(policy)[0] : policy;
  if (!found) throw new Error('no such policy');
  const cost = { ...(name === 'laptop-virtio' ? COSTS : preset(name)), ...setup.cost };
  const device = found.boot({ iommu: presetInfo(name).iommu, cost }, { ...needs, bytes: data });
  const changed = setup.change?.(device) ?? device;
  const result = simulate(changed, jobs, needs, {
    ...{ cpus, seed, moveData: data, layout },
    ...(setup.limits === undefined ? {} : { limits: setup.limits }),
  });
  const broken = result.invariants.filter(({ holds }) => !holds);
  if (broken.length > 0) throw new Error(`invariants: ${JSON.stringify(broken)}`);
  return result;
}
