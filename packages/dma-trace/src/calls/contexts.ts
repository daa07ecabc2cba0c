// SPDX-License-Identifier: GPL-2.0-only
// What is open in each task and interrupt of a trace: lines that still wait for the call they belong to.

import type { EventHead } from '../event-head';
import type { ObsUnmapPage, ObsUnmapSg } from '../pool-events';
import type { Claimable } from './account/iommu-account';
import type { OpenMap, Piece } from './piece';
import type { Mapping, MapStep, RecordedUnmap, SgEntry, UnmapStep } from './step';

/** iommu events kept per context; those of one call fit a ring buffer's page. */
const MOST_PENDING = 1024;
/** Contexts kept; tasks come and go. */
const MOST_CONTEXTS = 4096;

/**
 * A CPU or a task alone is not enough: an interrupt's lines come between those of the task below it. The third mark of
 * the flags tells them apart (`.` task, `s` soft, `h` hard interrupt); the idle tasks of all CPUs have pid 0.
 */
function contextKey(event: EventHead): string {
  const level = event.flags.charAt(2).toLowerCase();
  return event.pid === 0 ? `cpu ${String(event.cpu)} ${level}` : `${String(event.pid)} ${level}`;
}

/** How many levels there can be: each is a mark in ASCII. */
const LEVELS = 128;

/** The same as a number, which is quicker to make: contexts are kept by it. */
function contextNumber({ flags, pid, cpu }: EventHead): number {
  const mark = flags.length > 2 ? flags.charCodeAt(2) % LEVELS : 0;
  const level = mark >= 0x41 && mark <= 0x5a ? mark + 0x20 : mark;
  return pid === 0 ? -((cpu ?? -1) + 1) * LEVELS - level - 1 : pid * LEVELS + level;
}

/** Whether the call ran with interrupts off, in a soft or in a hard interrupt. */
export function contextLevel(flags: string): 'task' | 'irqsOff' | 'softirq' | 'hardirq' {
  const level = flags.charAt(2).toLowerCase();
  if (level === 'h') return 'hardirq';
  if (level === 's') return 'softirq';
  const irqs = flags.charAt(0);
  return irqs === 'd' || irqs === 'D' ? 'irqsOff' : 'task';
}

/** An iommu:unmap without a call so far. */
export interface OpenIommuUnmap extends RecordedUnmap, Claimable {
  readonly timeNs: number;
  /** It ended maps, or parts of them, that belong to no call so far. */
  hasEnded: boolean;
}

/** An unmap call whose line has been read, but not what the IOMMU or the pool did. */
export interface OpenUnmap {
  readonly call: ObsUnmapPage | ObsUnmapSg;
  readonly mapping: Mapping | null;
}

export class Context {
  /** iommu:map and iommu:unmap events without a call so far, oldest first. */
  readonly maps: OpenMap[] = [];
  readonly unmaps: OpenIommuUnmap[] = [];
  /** A pool decision that waits for its call. */
  openMap: MapStep | null = null;
  openUnmap: OpenUnmap | null = null;
  /** Lines about a slot whose decision was before the recording. */
  hasSlot = false;
  sgEntries: SgEntry[] = [];
  /** A call that waits for its iommu:unmap. */
  waiting: UnmapStep | null = null;
  /** What it may be the unmap of, if there is more than one. */
  candidates: readonly Mapping[] = [];
  /** That unmap is the next one for sure. */
  expectsNext = false;
  /** The next one, which lies elsewhere: a difference, unless the call after it is the one it belongs to. */
  private elsewhere: OpenIommuUnmap | null = null;
  /** Entries of the list just unmapped whose map is not known: the next iommu:unmap is its. 0: none was. */
  strayEntries = 0;
  /** The latest iommu:map here that had no call yet. */
  latest: Piece | null = null;
  /** The eviction run that this worker is in. */
  run: number | null = null;
  /** That the first call here was for. */
  firstDevice: string | null = null;
  /** Calls that ended here since the trace, or the part of it without a gap, began. */
  calls = 0;
  /** Where the events since the latest call begin. */
  private newMaps = 0;
  private newUnmaps = 0;

  /**
   * @param key as contextKey() has it
   * @param device that the latest call here was for
   */
  constructor(
    readonly key: string,
    public device: string | null,
  ) {}

  get isIdle(): boolean {
    return (
      this.maps.length === 0 &&
      this.unmaps.length === 0 &&
      this.openMap === null &&
      this.openUnmap === null &&
      this.waiting === null &&
      this.run === null
    );
  }

