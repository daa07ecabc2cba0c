// SPDX-License-Identifier: GPL-2.0-only
// One kernel (a state of the series) doing what a trace says, call by call.

import { type machine, oops } from '@iommu-bounce/linux-shim';
import type { iommu_domain } from '@iommu-bounce/iommu-core';
import {
  type RecordedMap,
  type EvictRunStep,
  type EvictSlotStep,
  FrameArena,
  type MapStep,
  type Mapping,
  type RecordedUnmap,
  type Step,
  type SyncStep,
  type UnmapStep,
  asksPool,
  contextLevel,
  fillFailed,
  showPlace,
} from '@iommu-bounce/dma-trace';
import { PortCalls, enterContext, leaveContext } from '@iommu-bounce/simulation';
import { LaneCosts } from './lane-costs';
import { LaneFigures } from './lane-figures';
import type { LaneMapping } from './lane-mapping';
import { type MapOutcome, mapOutcome } from './map-outcome';
import type { LaneTimeline } from './timeline';
import { type PortDevice, type PortMachine, type SlotPlace, slotAt } from './port-machine';

/** Who looks at what the lane does. */
export interface LaneObserver {
  /** `mapRequests`: MAP requests of a virtio-iommu during the call; 0 on another IOMMU. */
  mapped?(step: MapStep, mapping: Mapping, outcome: MapOutcome, mapRequests: number): void;
  /** `slot` is the one given back, if any. */
  unmapped?(
    step: UnmapStep,
    held: LaneMapping,
    unmaps: readonly RecordedUnmap[],
    slot: SlotPlace | null,
  ): void;
  /** A step that could not be driven. */
  skipped?(step: MapStep | UnmapStep): void;
}

/** Who runs the eviction worker when a recorded machine did. */
export interface EvictionFollower {
  run(step: EvictRunStep, lane: Lane): void;
  /** A step of a run that the port is not in. */
  stray(step: EvictSlotStep): void;
  /** The port unmapped the pages of a slot. */
  unmapped(device: PortDevice, slot: SlotPlace): void;
}

export interface LaneOops {
  readonly place: string;
  readonly text: string;
}

/** iommu:map during a call; its address is that of the recording once the call is over. */
interface LaneMap extends RecordedMap {
  paddr: number;
}

export class Lane {
  readonly k: machine;
  readonly figures: LaneFigures;
  readonly costs: LaneCosts;
  readonly observers: LaneObserver[] = [];
  follower: EvictionFollower | null = null;
  timeline: LaneTimeline | null = null;
  /** Holds the mappings of slots that were in use before the recording. */
  findHeld: ((step: UnmapStep) => LaneMapping | null) | null = null;
  /** Where the port would have died; it does nothing more then. */
  oops: LaneOops | null = null;
  /** The batch being run, and the step in it. */
  private batch: readonly Step[] = [];
  private cursor = 0;
  readonly calls: PortCalls;
  /** What the call did so far. */
  private maps: LaneMap[] = [];
  private unmaps: RecordedUnmap[] = [];
  /** On the trace's clock. */
  private ns: number;
  /** The jiffy that it was then. */
  private jiffy: number;
  private readonly deviceOfDomain = new Map<iommu_domain, PortDevice>();

  /**
   * @param index which of a mapping's `held` entries is this lane's
   * @param start the time of the first step, and how much of its jiffy was over
   */
  constructor(
    readonly port: PortMachine,
    readonly index: number,
    windowFrames: number,
    start: { readonly ns: number; readonly restMs: number },
  ) {
    this.k = port.k;
    this.ns = start.ns;
    this.k.timers.advance(start.restMs);
    this.jiffy = this.k.timers.jiffies();
    this.figures = new LaneFigures(port.hasVirtio);
    this.costs = new LaneCosts(port.steps);
    this.calls = new PortCalls(port.k, new FrameArena(this.k.reserved_pfn, windowFrames));
    for (const device of port.devices.values())
      if (!this.deviceOfDomain.has(device.domain)) this.deviceOfDomain.set(device.domain, device);
    this.listen();
    // What plugging the devices in took is no part of the mix.
    this.costs.reset();
  }

