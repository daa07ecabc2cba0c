// SPDX-License-Identifier: GPL-2.0-only
// All rules, in the order in which they are listed.

import type { Check } from './check';
import { FaultCheck } from './faults';
import { FreeCheck } from './frees';
import { KernelLogCheck } from './kernel-log';
import { LeakCheck } from './leaks';
import { LimitCheck } from './limits';
import { MissingSyncCheck } from './missing-syncs';
import { OverlapCheck } from './overlaps';
import type { Rule } from './rule';
import { SyncCheck } from './syncs';
import { UnmapCheck } from './unmaps';
import { UnreachableCheck } from './unreachable';

/** For one capture: checks remember what they saw. */
export function newChecks(): Check[] {
  return [
    new UnmapCheck(),
    new FreeCheck(),
    new LeakCheck(),
    new SyncCheck(),
    new MissingSyncCheck(),
    new FaultCheck(),
    new OverlapCheck(),
    new LimitCheck(),
    new KernelLogCheck(),
    new UnreachableCheck(),
  ];
}

export const LINT_RULES: readonly Rule[] = newChecks().flatMap(({ rules }) => rules);
