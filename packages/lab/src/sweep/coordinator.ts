// SPDX-License-Identifier: GPL-2.0-only
// One coordinator has the queue of a Redis server. Its mark there is renewed, and gone soon after it ends.

import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { UsageError } from '../errors';
import { VERSION } from '../package';

const KEY = 'iommu-bounce:coordinator';
const LASTS_MS = 15_000;
const RENEWED_MS = 5000;

/** Deletes or renews it only where it is ours. */
const RENEW = `if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('pexpire', KEYS[1], ARGV[2]) end return 0`;
const RELEASE = `if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0`;

export class CoordinatorMark {
  private readonly value = JSON.stringify({ version: VERSION, id: randomUUID() });
  private timer: NodeJS.Timeout | undefined;

  /** @param lost is called once if another coordinator has the queue */
  private constructor(
    private readonly client: Redis,
    private readonly lost: (reason: UsageError) => void,
  ) {}

  /** @throws UsageError if another one has it */
  static async take(client: Redis, lost: (reason: UsageError) => void): Promise<CoordinatorMark> {
    const mark = new CoordinatorMark(client, lost);
    if (!(await mark.set())) throw taken();
    mark.timer = setInterval(() => {
      void mark.renew();
    }, RENEWED_MS);
    return mark;
  }

  async release(): Promise<void> {
    clearInterval(this.timer);
    if (this.client.status === 'ready') await this.client.eval(RELEASE, 1, KEY, this.value);
  }

  private async set(): Promise<boolean> {
    return (await this.client.set(KEY, this.value, 'PX', LASTS_MS, 'NX')) === 'OK';
  }

  private async renew(): Promise<void> {
    // A server that is away keeps this for later.
    if (this.client.status !== 'ready') return;
    try {
      if ((await this.client.eval(RENEW, 1, KEY, this.value, LASTS_MS)) === 1) return;
      // It was away for long, or was started again with nothing in it.
      if (await this.set()) return;
    } catch {
      return;
    }
    clearInterval(this.timer);
    this.lost(taken());
  }
}

/** The version of the sweep that has the queue; null if there is none. */
export async function coordinatorVersion(client: Redis): Promise<string | null> {
  const value = await client.get(KEY);
  if (value === null) return null;
  try {
    const { version } = JSON.parse(value) as { version?: unknown };
    return String(version);
  } catch {
    return 'unknown';
  }
}

function taken(): UsageError {
  return new UsageError(
    '--queue: another sweep has the queue of this Redis; expected one at a time',
  );
}