  /** Steps that belong together; they are done when it returns. */
  run(batch: readonly Step[]): void {
    this.batch = batch;
    this.cursor = 0;
    while (this.cursor < batch.length) {
      if (this.oops) return;
      const step = batch[this.cursor++] as Step;
      try {
        this.execute(step);
      } catch (error) {
        if (!(error instanceof oops)) throw error;
        this.oops = { place: showPlace(step.place), text: error.message };
      }
    }
  }

  /**
   * Gives a mapping memory.
   * @throws InputError if the machine has not so much
   */
  prepare(mapping: Mapping): LaneMapping {
    const windows = this.calls.takeWindows(mapping);
    // JS: to add fields to the object moves them out of it, for each mapping.
    return {
      mapping,
      windows,
      addr: 0,
      list: null,
      cpuAddr: 0,
      page: null,
      handle: null,
      compared: false,
      equal: false,
    };
  }

  /** The next step of the batch, for a worker that has to know what comes; null at its end. */
  peek(): Step | null {
    return this.batch[this.cursor] ?? null;
  }

  /** Takes the next step without doing it. */
  skip(): void {
    this.cursor++;
  }

  /** Does the next step in the middle of something else, on its own CPU. */
  executeNext(): void {
    const step = this.batch[this.cursor++];
    if (!step) return;
    const cpu = this.k.context.smp_processor_id();
    const [maps, unmaps] = [this.maps, this.unmaps];
    this.execute(step);
    [this.maps, this.unmaps] = [maps, unmaps];
    this.k.context.run_on_cpu(cpu);
  }

  private execute(step: Step): void {
    this.clockTo(step.timeNs);
    this.k.context.run_on_cpu(step.cpu);
    switch (step.kind) {
      case 'map':
        this.map(step);
        break;
      case 'unmap':
        this.unmap(step);
        break;
      case 'sync':
        this.sync(step);
        break;
      case 'evictRun':
        if (!step.teardown) this.follower?.run(step, this);
        break;
      default:
        this.follower?.stray(step);
    }
  }

  private clockTo(ns: number): void {
    if (ns <= this.ns) return;
    this.k.timers.advance((ns - this.ns) / 1e6);
    this.ns = ns;
    this.jiffy = this.k.timers.jiffies();
  }

  /** On the trace's clock, also while timers run. */
  private get nowNs(): number {
    const { timers } = this.k;
    return this.ns + ((timers.jiffies() - this.jiffy) * 1e9) / timers.HZ;
  }

  /** @param bytes that its pool got; below 0: gave back */
  private buffer(device: string, bytes: number): void {
    const now = this.figures.buffer(device, bytes);
    this.timeline?.bounce(device, now, this.nowNs);
  }

  private map(step: MapStep): void {
    const { mapping, decision } = step;
    const device = mapping ? this.port.devices.get(mapping.device) : undefined;
    if (!mapping || !device || (mapping.failed && !decision)) {
      for (const observer of this.observers) observer.skipped?.(step);
      return;
    }
    const failsFill = fillFailed(decision);
    if (failsFill && device.pool) this.k.faults.fail('page_alloc', Infinity);
    const counts = this.figures.of(device.name);
    const held = this.prepare(mapping);
    const level = mapping.maySleep ? 'task' : contextLevel(step.flags);
    const irqs = enterContext(this.k, level);
    this.begin();
    const ok = this.calls.map(device.dev, mapping, held);
    leaveContext(this.k, level, irqs);
    if (failsFill) this.k.faults.fail('page_alloc', 0);
    counts.map_calls++;
    counts.copied_bytes += this.port.steps.copiedBytes;
    if (!ok) counts.failed_calls++;
    const { maps } = this;
    for (const map of maps) map.paddr = this.calls.recordedPhys(held, map.paddr);
    const outcome = mapOutcome(device, mapping, held, ok, maps);
    let mapRequests = 0;
    if (ok && !mapping.failed) mapRequests = this.costs.mapped(mapping, outcome.slot !== null);
    else this.costs.ignored();
    if (outcome.slot) counts[outcome.filled ? 'pool_fills' : 'pool_hits']++;
    if (outcome.fallback) {
      counts.fallbacks++;
      counts.fallbacks_by_reason[outcome.fallback]++;
    }
    for (const observer of this.observers) observer.mapped?.(step, mapping, outcome, mapRequests);
    if (!ok) this.calls.release(held);
    else if (mapping.failed) {
      this.calls.unmap(device.dev, held, mapping.dir, 0, mapping.size);
      this.costs.ignored();
    } else mapping.held[this.index] = held;
  }

