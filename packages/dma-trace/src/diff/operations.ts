// SPDX-License-Identifier: GPL-2.0-only
// The operations of a capture, compact enough to be kept: some 50 bytes each, in the order of time.

import type { dma_data_direction } from '@iommu-bounce/linux-shim';
import { forgetFirst } from '../calls/forget-first';
import {
  type CallForm,
  type MapStep,
  type Mapping,
  PAGE,
  type Place,
  type Step,
  type SyncStep,
  type UnmapStep,
  pageCeil,
} from '../calls/step';
import { Column } from './columns';

/** A mapping by its call, or a sync. */
export type OperationKind = CallForm | 'sync_for_cpu' | 'sync_for_device';

export const OPERATION_KINDS: readonly OperationKind[] = [
  'page',
  'resource',
  'sg',
  'coherent',
  'pages',
  'noncontiguous',
  'iova',
  'reconstructed',
  'sync_for_cpu',
  'sync_for_device',
];

/** Operations of one kind and direction for one device: these have an order. */
export interface Lane {
  /** Index of the device. */
  readonly device: number;
  readonly kind: OperationKind;
  readonly dir: dma_data_direction;
  /** The map call by the name that the recorded kernel gives it; null for syncs. */
  readonly call: string | null;
}

/** Addresses kept per device, to see one come back. */
const MOST_ADDRESSES = 65536;
/** In a column of counts: the capture does not tell. */
const UNKNOWN_16 = 0xffff;
const UNKNOWN_8 = 0xff;
const DIRECTION_COUNT = 3;

interface DeviceOperations {
  readonly index: number;
  /** By kind and direction; -1: none yet. */
  readonly lanes: Int32Array;
  /** When each address was unmapped, ns. */
  readonly freed: Map<number, number>;
}

export class OperationLog {
  readonly lanes: Lane[] = [];
  readonly devices: string[] = [];
  readonly files: string[] = [];
  /** Unmaps of mappings. */
  unmaps = 0;
  /** Mappings whose unmap has a time before that of the map: their windows are not known. */
  backwards = 0;
  /** From the first operation to the last line of one, ns. */
  firstNs = Infinity;
  lastNs = -Infinity;
  private readonly byName = new Map<string, DeviceOperations>();
  private readonly fileIndex = new Map<string, number>();
  /** Mappings in force. */
  private readonly live = new Map<Mapping, number>();
  private readonly lane = new Column(Uint32Array);
  private readonly sizes = new Column(Float64Array);
  private readonly line = new Column(Uint32Array);
  private readonly file = new Column(Uint16Array);
  private readonly begin = new Column(Float64Array);
  private readonly window = new Column(Float64Array);
  private readonly idle = new Column(Float64Array);
  private readonly maps = new Column(Uint16Array);
  private readonly ends = new Column(Uint8Array);
  private readonly unmapped = new Column(Uint8Array);
  private readonly attributes = new Column(Uint16Array);
  private readonly lead = new Column(Uint16Array);

  get length(): number {
    return this.lane.length;
  }

  add(steps: readonly Step[]): void {
    for (const step of steps)
      if (step.kind === 'map') this.map(step);
      else if (step.kind === 'unmap') this.unmap(step);
      else if (step.kind === 'sync') this.sync(step);
  }

  /**
   * Nothing follows.
   * @param isTranslated false for a device that no IOMMU translates: its mappings make no requests
   */
  finish(isTranslated: (device: string) => boolean): void {
    this.live.clear();
    const without = this.devices.map((name) => !isTranslated(name));
    for (const { freed } of this.byName.values()) freed.clear();
    if (!without.includes(true)) return;
    for (let i = 0; i < this.length; i++) {
      if (without[this.laneOf(i).device] !== true) continue;
      this.idle.set(i, NaN);
      if (this.maps.get(i) === UNKNOWN_16) this.maps.set(i, 0);
      if (this.ends.get(i) === UNKNOWN_8) this.ends.set(i, 0);
    }
  }

  laneIndex(i: number): number {
    return this.lane.get(i);
  }

  laneOf(i: number): Lane {
    return this.lanes[this.lane.get(i)] as Lane;
  }

  isSync(i: number): boolean {
    return isSyncKind(this.laneOf(i).kind);
  }

  deviceOf(i: number): string {
    return this.devices[this.laneOf(i).device] ?? '';
  }

  /** Bytes. */
  sizeOf(i: number): number {
    return this.sizes.get(i);
  }

  /** Bytes of the whole pages that it touches. */
  extentOf(i: number): number {
    return pageCeil(this.lead.get(i) + this.sizes.get(i));
  }

  attrsOf(i: number): number {
    return this.attributes.get(i);
  }

  /** Of the call's line, ns. */
  timeOf(i: number): number {
    return this.begin.get(i);
  }

  /** From map to unmap, ns; NaN where the capture does not tell. */
  windowOf(i: number): number {
    return this.window.get(i);
  }

  /** Whether the capture shows its unmap. */
  isUnmapped(i: number): boolean {
    return this.unmapped.get(i) === 1;
  }

