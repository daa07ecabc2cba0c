// SPDX-License-Identifier: GPL-2.0-only
// Points as BullMQ jobs: workers anywhere run them, one coordinator gets the rows. Redis may be restarted, or away.

import { createHash } from 'node:crypto';
import type { Job, JobsOptions, Queue, QueueEvents } from 'bullmq';
import type { Redis } from 'ioredis';
import { oneLine } from '../errors';
import { VERSION } from '../package';
import { CoordinatorMark } from './coordinator';
import { type Engine, type PointOutcome, type PointRow, type PointTask, TRIES } from './engine';
import { type RedisPlace, expectRedis } from './redis';

/** Points of one version only: a worker of another one never sees them. */
export const QUEUE_NAME = `iommu-bounce-${VERSION}`;
const JOB_NAME = 'point';

/** Points in Redis: more than all workers together run. */
const DEPTH = 512;
/** Events can be lost: so often each point that is outstanding is looked for. */
const LOOKED_FOR_MS = 5000;
/** So many looks in a row find no worker before that is said: workers come back later than Redis does. */
const LOOKS_WITHOUT_WORKER = 2;

export interface EngineTimes {
  /** ms between two looks. */
  readonly lookedForMs: number;
}

/** A fail stays until its coordinator has seen it. */
const JOB: JobsOptions = { attempts: TRIES, removeOnComplete: false, removeOnFail: false };

interface Outstanding {
  readonly task: PointTask;
  /** Two points with the same arguments are one job. */
  readonly waiting: {
    readonly resolve: (outcome: PointOutcome) => void;
    readonly reject: (reason: Error) => void;
  }[];
}

export class QueueEngine implements Engine {
  readonly depth = DEPTH;
  private readonly outstanding = new Map<string, Outstanding>();
  private mark: CoordinatorMark | null = null;
  private timer: NodeJS.Timeout | undefined;
  private looking = false;
  private ended: Error | null = null;
  private isAway = false;
  /** In a row. */
  private looksWithoutWorker = 0;

  private constructor(
    private readonly queue: Queue,
    private readonly events: QueueEvents,
    private readonly client: Redis,
    private readonly warn: (text: string) => void,
    private readonly times: EngineTimes,
  ) {}

  /**
   * @param warn is told that Redis is away, that it is back, and that no worker is there
   * @throws UsageError if there is no server, or another sweep has it
   */
  static async start(
    place: RedisPlace,
    warn: (text: string) => void,
    times: EngineTimes = { lookedForMs: LOOKED_FOR_MS },
  ): Promise<QueueEngine> {
    await expectRedis(place);
    const [
      { Queue: JobQueue, QueueEvents: Events },
      {
        default: { Redis: Client },
      },
    ] = await Promise.all([import('bullmq'), import('ioredis')]);
    const connection = place.options;
    const engine = new QueueEngine(
      new JobQueue(QUEUE_NAME, { connection }),
      new Events(QUEUE_NAME, { connection }),
      new Client(connection),
      warn,
      times,
    );
    try {
      await engine.begin();
    } catch (error) {
      await engine.close();
      throw error;
    }
    return engine;
  }

  run(task: PointTask): Promise<PointOutcome> {
    return new Promise((resolve, reject) => {
      if (this.ended !== null) {
        reject(this.ended);
        return;
      }
      const id = jobId(task);
      const before = this.outstanding.get(id);
      if (before) {
        before.waiting.push({ resolve, reject });
        return;
      }
      this.outstanding.set(id, { task, waiting: [{ resolve, reject }] });
      // What is not added now is added when it is looked for.
      this.queue.add(JOB_NAME, task, { ...JOB, jobId: id }).catch(() => undefined);
    });
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    this.end(new Error('the queue is closed'));
    // A server that is away is not waited for.
    await Promise.race([this.leave().catch(() => undefined), after(1000)]);
    this.client.disconnect();
    await Promise.race([
      Promise.all([this.events.close(), this.queue.close()]).catch(() => undefined),
      after(2000),
    ]);
    await Promise.all([this.events.disconnect(), this.queue.disconnect()]).catch(() => undefined);
  }

