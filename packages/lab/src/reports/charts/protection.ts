// SPDX-License-Identifier: GPL-2.0-only
// What a policy leaves to the device beside what is mapped, as the simulation has seen it, and how charts mark that.

import { POLICIES } from '@iommu-bounce/simulation';
import { stale } from '../../show/format';
import { type Reach, reachOf } from '../../tables/answer';

/** Behind a policy's name in charts. */
const SIGNS: Readonly<Record<Reach, string>> = { mapped: '', window: ' ‡', all: ' †' };

/** What its plan says, where no run of it has been watched. */
export function plannedReach(policy: string): Reach {
  const plan = POLICIES.find(({ name }) => name === policy)?.plan;
  if (plan?.translated === false) return 'all';
  return plan?.lazy === true ? 'window' : 'mapped';
}

/** A policy of a page with what it leaves to the device. */
export interface Protection {
  readonly policy: string;
  readonly reach: Reach;
  /** The longest window there was; null: not watched. */
  readonly windowNs: number | null;
}

/** The worst of each policy's runs, in the order of the runs. */
export function protectionsOf(
  runs: readonly { readonly policy: string; readonly stale_max_ns: number | null }[],
): Protection[] {
  const found = new Map<string, Protection>();
  for (const { policy, stale_max_ns: ns } of runs) {
    const before = found.get(policy);
    if (before?.reach === 'all') continue;
    const windowNs = ns === null ? null : Math.max(ns, before?.windowNs ?? 0);
    found.set(policy, { policy, reach: reachOf(windowNs), windowNs });
  }
  return [...found.values()];
}

export function planned(policies: readonly string[]): Protection[] {
  return policies.map((policy) => ({ policy, reach: plannedReach(policy), windowNs: null }));
}

/** A policy's name with its sign. */
export function marked(policy: string, protections: readonly Protection[]): string {
  return policy + SIGNS[protections.find((one) => one.policy === policy)?.reach ?? 'mapped'];
}

/** Whether charts hatch it. */
export function isHatched(policy: string, protections: readonly Protection[]): boolean {
  return protections.some((one) => one.policy === policy && one.reach !== 'mapped');
}

/**
 * What the signs mean, for below a chart; nothing where there are none.
 * @param sign what the chart marks them with beside the sign
 */
export function signsText(protections: readonly Protection[], sign = ', hatched'): string {
  const open = protections.filter(({ reach }) => reach === 'all').map(({ policy }) => policy);
  const windows = protections.filter(({ reach }) => reach === 'window');
  return [
    ...(open.length > 0
      ? [`†${sign}: protects nothing, the device reaches all memory (${open.join(', ')}).`]
      : []),
    ...(windows.length > 0
      ? [
          `‡${sign}: the device reaches a page for some time after its unmap (${windows.map(windowText).join(', ')}).`,
        ]
      : []),
  ].join(' ');
}

function windowText({ policy, windowNs }: Protection): string {
  return windowNs === null ? policy : `${policy}: up to ${stale(windowNs)}`;
}
