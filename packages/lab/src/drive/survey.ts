// SPDX-License-Identifier: GPL-2.0-only
// The first reading of a trace: which devices, how much memory, and in what state the pools were.

import {
  type EvictSlotStep,
  type EvictionRun,
  FrameArena,
  type MapStep,
  type Mapping,
  PAGE,
  type Step,
  type UnmapDecision,
  type UnmapStep,
  asksPool,
  isList,
  pageCeil,
  pooledBytes,
} from '@iommu-bounce/dma-trace';
import type { RecordedDevice } from '@iommu-bounce/simulation';
import { RecordedFigures } from './recorded-figures';
import { RecordedPages } from './recorded-pages';
import { SlotHistory } from './slot-history';

interface EvictedSlot {
  readonly classSize: number;
  slot: number;
  readonly prot: number;
  freed: number;
}

interface BufferUse {
  readonly device: string;
  readonly dir: number;
  now: number;
  peak: number;
  readonly bytes: number;
}

/** What is known of a device so far. */
export interface DeviceFacts extends RecordedDevice {
  coherent: boolean;
  longestSegment: number;
}

/** Slots of a run that are kept. */
const FIRST_TAKES = 32;
/** Between two runs of a worker: 5 s, what a timer wheel rounds up at any HZ, and some latency. */
const PERIOD_NS = [4.9e9, 5.7e9] as const;

export class Survey {
  readonly devices = new Map<string, DeviceFacts>();
  readonly figures = new RecordedFigures();
  readonly pages = new RecordedPages();
  readonly plan: EvictionRun[] = [];
  /** Classes of pools by `device size`. */
  readonly histories = new Map<string, SlotHistory>();
  /** Any pool decision at all: a kernel with the series. */
  hasDecisions = false;
  /** Devices whose map calls have decisions. */
  readonly withDecisions = new Set<string>();
  /** The first device named. */
  firstDevice = '';
  /** Slots that came back before. */
  private readonly unnamed: UnmapDecision[] = [];
  cpus = 1;
  firstNs = -1;
  /** Mappings that did not fail. */
  mappings = 0;
  /** The mapping of most bytes; null: there is none. */
  largest: Pick<Mapping, 'place' | 'size'> | null = null;
  /** Bytes of coherent memory in force at most. */
  peakCoherent = 0;
  private coherent = 0;
  private readonly arena = new FrameArena(0, Number.MAX_SAFE_INTEGER);
  /** By device, which has so few that a walk over them is shorter than to make a key. */
  private readonly buffers = new Map<string, BufferUse[]>();
  private readonly evicting = new Map<number, EvictedSlot>();
  private readonly runTimes = new Map<number, number>();
  private readonly teardowns = new Set<number>();
  /** The device of a run, where a slot that it chose tells. */
  private readonly deviceOfRun = new Map<number, string>();

  /** @param pool how much memory it may need follows from its classes (ascending) and slots */
  constructor(
    private readonly pool: { readonly classSizes: readonly number[]; readonly numSlots: number },
  ) {}

  /** Frames that the windows of all mappings in force took at most. */
  get windowFrames(): number {
    return this.arena.used;
  }

  /** Bytes that bounce buffers may take: a class has as many as were ever in use at once. */
  get bufferBytes(): number {
    const slots = new Map<string, { slots: number; bytes: number }>();
    for (const { device, peak, bytes } of [...this.buffers.values()].flat()) {
      const key = `${device} ${String(bytes)}`;
      const before = slots.get(key)?.slots ?? 0;
      slots.set(key, { slots: Math.min(before + peak, this.pool.numSlots), bytes });
    }
    return [...slots.values()].reduce((sum, one) => sum + one.slots * one.bytes, 0);
  }

