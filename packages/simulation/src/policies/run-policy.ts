// SPDX-License-Identifier: GPL-2.0-only
// Jobs under a policy: a machine of their own is booted for them.

import { type FioJob, type LayoutName, newLayout } from '../jobs';
import { type RunOptions, type RunResult, needsOf, simulate } from '../sim';
import type { Platform } from './plan';
import type { Policy } from './policy';

export interface PolicyRunOptions extends Omit<RunOptions, 'layout'> {
  readonly layout: LayoutName;
}

/** @throws InputError for jobs that the policy cannot map, or that need more memory than can be simulated */
export function runPolicy(
  policy: Policy,
  platform: Platform,
  jobs: readonly FioJob[],
  options: PolicyRunOptions,
): RunResult {
  const layout = newLayout(options.layout, options.seed);
  const needs = needsOf(jobs, options.cpus, layout, options.limits);
  return simulate(policy.boot(platform, needs), jobs, needs, { ...options, layout });
}
