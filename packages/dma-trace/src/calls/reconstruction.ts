// SPDX-License-Identifier: GPL-2.0-only
// Requests from iommu:map and iommu:unmap events alone, where no call of the capture claims them.
//
// One iommu:unmap ends a request; its pieces are the maps, in force and without a call, that cover its range one behind
// the other. Where unmaps end maps in parts, a request ends with the last of these (partial-unmaps.ts). So a request is
// known when it ends, while its map belongs to the time of its last piece: a step without a mapping holds that place in
// the queue. What such events do not tell is the direction, the bytes within the first and the last page, and the
// device: that is taken from the other calls of the same task, else a name is made up for each domain that has to be
// another because the same address is in use twice.

import type { IommuMap, IommuUnmap } from '../events';
import { ClaimedMaps } from './claimed-maps';
import type { Context, OpenIommuUnmap } from './contexts';
import { type Unclaimed, type Workbench, mapStep, newMapping, stepHead } from './mappings';
import { cutOff } from './partial-unmaps';
import type { OpenMap, Piece } from './piece';
import { LivePieces } from './pieces';
import { type Mapping, PAGE, type Place, type RecordedMap, type RecordedUnmap } from './step';

/** Unmaps that wait for the next line of their task. */
const MOST_DEFERRED = 64;

/** Bytes of a request at the most: no driver maps more for one transfer, VFIO maps the memory of a guest so. */
const LARGEST_REQUEST = 2 ** 26;

/** How the device of reconstructed requests is known. */
export type DeviceSign = 'task' | 'only' | 'domain';

/** What the events without a call add up to. */
export class ReconstructedCounts {
  /** Requests, their pieces (iommu:map events) and bytes. */
  requests = 0;
  pieces = 0;
  bytes = 0;
  readonly byDeviceSign: Record<DeviceSign, number> = { task: 0, only: 0, domain: 0 };
  /**
   * iommu:unmap events without a call, of what is not shown mapped, or not all of it: it was mapped before the capture, or in a
   * gap of it.
   */
  unmapsWithoutMap = 0;
  /** Of more than 64 MiB, which are none of a driver: they make no request. */
  tooLarge = 0;
  /** The largest of these, and its first map. */
  largestLeftOut: { readonly bytes: number; readonly place: Place } | null = null;
  /** iommu:map events in force at the end, or a part of them: of requests under way, or of what stays mapped. */
  stillMapped = 0;
  /** Requests in force for longer than steps are held back: replayed as if they had begun where they ended. */
  late = 0;
}

interface Deferred {
  readonly event: IommuUnmap;
  readonly context: Context;
}

export class Reconstruction implements Unclaimed {
  readonly counts = new ReconstructedCounts();
  private readonly pieces = new LivePieces();
  private readonly ofCalls = new ClaimedMaps();
  /** Unmaps of which the next line of their task tells whether a call did them. */
  private readonly deferred = new Map<OpenIommuUnmap, Deferred>();
  /** Unmaps that ended maps or parts of them, without those that a call claimed after all. */
  private endings = 0;

  /** @param onlyDevice the one device of the machine that is translated; empty if there are several */
  constructor(
    private readonly bench: Workbench,
    private readonly onlyDevice: string,
  ) {}

  map(event: IommuMap, map: OpenMap, context: Context): void {
    const piece: Piece = {
      kind: 'place',
      ready: false,
      step: null,
      event,
      file: this.bench.file,
      map,
      dmaAddr: map.iova,
      size: map.size,
      context,
      device: context.device,
      domain: this.domainOf(map, context),
      cut: null,
      before: null,
      after: null,
    };
    this.bench.queue.push(piece);
    const dropped = this.pieces.add(piece);
    if (dropped) this.forget(dropped);
    context.latest = piece;
  }

  /** A call was found for these. */
  claim(maps: readonly OpenMap[]): void {
    for (const map of maps) {
      const { piece } = map;
      if (!piece) continue;
      this.forget(piece);
      this.ofCalls.add(map.iova, maps);
    }
  }

  /** A call was found for this one. */
  claimUnmap(unmap: OpenIommuUnmap): void {
    if (this.deferred.size > 0) this.deferred.delete(unmap);
    if (unmap.hasEnded) {
      unmap.hasEnded = false;
      this.endings--;
    }
    this.ofCalls.end(unmap);
  }

  isInUse(iova: number): boolean {
    return this.ofCalls.has(iova) || this.pieces.touches(iova, iova + PAGE);
  }

  /** An unmap that belongs to no call so far. */
  unmap(event: IommuUnmap, unmap: OpenIommuUnmap, context: Context): void {
    if (!this.pieces.touches(unmap.iova, unmap.iova + unmap.size)) return;
    // Another domain may have the address in use: by a call, whose line would come next, or the map is that of a list under
    // way, and what is unmapped here was mapped by a call before the capture.
    if (!this.ofCalls.has(unmap.iova) && (context.calls === 0 || !this.goesOnBehind(unmap))) {
      this.decide(event, unmap);
      return;
    }
    this.deferred.set(unmap, { event, context });
    if (this.deferred.size > MOST_DEFERRED) this.settle(null);
  }

  get hasDeferred(): boolean {
    return this.deferred.size > 0;
  }