  addMap(map: OpenMap): void {
    if (this.maps.length >= MOST_PENDING) this.newMaps = this.dropOldest(this.maps, this.newMaps);
    this.maps.push(map);
  }

  addUnmap(unmap: OpenIommuUnmap): void {
    if (this.unmaps.length >= MOST_PENDING)
      this.newUnmaps = this.dropOldest(this.unmaps, this.newUnmaps);
    this.unmaps.push(unmap);
  }

  /**
   * Takes the maps since the latest call, wherever they are: a call's events stand right before it, and if they are
   * elsewhere, that is a difference and not a call without events.
   */
  takeNewMaps(): OpenMap[] {
    return this.newMaps < this.maps.length ? this.maps.splice(this.newMaps) : [];
  }

  /** Takes the latest maps that begin in a range, in their order. */
  takeMaps(start: number, end: number): OpenMap[] {
    const { maps } = this;
    const last = maps.at(-1);
    // The usual case: the latest map, and all of the range.
    if (last && last.iova >= start && last.iova < end && last.size >= end - start) {
      maps.pop();
      return [last];
    }
    const found: OpenMap[] = [];
    let covered = 0;
    for (let i = maps.length - 1; i >= 0 && covered < end - start; i--) {
      const map = maps[i] as OpenMap;
      if (map.iova < start || map.iova >= end) continue;
      found.push(map);
      covered += map.size;
      maps.splice(i, 1);
    }
    return found.reverse();
  }

  takeMapsOrNew(start: number, end: number): OpenMap[] {
    const found = this.takeMaps(start, end);
    return found.length > 0 ? found : this.takeNewMaps();
  }

  /** Takes the latest unmap that begins in a range, of those that are not later than a time. */
  takeUnmap(start: number, end: number, untilNs = Infinity): OpenIommuUnmap | null {
    for (let i = this.unmaps.length - 1; i >= 0; i--) {
      const unmap = this.unmaps[i] as OpenIommuUnmap;
      if (unmap.iova < start || unmap.iova >= end || unmap.timeNs > untilNs) continue;
      if (i === this.unmaps.length - 1) this.unmaps.pop();
      else this.unmaps.splice(i, 1);
      if (i < this.newUnmaps) this.newUnmaps--;
      return unmap;
    }
    return null;
  }

  /** Whether an unmap that begins in a range has no call so far. */
  hasUnmap(start: number, end: number): boolean {
    return this.unmaps.some(({ iova }) => iova >= start && iova < end);
  }

  /** When the latest unmap was logged that begins in a range and has no call so far; Infinity: there is none. */
  latestUnmap(start: number, end: number): number {
    for (let i = this.unmaps.length - 1; i >= 0; i--) {
      const { iova, timeNs } = this.unmaps[i] as OpenIommuUnmap;
      if (iova >= start && iova < end) return timeNs;
    }
    return Infinity;
  }

  /** When the first unmap after a time was logged that begins in a range; Infinity: there is none. */
  firstUnmapAfter(start: number, end: number, afterNs: number): number {
    const isOne = ({ iova, timeNs }: OpenIommuUnmap): boolean =>
      timeNs > afterNs && iova >= start && iova < end;
    return this.unmaps.find(isOne)?.timeNs ?? Infinity;
  }

  /** Takes the unmap since the latest call, wherever it is. */
  takeNewUnmap(): OpenIommuUnmap | null {
    if (this.newUnmaps >= this.unmaps.length) return null;
    return this.unmaps.splice(this.newUnmaps).at(-1) ?? null;
  }

  private dropOldest(events: unknown[], from: number): number {
    events.shift();
    return Math.max(0, from - 1);
  }

  /** A call has ended. */
  callDone(): void {
    this.calls++;
    this.newMaps = this.maps.length;
    this.newUnmaps = this.unmaps.length;
  }

  /** An unmap that lies in none of the ranges that are waited for. */
  addElsewhere(unmap: OpenIommuUnmap): void {
    this.addUnmap(unmap);
    if (this.waiting && this.expectsNext) this.elsewhere ??= unmap;
  }

  wait(step: UnmapStep, candidates: readonly Mapping[], expectsNext: boolean): void {
    step.ready = false;
    this.waiting = step;
    this.candidates = candidates;
    this.expectsNext = expectsNext;
  }

