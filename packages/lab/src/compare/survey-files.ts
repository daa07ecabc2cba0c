// SPDX-License-Identifier: GPL-2.0-only
// The first reading of a boot: what has to be known before a machine can be made for it.

import {
  Assembler,
  CaptureAccount,
  KeptSteps,
  type LineCounts,
  type ReconstructedCounts,
  TraceError,
  type TraceFacts,
} from '@iommu-bounce/dma-trace';
import { type ReplayParams, replayParams } from '../drive/parameters';
import { Survey, classSizesOf } from '../drive/survey';
import { LogTopics, Signs } from './first-reading';
import { onlyTranslated } from './only-translated';
import { READING, type ReadOptions, type Reading, type TraceFile, readFiles } from './read-files';
import type { RecordedIommu } from './recorded-on';

/** Bytes of steps that a command keeps, about a million events: what is longer is read twice. */
export const MOST_KEPT = 2 ** 24;

/** What a reading says beside the steps. */
export interface Told {
  readonly readings: readonly Reading[];
  readonly counts: LineCounts;
  /** Requests that no call tells of. */
  readonly reconstructed: ReconstructedCounts;
  /** What stands beside the calls. */
  readonly account: CaptureAccount;
}

/** A first reading of which nothing is to be read again. */
export interface KeptReading extends Told {
  readonly steps: KeptSteps;
}

export interface Surveyed {
  readonly survey: Survey;
  readonly facts: TraceFacts | null;
  readonly params: ReplayParams;
  /** The one device that requests without a call can be of; empty: several. */
  readonly onlyDevice: string;
  /** What the capture shows of the recorded IOMMU; null: nothing. */
  readonly sign: RecordedIommu | null;
  readonly devicesOfTasks: Assembler['devicesOfTasks'];
  /** Null: the files have to be read again. */
  readonly kept: KeptReading | null;
}

/**
 * @param mostKept bytes of steps that are kept where a second reading would find the same ones; 0: none
 * @throws TraceError for a file without a call
 */
export async function surveyFiles(
  files: readonly TraceFile[],
  options: ReadOptions & { readonly params: string | null },
  mostKept: number,
): Promise<Surveyed> {
  const facts = files.find((one) => one.facts !== null)?.facts ?? null;
  const params = replayParams(facts, options.params);
  const { numSlots, classSizes } = params.values;
  const survey = new Survey({ classSizes: classSizesOf(classSizes), numSlots });
  const signs = new Signs();
  const topics = new LogTopics();
  const onlyDevice = onlyTranslated(facts);
  const account = new CaptureAccount();
  const assembler = new Assembler(
    null,
    { withDecisions: new Set(), firstDevice: '', onlyDevice },
    account,
  );
  const steps = new KeptSteps(mostKept);
  const giveUp = (): void => {
    steps.giveUp();
    assembler.dropAccount();
  };
  if (mostKept === 0) giveUp();
  const readings = await readFiles(files, assembler, options, READING, {
    take: (batch) => {
      for (const step of batch) survey.add(step);
      if (steps.isWhole && !steps.add(batch)) giveUp();
    },
    see: (events) => {
      signs.add(events);
      topics.add(events);
    },
  });
  if (readings.every(({ counters }) => counters.events === 0))
    throw new TraceError(files[0]?.file ?? '', null, topics.refusalTo('replay'));
  const { devicesOfTasks, counts, reconstructed } = assembler;
  // A first reading does not know the decisions and the devices of requests from the start.
  const isSame = counts.poolLines === 0 && (reconstructed.requests === 0 || onlyDevice !== '');
  const kept = steps.isWhole && isSame ? { steps, readings, counts, reconstructed, account } : null;
  return { survey, facts, params, onlyDevice, sign: signs.found, devicesOfTasks, kept };
}
