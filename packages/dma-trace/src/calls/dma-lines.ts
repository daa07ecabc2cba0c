// SPDX-License-Identifier: GPL-2.0-only
// The lines of an unmodified kernel: dma:* calls and the iommu:* events beside them.
// Steps and mappings of the frequent kinds are written field by field: a spread takes several times as long.

import {
  type DmaAlloc,
  type IommuMap,
  type MapPage,
  type MapSg,
  type SyncSg,
  type SyncSingle,
  type TimedEvent,
} from '../events';
import { ALL_ONES, type EventHead } from '../event-head';
import {
  type Workbench,
  claimMaps,
  directionNumber,
  mapStep,
  newMapping,
  portedAttrs,
  putInForce,
} from './mappings';
import type { Context } from './contexts';
import { IovaLines } from './iova-lines';
import { listKey } from './live-mappings';
import { inferEntries } from './sg-entries';
import type { OpenMap } from './piece';
import { type CallForm, type Place, mapCallOf, pageCeil, pageFloor } from './step';
import { UnmapLines } from './unmap-lines';

const FORMS: Readonly<Record<DmaAlloc['form'], CallForm>> = {
  coherent: 'coherent',
  pages: 'pages',
  sgt: 'noncontiguous',
  sgtErr: 'noncontiguous',
};

export class DmaLines {
  private readonly unmaps: UnmapLines;
  private readonly iova: IovaLines;

  constructor(private readonly bench: Workbench) {
    this.unmaps = new UnmapLines(bench);
    this.iova = new IovaLines(bench);
  }

  /** Takes the line if it is of this kind. */
  add(event: TimedEvent): boolean {
    switch (event.kind) {
      case 'iommuMap':
        this.iommuMap(event);
        return true;
      case 'iommuUnmap':
        this.unmaps.iommuUnmap(event);
        return true;
      case 'mapPage':
        this.mapPage(event);
        return true;
      case 'mapSg':
        this.mapSg(event);
        return true;
      case 'unmapPage':
        this.unmaps.unmapPage(event);
        return true;
      case 'unmapSg':
        this.unmaps.unmapSg(event);
        return true;
      case 'dmaAlloc':
        this.alloc(event);
        return true;
      case 'dmaFree':
        this.unmaps.free(event);
        return true;
      case 'syncSingle':
      case 'syncSg':
        this.sync(event);
        return true;
      case 'mapSgErr':
        this.bench.contexts.open(event);
        this.bench.counts.failedCalls++;
        this.bench.account?.failed(event.device, event);
        return true;
      default:
        return this.iova.add(event);
    }
  }

  /** Events were lost. */
  forgetOpen(): void {
    this.iova.forgetOpen();
  }

  private iommuMap(event: IommuMap): void {
    this.bench.counts.iommuMaps++;
    const context = this.bench.contexts.of(event);
    context.settle();
    const { iova, paddr, size } = event;
    const map: OpenMap = { iova, paddr, size, unclaimed: null, piece: null };
    this.bench.account?.iommuMap(event, map);
    context.addMap(map);
    this.bench.reconstruction.map(event, map, context);
  }

  /**
   * Without a translation a call has no events: those around it are other's.
   * @param isTranslated false where the DMA address is the physical one
   */
  private takeMaps(context: Context, start: number, end: number, isTranslated = true): OpenMap[] {
    const { contexts } = this.bench;
    let maps = isTranslated ? context.takeMapsOrNew(start, end) : context.takeMaps(start, end);
    if (maps.length === 0) maps = contexts.takeMapsAnywhere(start, end);
    claimMaps(this.bench, maps);
    return maps;
  }

  private mapPage(event: MapPage): void {
    const context = this.bench.contexts.open(event);
    const end = pageCeil(event.dmaAddr + event.size);
    const failed = event.dmaAddr === ALL_ONES || event.size === 0;
    const isTranslated = event.dmaAddr !== event.phys;
    const maps = failed ? [] : this.takeMaps(context, pageFloor(event.dmaAddr), end, isTranslated);
    this.map(event, context, {
      place: this.place(event),
      device: event.device,
      form: event.resource ? 'resource' : 'page',
      call: mapCallOf(event),
      dir: directionNumber(event.dir),
      attrs: portedAttrs(event.attrs),
      dmaAddr: event.dmaAddr,
      size: event.size,
      phys: event.phys,
      maps,
      failed,
    });
  }

