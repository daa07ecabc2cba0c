// SPDX-License-Identifier: GPL-2.0-only
// What is explored: a few threads over shared state that can be brought back to its beginning.

/** A thread that stops at each step: `if (rt.point(…)) yield;` */
export type Body = Generator<undefined, void, undefined>;

/**
 * - `task`: a driver's call, or a worker; one to a CPU
 * - `softirq`: a timer function; it runs to its end before the task of its CPU goes on
 * - `hardirq`: an interrupt handler, with interrupts off
 */
export type ThreadKind = 'task' | 'softirq' | 'hardirq';

export interface Thread {
  /** A short name for the display. */
  readonly name: string;
  /** Its CPU, from 0 on. */
  readonly cpu: number;
  readonly kind: ThreadKind;
  readonly body: () => Body;
  /**
   * Whether it may begin: work that is queued, a timer that is armed. A thread that has this need not run. It begins
   * with a step that touches `wakes`.
   */
  readonly ready?: () => boolean;
  /** The number of the object that makes it ready. */
  readonly wakes?: number;
  /** The number of an object that it holds from its start to its end: who waits for work takes it. */
  readonly holds?: number;
}

export interface Program {
  readonly threads: readonly Thread[];
  /** Brings all shared state back to what it was before the first step. */
  readonly reset: () => void;
  /**
   * Threads may call plain functions where `Executor.callsNow` says so, and what a task does before its first step touches nothing
   * that a thread changes: it may come later than the beginning of the run. Default false.
   */
  readonly plain?: boolean;
  /** Called when all threads have ended: reports what must not be left with `rt.fail`. */
  readonly check: () => void;
}
