// SPDX-License-Identifier: GPL-2.0-only
// `worker --queue redis://…`: runs points of a sweep on another machine.

import type { Command } from 'commander';
import { oneLine } from '../errors';
import type { CommandIo, ExitStatus } from '../io';
import { QueueWorker } from '../sweep/queue-worker';
import { redisPlace } from '../sweep/redis';
import { jobsOf, jobsOption } from './engine-options';

interface WorkerOptions {
  readonly queue: string;
  readonly jobs?: string;
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

export function addWorker(
  program: Command,
  io: CommandIo,
  end: (status: ExitStatus) => void,
): void {
  program
    .command('worker')
    .description('run points of a sweep --queue, until Ctrl-C; the sweep writes the rows')
    .requiredOption('--queue <url>', 'Redis server: redis://HOST:PORT, or rediss:// with TLS')
    .addOption(jobsOption('points'))
    .action(async ({ queue, jobs }: WorkerOptions) => {
      const warn = (text: string): void => {
        io.err(`worker: ${oneLine(text)}\n`);
      };
      const worker = await QueueWorker.start(redisPlace(queue), jobsOf(jobs), warn);
      const stop = (): void => {
        for (const signal of SIGNALS) process.removeListener(signal, stop);
        warn('finishes the points that run; again stops at once');
        worker.stop();
      };
      for (const signal of SIGNALS) process.on(signal, stop);
      try {
        await worker.run();
      } finally {
        for (const signal of SIGNALS) process.removeListener(signal, stop);
      }
      end(0);
    });
}
