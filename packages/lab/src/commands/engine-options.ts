// SPDX-License-Identifier: GPL-2.0-only
// --jobs and --queue: where the points of a sweep, or the populations of a calibration, run.

import { availableParallelism } from 'node:os';
import { Option } from 'commander';
import { UsageError } from '../errors';
import type { CommandIo } from '../io';
import { CLEAR } from '../progress';
import type { Engine } from '../sweep/engine';
import { LocalPool } from '../sweep/pool';
import { QueueEngine } from '../sweep/queue';
import { expectRedis, redisPlace } from '../sweep/redis';
import { wholeNumber } from './option-values';

export interface EngineOptions {
  readonly jobs?: string;
  readonly queue?: string;
}

const MOST_JOBS = 1024;

/** @param what runs: 'points' */
export function jobsOption(what: string): Option {
  return new Option('--jobs <n>', `${what} at the same time (default: one for each core)`);
}

export function queueOption(what: string): Option {
  return new Option(
    '--queue <url>',
    `Redis server whose workers run the ${what}: redis://HOST:PORT, or rediss:// with TLS`,
  );
}

/** @throws UsageError */
export function jobsOf(text: string | undefined): number {
  return text === undefined ? availableParallelism() : wholeNumber('--jobs', text, 1, MOST_JOBS);
}

/**
 * @param verb for what is said of Redis
 * @returns starts it; no more threads than there is to do
 * @throws UsageError for values that they cannot have, or where no Redis is
 */
export async function engineOf(
  verb: string,
  { queue, jobs }: EngineOptions,
  io: CommandIo,
): Promise<(tasks: number) => Promise<Engine>> {
  if (queue === undefined) {
    const threads = jobsOf(jobs);
    return (tasks) => LocalPool.start(Math.min(threads, tasks));
  }
  if (jobs !== undefined)
    throw new UsageError('--jobs: with --queue workers run them; expected it there');
  const place = redisPlace(queue);
  // Before anything is written.
  await expectRedis(place);
  return () =>
    QueueEngine.start(place, (text) => {
      io.err(`${io.errIsTerminal ? CLEAR : ''}${verb}: ${text}\n`);
    });
}