  /** How long its address had been unmapped, ns; NaN where it was not seen mapped before. */
  idleOf(i: number): number {
    return this.idle.get(i);
  }

  /** iommu:map events of it; NaN where the capture does not tell. */
  mapsOf(i: number): number {
    const n = this.maps.get(i);
    return n === UNKNOWN_16 ? NaN : n;
  }

  /** iommu:unmap events of its unmap; NaN where the capture does not tell, or shows no unmap. */
  unmapsOf(i: number): number {
    const n = this.ends.get(i);
    return n === UNKNOWN_8 ? NaN : n;
  }

  placeOf(i: number): Place {
    return { file: this.files[this.file.get(i)] ?? '', line: this.line.get(i) };
  }

  private map(step: MapStep): void {
    const { mapping, decision, timeNs } = step;
    if (mapping === null) return;
    const { device, form, call, dir, size, attrs, maps, dmaAddr, place } = mapping;
    const of = this.device(device);
    const fills = decision?.fillMaps.length ?? 0;
    const isTold = maps.length > 0 || decision !== null;
    const i = this.push(this.laneFor(of, form, dir, call), size, place, timeNs, attrs);
    this.maps.push(isTold ? Math.min(maps.length + fills, UNKNOWN_16 - 1) : UNKNOWN_16);
    this.lead.push(dmaAddr % PAGE);
    const address = addressOf(mapping);
    const freed = of.freed.get(address);
    this.idle.push(freed === undefined || freed > timeNs ? NaN : timeNs - freed);
    if (freed !== undefined) of.freed.delete(address);
    this.live.set(mapping, i);
  }

  private unmap(step: UnmapStep): void {
    const { mapping, implied, recorded, decision, timeNs } = step;
    if (mapping === null) return;
    const i = this.live.get(mapping);
    if (i === undefined) return;
    this.live.delete(mapping);
    if (implied) return;
    this.unmaps++;
    this.unmapped.set(i, 1);
    this.lastNs = Math.max(this.lastNs, timeNs);
    const window = timeNs - this.begin.get(i);
    // A request that was found too late begins where it ends.
    const isLate = mapping.form === 'reconstructed' && window === 0;
    if (window < 0) this.backwards++;
    else if (!isLate) this.window.set(i, window);
    const events = recorded.length;
    if (events > 0 || decision !== null) this.ends.set(i, Math.min(events, UNKNOWN_8 - 1));
    const { freed } = this.device(mapping.device);
    freed.set(addressOf(mapping), timeNs);
    if (freed.size > MOST_ADDRESSES) forgetFirst(freed);
  }

  private sync({ mapping, forCpu, dir, size, place, timeNs }: SyncStep): void {
    const kind = forCpu ? 'sync_for_cpu' : 'sync_for_device';
    const lane = this.laneFor(this.device(mapping.device), kind, dir, null);
    this.push(lane, size, place, timeNs, 0);
    this.maps.push(UNKNOWN_16);
    this.lead.push(0);
    this.idle.push(NaN);
  }

  private push(
    lane: number,
    size: number,
    { file, line }: Place,
    timeNs: number,
    attrs: number,
  ): number {
    this.firstNs = Math.min(this.firstNs, timeNs);
    this.lastNs = Math.max(this.lastNs, timeNs);
    this.lane.push(lane);
    this.sizes.push(size);
    this.line.push(line);
    this.file.push(this.fileFor(file));
    this.begin.push(timeNs);
    this.window.push(NaN);
    this.ends.push(UNKNOWN_8);
    this.unmapped.push(0);
    this.attributes.push(attrs);
    return this.lane.length - 1;
  }

  private device(name: string): DeviceOperations {
    let found = this.byName.get(name);
    if (!found) {
      const lanes = new Int32Array(OPERATION_KINDS.length * DIRECTION_COUNT).fill(-1);
      found = { index: this.devices.length, lanes, freed: new Map() };
      this.byName.set(name, found);
      this.devices.push(name);
    }
    return found;
  }

  private laneFor(
    of: DeviceOperations,
    kind: OperationKind,
    dir: dma_data_direction,
    call: string | null,
  ): number {
    const slot = OPERATION_KINDS.indexOf(kind) * DIRECTION_COUNT + dir;
    let index = of.lanes[slot] ?? -1;
    if (index < 0) {
      index = this.lanes.length;
      of.lanes[slot] = index;
      this.lanes.push({ device: of.index, kind, dir, call });
    }
    return index;
  }

  private fileFor(name: string): number {
    let index = this.fileIndex.get(name);
    if (index === undefined) {
      index = this.files.length;
      this.fileIndex.set(name, index);
      this.files.push(name);
    }
    return index;
  }
}

export function isSyncKind(kind: OperationKind): kind is 'sync_for_cpu' | 'sync_for_device' {
  return kind === 'sync_for_cpu' || kind === 'sync_for_device';
}

function addressOf({ maps, dmaAddr }: Mapping): number {
  return maps[0]?.iova ?? dmaAddr - (dmaAddr % PAGE);
}
