// SPDX-License-Identifier: GPL-2.0-only
// The lines of a kernel with the series: DMA API calls, and what its pool decided in them.

import { type TimedEvent } from '../events';
import { type EventHead } from '../event-head';
import {
  type ObsMapPage,
  type ObsMapSg,
  type ObsPoolFull,
  type ObsPoolTake,
  type ObsPoolTooBig,
  type ObsPoolUnmap,
  type ObsUnmapPage,
  type ObsUnmapSg,
} from '../pool-events';
import {
  type Workbench,
  claimMaps,
  claimUnmap,
  directionNumber,
  mapStep,
  portedAttrs,
  putInForce,
} from './mappings';
import type { Context, DevicesOfTasks, OpenUnmap } from './contexts';
import { EvictLines } from './evict-lines';
import { LikelySlots, poolMapping } from './pool-mapping';
import {
  type MapDecision,
  type MapStep,
  type Mapping,
  type Place,
  type UnmapDecision,
  type UnmapStep,
  rangeOf,
} from './step';

/** What a first reading of a trace tells a second one. */
export interface KnownBefore {
  /** Devices whose map calls have decisions: one without began before the recording. */
  readonly withDecisions: ReadonlySet<string>;
  /** The first device that the trace names: of this one are the slots that come back before. */
  readonly firstDevice: string;
  /** The one device of the machine that an IOMMU translates, if there is only one. */
  readonly onlyDevice?: string;
  /** For requests that no call tells of. */
  readonly devicesOfTasks?: DevicesOfTasks;
}

export class PoolLines {
  /** Mappings that hold a slot. */
  private readonly pooled = new WeakSet<Mapping>();

  private readonly evict: EvictLines;
  private readonly slots = new LikelySlots();

  /** @param known what an earlier reading found out */
  constructor(
    private readonly bench: Workbench,
    private readonly known: KnownBefore,
  ) {
    this.evict = new EvictLines(bench);
  }

  add(event: TimedEvent): void {
    switch (event.kind) {
      case 'obsPoolTake':
      case 'obsPoolFull':
      case 'obsPoolTooBig':
        this.decide(event);
        return;
      case 'obsPoolFill':
      case 'obsPoolMap':
        this.detail(event);
        return;
      case 'obsSgEnt':
        if (event.index === 0) this.open(event).sgEntries = [];
        this.open(event).sgEntries.push({ phys: event.phys, length: event.length });
        return;
      case 'obsMapPage':
      case 'obsMapSg':
        this.mapped(event);
        return;
      case 'obsUnmapPage':
      case 'obsUnmapSg':
        this.unmapCall(event);
        return;
      case 'obsPoolUnmap':
        this.returned(event);
        return;
      case 'obsPoolEvictRun':
        this.evict.evictRun(event, this.open(event));
        return;
      case 'obsPoolEvictTake':
      case 'obsPoolEvict':
      case 'obsPoolRelease':
        this.evict.evictSlot(event, this.open(event));
        return;
      default:
    }
  }

  private open(event: EventHead): Context {
    const context = this.bench.contexts.open(event);
    if (context.openUnmap) this.unmapWithoutSlot(event, context, context.openUnmap);
    return context;
  }

  private place(event: EventHead): Place {
    return { file: this.bench.file, line: event.line };
  }

  private decide(event: ObsPoolTake | ObsPoolFull | ObsPoolTooBig): void {
    const context = this.open(event);
    this.bench.counts.poolLines++;
    const decision: MapDecision = {
      kind:
        event.kind === 'obsPoolTake' ? 'take' : event.kind === 'obsPoolFull' ? 'full' : 'tooBig',
      place: this.place(event),
      from: event.kind === 'obsPoolTake' ? event.from : null,
      classSize: event.kind === 'obsPoolTooBig' ? 0 : event.classSize,
      slot: event.kind === 'obsPoolTake' ? event.slot : -1,
      likelySlot: event.kind === 'obsPoolTake' ? event.slot : -1,
      prot: event.prot,
      size: event.kind === 'obsPoolTake' ? 0 : event.size,
      fill: null,
      fillMaps: [],
      map: null,
    };
    // Field by field, as all frequent steps: see dma-lines.ts.
    const step: MapStep = {
      place: this.place(event),
      timeNs: event.timeNs,
      cpu: event.cpu ?? 0,
      flags: event.flags,
      kind: 'map',
      ready: false,
      mapping: null,
      decision,
    };
    if (context.openMap) context.openMap.ready = true;
    context.openMap = step;
    this.bench.queue.push(step);
  }