  /** The task went on, or any did if null: what no call has claimed by now is no call's. */
  settle(context: Context | null): void {
    for (const [unmap, one] of this.deferred)
      if (context === null || one.context === context) {
        this.deferred.delete(unmap);
        this.decide(one.event, unmap);
      }
  }

  /** @param strays unmaps without a call */
  finish(strays: number): void {
    this.settle(null);
    this.counts.unmapsWithoutMap = strays - this.endings;
    this.counts.stillMapped = this.pieces.size;
  }

  private decide(event: IommuUnmap, unmap: OpenIommuUnmap): void {
    const whole = this.pieces.whole(unmap.iova, unmap.iova + unmap.size);
    if (whole) {
      this.endedBy(unmap);
      this.request(event, whole, [unmap]);
      return;
    }
    const cut = cutOff(this.pieces, unmap);
    if (cut?.isIncomplete === false) this.endedBy(unmap);
    if (cut?.bytes !== 0) return;
    if (cut.isIncomplete) for (const piece of cut.pieces) this.drop(piece);
    else this.request(event, cut.inOrder(), cut.unmaps);
  }

  private endedBy(unmap: OpenIommuUnmap): void {
    unmap.hasEnded = true;
    this.endings++;
  }

  /** @param chain one behind the other */
  private request(
    event: IommuUnmap,
    chain: readonly Piece[],
    recorded: readonly RecordedUnmap[],
  ): void {
    const { counts, bench } = this;
    const first = chain[0] as Piece;
    const size = chain.reduce((sum, piece) => sum + piece.size, 0);
    if (size > LARGEST_REQUEST) {
      counts.tooLarge++;
      if (size > (counts.largestLeftOut?.bytes ?? 0))
        counts.largestLeftOut = { bytes: size, place: placeOf(first) };
      for (const piece of chain) this.drop(piece);
      return;
    }
    const last = latestOf(chain);
    const { device, sign } = this.deviceOf(first);
    const mapping: Mapping = newMapping({
      place: placeOf(first),
      device,
      form: 'reconstructed',
      dir: 0,
      dmaAddr: first.dmaAddr,
      size,
      entries: chain.map(({ map }) => ({ phys: map.paddr, length: map.size })),
      entrySource: 'reconstructed',
      maps: chain.map(({ map }) => map),
    });
    counts.requests++;
    counts.pieces += chain.length;
    counts.bytes += size;
    counts.byDeviceSign[sign]++;
    const isLate = last.ready;
    if (isLate) counts.late++;
    else last.step = mapStep(last.event, last.file, mapping);
    for (const piece of chain) this.drop(piece);
    const head = stepHead(event, bench.file);
    if (isLate) bench.queue.push(mapStep(event, bench.file, mapping));
    // Field by field, as all frequent steps: see dma-lines.ts.
    bench.queue.push({
      place: head.place,
      timeNs: head.timeNs,
      cpu: head.cpu,
      flags: head.flags,
      kind: 'unmap',
      ready: true,
      mapping,
      device,
      dir: 0,
      attrs: 0,
      dmaAddr: mapping.dmaAddr,
      size: mapping.size,
      recorded: [...recorded],
      decision: null,
      implied: false,
    });
  }

  private deviceOf({ device, context, domain }: Piece): { device: string; sign: DeviceSign } {
    if (this.onlyDevice !== '') return { device: this.onlyDevice, sign: 'only' };
    const ofTask = device ?? context.device;
    if (ofTask !== null) return { device: ofTask, sign: 'task' };
    return { device: `domain ${String(domain)}`, sign: 'domain' };
  }

  /** Whether a task that mapped the begin of what is unmapped went on without a gap behind its end, to what it mapped last. */
  private goesOnBehind({ iova, size }: RecordedUnmap): boolean {
    for (const { context } of this.pieces.at(iova) ?? []) {
      const { latest } = context;
      let at = iova + size;
      while (latest && at <= latest.dmaAddr) {
        const next = this.pieces.at(at)?.find((piece) => piece.context === context);
        if (!next) break;
        if (next === latest) return true;
        at += next.size;
      }
    }
    return false;
  }

  /** The same as that of the piece before it in the range, else the first that does not have the address in use. */
  private domainOf(map: RecordedMap, context: Context): number {
    const here = this.pieces.at(map.iova);
    const before = context.latest;
    const follows = before !== null && before.dmaAddr + before.size === map.iova;
    // The usual case: no domain has the address in use.
    if (!here) return follows ? before.domain : 1;
    const isFree = (domain: number): boolean => here.every((one) => one.domain !== domain);
    if (follows && isFree(before.domain)) return before.domain;
    let domain = 1;
    while (!isFree(domain)) domain++;
    return domain;
  }

  private drop(piece: Piece): void {
    piece.ready = true;
    this.pieces.remove(piece);
    piece.cut?.forget(piece);
  }

  /** It is part of no request. */
  private forget(piece: Piece): void {
    const { cut } = piece;
    this.drop(piece);
    if (cut) cut.isIncomplete = true;
    // If all that was left was this one's, there is nothing to wait for.
    if (cut?.bytes === 0) for (const other of cut.pieces) this.drop(other);
  }
}

/** The piece that was mapped last: the request is whole from then on. */
function latestOf(chain: readonly Piece[]): Piece {
  return chain.reduce((a, b) => (b.event.timeNs >= a.event.timeNs ? b : a));
}

function placeOf({ event, file }: Piece): Place {
  return { file, line: event.line };
}