  add(step: Step): void {
    if (this.firstNs < 0) this.firstNs = step.timeNs;
    this.cpus = Math.max(this.cpus, step.cpu + 1);
    switch (step.kind) {
      case 'map':
        this.map(step);
        break;
      case 'unmap':
        this.unmap(step);
        break;
      case 'evictRun':
        this.hasDecisions = true;
        this.runTimes.set(step.run, step.timeNs);
        if (step.teardown) this.teardowns.add(step.run);
        this.plan[step.run] = { takes: new Map(), first: [], steps: 0 };
        break;
      case 'evictTake':
      case 'evictFree':
      case 'evictRelease':
        this.evictSlot(step);
        break;
      default:
    }
  }

  /** When the eviction worker ran by its timer. */
  get timedRuns(): number[] {
    return [...this.runTimes].flatMap(([run, time]) => (this.teardowns.has(run) ? [] : [time]));
  }

  history(device: string, classSize: number): SlotHistory {
    const key = `${device} ${String(classSize)}`;
    let found = this.histories.get(key);
    if (!found) this.histories.set(key, (found = new SlotHistory(device, classSize)));
    return found;
  }

  private device(name: string): DeviceFacts {
    let found = this.devices.get(name);
    if (!found) {
      this.devices.set(name, (found = { name, coherent: true, longestSegment: 0 }));
      if (this.firstDevice === '') this.firstDevice = name;
      for (const { classSize, likelySlot, prot } of this.unnamed.splice(0))
        this.history(name, classSize).unmap(likelySlot, prot);
    }
    return found;
  }

  private map(step: MapStep): void {
    const { mapping, decision } = step;
    if (decision) this.hasDecisions = true;
    if (!mapping) return;
    const device = this.device(mapping.device);
    if (decision) {
      this.withDecisions.add(mapping.device);
      if ((decision.prot & 4) === 0) device.coherent = false;
      if (decision.kind !== 'tooBig') {
        const history = this.history(mapping.device, decision.classSize);
        if (decision.kind === 'full') history.full();
        else history.take(decision.likelySlot, decision.prot, decision.from ?? 'empty');
      }
    }
    if (mapping.failed) return;
    if (isList(mapping.form))
      device.longestSegment = Math.max(device.longestSegment, mapping.segment);
    this.figures.mapped(mapping);
    this.pages.add(mapping);
    this.hold(mapping);
  }

  private unmap(step: UnmapStep): void {
    const { mapping, decision } = step;
    if (decision) {
      this.hasDecisions = true;
      const device = step.device === '' ? this.firstDevice : step.device;
      if (device === '') this.unnamed.push(decision);
      else {
        this.device(device);
        this.history(device, decision.classSize).unmap(decision.likelySlot, decision.prot);
      }
    }
    if (step.device !== '') this.device(step.device);
    if (mapping) this.letGo(mapping);
  }

  private hold(mapping: Mapping): void {
    this.mappings++;
    // A mapping is not kept for its runs and lists: only its place and its size are asked for.
    if (mapping.size > (this.largest?.size ?? 0))
      this.largest = { place: mapping.place, size: mapping.size };
    // The mapping itself keeps its windows: a Map of what comes and goes is dear for the collector.
    if (mapping.runs.length > 0) mapping.held[0] = mapping.runs.map((run) => this.arena.take(run));
    if (asksPool(mapping.form)) {
      const buffer = this.buffer(mapping);
      if (buffer) buffer.peak = Math.max(buffer.peak, ++buffer.now);
    }
    if (isAllocated(mapping)) {
      this.coherent += 2 ** Math.ceil(Math.log2(pageCeil(mapping.size)));
      this.peakCoherent = Math.max(this.peakCoherent, this.coherent);
    }
  }

  private letGo(mapping: Mapping): void {
    const windows = mapping.held[0] as number[] | null | undefined;
    mapping.held[0] = null;
    mapping.runs.forEach((run, i) => {
      if (windows) this.arena.put(run, windows[i] ?? 0);
    });
    if (asksPool(mapping.form)) {
      const buffer = this.buffer(mapping);
      if (buffer) buffer.now--;
    }
    if (isAllocated(mapping)) this.coherent -= 2 ** Math.ceil(Math.log2(pageCeil(mapping.size)));
  }

