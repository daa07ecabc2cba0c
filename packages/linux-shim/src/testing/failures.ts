// SPDX-License-Identifier: GPL-2.0-only
// Things that go wrong on purpose: every failure of a site, one after the other, and the oops of a call.

import type { machine } from '../machine';
import { oops } from '../printk';

/**
 * Runs an operation again and again, failing the site's first passage, then its second, and so on, until a run has no
 * passage left to fail. That last run is checked too, with `failed` false.
 * @param run the operation; it has to leave the machine ready for the next run, or `check` has to
 * @param check `failed` tells whether the site failed in this run; nothing is armed any more
 * @param limit more passages than the operation can have: without it, one that never ends would never end
 * @returns how many passages there are, so how many runs failed
 */
export function for_each_failure<T>(
  k: machine,
  site: string,
  run: (n: number) => T,
  check: (failed: boolean, result: T, n: number) => void,
  limit = 100_000,
): number {
  for (let n = 0; n < limit; n++) {
    k.faults.fail(site, 1, n);
    k.faults.count_passages();
    const result = run(n);
    const failed = k.faults.passages(site) > n;
    k.faults.fail(site, 0);
    check(failed, result, n);
    if (!failed) return n;
  }
  throw new Error(`${site}: still failing after ${String(limit)} passages`);
}

/**
 * The oops that the call ends with. The machine is as good as dead then: see write_off() of leak_checked.
 * @throws Error when the call returns; whatever else it throws goes through
 */
export function catch_oops(call: () => unknown): oops {
  try {
    call();
  } catch (e) {
    if (e instanceof oops) return e;
    throw e;
  }
  throw new Error('no oops: the call returned');
}
