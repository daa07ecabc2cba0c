// SPDX-License-Identifier: GPL-2.0-only
// Steps in the order in which they happened, held back until all of their lines have been read.

import type { EvictSlotStep, MapStep, Step } from './step';

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

/** The place of a map in the order of steps, if it becomes one. */
export interface HeldPlace {
  readonly kind: 'place';
  /** False while a later line may still make a step of it. */
  ready: boolean;
  /** Null: no one sees it. */
  step: MapStep | null;
}

interface Progress {
  left: number;
  /** Number of its latest step. */
  last: number;
}

export class StepQueue {
  private steps: (Step | HeldPlace)[] = [];
  /** Number of the first step in `steps`, counted from the beginning. */
  private first = 0;
  private readonly runs = new Map<number, Progress>();

  /** @param plan the eviction runs, if their steps have to be handed out together */
  constructor(private readonly plan: readonly EvictionRun[] | null) {}

  push(step: Step | HeldPlace): void {
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
      const step = this.steps[i] as Step | HeldPlace;
      if (!step.ready) break;
      if (step.kind === 'evictRun') {
        const progress = this.runs.get(step.run);
        if (progress && progress.left > 0) break;
        through = Math.max(through, (progress?.last ?? 0) - this.first);
      }
      if (i >= through) closed = i + 1;
    }
    if (closed === 0) return [];
    const taken: Step[] = [];
    for (let i = 0; i < closed; i++) {
      const held = this.steps[i] as Step | HeldPlace;
      const step = held.kind === 'place' ? held.step : held;
      if (!step) continue;
      if (step.kind === 'evictRun') this.runs.delete(step.run);
      taken.push(step);
    }
    this.steps.splice(0, closed);
    this.first += closed;
    return taken;
  }

  /** Gives up the places in the older half; all that is incomplete, if something else holds that half up. */
  shorten(): void {
    const older = this.steps.slice(0, this.steps.length / 2);
    for (const step of older) if (step.kind === 'place') step.ready = true;
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

function isOfRun(step: Step | HeldPlace): step is EvictSlotStep {
  return step.kind === 'evictTake' || step.kind === 'evictFree' || step.kind === 'evictRelease';
}
