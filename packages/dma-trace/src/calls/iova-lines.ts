// SPDX-License-Identifier: GPL-2.0-only
// Probes on dma_iova_*: a range is allocated, pieces are linked into it, a sync makes them one mapping, destroy ends it.
//
// Each dma_iova_link has one iommu:map after its line, and the range one iommu:unmap after dma_iova_destroy. The calls of
// a request belong together by the caller's state, or by device and address where that was not probed. Linked and synced
// piece by piece (as for RDMA), each stretch between two syncs is a mapping of its own.

import type { IovaDestroy, IovaPiece, IovaSync, TimedEvent } from '../events';
import type { EventHead } from '../event-head';
import type { Context } from './contexts';
import { forgetFirst } from './forget-first';
import {
  type Workbench,
  claimMaps,
  directionNumber,
  mapStep,
  newMapping,
  portedAttrs,
  putInForce,
} from './mappings';
import {
  type Mapping,
  type Place,
  type SgEntry,
  type UnmapStep,
  pageCeil,
  pageFloor,
} from './step';

/** Requests that wait for their sync: far more than are ever built at a time. */
const MOST_OPEN = 4096;

/** Pieces that were linked one behind the other, and not yet synced. */
interface Linked {
  readonly place: Place;
  readonly event: IovaPiece;
  readonly entries: SgEntry[];
  size: number;
}

export class IovaLines {
  private readonly open = new Map<string, Linked>();
  /** Of mappings in force: the parts that were unlinked, by offset into the mapping, and their bytes. */
  private readonly unlinked = new WeakMap<Mapping, Map<number, number>>();

  constructor(private readonly bench: Workbench) {}

  /** Takes the line if it is of this kind. */
  add(event: TimedEvent): boolean {
    switch (event.kind) {
      case 'iovaAlloc':
      case 'iovaAllocResult':
        // Without a link nothing is mapped: the caller then takes dma_map_*, or the request is refused.
        this.bench.contexts.open(event);
        return true;
      case 'iovaLink':
        this.link(event);
        return true;
      case 'iovaSync':
        this.bench.contexts.open(event);
        this.close(event, requestKey(event), Infinity);
        return true;
      case 'iovaUnlink':
      case 'iovaDestroy':
        this.end(event);
        return true;
      default:
        return false;
    }
  }

  /** Events were lost: links may be among them. */
  forgetOpen(): void {
    this.open.clear();
  }

  private link(event: IovaPiece): void {
    this.bench.contexts.open(event);
    const key = requestKey(event);
    const entry = { phys: event.phys ?? 0, length: event.size };
    const linked = this.open.get(key);
    if (linked && linked.event.offset + linked.size === event.offset) {
      linked.entries.push(entry);
      linked.size += event.size;
      return;
    }
    // A gap: what was linked before is a mapping of its own.
    if (linked) this.close(event, key, Infinity);
    if (this.open.size >= MOST_OPEN) forgetFirst(this.open);
    this.open.set(key, {
      place: { file: this.bench.file, line: event.line },
      event,
      entries: [entry],
      size: event.size,
    });
  }

  /**
   * Makes a mapping of what was linked.
   * @param most bytes from the begin of the range that are mapped; the links behind them failed
   */
  private close(event: EventHead, key: string, most: number): void {
    const linked = this.open.get(key);
    if (!linked) return;
    this.open.delete(key);
    const { counts, queue, file } = this.bench;
    const { event: first } = linked;
    counts.mapCalls++;
    const entries = upTo(linked.entries, most - first.offset);
    const size = entries.reduce((sum, one) => sum + one.length, 0);
    const context = this.bench.contexts.of(event);
    context.callDone();
    if (size === 0) {
      counts.failedCalls++;
      this.bench.account?.failed(first.device, first);
      return;
    }
    const dmaAddr = first.dmaAddr + first.offset;
    const mapping = newMapping({
      place: linked.place,
      device: first.device,
      form: 'iova',
      dir: directionNumber(first.dir),
      attrs: portedAttrs(first.attrs),
      dmaAddr,
      size,
      entries,
      maps: this.takeMaps(context, pageFloor(dmaAddr), pageCeil(dmaAddr + size)),
    });
    putInForce(this.bench, mapping, event);
    queue.push(mapStep(event, file, mapping));
  }

  /** Only those that lie in the range: other calls of the task have theirs, and a link that failed has none. */
  private takeMaps(context: Context, start: number, end: number): Mapping['maps'] {
    const own = context.takeMaps(start, end);
    const maps = own.length > 0 ? own : this.bench.contexts.takeMapsAnywhere(start, end);
    claimMaps(this.bench, maps);
    return maps;
  }