  /**
   * The task went on: what it waited for does not come.
   * @param next the address that its next call names, if any
   */
  settle(next: number | null = null): void {
    const { waiting, elsewhere } = this;
    if (waiting) {
      if (elsewhere && !isAt(elsewhere, next)) {
        waiting.recorded = [elsewhere];
        this.unmaps.splice(this.unmaps.indexOf(elsewhere), 1);
      }
      waiting.ready = true;
    }
    this.waiting = null;
    this.elsewhere = null;
    this.candidates = [];
    this.strayEntries = 0;
  }
}

function isAt(unmap: RecordedUnmap, address: number | null): boolean {
  return address !== null && address >= unmap.iova && address < unmap.iova + unmap.size;
}

/** Which device the calls of a task, or of an interrupt level of it, are for. */
export type DevicesOfTasks = ReadonlyMap<string, string>;

export class Contexts {
  /** By contextNumber(). */
  private readonly contexts = new Map<number, Context>();
  /** The latest one asked for; null: none, or it is forgotten. */
  private latest: Context | null = null;
  private number = 0;

  /** @param known devices of tasks, from a first reading */
  constructor(private readonly known?: DevicesOfTasks) {}

  /** Of the tasks that are known at the end: that of their first call. */
  get devices(): DevicesOfTasks {
    const found = new Map<string, string>();
    for (const { key, firstDevice } of this.contexts.values())
      if (firstDevice !== null) found.set(key, firstDevice);
    return found;
  }

  of(event: EventHead): Context {
    const number = contextNumber(event);
    // Most lines are of the task of the line before.
    if (number === this.number && this.latest) return this.latest;
    const found = this.contexts.get(number) ?? this.make(number, contextKey(event));
    this.number = number;
    this.latest = found;
    return found;
  }

  private make(number: number, key: string): Context {
    if (this.contexts.size >= MOST_CONTEXTS) this.forgetIdle();
    const made = new Context(key, this.known?.get(key) ?? null);
    this.contexts.set(number, made);
    return made;
  }

  /** The context of a call's line, in which the call before has ended. */
  open(event: EventHead): Context {
    const context = this.of(event);
    context.settle('dmaAddr' in event && typeof event.dmaAddr === 'number' ? event.dmaAddr : null);
    if ('device' in event && typeof event.device === 'string') {
      context.device = event.device;
      context.firstDevice ??= event.device;
    }
    return context;
  }

  /** Maps of a range that some other context holds: where a trace has too little in front of its lines. */
  takeMapsAnywhere(start: number, end: number): OpenMap[] {
    for (const context of this.contexts.values()) {
      if (context.maps.length === 0) continue;
      const found = context.takeMaps(start, end);
      if (found.length > 0) return found;
    }
    return [];
  }

  takeUnmapAnywhere(start: number, end: number): OpenIommuUnmap | null {
    return this.takeAnyEnd(start, end)?.unmap ?? null;
  }

  /**
   * The unmap that ended what was mapped in a range, and whose it is: the first since then, for others may have mapped and
   * unmapped the range again. Any other where a clock is too coarse to tell.
   */
  takeEndOf(
    start: number,
    end: number,
    mappedNs: number,
  ): { context: Context; unmap: OpenIommuUnmap } | null {
    let found: Context | null = null;
    let firstNs = Infinity;
    for (const context of this.contexts.values()) {
      if (context.unmaps.length === 0) continue;
      const timeNs = context.firstUnmapAfter(start, end, mappedNs);
      if (timeNs < firstNs) [found, firstNs] = [context, timeNs];
    }
    if (!found) return this.takeAnyEnd(start, end);
    const unmap = found.takeUnmap(start, end, firstNs);
    return unmap ? { context: found, unmap } : null;
  }

  private takeAnyEnd(
    start: number,
    end: number,
  ): { context: Context; unmap: OpenIommuUnmap } | null {
    for (const context of this.contexts.values()) {
      const unmap = context.unmaps.length > 0 ? context.takeUnmap(start, end) : null;
      if (unmap) return { context, unmap };
    }
    return null;
  }

  /** Events were lost: nothing that is open can be trusted to be followed by its own lines. */
  forgetOpen(): void {
    for (const context of this.contexts.values()) context.settle();
    this.forget((context) => !context.openMap && context.run === null);
  }

  private forgetIdle(): void {
    this.forget((context) => context.isIdle);
  }

  private forget(isDone: (context: Context) => boolean): void {
    this.latest = null;
    for (const [number, context] of this.contexts)
      if (isDone(context)) this.contexts.delete(number);
  }
}
