// SPDX-License-Identifier: GPL-2.0-only
// A machine under a policy with three devices, each in a domain of its own, whose memory is shadowed. One CPU makes all
// calls, so that each step happens at the virtual time at which the code takes it.

import { INITIAL_JIFFIES } from '@iommu-bounce/linux-shim';
import {
  CallOrder,
  type Platform,
  type Policy,
  RecordedMachine,
  withPlan,
} from '@iommu-bounce/simulation';
import { FRAMES } from './buffers';
import { DEVICES } from './operations';
import { SHADOWED_PARTS, ShadowedMemory, ShadowedPages } from './shadow-parts';

/** As in the kernel that the series was recorded on. */
const HZ = 250;
/** Pages for bounce buffers and coherent memory, of operations that nobody has looked at. */
const BUDDY_PAGES = 4096;
/** Longer than any list, so that a list can become one segment. */
const LONGEST_SEGMENT = 2 ** 20;

export interface OracleMachine {
  readonly recorded: RecordedMachine;
  readonly order: CallOrder;
  readonly memory: ShadowedMemory;
  readonly pages: ShadowedPages;
  /** What is unmapped can be reached until a flush, because an IOTLB can hold it: the table's own entries are gone. */
  readonly hasIotlb: boolean;
}

/**
 * @param buddyPages for bounce buffers and coherent memory
 * @throws InputError for a policy that cannot run on the platform
 */
export function oracleMachine(
  policy: Policy,
  platform: Platform,
  buddyPages = BUDDY_PAGES,
): OracleMachine {
  const isBare = platform.iommu === 'bare-metal';
  const { plan } = withPlan(policy, { parts: { ...policy.plan.parts, ...SHADOWED_PARTS } });
  const facts = {
    cpus: 1,
    hz: HZ,
    jiffies: INITIAL_JIFFIES(HZ),
    windowFrames: FRAMES,
    buddyPages,
    threePageSizes: isBare,
    devices: DEVICES.map((name) => ({ name, coherent: true, longestSegment: LONGEST_SEGMENT })),
    groups: [],
  };
  const recorded = new RecordedMachine(plan, platform, facts, true);
  const { machine } = recorded;
  const { mm, page_alloc } = machine.k;
  if (!(mm instanceof ShadowedMemory && page_alloc instanceof ShadowedPages))
    throw new Error('the machine has other parts than it was given');
  machine.meter.reset();
  const nobody = (): void => undefined;
  const order = new CallOrder(machine, 1, nobody, nobody);
  return { recorded, order, memory: mm, pages: page_alloc, hasIotlb: isBare };
}
