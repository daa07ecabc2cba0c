// SPDX-License-Identifier: GPL-2.0-only
// The promises of the series against the evidence: findings that show, and what else was tried.

import type { ShownFinding } from '../findings';
import { PROMISES, type SeriesPromise } from './series-promises';

/** What a search tries, and what the figure of the document is called. */
export type TriedKind = 'operations' | 'schedules' | 'faults';

/** What a search found. */
export interface Tried {
  readonly kind: TriedKind;
  /** How many were tried. */
  readonly count: number;
  /** Promises that it tests. */
  readonly tests: readonly string[];
  /** One line for each failure; none: all of them hold as far as it looked. */
  readonly failures: readonly string[];
  /** What none of them does or looks at, in words. */
  readonly leavesOut?: string;
}

export interface KeptPromise {
  readonly promise: SeriesPromise;
  readonly holds: boolean;
  /** Numbers of the findings that break it and showed. */
  readonly brokenBy: readonly number[];
  /** Failures of searches that break it. */
  readonly failures: readonly string[];
  /** In words, with figures. */
  readonly evidence: string;
}

/** @param shown all findings that were tried: a promise is judged by those that break it */
export function judge(shown: readonly ShownFinding[], tried: readonly Tried[]): KeptPromise[] {
  return PROMISES.map((promise) => {
    const own = shown.filter(({ finding }) => promise.brokenBy.includes(finding.id));
    const brokenBy = own.filter((one) => one.shown).map(({ finding }) => finding.id);
    const searches = tried.filter(({ tests }) => tests.includes(promise.id));
    const failures = searches.flatMap((one) => one.failures);
    return {
      promise,
      holds: brokenBy.length === 0 && failures.length === 0,
      brokenBy,
      failures,
      evidence: [
        `${String(brokenBy.length)} of ${String(own.length)} findings that would break it show`,
        ...searches.map(inWords),
      ].join('; '),
    };
  });
}

function inWords({ kind, count, failures, leavesOut }: Tried): string {
  const kinds = failures.length === 1 ? 'kind' : 'kinds';
  const found =
    failures.length === 0 ? 'none failed' : `${String(failures.length)} ${kinds} of failure`;
  const but = leavesOut === undefined ? '' : ` (${leavesOut})`;
  return `${count.toLocaleString('en')} ${kind} tried, ${found}${but}`;
}
