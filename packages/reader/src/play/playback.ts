// SPDX-License-Identifier: GPL-2.0-only
// A recording that can be looked at anywhere: forward, back, and at random.

import type { Frame } from './frame';
import type { Steps } from './contract';
import type { Recording, Run } from './recording';

export interface PlaybackOptions {
  /** Frames kept, by their weight: slots, ranges and mappings that are no other frame's. Default 400,000. */
  readonly mostWeight?: number;
  /** Executions kept, each a machine or two. Default 3. */
  readonly mostRuns?: number;
  /** Frames kept before the one asked for, when the recording had to be executed again for it. Default 100. */
  readonly window?: number;
}

interface Kept {
  readonly frame: Frame;
  readonly weight: number;
}

/**
 * Frames are made by executing the recording. A frame that is no longer kept is made again: from the execution that
 * is nearest before it, or else from the start. The frames just before it are kept then too, so going back step by
 * step executes the recording once for many steps.
 */
export class Playback implements Steps {
  /** In order of their use, the latest last. */
  private readonly frames = new Map<number, Kept>();
  private weight = 0;
  /** The latest used last. */
  private runs: Run[] = [];
  private readonly mostWeight: number;
  private readonly mostRuns: number;
  private readonly window: number;

  constructor(
    private readonly recording: Recording,
    options: PlaybackOptions = {},
  ) {
    this.mostWeight = options.mostWeight ?? 400_000;
    this.mostRuns = options.mostRuns ?? 3;
    this.window = options.window ?? 100;
  }

  get length(): number {
    return this.recording.length;
  }

  get requestsLabel(): string {
    return this.recording.requestsLabel;
  }

  /**
   * The state after `step` steps.
   * @throws RangeError outside 0..length
   */
  frame(step: number): Frame {
    if (!Number.isInteger(step) || step < 0 || step > this.length)
      throw new RangeError(`step ${String(step)}: expected 0 to ${String(this.length)}`);
    return this.kept(step) ?? this.made(step);
  }

  private kept(step: number): Frame | null {
    const found = this.frames.get(step);
    if (!found) return null;
    this.frames.delete(step);
    this.frames.set(step, found);
    return found.frame;
  }

  private made(step: number): Frame {
    const run = this.runBefore(step);
    const next = this.frames.get(step + 1);
    // No more than what can be kept: half of it, since the frames before it are of use too.
    const near = next ? Math.min(this.window, this.mostWeight / next.weight / 2) : 1;
    let frame: Frame | null = step === 0 ? this.kept(0) : null;
    while (run.at < step)
      if (run.at < step - near) run.skip();
      else {
        frame = run.step();
        this.keep(frame);
      }
    if (!frame) throw new Error(`no frame ${String(step)}`);
    return frame;
  }

  /** The execution that is nearest before a step; a new one if there is none. */
  private runBefore(step: number): Run {
    const usable = this.runs.filter(({ at }) => at < step);
    let run = usable.reduce<Run | null>(
      (best, one) => (best && best.at >= one.at ? best : one),
      null,
    );
    if (!run) {
      const begun = this.recording.begin();
      this.keep(begun.first);
      run = begun.run;
    }
    this.runs = [...this.runs.filter((one) => one !== run), run].slice(-this.mostRuns);
    return run;
  }

  private keep(frame: Frame): void {
    this.drop(frame.step);
    const weight = weightOf(frame);
    this.frames.set(frame.step, { frame, weight });
    this.weight += weight;
    for (const step of this.frames.keys()) {
      if (this.weight <= this.mostWeight || step === frame.step) break;
      this.drop(step);
    }
  }

  private drop(step: number): void {
    this.weight -= this.frames.get(step)?.weight ?? 0;
    this.frames.delete(step);
  }
}

/** Objects of a frame, about; classes and slots are shared with the frames before and after. */
function weightOf({ pools, ranges, mappings, executed }: Frame): number {
  const classes = pools.flatMap((pool) => pool.classes);
  const slots = classes.reduce((sum, one) => sum + one.slots.length, 0);
  return 20 + Math.ceil(slots / 4) + ranges.length + 4 * mappings.length + executed.length;
}
