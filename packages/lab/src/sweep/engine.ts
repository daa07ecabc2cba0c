// SPDX-License-Identifier: GPL-2.0-only
// What a sweep asks of whatever runs its points: threads here, or machines behind a queue.

import type { Column, Scalar } from './columns';

/** A point, with all that is needed to run it somewhere else. */
export interface PointTask {
  /**
   * What it is: a verb with its arguments; or what no verb prints, a population of a calibration or a piece of a search.
   * Default: a verb.
   */
  readonly work?: 'verb' | 'chain' | 'search';
  /** Of version and arguments. */
  readonly hash: string;
  /** The verb and its arguments, without --json; of other work one JSON text. */
  readonly args: readonly string[];
  readonly columns: readonly Column[];
}

export interface PointRow {
  /** Exit status: 0, or 1 where a check failed. */
  readonly status: number;
  /** One for each column. */
  readonly values: readonly Scalar[];
}

/** What became of a point. */
export type PointOutcome =
  | { readonly row: PointRow }
  /** One line: why the last try failed. */
  | { readonly error: string; readonly tries: number };

export interface Engine {
  /** Points that can be given to it at once. */
  readonly depth: number;
  /** Runs a point. It rejects only if the engine itself is at its end. */
  run(task: PointTask): Promise<PointOutcome>;
  /** Ends it. What is still running is lost. */
  close(): Promise<void>;
}

/** A point that fails is run so often in all. */
export const TRIES = 3;

/** A point failed, in one line. It crosses threads and machines as its message. */
export class PointError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'PointError';
  }
}
