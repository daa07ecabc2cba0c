// SPDX-License-Identifier: GPL-2.0-only
// What a finding is: who can do what to whom, where in the C, and the code that shows it.

import type { Trial } from './kit';

/** The worst first. */
export const SEVERITIES = [
  'disclosure',
  'corruption',
  'crash',
  'loss of service',
  'leak',
  'cost',
] as const;
export type Severity = (typeof SEVERITIES)[number];

/** What each severity means. */
export const SEVERITY_WORDS: Readonly<Record<Severity, string>> = {
  disclosure: 'a device reads memory that was not given to it',
  corruption: 'memory or data changes that should not, or data is lost',
  crash: 'the kernel stops: a wild pointer, a BUG, a loop with a lock held',
  'loss of service': 'a device, or a caller, cannot work although it should',
  leak: 'memory, addresses or mappings are lost until reboot or teardown',
  cost: 'time or memory is wasted',
};

/** Who brings it about. */
export const CAUSES = [
  'malicious device',
  'driver misuse',
  'unusual set-up',
  'failure',
  'any load',
] as const;
export type Cause = (typeof CAUSES)[number];

/** What each cause means. */
export const CAUSE_WORDS: Readonly<Record<Cause, string>> = {
  'malicious device': 'a device that does what it likes within its mappings',
  'driver misuse': 'a driver that breaks a rule of the DMA API, or a caller one of the IOMMU code',
  'unusual set-up': 'correct drivers on certain hardware or configurations',
  failure: 'an allocation or a request that fails',
  'any load': 'correct drivers on common hardware, or a short transfer',
};

/** Where version 2 of the series is: a patch `N/9` of it is the mail with N + 1 in place of the 1. */
export const VERSION_2 = '20210806103423.3341285-1-stevensd@google.com';

export interface Finding {
  /** Number in docs/findings.md. */
  readonly id: number;
  readonly title: string;
  readonly severity: Severity;
  readonly cause: Cause;
  /** Who can do what to whom, in one sentence. */
  readonly harm: string;
  /** Functions of the C, the file in front where it is not clear. */
  readonly where: readonly string[];
  /**
   * Whether version 2 of the series (VERSION_2) or a later kernel mended it, as read there; or `not looked up`. `v7.0 or later` are
   * trees of 2026, which allocate with kzalloc_obj: virtio-iommu.c at bbfa2e0cc06b, iova.c at 3329858397b5, dma-iommu.c at
   * 0b2bd09befc5, iommu.c at 17194cd0dd23.
   */
  readonly later: string;
  /** The fix of `@iommu-bounce/simulation` that mends it; null: there is none here. */
  readonly fix: string | null;
  /** What would mend it where there is no fix here: another design, or with noOverlay a small change. */
  readonly design?: string;
  /** Why no overlay here can make that small change. Absent: it is another design, or there is a fix. */
  readonly noOverlay?: string;
  /** What the scenario does, step by step. */
  readonly steps: readonly string[];
  /** Boots a machine of the column and notes what is seen. */
  readonly show: (trial: Trial) => void;
}

/** What is said of a finding without a fix. */
export function withoutFix(design: string, noOverlay: string | null): string {
  return noOverlay === null
    ? `none here. Another design would mend it: ${design}`
    : `none here. A small change would mend it: ${design}. No overlay here can make it: ${noOverlay}`;
}

/** A finding that no machine shows: it was read only. */
export type ReadFinding = Omit<Finding, 'steps' | 'show'>;
