// SPDX-License-Identifier: GPL-2.0-only
// An experiment: each group of jobs under each policy, on the same machine with the same seed.

import {
  type shape_of,
  check_options,
  check_value,
  list_of,
  text,
  whole,
} from '@iommu-bounce/linux-shim/options';
import { type CostParameters, DEFAULT_PRESET, type PresetName, preset, presetInfo } from '../cost';
import { type FioJob, type LayoutName, doesRead, doesWrite, jobGroups } from '../jobs';
import { type Policy, USUAL_POLICIES, policiesNamed, runPolicy } from '../policies';
import { JOB_GROUPS, LIMITS, MACHINE, POLICY_LIST } from '../options';
import { type RequestLimits, USUAL_LIMITS } from '../sim';
import { compare } from './compare';
import type { FioDocument, FioRun } from './document';
import { coverLetterJobs } from './published';

export interface Experiment {
  /** Jobs of a group run beside each other, groups one after the other on fresh machines. */
  readonly groups: readonly (readonly FioJob[])[];
  readonly policies: readonly Policy[];
  readonly preset: PresetName;
  readonly cost: CostParameters;
  readonly cpus: number;
  readonly layout: LayoutName;
  readonly seed: number;
  readonly moveData: boolean;
  /** How large a request can be. Default: USUAL_LIMITS. */
  readonly limits?: RequestLimits;
  /** What the jobs' reader had to say. */
  readonly warnings?: readonly string[];
}

/** Told what is going on, and how far all runs are together, 0 to 1, as far as their limits say. */
export type OnProgress = (what: string, share: number) => void;

/** The cover letter's, on the machine that was found to give its figures. About ten seconds for COVER_LETTER_IOS. */
export function coverLetterExperiment(numberIos: number, progress?: OnProgress): FioDocument {
  check_value('coverLetterExperiment', 'numberIos', numberIos, whole(1));
  return runExperiment(
    {
      groups: jobGroups(coverLetterJobs(numberIos)),
      policies: policiesNamed(USUAL_POLICIES.join(',')),
      preset: DEFAULT_PRESET,
      cost: preset(DEFAULT_PRESET),
      ...USUAL_MACHINE,
      moveData: true,
    },
    progress,
  );
}

/** What is simulated unless asked otherwise. */
export const USUAL_MACHINE = {
  cpus: 4,
  /** How the cover letter's guest found its memory is not known; a fresh guest is what the series was recorded in. */
  layout: 'fresh',
  seed: 1,
} as const;

const EXPERIMENT: shape_of<Experiment> = {
  ...MACHINE,
  groups: JOB_GROUPS,
  policies: POLICY_LIST,
  limits: LIMITS,
  warnings: list_of(text, { least: 0 }),
};

/**
 * @param progress told what is going on
 * @throws OptionError for what an experiment does not have, or a value out of range; InputError for what cannot be mapped
 */
export function runExperiment(
  experiment: Experiment,
  progress: OnProgress = () => undefined,
): FioDocument {
  check_options('runExperiment', experiment, EXPERIMENT);
  const { groups, policies, cost, cpus, layout, seed, moveData } = experiment;
  const all = groups.length * policies.length;
  let done = 0;
  const runs = groups.flatMap((jobs) =>
    policies.map((policy) => {
      const run = runOne(experiment, jobs, policy, (what, share) => {
        progress(`${String(done + 1)} of ${String(all)}: ${what}`, (done + share) / all);
      });
      done++;
      return run;
    }),
  );
  return {
    simulated: true,
    preset: experiment.preset,
    cost: { ...cost },
    cpus,
    layout,
    seed,
    data_moved: moveData,
    warnings: experiment.warnings ?? [],
    request_limits: { ...(experiment.limits ?? USUAL_LIMITS) },
    runs,
    // The cover letter's machine is the one that its figures are to be compared with.
    comparison: compare(groups, runs, presetInfo(experiment.preset).iommu === 'virtio-iommu'),
  };
}

function runOne(
  experiment: Experiment,
  jobs: readonly FioJob[],
  policy: Policy,
  progress: OnProgress,
): FioRun {
  const { cost, cpus, seed, moveData, layout, limits = USUAL_LIMITS } = experiment;
  const machine = { iommu: presetInfo(experiment.preset).iommu, cost };
  const names = jobs.map(({ name }) => name);
  progress(`${policy.name}, ${names.join(' and ')}`, 0);
  const result = runPolicy(policy, machine, jobs, {
    cpus,
    seed,
    moveData,
    layout,
    limits,
    progress: (ios, share) => {
      progress(`${policy.name}, ${names.join(' and ')}: ${ios.toLocaleString('en')} I/Os`, share);
    },
  });
  return {
    policy: policy.name,
    patches: policy.patches,
    what_if: policy.whatIf(machine),
    fixes: policy.fixes,
    jobs: names,
    bs: meanBlock(jobs),
    rw: direction(jobs),
    iodepth: Math.max(...jobs.map(({ iodepth }) => iodepth)),
    numjobs: jobs.reduce((sum, { numjobs }) => sum + numjobs, 0),
    ...result,
  };
}

/** Bytes of an I/O: of a mix, the mean as the jobs ask for it. */
export function meanBlock(jobs: readonly FioJob[]): number {
  const means = jobs.map((job) => {
    const mean = (sizes: FioJob['bs']['read']): number =>
      sizes.reduce((sum, { bytes, weight }) => sum + bytes * weight, 0);
    const reads = !doesWrite(job) ? 1 : !doesRead(job) ? 0 : job.rwmixread / 100;
    return reads * mean(job.bs.read) + (1 - reads) * mean(job.bs.write);
  });
  return Math.round(means.reduce((sum, one) => sum + one, 0) / means.length);
}

function direction(jobs: readonly FioJob[]): string {
  const kinds = new Set(jobs.map(({ rw }) => rw));
  return [...kinds].join(',');
}
