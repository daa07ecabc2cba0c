// SPDX-License-Identifier: GPL-2.0-only
// Puts the lines of a trace together to the calls and decisions they tell of.

import type { TraceEvent } from '../trace';
import { Contexts } from './contexts';
import { DmaLines } from './dma-lines';
import { LiveMappings } from './live-mappings';
import { PoolLines } from './pool-lines';
import type { Step } from './step';
import { type EvictionRun, StepQueue } from './step-queue';

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

export class Assembler {
  readonly bench: Workbench;
  private readonly dma: DmaLines;
  private readonly pool: PoolLines;

  /**
   * @param plan the eviction runs, once they are known
   * @param hasPool whether the trace has decisions of a pool, once that is known
   */
  constructor(plan: readonly EvictionRun[] | null, hasPool = false) {
    this.bench = {
      counts: new LineCounts(),
      contexts: new Contexts(),
      live: new LiveMappings(),
      queue: new StepQueue(plan),
      file: '',
    };
    this.dma = new DmaLines(this.bench);
    this.pool = new PoolLines(this.bench, hasPool);
  }

  get counts(): LineCounts {
    return this.bench.counts;
  }

  /** Reads on in another file of the same boot. */
  beginFile(file: string): void {
    this.bench.file = file;
  }

  /** Adds a batch of lines; the steps that are complete now. */
  add(events: readonly TraceEvent[]): Step[] {
    for (const event of events) this.addEvent(event);
    const { queue } = this.bench;
    if (queue.isTooLong) queue.force();
    return queue.take();
  }

  /** The steps that were left. */
  finish(): Step[] {
    const { counts, live, queue } = this.bench;
    queue.force();
    counts.stillMapped = live.count;
    return queue.take();
  }

  private addEvent(event: TraceEvent): void {
    if (event.kind === 'lost') this.bench.contexts.forgetOpen();
    else if (!this.dma.add(event)) this.pool.add(event);
  }
}
