// SPDX-License-Identifier: GPL-2.0-only
// The calls of a capture under the policies that were asked for.

import {
  CaptureRun,
  type CapturePolicyRow,
  type Platform,
  type Policy,
  type RecordedMachineFacts,
  type Timing,
  captureFigures,
  presetInfo,
  withPlan,
} from '@iommu-bounce/simulation';
import type { OptionValues } from '@iommu-bounce/kconfig-options';
import { PAGE_SIZE } from '@iommu-bounce/linux-shim';
import { UsageError } from '../errors';
import { MOST_RAM } from './memory-needed';
import type { VerdictCosts } from './recorded-on';

export interface PolicyOptions {
  readonly policies: readonly Policy[];
  readonly timing: Timing;
}

/** Pages that a swiotlb which grows may take beyond what is mapped at once. */
const ROOM_TO_GROW = 16384;

export interface PolicyMachine {
  readonly facts: RecordedMachineFacts;
  readonly startNs: number;
  /** Of a mapping's `held` entries, the first that is free. */
  readonly firstIndex: number;
  /** Kernel command line. */
  readonly params: string;
  readonly config: OptionValues | null;
  readonly costs: VerdictCosts | null;
}

/** Each policy's machine, booted, in the order of the policies. */
export class PolicyRuns {
  readonly runs: readonly CaptureRun[];
  private readonly platform: Platform | null;

  constructor({ policies, timing }: PolicyOptions, machine: PolicyMachine) {
    const { costs, startNs, firstIndex, facts } = machine;
    const platform = costs && { iommu: presetInfo(costs.preset).iommu, cost: costs.costs };
    this.platform = platform;
    this.runs = platform
      ? policies.map((policy, i) => {
          const grows = policy.plan.swiotlbDynamic === true;
          const buddyPages = grows ? pagesToGrow(facts) : facts.buddyPages;
          const index = firstIndex + i;
          return new CaptureRun(
            asBooted(policy, machine),
            platform,
            { ...facts, buddyPages },
            { index, startNs, timing },
          );
        })
      : [];
    if (!platform && policies.length > 0)
      throw new UsageError('--policy: expected the costs of a machine');
  }

  /** Ends the runs. */
  figures(): CapturePolicyRow[] {
    const { platform } = this;
    return platform ? this.runs.map((run) => captureFigures(run, platform)) : [];
  }
}

/** For a swiotlb that grows: as much again as is mapped at once, as far as a machine can have it. */
function pagesToGrow({ buddyPages, windowFrames }: RecordedMachineFacts): number {
  const most = Math.floor(MOST_RAM / PAGE_SIZE) - windowFrames;
  return Math.min(most, buddyPages + windowFrames + ROOM_TO_GROW);
}

/** The pool as the recorded kernel or the user sets it; whether unmaps wait is the policy's. */
function asBooted(policy: Policy, { params, config }: PolicyMachine): Policy {
  if (policy.patches === 0) return policy;
  const words = params.split(/\s+/).filter((word) => word.startsWith('io_buffer_pool.'));
  return withPlan(policy, { params: words.join(' '), ...(config ? { config } : {}) });
}
