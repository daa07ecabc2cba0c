// SPDX-License-Identifier: GPL-2.0-only
// Puts the lines of a trace together to the calls and decisions they tell of.

import {
  an_object,
  check_options,
  check_value,
  either,
  instance_of,
  list_of,
  needed,
  one_of,
  text,
} from '@iommu-bounce/linux-shim/options';
import type { TraceEvent } from '../events';
import type { CaptureAccount } from './account/capture-account';
import { Contexts } from './contexts';
import { DmaLines } from './dma-lines';
import { LiveMappings } from './live-mappings';
import { type KnownBefore, PoolLines } from './pool-lines';
import type { Step } from './step';
import { type EvictionRun, StepQueue } from './step-queue';
import { LineCounts, type Workbench } from './mappings';

const PLAN = either('eviction runs, or null', list_of(an_object, { least: 0 }), one_of(null));

export class Assembler {
  private readonly bench: Workbench;
  private readonly dma: DmaLines;
  private readonly pool: PoolLines;

  /**
   * @param plan the eviction runs, once they are known
   * @param known what else a first reading found out
   * @param account keeps what stands beside the calls
   */
  constructor(
    plan: readonly EvictionRun[] | null,
    known: KnownBefore = { withDecisions: new Set(), firstDevice: '' },
    account: CaptureAccount | null = null,
  ) {
    check_value('Assembler', 'plan', plan, PLAN);
    check_options('Assembler', known, {
      withDecisions: needed(instance_of(Set, 'a Set of device names')),
      firstDevice: needed(text),
    });
    this.bench = {
      counts: new LineCounts(),
      contexts: new Contexts(),
      live: new LiveMappings(),
      queue: new StepQueue(plan),
      account,
      file: '',
    };
    this.dma = new DmaLines(this.bench);
    this.pool = new PoolLines(this.bench, known);
  }

  get counts(): LineCounts {
    return this.bench.counts;
  }

  /** Reads on in another file of the same boot. */
  beginFile(file: string): void {
    this.bench.file = file;
    this.bench.account?.beginFile(file);
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
    const { account, counts, live, queue } = this.bench;
    queue.force();
    account?.finish(live);
    counts.stillMapped = live.count;
    return queue.take();
  }

  private addEvent(event: TraceEvent): void {
    this.bench.account?.event(event, this.bench.live);
    if (event.kind === 'kernelLog') return;
    if (event.kind === 'lost') this.bench.contexts.forgetOpen();
    else if (!this.dma.add(event)) this.pool.add(event);
  }
}
