// SPDX-License-Identifier: GPL-2.0-only
// A sweep: points go to an engine as fast as it takes them, outcomes come in any order, rows are written in that of points.

import type { Column } from './columns';
import type { Engine, PointOutcome } from './engine';
import type { Point, Points } from './points';

/** So many times what the engine runs at once can wait for a slow point. */
const WINDOW = 32;

export interface Sweeping {
  readonly points: Points;
  readonly columns: readonly Column[];
  readonly engine: Engine;
  /** The first point to run. */
  readonly from: number;
  /** Gets each outcome, in the order of points. */
  readonly add: (point: Point, outcome: PointOutcome) => void;
  /** Is told of each point that is added, with all that were added before. */
  readonly progress: (added: number) => void;
}

/**
 * @throws what the engine or `add` throws; points that were not added are not done
 */
export async function sweep({
  points,
  columns,
  engine,
  from,
  add,
  progress,
}: Sweeping): Promise<void> {
  const outcomes = new Map<number, readonly [Point, PointOutcome]>();
  let [next, running] = [from, 0];
  let failed: { readonly reason: unknown } | null = null;
  let wake = (): void => undefined;
  const changed = (): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve;
    });

  const came = (point: Point, outcome: PointOutcome): void => {
    outcomes.set(point.index, [point, outcome]);
    for (;;) {
      const first = outcomes.get(next);
      if (!first) return;
      outcomes.delete(next);
      add(...first);
      next++;
      progress(next - from);
    }
  };
  const start = async (point: Point): Promise<void> => {
    try {
      const outcome = await engine.run({ hash: point.hash, args: point.args, columns });
      if (failed === null) came(point, outcome);
    } catch (reason) {
      failed ??= { reason };
    } finally {
      running--;
      wake();
    }
  };
  /** A failure comes while this waits, which the compiler cannot see. */
  const failure = (): { readonly reason: unknown } | null => failed;

  for (const point of points.from(from)) {
    while (
      failure() === null &&
      (running >= engine.depth || point.index - next >= engine.depth * WINDOW)
    )
      await changed();
    if (failure() !== null) break;
    running++;
    void start(point);
  }
  while (failure() === null && running > 0) await changed();
  const ended = failure();
  if (ended !== null) throw ended.reason;
}
