// SPDX-License-Identifier: GPL-2.0-only
// The lines of the eviction worker.

import type {
  ObsPoolEvict,
  ObsPoolEvictRun,
  ObsPoolEvictTake,
  ObsPoolRelease,
} from '../pool-events';
import { type Workbench, claimUnmap, stepHead } from './mappings';
import type { Context } from './contexts';
import type { EvictSlotStep } from './step';

export class EvictLines {
  private runs = 0;

  constructor(private readonly bench: Workbench) {}

  evictRun(event: ObsPoolEvictRun, context: Context): void {
    context.run = this.runs++;
    this.bench.queue.push({
      ...stepHead(event, this.bench.file),
      kind: 'evictRun',
      ready: true,
      run: context.run,
      teardown: event.teardown,
    });
  }

  evictSlot(event: ObsPoolEvictTake | ObsPoolEvict | ObsPoolRelease, context: Context): void {
    this.bench.counts.poolLines++;
    const kinds = {
      obsPoolEvictTake: 'evictTake',
      obsPoolEvict: 'evictFree',
      obsPoolRelease: 'evictRelease',
    } as const;
    const step: EvictSlotStep = {
      ...stepHead(event, this.bench.file),
      kind: kinds[event.kind],
      ready: true,
      run: context.run,
      classSize: event.classSize,
      slot: event.slot,
      prot: event.kind === 'obsPoolEvictTake' ? event.prot : null,
    };
    if (event.kind === 'obsPoolEvict') {
      const unmap = context.takeUnmap(event.iova, event.iova + event.classSize);
      if (unmap) claimUnmap(this.bench, unmap);
    }
    this.bench.queue.push(step);
  }
}
