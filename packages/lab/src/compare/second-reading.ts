// SPDX-License-Identifier: GPL-2.0-only
// The second reading of a boot, which drives the machines: of the files, or of the steps that the first reading kept.

import {
  Assembler,
  CaptureAccount,
  type KeptSteps,
  type Step,
  type TraceEvent,
} from '@iommu-bounce/dma-trace';
import { count } from '../show/format';
import { REPLAYING, type ReadOptions, type TraceFile, readFiles } from './read-files';
import type { Surveyed, Told } from './survey-files';

/** Steps after which what else there is to do may be done. */
const BREATH = 2048;

/**
 * Hands all steps to `take`.
 * @param see told of the lines, for which the files are read again
 */
export async function secondReading(
  files: readonly TraceFile[],
  surveyed: Surveyed,
  options: ReadOptions,
  take: (steps: readonly Step[]) => void,
  see: ((events: readonly TraceEvent[]) => void) | null,
): Promise<Told> {
  if (surveyed.kept && see === null) {
    await takeKept(surveyed.kept.steps, options, take);
    return surveyed.kept;
  }
  const { survey, onlyDevice, devicesOfTasks } = surveyed;
  const { withDecisions, firstDevice } = survey;
  const account = new CaptureAccount();
  const assembler = new Assembler(
    survey.plan,
    { withDecisions, firstDevice, onlyDevice, devicesOfTasks },
    account,
  );
  const listener = see === null ? { take } : { take, see };
  const readings = await readFiles(files, assembler, options, REPLAYING, listener);
  const { counts, reconstructed } = assembler;
  return { readings, counts, reconstructed, account };
}

async function takeKept(
  kept: KeptSteps,
  { progress }: ReadOptions,
  take: (steps: readonly Step[]) => void,
): Promise<void> {
  const { what, from, to } = REPLAYING;
  let done = 0;
  let told = 0;
  for (const steps of kept.batches()) {
    take(steps);
    done += steps.length;
    if (done - told < BREATH) continue;
    told = done;
    progress(`${what}: ${count(done)} calls`, from + (done / kept.length) * (to - from));
    // An interrupt is heard here.
    await new Promise(setImmediate);
  }
  progress(`${what}: ${count(done)} calls`, to);
}