  private end(event: IovaPiece | IovaDestroy): void {
    const { bench } = this;
    const { counts, live, account } = bench;
    const context = bench.contexts.open(event);
    const isDestroy = event.kind === 'iovaDestroy';
    const start = isDestroy ? event.dmaAddr : event.dmaAddr + event.offset;
    // Never synced: the driver gave the request up.
    if (isDestroy) this.close(event, requestKey(event), event.size);
    if (event.size === 0) return;
    const whole = isDestroy ? null : this.unlink(event, start);
    if (whole === 'partly') {
      context.callDone();
      this.waitForUnmap(context, event, start);
      return;
    }
    counts.unmapCalls++;
    const first = whole ?? live.at(event.device, start);
    context.callDone();
    if (!first) {
      counts.unpairedUnmaps++;
      account?.strayUnmap(event, event, live);
      this.waitForUnmap(context, event, start);
      return;
    }
    if (whole) {
      // Its pieces were unmapped one by one: none of their iommu:unmap events is that of the mapping.
      this.unmap(event, whole, whole.size);
      this.waitForUnmap(context, event, start);
      return;
    }
    const others = this.behind(first, event.size - first.size);
    if (others.length === 0) {
      context.wait(this.unmap(event, first, event.size), [first], true);
      return;
    }
    // Synced stretch by stretch, the range ends with one iommu:unmap, which is no single mapping's.
    const last = others.pop() ?? first;
    let left = event.size;
    for (const mapping of [first, ...others]) {
      this.unmap(event, mapping, mapping.size);
      left -= mapping.size;
    }
    this.unmap(event, last, left);
    this.waitForUnmap(context, event, start);
  }

  /**
   * A part of a mapping is unlinked.
   * @returns the mapping, if that was its last part; null for what is not a part of one
   */
  private unlink(event: IovaPiece, start: number): Mapping | 'partly' | null {
    const { live } = this.bench;
    const mapping = live.at(event.device, start) ?? live.around(event.device, start);
    if (mapping?.form !== 'iova' || event.size === mapping.size) return null;
    const offset = start - mapping.dmaAddr;
    if (!isOfPieces(mapping, offset, offset + event.size)) return null;
    const parts = this.unlinked.get(mapping) ?? new Map<number, number>();
    if (parts.has(offset)) return null;
    this.unlinked.set(mapping, parts.set(offset, event.size));
    let sum = 0;
    for (const size of parts.values()) sum += size;
    return sum < mapping.size ? 'partly' : mapping;
  }

  /** The iommu:unmap of a call follows it, also where that is the end of no mapping. */
  private waitForUnmap(context: Context, event: IovaPiece | IovaDestroy, dmaAddr: number): void {
    const { file } = this.bench;
    const range = newMapping({
      place: { file, line: event.line },
      device: event.device,
      form: 'iova',
      dir: 0,
      dmaAddr,
      size: event.size,
    });
    context.wait(unmapStep(this.bench, event, range), [range], true);
  }

  /** The mappings that follow one another behind the first, within so many bytes. */
  private behind(first: Mapping, bytes: number): Mapping[] {
    const found: Mapping[] = [];
    let at = first.dmaAddr + first.size;
    for (let left = bytes; left > 0;) {
      const next = this.bench.live.at(first.device, at);
      if (!next) break;
      found.push(next);
      at += next.size;
      left -= next.size;
    }
    return found;
  }

  private unmap(event: IovaPiece | IovaDestroy, mapping: Mapping, size: number): UnmapStep {
    const { live, queue, account } = this.bench;
    live.remove(mapping);
    const step = unmapStep(this.bench, event, mapping);
    queue.push(step);
    account?.unmapped(mapping, size === event.size ? event : { ...event, size });
    return step;
  }
}

function requestKey({ state, device, dmaAddr }: IovaPiece | IovaSync | IovaDestroy): string {
  return `${device} ${state ?? String(dmaAddr)}`;
}

/** Whether a range of a mapping begins and ends where pieces of it do. */
function isOfPieces({ entries }: Mapping, begin: number, end: number): boolean {
  let at = 0;
  let found = begin === 0;
  for (const { length } of entries) {
    at += length;
    if (at === end) return found;
    if (at === begin) found = true;
  }
  return false;
}

function upTo(entries: readonly SgEntry[], most: number): SgEntry[] {
  const kept: SgEntry[] = [];
  let left = most;
  for (const { phys, length } of entries) {
    if (left <= 0) break;
    kept.push({ phys, length: Math.min(length, left) });
    left -= length;
  }
  return kept;
}

function unmapStep(bench: Workbench, event: IovaPiece | IovaDestroy, mapping: Mapping): UnmapStep {
  // Field by field, as all frequent steps: see dma-lines.ts.
  return {
    place: { file: bench.file, line: event.line },
    timeNs: event.timeNs,
    cpu: event.cpu ?? 0,
    flags: event.flags,
    kind: 'unmap',
    ready: true,
    mapping,
    device: mapping.device,
    dir: event.dir === null ? mapping.dir : directionNumber(event.dir),
    attrs: portedAttrs(event.attrs),
    dmaAddr: mapping.dmaAddr,
    size: mapping.size,
    recorded: [],
    decision: null,
    implied: false,
  };
}
