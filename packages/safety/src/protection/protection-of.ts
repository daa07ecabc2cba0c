// SPDX-License-Identifier: GPL-2.0-only
// Who leaks what, how much, for how long, and at what price: the same operations under each policy.

import { PAGE_SIZE } from '@iommu-bounce/linux-shim';
import {
  a_function,
  an_object,
  check_options,
  either,
  list_of,
  one_of,
  type shape_of,
  whole,
} from '@iommu-bounce/linux-shim/options';
import {
  FIXES,
  type OnProgress,
  POLICIES,
  PRESET_NAMES,
  type Policy,
  type PresetName,
  policiesNamed,
  poolWithFixes,
  preset,
  presetInfo,
  type Platform,
} from '@iommu-bounce/simulation';
import { FRAMES } from '../oracle/buffers';
import { OracleRun } from '../oracle/oracle-run';
import { type Operation, checkOperations, generateOperations } from '../oracle/operations';
import type { ProtectionDocument, ProtectionMachine } from './document';
import { rowOf } from './row';
import { besideNone, speedsOf } from './speed';
import { MOST_OPERATIONS, USUAL_OPERATIONS, USUAL_PRESETS, USUAL_SPEED_IOS } from './usual';

export interface ProtectionOptions {
  /** Default: protectionPolicies(). */
  readonly policies?: readonly Policy[];
  /** Machines; their IOMMUs differ. Default: one with virtio-iommu and one on bare metal. */
  readonly presets?: readonly PresetName[];
  /** A list, or how many steps the seed is to make. Default: 20,000. */
  readonly operations?: number | readonly Operation[];
  /** Default: 1. */
  readonly seed?: number;
  /** I/Os of each run of fio; 0: no speed. Default: 4,000. */
  readonly speedIos?: number;
  readonly progress?: OnProgress;
}

const MOST_IOS = 10_000_000;

const OPTIONS: shape_of<ProtectionOptions> = {
  policies: list_of(an_object, { least: 1 }),
  presets: list_of(one_of(...PRESET_NAMES), { least: 1 }),
  operations: either(
    'a number of steps, or a list of operations',
    whole(1, MOST_OPERATIONS),
    list_of(an_object, { least: 1 }),
  ),
  seed: whole(0, 2 ** 31 - 1),
  speedIos: whole(0, MOST_IOS),
  progress: a_function,
};

/** Findings about what a device or the caller sees of a buffer: fixes of others change nothing in this table. */
const WHAT_IS_SEEN = [1, 2, 3];

/** All policies of the simulation, and the pool with each fix of what is seen of its buffers, and with all of them. */
export function protectionPolicies(): Policy[] {
  const names = FIXES.filter(({ findings }) =>
    findings.some((id) => WHAT_IS_SEEN.includes(id)),
  ).map(({ name }) => name);
  return [...POLICIES, ...names.map(poolWithFixes), poolWithFixes(names.join(','))];
}

/**
 * @throws OptionError for an option that it does not have, or a value out of range; InputError for a policy that cannot run
 *   on a machine, or an operation that cannot be carried out
 */
export function protectionOf(options: ProtectionOptions = {}): ProtectionDocument {
  check_options('protectionOf', options, OPTIONS);
  const {
    policies = protectionPolicies(),
    presets = USUAL_PRESETS,
    operations = USUAL_OPERATIONS,
    seed = 1,
    speedIos = USUAL_SPEED_IOS,
    progress = () => undefined,
  } = options;
  const steps = typeof operations === 'number' ? generateOperations(seed, operations) : operations;
  checkOperations(steps);
  // What speeds are a share of, run whether it has a row or not.
  const [none] = policiesNamed('none') as [Policy];
  const all = presets.length * policies.length;
  let done = 0;
  const machines = presets.map((name): ProtectionMachine => {
    const cost = preset(name);
    const platform = { iommu: presetInfo(name).iommu, cost };
    const rows = policies.map((policy) => {
      progress(`${name}, ${policy.name}`, done++ / all);
      const row = rowOf(runUnder(policy, platform, steps), policy, platform);
      return { ...row, speed: speedsOf(policy, name, cost, seed, speedIos) };
    });
    const base =
      rows.find(({ policy }) => policy === 'none')?.speed ??
      speedsOf(none, name, cost, seed, speedIos);
    return { preset: name, cost, rows: besideNone(rows, base) };
  });
  return {
    simulated: true,
    seed,
    operations: steps.length,
    watched_bytes: FRAMES * PAGE_SIZE,
    speed_ios: speedIos,
    machines,
  };
}

function runUnder(policy: Policy, platform: Platform, steps: readonly Operation[]): OracleRun {
  const run = new OracleRun(policy, platform);
  for (const step of steps) run.step(step);
  run.finish();
  return run;
}
