// SPDX-License-Identifier: GPL-2.0-only
// Points in processes that share nothing, not even a collector of garbage: what the machine itself gains by a second core.

import { type ChildProcess, spawn } from 'node:child_process';
import type { Engine, PointOutcome, PointRow, PointTask } from '../sweep/engine';
import { WORKER_FILE } from '../sweep/pool';

const PROGRAM = `
const { default: point } = require(process.argv[1]);
process.on('message', async ([id, task]) => process.send([id, await point(task)]));`;

/** Given to a process while it works on another, as to the pool's threads. */
const AHEAD = 2;

export class Processes implements Engine {
  readonly depth: number;
  private readonly children: readonly ChildProcess[];
  private readonly waiting = new Map<number, (outcome: PointOutcome) => void>();
  private given = 0;

  constructor(count: number) {
    this.depth = count * AHEAD;
    const args = ['-e', PROGRAM, WORKER_FILE];
    this.children = Array.from({ length: count }, () =>
      spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] }).on(
        'message',
        (answer) => {
          const [id, row] = answer as [number, PointRow];
          this.waiting.get(id)?.({ row });
          this.waiting.delete(id);
        },
      ),
    );
  }

  /** In turn: the points of a benchmark are alike. */
  run(task: PointTask): Promise<PointOutcome> {
    const id = this.given++;
    this.children[id % this.children.length]?.send([id, task]);
    return new Promise((resolve) => {
      this.waiting.set(id, resolve);
    });
  }

  close(): Promise<void> {
    for (const child of this.children) child.kill();
    return Promise.resolve();
  }
}
