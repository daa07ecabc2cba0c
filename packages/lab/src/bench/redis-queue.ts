// SPDX-License-Identifier: GPL-2.0-only
// A queue for the benchmark: a Redis server of its own on the loopback, and worker processes with one thread each.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { PACKAGE_FOLDER } from '../package';
import type { Engine } from '../sweep/engine';
import { QueueEngine } from '../sweep/queue';
import { expectRedis, redisPlace } from '../sweep/redis';

export interface BenchQueue {
  readonly engine: Engine;
  /** Ends the workers and the server. */
  readonly stop: () => void;
}

const TRIES = 100;

/** @returns null where redis-server is not installed */
export async function startedQueue(workers: number): Promise<BenchQueue | null> {
  if (spawnSync('redis-server', ['--version']).error !== undefined) return null;
  const folder = mkdtempSync(join(tmpdir(), 'iommu-bounce-'));
  const port = String(await freePort());
  const url = `redis://127.0.0.1:${port}`;
  const started: ChildProcess[] = [];
  const stop = (): void => {
    for (const child of started) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  };
  const start = (command: string, ...args: string[]): void => {
    started.push(spawn(command, args, { stdio: 'ignore' }));
  };
  try {
    start('redis-server', '--port', port, '--bind', '127.0.0.1', '--save', '', '--dir', folder);
    const place = redisPlace(url);
    for (let tries = 0; ; tries++)
      try {
        await expectRedis(place);
        break;
      } catch (error) {
        if (tries === TRIES) throw error;
        await setTimeout(50);
      }
    const bin = join(PACKAGE_FOLDER, 'bin/iommu-bounce.js');
    for (let i = 0; i < workers; i++)
      start(process.execPath, bin, 'worker', '--queue', url, '--jobs', '1');
    return { engine: await QueueEngine.start(place, () => undefined), stop };
  } catch (error) {
    stop();
    throw error;
  }
}

/** Of the loopback interface; somebody else may take it at once. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
