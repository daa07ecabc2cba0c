// SPDX-License-Identifier: GPL-2.0-only
// Replays a capture with parameters of the pool: only what a replay counted is printed.

import { PAGE } from '@iommu-bounce/dma-trace';
import { type PoolPoint, type PoolSizes, arrayBytes } from '@iommu-bounce/simulation';
import { UsageError } from '../errors';
import type { OnProgress } from '../progress';
import { addCounts, newCounts } from '../drive/lane-figures';
import type { Lane } from '../drive/lane';
import { replayParams } from '../drive/parameters';
import { sum } from '../show/sum';
import type { PoolChoice } from './advise-document';
import { MOST_RAM } from './memory-needed';
import { hasPool } from './pool-off';
import type { TraceFile } from './read-files';
import { type Session, type SessionOptions, replaySession } from './session';
import { lanesOf } from './verdict';
import { whatIfOf } from './what-if';

/** Words of the kernel's command line. */
export function paramsOf({ classSizes, numSlots }: PoolSizes): string {
  return `io_buffer_pool.class_sizes=${String(classSizes)} io_buffer_pool.num_slots=${String(numSlots)}`;
}

/** What the machines with the whole series counted. */
export function choiceOf(sizes: PoolSizes, lanes: readonly Lane[]): PoolChoice {
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

/** Machines of one reading at most. */
const MOST_LANES = 8;

/** Replays of what the search found: each once, several in one reading of the captures. */
export class Confirmed {
  private readonly known = new Map<string, PoolChoice | null>();
  /** The machine of each boot, of the choice that is recommended: those of the others have memory to give back. */
  private recommended: readonly Lane[] = [];

  /**
   * @param sessions of these boots, with the parameters that their kernels have by themselves
   * @param wanted what is recommended if it can be replayed
   */
  constructor(
    private readonly found: readonly (readonly TraceFile[])[],
    private readonly sessions: readonly Session[],
    private readonly base: SessionOptions,
    private readonly wanted: PoolSizes | null,
    private readonly progress: OnProgress,
  ) {}

  /** Replays those that were not yet. */
  async replay(points: readonly PoolPoint[]): Promise<void> {
    const wanted = new Map(points.map((point) => [paramsOf(point), point]));
    const together: PoolPoint[] = [];
    const alone: PoolPoint[] = [];
    for (const [params, point] of wanted)
      if (!this.known.has(params)) (this.isWhatIf(params) ? together : alone).push(point);
    const all = together.length + alone.length;
    while (together.length > 0) {
      const some = together.splice(0, this.fitting(together));
      const lanes = await this.asAlternatives(some, all - together.length - alone.length, all);
      // Of several one may ask for more than a machine can have.
      if (lanes)
        some.forEach((point, i) => {
          this.keep(point, lanes[i] ?? null);
        });
      else alone.push(...some);
    }
    while (alone.length > 0) {
      const [point] = alone.splice(0, 1);
      if (point) this.keep(point, await this.asParams(point, all - alone.length, all));
    }
  }

  /** Null: no such machine can be set up. */
  choice(sizes: PoolSizes): PoolChoice | null {
    return this.known.get(paramsOf(sizes)) ?? null;
  }

  /** Machines with what is recommended. */
  get recommendedLanes(): readonly Lane[] {
    return this.recommended;
  }

  /** The kernel before the series beside the one that is recommended, for `verdictOf`. */
  withBoth(): Pick<Session, 'lanes' | 'kernelParams'>[] {
    return this.sessions.map(({ lanes, kernelParams }, i) => {
      const lane = this.recommended[i];
      const before = lanes.filter(({ patches }) => patches === 0);
      return { kernelParams, lanes: [...before, ...(lane ? [{ patches: 4, lane } as const] : [])] };
    });
  }

  /** Whether no boot follows with these parameters what it recorded. */
  private isWhatIf(params: string): boolean {
    return this.sessions.every(
      ({ survey, surveyed: { facts } }) =>
        !survey.hasDecisions || whatIfOf(facts, replayParams(facts, params), null) !== null,
    );
  }

  /** How many of the first have room beside each other, as much as one machine can have; 1 at least. */
  private fitting(points: readonly PoolPoint[]): number {
    const windows = Math.max(0, ...this.sessions.map(({ survey }) => survey.windowFrames));
    const bytes = points.map(({ outcomes }) => Math.max(...outcomes.map((one) => one.heldBytes)));
    let n = 1;
    const isRoom = (lanes: number): boolean =>
      lanes * (windows * PAGE + Math.max(...bytes.slice(0, lanes))) <= MOST_RAM;
    while (n < Math.min(points.length, MOST_LANES) && isRoom(n + 1)) n++;
    return n;
  }

  /** By point, the machine of each boot; null: they cannot be set up. */
  private async asAlternatives(
    points: readonly PoolPoint[],
    done: number,
    all: number,
  ): Promise<Lane[][] | null> {
    const byBoot = await this.eachBoot(points.length, done, all, (files, options, boot) =>
      replaySession(files, { ...options, patches: [] }, null, {
        machines: points.map((point) => ({ patches: 4, params: paramsOf(point) })),
        bufferBytes: Math.max(...points.map(({ outcomes }) => outcomes[boot]?.heldBytes ?? 0)),
        surveyed: this.sessions[boot]?.surveyed ?? null,
      }),
    );
    return (
      byBoot && points.map((_, i) => byBoot.flatMap(({ alternatives }) => alternatives[i] ?? []))
    );
  }

  private async asParams(point: PoolPoint, done: number, all: number): Promise<Lane[] | null> {
    const byBoot = await this.eachBoot(1, done, all, (files, options) =>
      replaySession(files, { ...options, params: paramsOf(point), patches: [4] }),
    );
    return byBoot && lanesOf(byBoot, 4);
  }

  /** Null: a machine cannot be set up. */
  private async eachBoot(
    replays: number,
    done: number,
    all: number,
    replayed: (
      files: readonly TraceFile[],
      options: SessionOptions,
      boot: number,
    ) => Promise<Session>,
  ): Promise<Session[] | null> {
    const what =
      replays === 1
        ? `replay ${String(done)} of ${String(all)}`
        : `replays ${String(done - replays + 1)} to ${String(done)} of ${String(all)}`;
    const sessions: Session[] = [];
    try {
      for (const [boot, files] of this.found.entries()) {
        const progress: OnProgress = (_, share) => {
          const bootsDone = (boot + share) / this.found.length;
          this.progress(what, 0.5 + (0.47 * (done - replays * (1 - bootsDone))) / all);
        };
        sessions.push(await replayed(files, { ...this.base, progress }, boot));
      }
    } catch (error) {
      // More memory than a machine can have here, or more addresses than 32 bits.
      if (error instanceof UsageError) return null;
      throw error;
    }
    return sessions;
  }

  private keep(point: PoolPoint, lanes: readonly Lane[] | null): void {
    const params = paramsOf(point);
    const choice = lanes?.every(hasPool) === true ? choiceOf(point, lanes) : null;
    this.known.set(params, choice);
    if (choice && lanes && this.wanted && params === paramsOf(this.wanted))
      this.recommended = lanes;
  }
}