  private mapSg(event: MapSg): void {
    const context = this.bench.contexts.open(event);
    const first = event.dmaAddrs[0] ?? ALL_ONES;
    const last = event.dmaAddrs.length - 1;
    const size = event.sizes.reduce((sum, one) => sum + one, 0);
    const failed = first === ALL_ONES || size === 0 || event.physAddrs.length === 0;
    const end = pageCeil((event.dmaAddrs[last] ?? 0) + (event.sizes[last] ?? 0));
    const isTranslated = first !== event.physAddrs[0];
    const maps = failed ? [] : this.takeMaps(context, pageFloor(first), end, isTranslated);
    const { entries, source } = failed
      ? { entries: [], source: 'layout' as const }
      : inferEntries(event, maps);
    const isCutOff = source === 'unfitting' && context.calls === 0;
    this.map(event, context, {
      place: this.place(event),
      device: event.device,
      form: 'sg',
      dir: directionNumber(event.dir),
      attrs: portedAttrs(event.attrs),
      dmaAddr: first,
      size,
      segment: Math.max(...event.sizes, 0),
      entries,
      entrySource: isCutOff ? 'partial' : source,
      listKey: listKey(event.physAddrs),
      listEntries: event.nents,
      maps,
      failed,
    });
  }

  private alloc(event: DmaAlloc): void {
    const context = this.bench.contexts.open(event);
    const failed =
      event.form === 'sgtErr' ||
      event.dmaAddr === ALL_ONES ||
      event.dmaAddr === 0 ||
      event.size === 0;
    const start = pageFloor(event.dmaAddr);
    const maps = failed ? [] : this.takeMaps(context, start, pageCeil(event.dmaAddr + event.size));
    this.map(event, context, {
      place: this.place(event),
      device: event.device,
      form: FORMS[event.form],
      dir: directionNumber(event.dir),
      attrs: portedAttrs(event.attrs),
      dmaAddr: event.dmaAddr,
      size: event.size,
      maps,
      maySleep: !/ATOMIC|NOWAIT/.test(event.gfp),
      failed,
    });
  }

  private map(event: EventHead, context: Context, fields: Parameters<typeof newMapping>[0]): void {
    const { counts, queue, file } = this.bench;
    counts.mapCalls++;
    context.callDone();
    if (fields.failed === true) {
      counts.failedCalls++;
      this.bench.account?.failed(fields.device, event);
      return;
    }
    const mapping = newMapping(fields);
    putInForce(this.bench, mapping, event);
    queue.push(mapStep(event, file, mapping));
  }

  private sync(event: SyncSingle | SyncSg): void {
    const { counts, live, queue, file } = this.bench;
    this.bench.contexts.open(event);
    counts.syncCalls++;
    const isList = event.kind === 'syncSg';
    const dmaAddr = isList ? (event.dmaAddrs[0] ?? 0) : event.dmaAddr;
    const size = isList ? (event.sizes[0] ?? 0) : event.size;
    const dir = directionNumber(event.dir);
    const mapping = live.holding(event.device, dmaAddr, { size, dir, isList });
    if (!mapping) {
      counts.unpairedSyncs++;
      this.bench.account?.straySync(event, dmaAddr);
      return;
    }
    this.bench.account?.synced(mapping, event);
    queue.push({
      place: { file, line: event.line },
      timeNs: event.timeNs,
      cpu: event.cpu ?? 0,
      flags: event.flags,
      kind: 'sync',
      ready: true,
      mapping,
      forCpu: event.forCpu,
      dir,
      offset: dmaAddr - mapping.dmaAddr,
      size: event.kind === 'syncSg' ? mapping.size : event.size,
    });
  }

  private place(event: EventHead): Place {
    return { file: this.bench.file, line: event.line };
  }
}
