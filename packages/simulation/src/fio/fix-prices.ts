// SPDX-License-Identifier: GPL-2.0-only
// What each fix of a finding costs: the cover letter's reads, and writes of the same sizes, with it and without.

import { DEFAULT_PRESET, preset } from '../cost';
import { FIXES, type Fix, poolWithFixes, policiesNamed } from '../policies';
import { jobGroups } from '../jobs';
import { type OnProgress, USUAL_MACHINE, runExperiment } from './experiment';
import { coverLetterJobs } from './published';

/** At one direction and size of I/O. Relative changes: 0.01 is one percent more. */
export interface PriceAtSize {
  readonly rw: 'read' | 'write';
  /** Bytes of an I/O. */
  readonly bs: number;
  /** Change of throughput; negative: slower. */
  readonly throughput: number;
  /** Change of CPU time per I/O; positive: more. */
  readonly cpu: number;
  /**
   * Change of interrupts per I/O, absolute. A completion that takes longer can go on until the next one is there, which then needs no
   * interrupt: more work can take less CPU time.
   */
  readonly interrupts: number;
}

export interface FixPrice {
  readonly fix: Fix;
  readonly sizes: readonly PriceAtSize[];
}

/**
 * The price of each fix on the cover letter's table: reads of four sizes and writes of the same, queue depth 64, on the calibrated machine.
 * @param numberIos I/Os of each run; about 0.4 s of CPU time for each fix and 1,000 of them
 */
export function fixPrices(
  numberIos: number,
  fixes: readonly Fix[] = FIXES,
  progress: OnProgress = () => undefined,
): FixPrice[] {
  const policies = [...policiesNamed('pool'), ...fixes.map(({ name }) => poolWithFixes(name))];
  const reads = coverLetterJobs(numberIos);
  const { runs } = runExperiment(
    {
      groups: jobGroups([...reads, ...reads.map((job) => ({ ...job, rw: 'write' as const }))]),
      policies,
      preset: DEFAULT_PRESET,
      cost: preset(DEFAULT_PRESET),
      ...USUAL_MACHINE,
      moveData: false,
    },
    progress,
  );
  const plain = runs.filter((run) => run.fixes.length === 0);
  return fixes.map((fix) => ({
    fix,
    sizes: plain.map((base) => {
      const fixed =
        runs.find(
          ({ bs, rw, fixes: on }) => bs === base.bs && rw === base.rw && on[0] === fix.name,
        ) ?? base;
      return {
        rw: base.rw === 'write' ? ('write' as const) : ('read' as const),
        bs: base.bs,
        throughput: fixed.bandwidth_bytes_per_s / base.bandwidth_bytes_per_s - 1,
        cpu: fixed.cpu_ns_per_io.total / base.cpu_ns_per_io.total - 1,
        interrupts: fixed.interrupts / fixed.ios - base.interrupts / base.ios,
      };
    }),
  }));
}
