// SPDX-License-Identifier: GPL-2.0-only
// Jobs under a policy: a machine of their own is booted for them.

import {
  a_function,
  check_options,
  flag,
  needed,
  one_of,
  whole,
} from '@iommu-bounce/linux-shim/options';
import { type FioJob, LAYOUT_NAMES, type LayoutName, newLayout } from '../jobs';
import { type RunOptions, type RunResult, needsOf, simulate } from '../sim';
import { LIMITS } from '../options';
import type { Platform } from './plan';
import type { Policy } from './policy';

export interface PolicyRunOptions extends Omit<RunOptions, 'layout'> {
  readonly layout: LayoutName;
}

/**
 * @throws InputError for jobs that the policy cannot map, or that need more memory than can be simulated; OptionError for
 *   an option that it does not have, or a value out of range
 */
export function runPolicy(
  policy: Policy,
  platform: Platform,
  jobs: readonly FioJob[],
  options: PolicyRunOptions,
): RunResult {
  check_options('runPolicy', options, {
    cpus: needed(whole(1, 64)),
    seed: needed(whole(0, 2 ** 31 - 1)),
    moveData: needed(flag),
    layout: needed(one_of(...LAYOUT_NAMES)),
    limits: LIMITS,
    progress: a_function,
  });
  const layout = newLayout(options.layout, options.seed);
  const needs = needsOf(jobs, options.cpus, layout, options.limits);
  const device = policy.boot(platform, { ...needs, bytes: options.moveData });
  return simulate(device, jobs, needs, { ...options, layout });
}
