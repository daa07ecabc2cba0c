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
import { Contexts, type DevicesOfTasks } from './contexts';
import { DmaLines } from './dma-lines';
import { LateUnmaps } from './late-unmaps';
import { LiveMappings } from './live-mappings';
import { type KnownBefore, PoolLines } from './pool-lines';
import { type ReconstructedCounts, Reconstruction } from './reconstruction';
import type { Step } from './step';
import { type EvictionRun, StepQueue } from './step-queue';
import { LineCounts, type Workbench } from './mappings';

const PLAN = either('eviction runs, or null', list_of(an_object, { least: 0 }), one_of(null));

export class Assembler {
  private readonly bench: Bench;
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
      onlyDevice: text,
      devicesOfTasks: instance_of(Map, 'a Map of device names'),
    });
    this.bench = new Bench(plan, known, account);
    this.dma = new DmaLines(this.bench);
    this.pool = new PoolLines(this.bench, known);
  }

  get counts(): LineCounts {
    return this.bench.counts;
  }

  /** Which device each task's calls are for: a second reading knows it from the begin. */
  get devicesOfTasks(): DevicesOfTasks {
    return this.bench.contexts.devices;
  }

  /** What the iommu:* events without a call add up to; complete after finish(). */
  get reconstructed(): ReconstructedCounts {
    return this.bench.reconstruction.counts;
  }

  /** Keeps no more account of what stands beside the calls. */
  dropAccount(): void {
    this.bench.account = null;
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
    // A map that is never unmapped would hold up all that follows: its place goes first.
    if (queue.isTooLong) queue.shorten();
    return queue.take();
  }

  /** The steps that were left. */
  finish(): Step[] {
    const { account, counts, late, live, queue, reconstruction } = this.bench;
    late.forgetAll();
    reconstruction.finish(counts.iommuUnmaps - counts.matchedUnmaps);
    queue.force();
    account?.finish(live);
    counts.stillMapped = live.count;
    return queue.take();
  }

  private addEvent(event: TraceEvent): void {
    const { account, contexts, late, live, reconstruction } = this.bench;
    account?.event(event, live);
    if (event.kind === 'kernelLog') return;
    if (event.kind === 'lost') {
      contexts.forgetOpen();
      late.forgetAll();
      this.dma.forgetOpen();
      return;
    }
    const context = reconstruction.hasDeferred ? contexts.of(event) : null;
    const isCall = event.kind !== 'iommuMap' && event.kind !== 'iommuUnmap';
    if (context && !isCall) reconstruction.settle(context);
    if (!this.dma.add(event)) this.pool.add(event);
    if (context && isCall) reconstruction.settle(context);
  }
}

/** What the readers of lines share. */
class Bench implements Workbench {
  readonly counts = new LineCounts();
  readonly contexts: Contexts;
  readonly live = new LiveMappings();
  readonly queue: StepQueue;
  readonly reconstruction: Reconstruction;
  readonly late = new LateUnmaps((mapping) => {
    this.counts.superseded++;
    this.account?.left(mapping);
  });
  file = '';

  constructor(
    plan: readonly EvictionRun[] | null,
    known: KnownBefore,
    public account: CaptureAccount | null,
  ) {
    this.queue = new StepQueue(plan);
    this.contexts = new Contexts(known.devicesOfTasks);
    this.reconstruction = new Reconstruction(this, known.onlyDevice ?? '');
  }
}
