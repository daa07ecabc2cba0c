// SPDX-License-Identifier: GPL-2.0-only
// What the readers of lines work with: counts, contexts, mappings in force, the steps' queue.

import type { Contexts } from './contexts';
import type { LiveMappings } from './live-mappings';
import type { StepQueue } from './step-queue';

/** What the lines add up to. */
export class LineCounts {
  iommuMaps = 0;
  iommuUnmaps = 0;
  /** Of these, those that a call was found for. */
  matchedMaps = 0;
  matchedUnmaps = 0;
  mapCalls = 0;
  unmapCalls = 0;
  syncCalls = 0;
  /** Calls that failed on the recorded machine. */
  failedCalls = 0;
  /** dma_free of nothing. */
  emptyFrees = 0;
  unpairedUnmaps = 0;
  unpairedSyncs = 0;
  /** Mappings whose address was mapped again without an unmap in between. */
  superseded = 0;
  /** Mappings in force at the end. */
  stillMapped = 0;
  poolLines = 0;
  /** Calls that were under way when the recording began: what they decided was printed before. */
  cutCalls = 0;
}

/** What both kinds of lines work with. */
export interface Workbench {
  readonly counts: LineCounts;
  readonly contexts: Contexts;
  readonly live: LiveMappings;
  readonly queue: StepQueue;
  /** Name of the file being read. */
  file: string;
}
