// SPDX-License-Identifier: GPL-2.0-only
// A worker of a queue: takes points, runs them in threads, gives rows back. The main thread is free, so that locks are renewed.

import type { Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { UsageError } from '../errors';
import { VERSION } from '../package';
import { coordinatorVersion } from './coordinator';
import { type PointTask, TRIES } from './engine';
import { LocalPool } from './pool';
import { QUEUE_NAME } from './queue';
import { type RedisPlace, expectRedis } from './redis';

/** A worker that died has its points for so long at most; after a quarter more they are looked for, and run again. */
const LOCK_MS = 6000;
const CHECKED_MS = 5000;
/** After Redis was away. */
const RETRY_MS = 1000;

export interface WorkerTimes {
  readonly lockMs: number;
}

export class QueueWorker {
  private finish: (reason: Error | null) => void = () => undefined;
  private readonly done: Promise<Error | null>;
  private isAway = false;

  private constructor(
    private readonly pool: LocalPool,
    private readonly worker: Worker,
    private readonly client: Redis,
    warn: (text: string) => void,
  ) {
    this.done = new Promise((resolve) => {
      this.finish = resolve;
    });
    for (const source of [worker, client])
      source.on('error', () => {
        // Also what comes of a job that somebody else has finished.
        if (this.isAway || client.status === 'ready') return;
        this.isAway = true;
        warn('Redis is away; the worker goes on when it is back');
      });
    client.on('ready', () => {
      if (this.isAway) warn('Redis is back');
      this.isAway = false;
    });
  }

  /** @throws UsageError if there is no server, or the sweep there is of another version */
  static async start(
    place: RedisPlace,
    jobs: number,
    warn: (text: string) => void,
    { lockMs }: WorkerTimes = { lockMs: LOCK_MS },
  ): Promise<QueueWorker> {
    await expectRedis(place);
    const [
      { Worker: JobWorker },
      {
        default: { Redis: Client },
      },
    ] = await Promise.all([import('bullmq'), import('ioredis')]);
    const connection = place.options;
    const client = new Client(connection);
    client.on('error', () => undefined);
    try {
      await expectVersion(client);
      const pool = await LocalPool.start(jobs);
      const worker = new JobWorker(QUEUE_NAME, (job) => pool.once(job.data as PointTask), {
        ...{ connection, concurrency: jobs, lockDuration: lockMs },
        ...{ stalledInterval: lockMs / 4, maxStalledCount: TRIES - 1, runRetryDelay: RETRY_MS },
      });
      return new QueueWorker(pool, worker, client, warn);
    } catch (error) {
      client.disconnect();
      throw error;
    }
  }

  /**
   * Runs until `stop`.
   * @throws UsageError if a sweep of another version takes the queue
   */
  async run(): Promise<void> {
    const timer = setInterval(() => {
      if (this.client.status === 'ready')
        expectVersion(this.client).catch((error: unknown) => {
          if (error instanceof UsageError) this.finish(error);
        });
    }, CHECKED_MS);
    const reason = await this.done;
    clearInterval(timer);
    // Points that run are finished, if Redis is there to take them.
    await this.worker.close(this.client.status !== 'ready').catch(() => undefined);
    this.client.disconnect();
    await this.pool.close();
    if (reason !== null) throw reason;
  }

  /** Finishes the points that run. */
  stop(): void {
    this.finish(null);
  }
}

async function expectVersion(client: Redis): Promise<void> {
  const version = await coordinatorVersion(client);
  if (version !== null && version !== VERSION)
    throw new UsageError(
      `--queue: the sweep there is of version ${version}, this worker of version ${VERSION}; expected the same`,
    );
}
