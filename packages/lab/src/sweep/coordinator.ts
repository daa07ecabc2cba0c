// SPDX-License-Identifier: GPL-2.0-only
// One coordinator has the queue of a Redis server. Its mark there is renewed, and gone soon after it ends.

import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { UsageError } from '../errors';
import { VERSION } from '../package';

const KEY = 'iommu-bounce:coordinator';
const LASTS_MS = 9000;
const RENEWED_MS = 3000;
/** So often the mark of another one is looked at. */
const LOOKED_AT_MS = 250;

/** Renews it where it is ours, or takes it where there is none: Redis was away for long, or was started again with nothing in it. */
const RENEW = `local mark = redis.call('get', KEYS[1])
if mark and mark ~= ARGV[1] then return 0 end
redis.call('set', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1`;
/** Deletes it only where it is ours. */
const RELEASE = `if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0`;

export class CoordinatorMark {
  private readonly value = JSON.stringify({ version: VERSION, id: randomUUID() });
  private timer: NodeJS.Timeout | undefined;

  /** @param lost is called once if another coordinator has the queue */
  private constructor(
    private readonly client: Redis,
    private readonly lost: (reason: UsageError) => void,
  ) {}

  /**
   * Waits for the mark of a coordinator that was killed to end.
   * @param warn is told that it waits
   * @throws UsageError if another one has it: it renews its mark
   */
  static async take(
    client: Redis,
    lost: (reason: UsageError) => void,
    warn: (text: string) => void,
  ): Promise<CoordinatorMark> {
    const mark = new CoordinatorMark(client, lost);
    let before = Infinity;
    while (!(await mark.set())) {
      const left = await client.pttl(KEY);
      // Renewed, or somebody's that never ends.
      if (left > before || left === -1) throw taken();
      if (before === Infinity) warn('another sweep has the queue, or was killed; looks which');
      before = left;
      await setTimeout(LOOKED_AT_MS);
    }
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
      // One script: two that wait for a server that hangs must not meet each other's mark in between.
      if ((await this.client.eval(RENEW, 1, KEY, this.value, LASTS_MS)) === 1) return;
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
