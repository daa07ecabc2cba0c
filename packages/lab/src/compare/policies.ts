// SPDX-License-Identifier: GPL-2.0-only
// The calls of a capture under the policies that were asked for.

import {
  CaptureRun,
  type CapturePolicyRow,
  type OccupancyCurve,
  type Platform,
  type Policy,
  type RecordedMachineFacts,
  type Timing,
  addCaptureCounts,
  captureFigures,
  presetInfo,
  withPlan,
} from '@iommu-bounce/simulation';
import type { OptionValues } from '@iommu-bounce/kconfig-options';
import { UsageError } from '../errors';
import { sum } from '../show/sum';
import type { VerdictCosts } from './recorded-on';

export interface PolicyOptions {
  readonly policies: readonly Policy[];
  readonly timing: Timing;
}

/** One policy over all captures: a machine for each boot. Sums over the boots; peaks and windows are the largest. */
export interface PolicySection extends Omit<CapturePolicyRow, 'bounce_over_time'> {
  /** One for each boot. */
  readonly bounce_over_time: OccupancyCurve[];
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
          const buddyPages = facts.buddyPages + (grows ? facts.windowFrames + ROOM_TO_GROW : 0);
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

/** The pool as the recorded kernel or the user sets it; whether unmaps wait is the policy's. */
function asBooted(policy: Policy, { params, config }: PolicyMachine): Policy {
  if (policy.patches === 0) return policy;
  const words = params.split(/\s+/).filter((word) => word.startsWith('io_buffer_pool.'));
  return withPlan(policy, { params: words.join(' '), ...(config ? { config } : {}) });
}

/** @param boots the rows of each boot, in the order of the policies */
export function policySections(boots: readonly (readonly CapturePolicyRow[])[]): PolicySection[] {
  const [first = []] = boots;
  return first.map((_, i) => merged(boots.flatMap((rows) => rows[i] ?? [])));
}

function merged(rows: readonly CapturePolicyRow[]): PolicySection {
  const [first] = rows as [CapturePolicyRow];
  const bounce_over_time = rows.map((row) => row.bounce_over_time);
  if (rows.length === 1) return { ...first, bounce_over_time };
  const total = { ...first, fallbacks_by_reason: { ...first.fallbacks_by_reason } };
  for (const row of rows.slice(1)) addCaptureCounts(total, row);
  const elapsed = sum(rows, (row) => row.elapsed_ns);
  const most = (of: (row: CapturePolicyRow) => number): number => Math.max(...rows.map(of));
  const unmaps = Math.max(1, total.unmap_calls);
  return {
    ...total,
    bounce_over_time,
    cpu_seconds: sum(rows, (row) => row.cpu_seconds),
    background_seconds: sum(rows, (row) => row.background_seconds),
    lock_wait_seconds: sum(rows, (row) => row.lock_wait_seconds),
    peak_bounce_bytes: most((row) => row.peak_bounce_bytes),
    mean_bounce_bytes:
      sum(rows, (row) => row.mean_bounce_bytes * row.elapsed_ns) / Math.max(1, elapsed),
    stale_max_ns: first.stale_max_ns === null ? null : most((row) => row.stale_max_ns ?? 0),
    stale_mean_ns:
      first.stale_mean_ns === null
        ? null
        : sum(rows, (row) => (row.stale_mean_ns ?? 0) * row.unmap_calls) / unmaps,
    stale_contents_max_ns: most((row) => row.stale_contents_max_ns),
    elapsed_ns: elapsed,
    still_mapped: sum(rows, (row) => row.still_mapped),
    locks: rows.flatMap((row) => row.locks),
    devices: rows.flatMap((row) => row.devices),
    leaks: rows.flatMap((row) => row.leaks),
    invariants: rows.flatMap((row) => row.invariants),
  };
}
