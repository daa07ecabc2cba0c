// SPDX-License-Identifier: GPL-2.0-only
// Points on the cores of this machine: threads that are kept, each with the whole command in it.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Piscina } from 'piscina';
import { UsageError, oneLine } from '../errors';
import { PACKAGE_FOLDER } from '../package';
import { type Engine, type PointOutcome, type PointRow, type PointTask, TRIES } from './engine';

/** Threads run what is built: a thread that compiles the sources first takes seconds to start. */
export const WORKER_FILE = join(PACKAGE_FOLDER, 'dist/command/sweep/point-worker.cjs');

/** Given to a thread while it works on another: it never waits for this one. */
const AHEAD = 2;

export class LocalPool implements Engine {
  readonly depth: number;

  private constructor(
    private readonly pool: Piscina<PointTask, PointRow>,
    jobs: number,
  ) {
    this.depth = jobs * AHEAD;
    // A thread that ends while it has nothing to do costs nothing: another one takes its place.
    pool.on('error', () => undefined);
  }

  /**
   * @param jobs threads
   * @throws UsageError if the package is not built
   */
  static async start(jobs: number, filename = WORKER_FILE): Promise<LocalPool> {
    if (!existsSync(filename))
      throw new UsageError('--jobs: the package is not built; expected npm run build before it');
    const { Piscina: Pool } = (await import('piscina')).default;
    return new LocalPool(
      new Pool<PointTask, PointRow>({
        ...{ filename, minThreads: jobs, maxThreads: jobs, idleTimeout: Infinity },
        recordTiming: false,
        // Options that this process was started with say how to load sources, not the bundle. Places of the ported code
        // are in its sources, as the command says them.
        execArgv: ['--enable-source-maps'],
      }),
      jobs,
    );
  }

  async run(task: PointTask): Promise<PointOutcome> {
    let error = '';
    for (let tries = 0; tries < TRIES; tries++)
      try {
        return { row: await this.pool.run(task) };
      } catch (reason) {
        error = oneLine(reason instanceof Error ? reason.message : String(reason));
      }
    return { error, tries: TRIES };
  }

  /** One try. @throws Error if the point fails or the thread dies */
  once(task: PointTask): Promise<PointRow> {
    return this.pool.run(task);
  }

  async close(): Promise<void> {
    await this.pool.destroy();
  }
}
