// SPDX-License-Identifier: GPL-2.0-only
// A Redis server of a test: on a loopback port of its own, with a folder of its own, and nothing kept.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { freePort } from '../../src/bench/redis-queue';

export const HAS_REDIS = spawnSync('redis-server', ['--version']).error === undefined;

/** Skips the tests around it, aloud, where Debian's redis-server is missing. */
export function needsRedis(context: Mocha.Context): void {
  if (HAS_REDIS) return;
  console.log('      skipped: redis-server is not installed');
  context.skip();
}

export class RedisServer {
  private child: ChildProcess | null = null;
  private readonly folder = mkdtempSync(join(tmpdir(), 'iommu-bounce-redis-'));

  private constructor(
    readonly port: number,
    private readonly options: readonly string[],
  ) {}

  static async start(...options: string[]): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), options);
    await server.again();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${String(this.port)}`;
  }

  /** With nothing of before. */
  async again(): Promise<void> {
    const isTls = this.options.includes('--tls-port');
    const port = isTls
      ? ['--tls-port', String(this.port), '--port', '0']
      : ['--port', String(this.port)];
    const others = this.options.filter((one) => one !== '--tls-port');
    this.child = spawn(
      'redis-server',
      [...port, '--bind', '127.0.0.1', '--save', '', '--dir', this.folder, ...others],
      { stdio: 'ignore' },
    );
    while (!(await isOpen(this.port))) await setTimeout(20);
  }

  /** As after a crash of its machine. */
  async kill(): Promise<void> {
    const { child } = this;
    this.child = null;
    if (!child) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  }

  async end(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: '127.0.0.1' });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => {
      resolve(false);
    });
  });
}