  private unmap(step: UnmapStep): void {
    const { mapping } = step;
    const device = this.port.devices.get(step.device);
    const found = mapping ? (mapping.held[this.index] ?? null) : (this.findHeld?.(step) ?? null);
    const held = found as LaneMapping | null;
    if (!held || !device) {
      for (const observer of this.observers) observer.skipped?.(step);
      return;
    }
    if (mapping) mapping.held[this.index] = null;
    const slot = asksPool(held.mapping.form) ? slotAt(device.pool, held.addr) : null;
    const counts = this.figures.of(device.name);
    const level = mapping?.maySleep === true ? 'task' : contextLevel(step.flags);
    const irqs = enterContext(this.k, level);
    this.begin();
    const size = mapping ? Math.min(step.size, mapping.size) : step.size;
    this.calls.unmap(device.dev, held, step.dir, step.attrs, size);
    leaveContext(this.k, level, irqs);
    counts.unmap_calls++;
    counts.copied_bytes += this.port.steps.copiedBytes;
    this.costs.unmapped(held.mapping, slot !== null);
    for (const observer of this.observers) observer.unmapped?.(step, held, this.unmaps, slot);
  }

  private sync(step: SyncStep): void {
    const held = step.mapping.held[this.index] as LaneMapping | null | undefined;
    const device = this.port.devices.get(step.mapping.device);
    if (!held || !device) return;
    const level = contextLevel(step.flags);
    const irqs = enterContext(this.k, level);
    this.begin();
    this.calls.sync(device.dev, held, step);
    leaveContext(this.k, level, irqs);
    const counts = this.figures.of(device.name);
    counts.sync_calls++;
    counts.copied_bytes += this.port.steps.copiedBytes;
    this.costs.synced(step.mapping, !step.forCpu);
  }

  private begin(): void {
    // Observers may keep them: what has any is not emptied.
    if (this.maps.length > 0) this.maps = [];
    if (this.unmaps.length > 0) this.unmaps = [];
    this.costs.begin();
  }

  private listen(): void {
    const nameOf = (domain: iommu_domain): string => this.deviceOfDomain.get(domain)?.name ?? '?';
    this.port.listen({
      virtio: (domain) => this.figures.virtioOf(nameOf(domain)),
      pinned: (domain, pages) => {
        this.figures.pinned(nameOf(domain), pages);
      },
      request: (domain) => {
        this.figures.of(nameOf(domain)).driver_requests++;
      },
      map: (domain, iova, paddr, size) => {
        const device = this.deviceOfDomain.get(domain);
        const name = device?.name ?? '?';
        const counts = this.figures.of(name);
        counts.iommu_maps++;
        counts.mapped_bytes += size;
        // Most calls have one: an array that is pushed to has room for seventeen.
        const map = { iova, paddr, size };
        if (this.maps.length === 0) this.maps = [map];
        else this.maps.push(map);
        this.timeline?.request(name, this.nowNs);
        if (device?.pool && slotAt(device.pool, iova)) this.buffer(name, size);
      },
      unmap: (domain, iova, size, unmapped) => {
        const device = this.deviceOfDomain.get(domain);
        const name = device?.name ?? '?';
        const counts = this.figures.of(name);
        counts.iommu_unmaps++;
        const unmap = { iova, size, unmapped };
        if (this.unmaps.length === 0) this.unmaps = [unmap];
        else this.unmaps.push(unmap);
        this.timeline?.request(name, this.nowNs);
        const slot = device?.pool ? slotAt(device.pool, iova) : null;
        if (!slot || !device) return;
        this.buffer(name, -unmapped);
        counts.evictions++;
        this.follower?.unmapped(device, slot);
      },
    });
  }
}