  private async begin(): Promise<void> {
    const away = (): void => {
      this.away();
    };
    this.queue.on('error', away);
    this.events.on('error', away);
    this.client.on('error', away);
    this.client.on('ready', () => {
      if (this.isAway) this.warn('Redis is back');
      this.isAway = false;
      this.looksWithoutWorker = 0;
      // It may have forgotten all points, for which workers wait now.
      void this.lookForAll();
    });
    this.mark = await CoordinatorMark.take(
      this.client,
      (reason) => {
        this.end(reason);
      },
      this.warn,
    );
    await this.events.waitUntilReady();
    // What an earlier coordinator left. What a worker is at stays, and counts if this sweep wants it.
    await this.queue.drain();
    for (const kind of ['completed', 'failed'] as const) await this.queue.clean(0, 0, kind);
    this.events.on('completed', ({ jobId: id, returnvalue }) => {
      this.settle(id, { row: returnvalue as unknown as PointRow });
    });
    this.events.on('failed', ({ jobId: id }) => {
      void this.lookFor(id).catch(() => undefined);
    });
    this.timer = setInterval(() => {
      void this.lookForAll();
      void this.lookForWorkers().catch(() => undefined);
    }, this.times.lookedForMs);
  }

  /** Rows lie in events, too: none are left on the server. */
  private async leave(): Promise<void> {
    if (this.mark === null) return;
    await this.mark.release();
    if (this.client.status === 'ready') await this.queue.trimEvents(0);
  }

  private away(): void {
    if (this.isAway || this.client.status === 'ready' || this.ended !== null) return;
    this.isAway = true;
    this.warn('Redis is away; the sweep goes on when it is back');
  }

  /** Counts once, however often a job was delivered. */
  private settle(id: string, outcome: PointOutcome): void {
    const found = this.outstanding.get(id);
    if (!found) return;
    this.outstanding.delete(id);
    this.looksWithoutWorker = 0;
    for (const { resolve } of found.waiting) resolve(outcome);
    this.queue.remove(id).catch(() => undefined);
  }

  private end(reason: Error): void {
    this.ended ??= reason;
    for (const { waiting } of this.outstanding.values())
      for (const { reject } of waiting) reject(this.ended);
    this.outstanding.clear();
  }

  private async lookForAll(): Promise<void> {
    if (this.looking || this.client.status !== 'ready') return;
    this.looking = true;
    try {
      await Promise.all([...this.outstanding.keys()].map((id) => this.lookFor(id)));
    } catch {
      // Redis went away: the next time.
    } finally {
      this.looking = false;
    }
  }

  /** Says once that points wait for a worker, and once more when all workers have gone again. */
  private async lookForWorkers(): Promise<void> {
    if (this.outstanding.size === 0 || this.client.status !== 'ready') return;
    if ((await this.queue.getWorkersCount()) > 0) this.looksWithoutWorker = 0;
    else if (++this.looksWithoutWorker === LOOKS_WITHOUT_WORKER)
      this.warn('no worker is there: iommu-bounce worker --queue URL');
  }

  /** Takes what became of a job that has ended, and adds one that a restarted server has lost. */
  private async lookFor(id: string): Promise<void> {
    const wanted = this.outstanding.get(id);
    if (!wanted) return;
    // First its state: a job that was read before it ended has no row yet.
    const state = await this.queue.getJobState(id);
    const job = (await this.queue.getJob(id)) as Job | undefined;
    if (!job) await this.queue.add(JOB_NAME, wanted.task, { ...JOB, jobId: id });
    else if (state === 'completed') this.settle(id, { row: job.returnvalue as PointRow });
    else if (state === 'failed')
      this.settle(id, { error: oneLine(job.failedReason || 'no reason is known'), tries: TRIES });
  }
}

/** Of the point and its columns: two sweeps that want other columns of one point have two jobs. */
export function jobId({ hash, columns }: PointTask): string {
  const wanted = createHash('sha256').update(JSON.stringify(columns)).digest('hex').slice(0, 8);
  return `${hash}-${wanted}`;
}

function after(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}
