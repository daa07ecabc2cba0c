// SPDX-License-Identifier: GPL-2.0-only
// Replays a capture with parameters of the pool: only what a replay counted is printed.

import { type PoolSizes, arrayBytes } from '@iommu-bounce/simulation';
import { UsageError } from '../errors';
import type { OnProgress } from '../progress';
import { addCounts, newCounts } from '../drive/lane-figures';
import type { Lane } from '../drive/lane';
import { sum } from '../show/sum';
import type { PoolChoice } from './advise-document';
import type { TraceFile } from './read-files';
import { type Session, type SessionOptions, replaySession } from './session';
import { lanesOf } from './verdict';

/** Words of the kernel's command line. */
export function paramsOf({ classSizes, numSlots }: PoolSizes): string {
  return `io_buffer_pool.class_sizes=${String(classSizes)} io_buffer_pool.num_slots=${String(numSlots)}`;
}

/** Replays each boot with these parameters; null if no such machine can be set up. */
async function replayedWith(
  sizes: PoolSizes,
  boots: readonly (readonly TraceFile[])[],
  options: SessionOptions,
): Promise<Session[] | null> {
  const sessions: Session[] = [];
  try {
    for (const files of boots)
      sessions.push(await replaySession(files, { ...options, params: paramsOf(sizes) }));
  } catch (error) {
    // More memory than a machine can have here, or more addresses than 32 bits.
    if (error instanceof UsageError) return null;
    throw error;
  }
  return sessions.some(({ poolOff }) => poolOff !== null) ? null : sessions;
}

/** What the machines with the whole series counted. */
export function choiceOf(sizes: PoolSizes, sessions: readonly Session[]): PoolChoice {
  const lanes = lanesOf(sessions, 4);
  const total = newCounts();
  for (const { figures } of lanes) addCounts(total, figures.total());
  const served = total.pool_hits + total.pool_fills;
  const memories = lanes.map((lane) => {
    const arrays = arraysOf(lane);
    return { arrays, all: arrays + lane.figures.total().peak_bounce_bytes };
  });
  return {
    class_sizes: sizes.classSizes,
    num_slots: sizes.numSlots,
    served_share: served / Math.max(1, served + total.fallbacks),
    pool_hits: total.pool_hits,
    pool_fills: total.pool_fills,
    fallbacks: total.fallbacks,
    fallbacks_by_reason: total.fallbacks_by_reason,
    evictions: total.evictions,
    peak_bounce_bytes: total.peak_bounce_bytes,
    array_bytes: Math.max(0, ...memories.map(({ arrays }) => arrays)),
    memory_bytes: Math.max(0, ...memories.map(({ all }) => all)),
    iommu_maps: total.iommu_maps,
    iommu_unmaps: total.iommu_unmaps,
    copied_bytes: total.copied_bytes,
    params: paramsOf(sizes),
  };
}

/** Slot arrays of all pools of a machine. */
function arraysOf({ port }: Lane): number {
  const domains = new Set([...port.devices.values()].map(({ domain }) => domain));
  return sum([...domains], arrayBytes);
}

/** Replays of what the search found; each once. */
export class Confirmed {
  expected = 1;
  private readonly known = new Map<string, PoolChoice | null>();

  constructor(
    private readonly found: readonly (readonly TraceFile[])[],
    private readonly base: SessionOptions,
    private readonly progress: OnProgress,
  ) {}

  /** The kernel before the series runs beside it. */
  async withBoth(
    sizes: PoolSizes,
  ): Promise<{ choice: PoolChoice; sessions: readonly Session[] } | null> {
    const sessions = await this.replayed(sizes, [0, 4]);
    if (!sessions) return null;
    return { choice: this.kept(sizes, choiceOf(sizes, sessions)), sessions };
  }

  async choice(sizes: PoolSizes): Promise<PoolChoice | null> {
    const known = this.known.get(paramsOf(sizes));
    if (known !== undefined) return known;
    const sessions = await this.replayed(sizes, [4]);
    if (sessions) return this.kept(sizes, choiceOf(sizes, sessions));
    this.known.set(paramsOf(sizes), null);
    return null;
  }

  private replayed(
    sizes: PoolSizes,
    patches: SessionOptions['patches'],
  ): Promise<Session[] | null> {
    const before = this.known.size;
    const what = `replay ${String(before + 1)} of about ${String(Math.max(this.expected, before + 1))}`;
    return replayedWith(sizes, this.found, {
      ...this.base,
      patches,
      progress: (_, share) => {
        this.progress(
          what,
          Math.min(0.97, 0.5 + (0.47 * (before + share)) / Math.max(this.expected, before + 1)),
        );
      },
    });
  }

  private kept(sizes: PoolSizes, choice: PoolChoice): PoolChoice {
    this.known.set(paramsOf(sizes), choice);
    return choice;
  }
}
