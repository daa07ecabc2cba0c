// SPDX-License-Identifier: GPL-2.0-only
// Steps in the order in which they happened, held back until all of their lines have been read.

import type { EvictSlotStep, Step } from './step';

/** Steps held at most: far more than lie between the lines of one call. */
const LONGEST = 65536;

/** What an eviction run does, known from a first reading. */
export interface EvictionRun {
  /** Slots that it chose, by class size. */
  readonly takes: Map<number, number>;
  /** The first of them, in order: enough to know the pool by. */
  readonly first: { readonly classSize: number; readonly slot: number }[];
  /** Lines of it. */
  steps: number;
}

interface Progress {
  left: number;
  /** Number of its latest step. */
  last: number;
}

export class StepQueue {
  private steps: Step[] = [];
  /** Number of the first step in `steps`, counted from the beginning. */
  private first = 0;
  private readonly runs = new Map<number, Progress>();

  /** @param plan the eviction runs, if their steps have to be handed out together */
  constructor(private readonly plan: readonly EvictionRun[] | null) {}

  push(step: Step): void {
    const number = this.first + this.steps.length;
    if (step.kind === 'evictRun')
      this.runs.set(step.run, { left: this.plan?.[step.run]?.steps ?? 0, last: number });
    else if (isOfRun(step)) {
      const progress = this.runs.get(step.run ?? -1);
      if (progress) {
        progress.left--;
        progress.last = number;
      }
    }
    this.steps.push(step);
  }

  get isTooLong(): boolean {
    return this.steps.length > LONGEST;
  }

  /** The steps that are complete, in order; a run of the eviction worker together with all that happened meanwhile. */
  take(): Step[] {
    let closed = 0;
    let through = -1;
    for (let i = 0; i < this.steps.length; i++) {
      const step = this.steps[i] as Step;
      if (!step.ready) break;
      if (step.kind === 'evictRun') {
        const progress = this.runs.get(step.run);
        if (progress && progress.left > 0) break;
        through = Math.max(through, (progress?.last ?? 0) - this.first);
      }
      if (i >= through) closed = i + 1;
    }
    if (closed === 0) return [];
    const taken = this.steps.slice(0, closed);
    this.steps = this.steps.slice(closed);
    this.first += closed;
    for (const step of taken) if (step.kind === 'evictRun') this.runs.delete(step.run);
    return taken.filter((step) => !isPlace(step));
  }

  /** Gives up the places in the older half; all that is incomplete, if something else holds that half up. */
  shorten(): void {
    const older = this.steps.slice(0, this.steps.length / 2);
    for (const step of older) if (isPlace(step)) step.ready = true;
    const isHeldUp = older.some(
      (step) =>
        !step.ready || (step.kind === 'evictRun' && (this.runs.get(step.run)?.left ?? 0) > 0),
    );
    if (isHeldUp) this.force();
  }

  /** Everything, complete or not: at the end, or when a line that was waited for does not come. */
  force(): void {
    for (const step of this.steps) step.ready = true;
    for (const progress of this.runs.values()) progress.left = 0;
  }
}

/** The place of a mapping that may be known later; if it never is, no one sees it. */
function isPlace(step: Step): boolean {
  return step.kind === 'map' && step.mapping === null && step.decision === null;
}

function isOfRun(step: Step): step is EvictSlotStep {
  return step.kind === 'evictTake' || step.kind === 'evictFree' || step.kind === 'evictRelease';
}
