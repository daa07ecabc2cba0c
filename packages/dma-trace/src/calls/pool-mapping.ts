// SPDX-License-Identifier: GPL-2.0-only
// A mapping from the lines of a kernel with the series, which print what an unmodified one leaves out.

import { ALL_ONES } from '../event-head';
import { type ObsMapPage, type ObsMapSg } from '../pool-events';
import { type Workbench, claimMaps, directionNumber, newMapping, portedAttrs } from './mappings';
import type { Context } from './contexts';
import { type MapDecision, type Mapping, PAGE, pageCeil, pageFloor } from './step';

/** @param inSlot whether it holds a slot, hence has no iommu:map of its own */
export function poolMapping(
  bench: Workbench,
  event: ObsMapPage | ObsMapSg,
  context: Context,
  decision: MapDecision | null,
  inSlot: boolean,
): Mapping {
  const isSg = event.kind === 'obsMapSg';
  const size = isSg ? event.total : event.size;
  const failed = event.dmaAddr === ALL_ONES || size === 0 || (isSg && event.ret === 0);
  const said = isSg ? context.sgEntries.slice(0, event.nents) : [];
  const missing = isSg ? size - said.reduce((sum, entry) => sum + entry.length, 0) : 0;
  // Lines of the first entries may lie before the recording: their bytes still count for the pool.
  const entries = missing > 0 ? [{ phys: 0, length: missing }, ...said] : said;
  context.sgEntries = [];
  const end = pageCeil(event.dmaAddr + (isSg ? Math.max(event.dmaLength, size) : size));
  const maps =
    failed || inSlot
      ? []
      : context.takeMapsOrNew(pageFloor(event.dmaAddr), pageEnd(end, entries.length));
  claimMaps(bench, maps);
  const phys = isSg ? (entries[0]?.phys ?? 0) : event.phys;
  // What is printed is the address; how far into its page the caller said it lies follows from the pool's line.
  const extra = decision && !isSg && decision.size > size ? decision.size - size : null;
  const fits = extra !== null && (phys - extra) % PAGE === 0 && extra <= phys;
  return newMapping({
    place: { file: bench.file, line: event.line },
    device: event.device,
    form: isSg ? 'sg' : 'page',
    dir: directionNumber(event.dir),
    attrs: portedAttrs(event.attrs),
    dmaAddr: event.dmaAddr,
    size,
    segment: isSg ? event.dmaLength : size,
    phys,
    offset: fits ? extra : phys - pageFloor(phys),
    entries,
    entrySource: missing === 0 ? 'recorded' : 'partial',
    maps,
    failed,
  });
}

/** A list's last map may reach past its DMA length, when a gap was left for a boundary. */
function pageEnd(end: number, entries: number): number {
  return entries > 1 ? end + PAGE * entries : end;
}

/**
 * Which slot a decision is about when its lines do not agree: the addresses tell, once it is known where a class begins.
 * What a pool was like before a recording is worked out from all of it, so one wrong number must stay one difference
 * there and not turn into another beginning.
 */
export class LikelySlots {
  /** Where the classes begin, by device and size. */
  private readonly bases = new Map<string, number>();

  taken(device: string, dmaAddr: number, decision: MapDecision): void {
    const { classSize, map, fill } = decision;
    const said = map ?? fill;
    if (said === null || said.slot === decision.slot) {
      this.learn(device, classSize, dmaAddr, decision.slot);
      return;
    }
    decision.likelySlot = this.slotOf(device, classSize, dmaAddr) ?? said.slot;
  }

  returned(
    device: string,
    line: { readonly classSize: number; readonly dmaAddr: number; readonly slot: number },
  ): number {
    return this.slotOf(device, line.classSize, line.dmaAddr) ?? line.slot;
  }

  private learn(device: string, classSize: number, dmaAddr: number, slot: number): void {
    const key = `${device} ${String(classSize)}`;
    if (!this.bases.has(key)) this.bases.set(key, floorTo(dmaAddr, classSize) - slot * classSize);
  }

  private slotOf(device: string, classSize: number, dmaAddr: number): number | null {
    const base = this.bases.get(`${device} ${String(classSize)}`);
    if (base === undefined) return null;
    const slot = (floorTo(dmaAddr, classSize) - base) / classSize;
    return Number.isInteger(slot) && slot >= 0 ? slot : null;
  }
}

function floorTo(n: number, unit: number): number {
  return n - (n % unit);
}
