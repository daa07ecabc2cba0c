// SPDX-License-Identifier: GPL-2.0-only
// The first reading of a boot: what has to be known before a machine can be made for it.

import { Assembler, TraceError, type TraceFacts } from '@iommu-bounce/dma-trace';
import { type ReplayParams, replayParams } from '../drive/parameters';
import { Survey, classSizesOf } from '../drive/survey';
import { LogTopics, Signs } from './first-reading';
import { onlyTranslated } from './only-translated';
import { READING, type ReadOptions, type TraceFile, readFiles } from './read-files';
import type { RecordedIommu } from './recorded-on';

export interface Surveyed {
  readonly survey: Survey;
  readonly facts: TraceFacts | null;
  readonly params: ReplayParams;
  /** The one device that requests without a call can be of; empty: several. */
  readonly onlyDevice: string;
  /** What the capture shows of the recorded IOMMU; null: nothing. */
  readonly sign: RecordedIommu | null;
  readonly devicesOfTasks: Assembler['devicesOfTasks'];
}

/** @throws TraceError for a file without a call */
export async function surveyFiles(
  files: readonly TraceFile[],
  options: ReadOptions & { readonly params: string | null },
): Promise<Surveyed> {
  const facts = files.find((one) => one.facts !== null)?.facts ?? null;
  const params = replayParams(facts, options.params);
  const { numSlots, classSizes } = params.values;
  const survey = new Survey({ classSizes: classSizesOf(classSizes), numSlots });
  const signs = new Signs();
  const topics = new LogTopics();
  const onlyDevice = onlyTranslated(facts);
  const assembler = new Assembler(null, { withDecisions: new Set(), firstDevice: '', onlyDevice });
  const readings = await readFiles(files, assembler, options, READING, {
    take: (steps) => {
      for (const step of steps) survey.add(step);
    },
    see: (events) => {
      signs.add(events);
      topics.add(events);
    },
  });
  if (readings.every(({ counters }) => counters.events === 0))
    throw new TraceError(files[0]?.file ?? '', null, topics.refusalTo('replay'));
  const { devicesOfTasks } = assembler;
  return { survey, facts, params, onlyDevice, sign: signs.found, devicesOfTasks };
}