  /** Buffers of one class and permission, of one device. */
  private buffer(mapping: Mapping): BufferUse | null {
    const size = pooledBytes(mapping);
    const bytes = this.pool.classSizes.find((one) => size <= one);
    if (bytes === undefined) return null;
    const { device, dir } = mapping;
    const all = this.buffers.get(device) ?? [];
    for (const one of all) if (one.bytes === bytes && one.dir === dir) return one;
    const made = { device, dir, now: 0, peak: 0, bytes };
    this.buffers.set(device, all);
    all.push(made);
    return made;
  }

  private evictSlot(step: EvictSlotStep): void {
    this.hasDecisions = true;
    const run = step.run === null ? undefined : this.plan[step.run];
    if (!run) return;
    run.steps++;
    const { evicting } = this;
    if (step.kind === 'evictTake') {
      run.takes.set(step.classSize, (run.takes.get(step.classSize) ?? 0) + 1);
      const { classSize, slot, prot } = step;
      evicting.set(step.run ?? 0, { classSize, slot, prot: prot ?? 6, freed: slot });
      return;
    }
    // Each slot is named three times: chosen, freed, released. Two of three are right.
    const take = evicting.get(step.run ?? 0);
    if (!take) return;
    if (step.kind === 'evictFree') take.freed = step.slot;
    else {
      if (step.slot === take.freed) take.slot = step.slot;
      if (run.first.length < FIRST_TAKES)
        run.first.push({ classSize: take.classSize, slot: take.slot });
      evicting.delete(step.run ?? 0);
      this.evicted(step, take);
    }
  }

  private evicted(step: EvictSlotStep, { classSize, slot, prot }: EvictedSlot): void {
    const device = this.evictedOf(step.run ?? 0, { classSize, slot, prot });
    if (device === null) return;
    // It was marked one period before: by a run in the recording, or by one before it.
    const ran = this.runTimes.get(step.run ?? 0) ?? step.timeNs;
    const isMarkedHere = [...this.runTimes.values()].some(
      (time) => ran - time >= PERIOD_NS[0] && ran - time <= PERIOD_NS[1],
    );
    this.history(device, classSize).evictTake(slot, prot, !isMarkedHere);
  }

  /** The device whose pool a run is about: the lines name none, but a slot that is seen in a cache does. */
  private evictedOf(
    run: number,
    { classSize, slot, prot }: Pick<EvictedSlot, 'classSize' | 'slot' | 'prot'>,
  ): string | null {
    const known = this.deviceOfRun.get(run);
    const histories = [...this.histories.values()].filter((one) => one.classSize === classSize);
    const cached = histories.filter((one) => one.isCached(slot, prot));
    // Several pools may have the slot cached: then the run so far tells, and if it was wrong, no harm is done.
    const sure = cached.find((one) => one.device === known) ?? cached[0];
    if (sure) this.deviceOfRun.set(run, sure.device);
    else if (known !== undefined) return known;
    const likely = sure ?? histories.find((one) => !one.has(slot)) ?? histories[0];
    // A class that only shows itself by being evicted: of the devices there are, the first.
    return likely?.device ?? this.devices.keys().next().value ?? null;
  }
}

/** Size classes of a pool: bit i of the parameter stands for PAGE_SIZE << i. */
export function classSizesOf(mask: number): number[] {
  const sizes: number[] = [];
  for (let bit = 0; bit < 8; bit++) if (mask & (1 << bit)) sizes.push(PAGE * 2 ** bit);
  return sizes;
}

/** Memory that the call itself gets. */
function isAllocated({ form }: Mapping): boolean {
  return form === 'coherent' || form === 'pages' || form === 'noncontiguous';
}