  /** A slot got its pages, or holds the mapping. */
  private detail(event: TimedEvent): void {
    if (event.kind !== 'obsPoolFill' && event.kind !== 'obsPoolMap') return;
    const context = this.open(event);
    this.bench.counts.poolLines++;
    const decision = context.openMap?.decision;
    if (!decision) {
      context.hasSlot = true;
      return;
    }
    const { slot, classSize, iova } = event;
    const said = { place: this.place(event), slot, classSize };
    if (event.kind === 'obsPoolFill') {
      decision.fill = said;
      const maps = context.takeMapsOrNew(iova, iova + classSize);
      decision.fillMaps = maps;
      claimMaps(this.bench, maps);
    } else {
      decision.map = said;
      decision.size = event.size;
    }
  }

  private mapped(event: ObsMapPage | ObsMapSg): void {
    const { bench } = this;
    const context = this.open(event);
    bench.counts.mapCalls++;
    const step = context.openMap?.ready === false ? context.openMap : null;
    context.openMap = null;
    const decision = step?.decision ?? null;
    const isTaken = decision?.kind === 'take' && (decision.map !== null || decision.fill !== null);
    const inSlot = decision === null ? context.hasSlot : isTaken;
    context.hasSlot = false;
    const mapping = poolMapping(this.bench, event, context, decision, inSlot);
    if (decision && inSlot) this.slots.taken(event.device, event.dmaAddr, decision);
    context.callDone();
    if (!decision && this.known.withDecisions.has(event.device)) {
      bench.counts.cutCalls++;
      return;
    }
    if (mapping.failed) {
      bench.counts.failedCalls++;
      bench.account?.failed(event.device, event);
    } else {
      if (inSlot) this.pooled.add(mapping);
      putInForce(bench, mapping, event, inSlot);
    }
    if (step) {
      step.mapping = mapping;
      step.ready = true;
    } else if (!mapping.failed) bench.queue.push(mapStep(event, bench.file, mapping));
  }

  private unmapCall(event: ObsUnmapPage | ObsUnmapSg): void {
    const { counts, live } = this.bench;
    const context = this.open(event);
    counts.unmapCalls++;
    const mapping = live.at(event.device, event.dmaAddr);
    context.callDone();
    if (mapping) {
      live.remove(mapping);
      this.bench.account?.unmapped(mapping, event);
    }
    const open: OpenUnmap = { call: event, mapping };
    // Without events of its own it may hold a slot that was taken before the recording: the next line tells.
    const isPlain = mapping && !this.pooled.has(mapping) && mapping.maps.length > 0;
    if (isPlain) this.unmapPlain(event, context, open, true);
    else context.openUnmap = open;
  }

  /** The pool took a slot back. */
  private returned(event: ObsPoolUnmap): void {
    const { counts, contexts } = this.bench;
    counts.poolLines++;
    const context = contexts.open(event);
    const open = context.openUnmap;
    context.openUnmap = null;
    if (!open?.mapping) this.unpaired(event, open);
    this.pushUnmap(event, open, {
      place: this.place(event),
      classSize: event.classSize,
      slot: event.slot,
      likelySlot: this.slots.returned(open?.call.device ?? this.known.firstDevice, event),
      prot: event.prot,
    });
  }

  /** The call ended without the pool saying that it took a slot back. */
  private unmapWithoutSlot(event: EventHead, context: Context, open: OpenUnmap): void {
    context.openUnmap = null;
    if (open.mapping) this.unmapPlain(event, context, open, false);
    else this.unpaired(event, open);
  }

  private unpaired(event: EventHead, open: OpenUnmap | null): void {
    const { account, counts, live } = this.bench;
    counts.unpairedUnmaps++;
    account?.strayUnmap(open?.call ?? event, open?.call ?? null, live);
  }

  private unmapPlain(event: EventHead, context: Context, open: OpenUnmap, wait: boolean): void {
    const { mapping } = open;
    const step = this.pushUnmap(event, open, null);
    if (!mapping || !wait) return;
    context.wait(step, [mapping], true);
    const found = context.takeUnmap(...rangeOf(mapping));
    if (!found) return;
    step.recorded = [found];
    claimUnmap(this.bench, found);
    context.settle();
  }

  private pushUnmap(
    event: EventHead,
    open: OpenUnmap | null,
    decision: UnmapDecision | null,
  ): UnmapStep {
    const call = open?.call ?? null;
    const isSg = call?.kind === 'obsUnmapSg';
    const step: UnmapStep = {
      place: this.place(event),
      timeNs: event.timeNs,
      cpu: event.cpu ?? 0,
      flags: event.flags,
      kind: 'unmap',
      ready: true,
      mapping: open?.mapping ?? null,
      device: call?.device ?? this.known.firstDevice,
      dir: directionNumber(call?.dir ?? null),
      attrs: portedAttrs(call?.attrs ?? 0),
      dmaAddr: call?.dmaAddr ?? 0,
      size: call === null ? 0 : isSg ? call.dmaLength : call.size,
      recorded: [],
      decision,
      implied: false,
    };
    this.bench.queue.push(step);
    return step;
  }
}
